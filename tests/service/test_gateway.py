"""Who is let in, and whether the house stands (R280, R281, R350; B38, B50-B52)."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import time_machine
from botocore.client import BaseClient
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.authorizer import authorize
from shop import aws, settings, tokens
from tests import kit
from tests.kit import Client, anyone, perform

pytestmark = pytest.mark.usefixtures("shop")

PASSWORD = "a long walk by the sea"
STAGE = "arn:aws:execute-api:us-east-1:123456789012:abc123/prod"


@pytest.fixture
def pair(shop: None) -> Any:
    """The tokens of someone who has just signed in."""
    anyone().post("/v1/accounts", {"email": "ann@example.com", "password": PASSWORD}).ok(201)
    return anyone().post("/v1/sessions", {"identifier": "ann@example.com", "password": PASSWORD}).ok(201)


def ask(header: str, route: str = "GET/v1/sessions") -> dict[str, Any]:
    return authorize({"type": "TOKEN", "authorizationToken": header, "methodArn": f"{STAGE}/{route}"}, None)


def bearer(pair: Any) -> str:
    return f"Bearer {pair['access_token']}"


def refused(header: str) -> None:
    # API Gateway answers 401 to exactly this word, and 500 to any other.
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        ask(header)


def test_who_has_a_session_may_call_every_route_of_the_stage(pair: Any) -> None:
    answer = ask(bearer(pair), "POST/v1/carts/current/items")
    (statement,) = answer["policyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "execute-api:Invoke")
    assert statement["Resource"] == f"{STAGE}/*/*"
    session = pair["session"]
    assert answer["principalId"] == session["user_id"]
    assert answer["context"] == {
        "user_id": session["user_id"],
        "roles": "customer",
        "session_id": session["session_id"],
    }


def test_the_roles_are_handed_on() -> None:
    perform("auth", "seed_admin", email="root@example.com", password=PASSWORD)
    pair = anyone().post("/v1/sessions", {"identifier": "root@example.com", "password": PASSWORD}).ok(201)
    assert ask(bearer(pair))["context"]["roles"] == "customer,admin"


def test_what_is_no_token_of_ours_is_refused(pair: Any) -> None:
    token = pair["access_token"]
    said = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    theirs = ec.generate_private_key(ec.SECP256R1())
    for header in (
        "",
        "Bearer",
        "Bearer nonsense",
        token,
        f"Basic {token}",
        f"Bearer {token[:-4]}",
        f"Bearer {pair['refresh_token']}",
        f"Bearer {jwt.encode(said, '', 'none', headers={'kid': kid})}",
        f"Bearer {jwt.encode(said, theirs, 'ES256', headers={'kid': kid})}",
        f"Bearer {jwt.encode(said, theirs, 'ES256', headers={'kid': 'theirs'})}",
    ):
        refused(header)
    ask(f"bearer  {token} ")


def test_an_expired_token_is_refused(pair: Any) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        refused(bearer(pair))


def test_a_token_whose_session_has_ended_is_refused(pair: Any) -> None:
    other = anyone().post("/v1/sessions", {"identifier": "ann@example.com", "password": PASSWORD}).ok(201)
    Client(headers={"authorization": bearer(pair)}).delete("/v1/sessions/current").ok(204)
    refused(bearer(pair))
    ask(bearer(other))


def test_a_token_whose_session_has_expired_or_is_unknown_is_refused(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SESSION_TTL", 60)
    short = anyone().post("/v1/sessions", {"identifier": "ann@example.com", "password": PASSWORD}).ok(201)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        refused(bearer(short))
        ask(bearer(pair))
    kit.empty()
    refused(bearer(pair))


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A function that has just started, and tells what its calls cost."""
    monkeypatch.setenv("COUNT_CALLS", "true")
    for kept in (aws.client, tokens.public_keys):
        kept.cache_clear()
    yield
    aws.client.cache_clear()


@pytest.mark.usefixtures("counting")
def test_the_answer_costs_one_read_and_the_first_one_the_keys_besides(pair: Any) -> None:
    asked = []
    for _ in range(3):
        with redirect_stdout(io.StringIO()) as printed:
            ask(bearer(pair))
        asked.append(json.loads(printed.getvalue())["calls"])
    assert asked == [{"dynamodb.GetItem": 1, "kms.GetPublicKey": 1}, *[{"dynamodb.GetItem": 1}] * 2]


def test_one_line_tells_who_came_and_no_secret(pair: Any) -> None:
    for header in (bearer(pair), bearer(pair)[:-4]):
        with redirect_stdout(io.StringIO()) as printed:
            try:
                ask(header)
            except Exception:
                assert header != bearer(pair)
        (line,) = printed.getvalue().splitlines()
        assert json.loads(line)["door"] == "authorizer"
        assert pair["access_token"].split(".")[1] not in line


def test_trouble_is_not_taken_for_a_bad_token(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Any, name: str, arguments: Any) -> Any:
        raise ConnectionError

    ask(bearer(pair))
    monkeypatch.setattr(BaseClient, "_make_api_call", fails)
    with pytest.raises(ConnectionError):
        ask(bearer(pair))


def test_the_authorizer_loads_none_of_what_the_services_need() -> None:
    code = "import sys, gateway.authorizer; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert not {"boto3", "chalice", "pydantic", "pynamodb", "aws_lambda_powertools"} & set(loaded.stdout.split())


def test_the_house_stands_and_says_which_build_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "SERVICES", ["gateway"])
    monkeypatch.setattr(settings, "BUILD_ID", "2026-01-31.1")
    assert anyone().get("/health").ok(200) == {"status": "ok"}
    assert anyone().get("/version").ok(200) == {"build_id": "2026-01-31.1"}


def test_the_reference_is_a_page_that_names_every_route_and_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "SERVICES", ["gateway"])
    answer = anyone().get("/docs")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    openapi = json.loads((kit.ROOT / "docs/openapi.json").read_text())
    assert all(f'<span class="path">{path}</span>' in answer.body for path in openapi["paths"])
    assert "default-src 'none'" in answer.body
    assert "<script" not in answer.body
