"""What is kept sealed or hashed is never shown: no response, log line or event says it in clear, or as it is kept."""

import io
import json
import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyotp
import pytest
from botocore.client import BaseClient

from shop import telemetry
from tests import kit
from tests.database import items
from tests.kit import SERVICES, Client, Reply, admin, anyone
from tests.proof.machine import Json, running
from tests.proof.redelivery import Restless
from tests.proof.shopper import a_buyer, fresh, furnished
from tests.proof.test_redelivery import a_day

pytestmark = pytest.mark.usefixtures("shop")

SEALED = "is kept sealed like this"
PASSWORD = "a long walk by the sea"
# Who has just made a secret is shown it, this once.
SHOWN_ONCE = {
    "POST /v1/mfa/enrollments": "the seed goes into the authenticator",
    "POST /v1/mfa/enrollments/confirmations": "the backup codes are written down",
    "POST /v1/mfa/backup-codes": "the backup codes are written down",
    "POST /v1/webhook-endpoints": "the receiver needs it to check what it is sent",
    "POST /v1/admin/gift-cards": "the code is what was bought",
}


@dataclass
class Ears:
    """All that was said, by where, and all that was to be kept secret, by why."""

    responses: list[tuple[str, str]] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    lines: io.StringIO = field(default_factory=io.StringIO)

    def keep(self, why: str, *secrets: str) -> None:
        self.secrets |= dict.fromkeys(secrets, why)


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ears]:
    heard = Ears()
    answer, call = Client.call, vars(BaseClient)["_make_api_call"]

    def answered(self: Client, method: str, path: str, body: Any, **headers: str) -> Reply:
        reply = answer(self, method, path, body, **headers)
        heard.responses.append((f"{method} {path.partition('?')[0]}", json.dumps(reply.body, default=str)))
        return reply

    def called(self: Any, operation: str, params: Json) -> Any:
        made = call(self, operation, params)
        if operation == "Encrypt":
            heard.keep("was sealed", bytes(params["Plaintext"]).decode())
        return made

    monkeypatch.setattr(Client, "call", answered)
    monkeypatch.setattr(BaseClient, "_make_api_call", called)
    handler = logging.StreamHandler(heard.lines)
    handler.setFormatter(telemetry.logger.registered_formatter)
    telemetry.logger.addHandler(handler)
    yield heard
    telemetry.logger._logger.removeHandler(handler)


def people(ears: Ears) -> None:
    """Accounts, sessions, second factors, new and forgotten passwords."""
    identity = {"email": "eve@example.com", "password": PASSWORD}
    account = anyone().post("/v1/accounts", identity).ok(201)
    pair = anyone().post("/v1/sessions", {"identifier": identity["email"], "password": PASSWORD}).ok(201)
    client = kit.user(account["user_id"])
    seed = client.post("/v1/mfa/enrollments", {"method": "totp"}).ok()["secret"]
    codes = client.post("/v1/mfa/enrollments/confirmations", {"code": pyotp.TOTP(seed).now()}).ok()["backup_codes"]
    anyone().post("/v1/password-resets", {"email": identity["email"]}).ok()
    ears.keep("is kept as a hash", PASSWORD, *codes)
    ears.keep("is kept sealed", seed)
    renewed = anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}).ok()
    said = {"POST /v1/sessions", "POST /v1/tokens"}
    tokens = {pair["refresh_token"], renewed["refresh_token"]}
    assert not [door for door, body in ears.responses if door not in said and any(token in body for token in tokens)]


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


def as_kept() -> dict[str, str]:
    """Every sealed text and every hash in the tables. Sealed for whom it is for, a token may travel in an event."""
    found: dict[str, str] = {}

    def look(name: str, value: Any) -> None:
        ((kind, content),) = value.items()
        if kind == "M":
            for inner, part in content.items():
                look(inner if name != "sealed" else "sealed", part)
        elif kind == "L":
            for part in content:
                look(name, part)
        elif kind == "S" and len(content) > 20 and (name.endswith(("_hash", "sealed", "hashes"))):
            found[content] = SEALED if "sealed" in name else "is kept as this hash"

    for service in SERVICES:
        for row in items(f"test-{service}", ""):
            if not row["PK"]["S"].startswith(("OBX#", "IDEM#")):
                for name, value in row.items():
                    look(name, value)
    return found


def as_told() -> str:
    """Every event in the outboxes."""
    return "".join(row["detail"]["S"] for service in SERVICES for row in items(f"test-{service}", "OBX#"))


def test_nothing_secret_is_said(ears: Ears, record_property: Callable[[str, object], None]) -> None:
    """Proof 8 of reliability: B21."""
    people(ears)
    kept, told = as_kept(), as_told()
    money(ears)
    kept, told = kept | as_kept(), told + as_told()
    kit.empty()
    a_day(Restless(random.Random(8), every=1000))
    kept, told = kept | as_kept(), told + as_told()
    assert len(kept) > 3
    logged = ears.lines.getvalue()
    assert len(logged.splitlines()) > 100
    assert len(told) > 10_000
    wanted = {secret: why for secret, why in ears.secrets.items() if len(secret) > 5}
    for secret, why in {**wanted, **kept}.items():
        assert secret not in logged, f"a log line says what {why}: {secret}"
        assert secret not in told or why == SEALED, f"an event says what {why}: {secret}"
        shown = {door for door, body in ears.responses if secret in body}
        assert shown <= SHOWN_ONCE.keys(), f"{shown} say what {why}: {secret}"
    facts = {
        "responses": len(ears.responses),
        "log lines": len(logged.splitlines()),
        "secrets": len(wanted) + len(kept),
    }
    record_property("counted", facts)
