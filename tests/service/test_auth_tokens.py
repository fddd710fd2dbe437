"""Access tokens and their keys, refresh tokens and their chains.

R12, R13, R44; B38, B51, B53-B55; E15; AP7; AUTH-04.
"""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec

from auth.store import TOKENS, accounts
from auth.store import sessions as store
from auth.tokens import _signature
from shop import tokens
from tests.kit import Client, Reply, anyone, pending, perform

pytestmark = pytest.mark.usefixtures("shop")

PASSWORD = "a long walk by the sea"


@pytest.fixture
def pair(shop: None) -> Any:
    """The tokens of someone who has just signed in."""
    anyone().post("/v1/accounts", {"email": "ann@example.com", "password": PASSWORD}).ok(201)
    return sign_in()


def sign_in() -> Any:
    return anyone().post("/v1/sessions", {"identifier": "ann@example.com", "password": PASSWORD}).ok(201)


def refresh(pair: Any, **headers: str) -> Reply:
    return anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}, **headers)


def knock(token: str) -> Reply:
    return Client(headers={"authorization": f"Bearer {token}"}).get("/v1/sessions")


def holds(pair: Any) -> bool:
    return bool(perform("auth", "check_session", session_id=pair["session"]["session_id"])["active"])


def alarms() -> list[Any]:
    return [detail["data"] for kind, detail in pending("auth") if kind == "refresh_token.reuse_detected"]


def later(**time: float) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + timedelta(**time))


def with_segments(*segments: Any) -> str:
    encoded = [
        segment if isinstance(segment, str) else base64.urlsafe_b64encode(json.dumps(segment).encode()).decode()
        for segment in segments
    ]
    return ".".join(segment.rstrip("=") for segment in encoded)


def test_anyone_can_verify_a_token_with_the_published_keys(pair: Any) -> None:
    published = anyone().get("/.well-known/jwks.json")
    assert published.headers["Cache-Control"] == "public, max-age=300"
    (key,) = published.ok()["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert not {"d", "k"} & set(key)
    token = pair["access_token"]
    assert jwt.get_unverified_header(token) == {"typ": "JWT", "alg": "ES256", "kid": key["kid"]}
    said = jwt.decode(token, jwt.PyJWK(key), algorithms=["ES256"], issuer="tradewind")
    assert (said["sub"], said["sid"]) == (pair["session"]["user_id"], pair["session"]["session_id"])
    assert (said["roles"], said["exp"] - said["iat"]) == (["customer"], 900)
    assert PASSWORD not in str(said)


def test_a_retired_key_is_still_accepted(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = boto3.client("kms", "us-east-1").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    new, old = made["KeyMetadata"]["Arn"], tokens.key_arns()[0]
    monkeypatch.setenv("TOKEN_KEYS", f"{new},{old}")
    tokens.public_keys.cache_clear()
    knock(pair["access_token"]).ok()
    token = sign_in()["access_token"]
    assert jwt.get_unverified_header(token)["kid"] == tokens.key_id(new)
    knock(token).ok()
    assert {key["kid"] for key in anyone().get("/.well-known/jwks.json").ok()["keys"]} == {
        tokens.key_id(new),
        tokens.key_id(old),
    }
    monkeypatch.undo()
    tokens.public_keys.cache_clear()
    knock(token).refused(401, "unauthenticated")


def test_a_key_to_come_is_published_before_it_signs(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = boto3.client("kms", "us-east-1").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    new, old = made["KeyMetadata"]["Arn"], tokens.key_arns()[0]
    monkeypatch.setenv("TOKEN_KEYS", f"{old},{new}")
    tokens.public_keys.cache_clear()
    published = [key["kid"] for key in anyone().get("/.well-known/jwks.json").ok()["keys"]]
    assert published == [tokens.key_id(old), tokens.key_id(new)]
    assert jwt.get_unverified_header(sign_in()["access_token"])["kid"] == tokens.key_id(old)
    monkeypatch.undo()
    tokens.public_keys.cache_clear()


def test_a_forged_token_opens_nothing(pair: Any) -> None:
    token = pair["access_token"]
    header, claims, signature = token.split(".")
    kid = jwt.get_unverified_header(token)["kid"]
    said = jwt.decode(token, options={"verify_signature": False})
    ours = anyone().get("/.well-known/jwks.json").ok()["keys"][0]
    theirs = ec.generate_private_key(ec.SECP256R1())
    forged = {
        "none": with_segments({"alg": "none", "kid": kid}, said, ""),
        "None": with_segments({"alg": "None", "kid": kid}, said, signature),
        "public key as a password": jwt.encode(said, json.dumps(ours) * 2, "HS256", headers={"kid": kid}),
        "another key": jwt.encode(said, theirs, "ES256", headers={"kid": kid}),
        "another key, unknown": jwt.encode(said, theirs, "ES256", headers={"kid": "theirs"}),
        "another key, enclosed": jwt.encode(
            said, theirs, "ES256", headers={"jwk": json.loads(jwt.algorithms.ECAlgorithm.to_jwk(theirs.public_key()))}
        ),
        "other claims": with_segments(header, {**said, "roles": ["admin"]}, signature),
        "longer": with_segments(header, {**said, "exp": said["exp"] + 900}, signature),
        "no kid": with_segments({"alg": "ES256", "typ": "JWT"}, claims, signature),
        "swapped kid": with_segments({"alg": "ES256", "typ": "JWT", "kid": "../../etc"}, claims, signature),
        "kid of another kind": with_segments({"alg": "ES256", "kid": [kid]}, claims, signature),
        "cut": f"{header}.{claims}.{signature[:-4]}",
        "no signature": f"{header}.{claims}.",
        "two parts": f"{header}.{claims}",
        "nonsense": "nonsense",
        "not even text": "\udcff.ü.\x00",
        "a refresh token": pair["refresh_token"],
    }
    for how, attempt in forged.items():
        assert (how, knock(attempt).refused(401, "unauthenticated")["code"]) == (how, "unauthenticated")
    knock(token).ok()


def test_a_token_for_something_else_signed_by_our_key_opens_nothing(pair: Any) -> None:
    arn = tokens.key_arns()[0]
    said = jwt.decode(pair["access_token"], options={"verify_signature": False})
    header = {"alg": "ES256", "typ": "JWT", "kid": tokens.key_id(arn)}

    def signed(**changes: Any) -> str:
        claims = {name: value for name, value in {**said, **changes}.items() if value is not None}
        body = with_segments(header, claims)
        return f"{body}.{base64.urlsafe_b64encode(_signature(arn, body.encode())).decode().rstrip('=')}"

    knock(signed()).ok()
    knock(signed(iat=int(time.time()) + 2)).ok()
    for changes in ({"iss": "elsewhere"}, {"iss": None}, {"exp": None}, {"sid": None}, {"roles": None}, {"sub": None}):
        knock(signed(**changes)).refused(401, "unauthenticated")


def test_a_token_expires_after_a_quarter_of_an_hour(pair: Any) -> None:
    with later(minutes=14):
        knock(pair["access_token"]).ok()
    with later(minutes=15, seconds=1):
        knock(pair["access_token"]).refused(401, "token_expired")


def test_a_refresh_token_is_replaced_at_each_use(pair: Any) -> None:
    seen = [pair]
    for _ in range(3):
        seen.append(refresh(seen[-1]).ok(201))
    assert len({one["refresh_token"] for one in seen}) == 4
    assert len({one["access_token"] for one in seen}) == 4
    assert {one["session"]["session_id"] for one in seen} == {pair["session"]["session_id"]}
    assert set(seen[-1]) == set(pair)
    knock(seen[-1]["access_token"]).ok()
    assert len(knock(seen[-1]["access_token"]).ok()["data"]) == 1
    assert alarms() == []


def test_an_old_access_token_beside_it_does_not_hinder_a_refresh(pair: Any) -> None:
    with later(hours=1):
        refresh(pair, authorization=f"Bearer {pair['access_token']}").ok(201)


def test_a_token_that_comes_back_ends_all_that_came_of_it(pair: Any) -> None:
    second = refresh(pair).ok(201)
    third = refresh(second).ok(201)
    other = sign_in()
    refresh(pair).refused(401, "token_reused")
    assert not holds(third)
    refresh(third).refused(401, "token_revoked")
    refresh(second).refused(401, "token_reused")
    (alarm,) = alarms()
    assert (alarm["user_id"], alarm["ip_address"]) == (pair["session"]["user_id"], "203.0.113.7")
    assert holds(other)
    refresh(other).ok(201)


def test_a_token_that_was_revoked_and_comes_back_raises_one_alarm(pair: Any) -> None:
    Client(headers={"authorization": f"Bearer {pair['access_token']}"}).delete("/v1/sessions/current").ok(204)
    assert alarms() == []
    for _ in range(2):
        refresh(pair).refused(401, "token_revoked")
    assert len(alarms()) == 1


def test_of_two_refreshes_at_once_one_is_answered_and_then_both_are_over(
    pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    won: list[Any] = []
    rotate = store.rotate

    def rotate_after_a_rival(*args: Any) -> None:
        monkeypatch.undo()
        won.append(refresh(pair).ok(201))
        rotate(*args)

    monkeypatch.setattr(store, "rotate", rotate_after_a_rival)
    refresh(pair).refused(401, "token_reused")
    assert not holds(won[0])
    refresh(won[0]).refused(401, "token_revoked")
    assert len(alarms()) == 1


def test_a_sign_out_during_a_refresh_wins(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rotate = store.rotate

    def rotate_after_the_sign_out(*args: Any) -> None:
        monkeypatch.undo()
        anyone().post("/v1/token-revocations", {"refresh_token": pair["refresh_token"]}).ok(204)
        rotate(*args)

    monkeypatch.setattr(store, "rotate", rotate_after_the_sign_out)
    refresh(pair).refused(401, "token_revoked")
    assert not holds(pair)


def test_a_refresh_during_the_sign_out_is_ended_with_it(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    close, made = store.close, []

    def close_after_a_refresh(*args: Any) -> None:
        monkeypatch.undo()
        made.append(refresh(pair).ok(201))
        close(*args)

    monkeypatch.setattr(store, "close", close_after_a_refresh)
    Client(headers={"authorization": f"Bearer {pair['access_token']}"}).delete("/v1/sessions/current").ok(204)
    assert not holds(made[0])
    refresh(made[0]).refused(401, "token_revoked")


def test_the_end_of_all_sessions_during_a_refresh_wins(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rotate = store.rotate

    def rotate_after_the_end(*args: Any) -> None:
        monkeypatch.undo()
        accounts.raise_generation(pair["session"]["user_id"])
        rotate(*args)

    monkeypatch.setattr(store, "rotate", rotate_after_the_end)
    refresh(pair).refused(401, "token_revoked")
    assert not holds(pair)


def test_a_use_seen_during_a_refresh_does_not_hinder_it(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rotate = store.rotate

    def rotate_after_a_use(*args: Any) -> None:
        monkeypatch.undo()
        session = store.session(pair["session"]["session_id"])
        assert session
        store.touch(session)
        rotate(*args)

    monkeypatch.setattr(store, "rotate", rotate_after_a_use)
    refresh(refresh(pair).ok(201)).ok(201)


def test_a_lagging_index_hides_no_token(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    third = refresh(refresh(pair).ok(201)).ok(201)
    monkeypatch.setattr(TOKENS, "query", lambda *args, **kwargs: [])
    refresh(pair).refused(401, "token_reused")
    refresh(third).refused(401, "token_revoked")
    assert not holds(third)


def test_a_refresh_token_outlives_its_session_and_begins_another(pair: Any) -> None:
    with later(days=2):
        assert not holds(pair)
        second = refresh(pair).ok(201)
        assert second["session"]["session_id"] != pair["session"]["session_id"]
        assert holds(second)
        refresh(pair).refused(401, "token_reused")
        assert not holds(second)
        refresh(second).refused(401, "token_revoked")


def test_a_session_about_to_end_is_replaced_so_that_no_token_outlives_its_session(pair: Any) -> None:
    with later(hours=23, minutes=50):
        second = refresh(pair).ok(201)
        assert second["session"]["session_id"] != pair["session"]["session_id"]
        assert (holds(pair), holds(second)) == (False, True)
        listed = knock(second["access_token"]).ok()["data"]
        assert [session["session_id"] for session in listed] == [second["session"]["session_id"]]


def test_a_refresh_token_expires_after_thirty_days_without_use(pair: Any) -> None:
    with later(days=29):
        second = refresh(pair).ok(201)
    with later(days=58):
        third = refresh(second).ok(201)
    with later(days=89):
        refresh(third).refused(401, "token_expired")


def test_what_is_no_refresh_token_is_401_and_revoking_anything_is_204(pair: Any) -> None:
    for text in ("nonsense", "", pair["access_token"], pair["session"]["session_id"] + ".x", "x" * 5000):
        anyone().post("/v1/tokens", {"refresh_token": text}).refused(401, "unauthenticated")
        anyone().post("/v1/token-revocations", {"refresh_token": text}).ok(204)
    anyone().post("/v1/tokens", {}).refused(422, "validation_failed")
    anyone().post("/v1/tokens", "{").refused(400, "malformed_json")
    assert holds(pair)
    assert alarms() == []


def test_revoking_a_token_ends_its_session_also_by_an_older_token_and_again(pair: Any) -> None:
    second = refresh(pair).ok(201)
    for _ in range(2):
        anyone().post("/v1/token-revocations", {"refresh_token": pair["refresh_token"]}).ok(204)
    assert not holds(second)
    refresh(second).refused(401, "token_revoked")


def test_a_refresh_repeated_with_its_key_is_answered_again(pair: Any) -> None:
    first = refresh(pair, idempotency_key="k1")
    again = refresh(pair, idempotency_key="k1")
    assert again.ok(201) == first.ok(201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert holds(first.body)
    assert alarms() == []
