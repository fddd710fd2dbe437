"""Nothing secret is said: these journeys make every kind of secret, and `ears` listens to them as to all proofs."""

import random

import pyotp
import pytest

from tests import kit
from tests.kit import admin, anyone
from tests.proof.ears import SEALED, Ears
from tests.proof.machine import running
from tests.proof.redelivery import Restless
from tests.proof.shopper import a_buyer, fresh, furnished
from tests.proof.test_redelivery import a_day

pytestmark = pytest.mark.usefixtures("shop")

PASSWORD = "a long walk by the sea"


def people(ears: Ears) -> None:
    """Accounts, sessions, second factors, new and forgotten passwords."""
    identity = {"email": "eve@example.com", "password": PASSWORD}
    account = anyone().post("/v1/accounts", identity).ok(201)
    pair = anyone().post("/v1/sessions", {"identifier": identity["email"], "password": PASSWORD}).ok(201)
    client = kit.user(account["user_id"])
    seed = client.post("/v1/mfa/enrollments", {"method": "totp"}).ok()["secret"]
    codes = client.post("/v1/mfa/enrollments/confirmations", {"code": pyotp.TOTP(seed).now()}).ok()["backup_codes"]
    anyone().post("/v1/password-resets", {"email": identity["email"]}).ok()
    assert ears.secrets[PASSWORD] == "is kept as a hash"
    ears.keep("is kept as a hash", *codes)
    ears.keep("is kept sealed", seed)
    renewed = anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}).ok()
    for token in (pair["refresh_token"], renewed["refresh_token"]):
        assert ears.shown(token) <= {"POST /v1/sessions", "POST /v1/tokens"}


def money(ears: Ears) -> None:
    """Cards, gift cards, carriers."""
    buyer = a_buyer(furnished(), "tok_success")
    with running():
        buyer.buy()
    wish = {"amount": {"amount": 500, "currency": "USD"}}
    gift = admin().post("/v1/admin/gift-cards", wish, idempotency_key=fresh("gift")).ok(201)
    carrier = {"name": "Coach", "code": "custom", "api_key": "the-key-of-the-coach"}
    admin().post("/v1/carriers", carrier).ok(201)
    ears.keep("is kept as a hash", gift["code"])
    ears.keep("is kept sealed", carrier["api_key"], "tok_success")


def test_nothing_secret_is_said(ears: Ears) -> None:
    """Proof 8 of reliability: B21. What was said is searched when this is over, as after every proof."""
    people(ears)
    money(ears)
    kit.empty()
    a_day(Restless(random.Random(8), every=1000))
    heard = ears.counted()
    assert heard["log lines"] > 100
    assert heard["events"] > 20
    assert {"was sealed", "is kept as this hash", SEALED} <= {*ears.secrets.values()}


def test_a_leak_is_found() -> None:
    """In a response, a log line and an event; who makes a secret may see it."""
    heard, key = Ears(), "the key of the coach"
    heard.keep("was sealed", key)
    for path in ("/v1/webhook-endpoints", "/v1/carriers"):
        heard.answer({"requestContext": {"httpMethod": "POST", "resourcePath": path}}, {"body": key})
    heard.lines.write(key)
    heard.write({"PK": {"S": "OBX#1"}, "detail": {"S": key}})
    assert [leak.partition(" says")[0] for leak in heard.leaks()] == ["POST /v1/carriers", "a log line", "an event"]
