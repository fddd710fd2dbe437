"""Behind a distribution everybody comes from its addresses: who is there is what it says, and only it may say so."""

import uuid

import boto3
import pytest

from shop import settings
from tests.kit import anyone
from tests.service.auth_kit import PASSWORD, holder, open_account

pytestmark = pytest.mark.usefixtures("shop")

SEEN, SAID = "203.0.113.7", "2001:db8::7"


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> str:
    """What the distribution shows us."""
    manager = boto3.client("secretsmanager", "us-east-1")
    made = manager.create_secret(Name=f"origin-{uuid.uuid4()}", SecretString="ours alone")
    monkeypatch.setenv("ORIGIN_SECRET", made["ARN"])
    monkeypatch.setattr(settings, "DISTRIBUTED", True)
    settings.secret.cache_clear()
    return "ours alone"


def address(**headers: str) -> str:
    """Where a sign-in is said to have come from."""
    open_account()
    body = {"identifier": "ann@example.com", "password": PASSWORD}
    pair = anyone().post("/v1/sessions", body, x_viewer_address=SAID, **headers).ok(201)
    (session,) = holder(pair).get("/v1/sessions").ok()["data"]
    return str(session["ip_address"])


def test_the_distribution_is_believed_when_it_says_who_is_there(shared: str) -> None:
    assert address(x_origin_secret=shared) == SAID


@pytest.mark.parametrize("secret", ["", "guessed", "\u00fc"])
def test_nobody_else_is(shared: str, secret: str) -> None:
    assert address(x_origin_secret=secret) == SEEN


def test_without_a_distribution_nobody_is() -> None:
    assert address(x_origin_secret="ours alone") == SEEN
