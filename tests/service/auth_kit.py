"""What tests of auth do again and again: open accounts, sign in, read what was told and sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import time_machine

from shop import sealing, settings
from tests.kit import REGION, Client, Reply, anyone, pending, perform

PASSWORD = "a long walk by the sea"
OTHER = "a short swim in the lake"
ROOT = "root@example.com"


def open_account(email: str = "ann@example.com", **fields: object) -> str:
    """Open an account; its user's id."""
    body = {"email": email, "password": PASSWORD, **fields}
    return str(anyone().post("/v1/accounts", body).ok(201)["user_id"])


def try_sign_in(identifier: str = "ann@example.com", password: str = PASSWORD, **fields: object) -> Reply:
    return anyone().post("/v1/sessions", {"identifier": identifier, "password": password, **fields})


def sign_in(identifier: str = "ann@example.com", password: str = PASSWORD, **fields: object) -> Client:
    """Sign in; a client that holds the access token."""
    return holder(try_sign_in(identifier, password, **fields).ok(201))


def holder(pair: Any) -> Client:
    """Whoever holds these tokens."""
    return Client(headers={"authorization": f"Bearer {pair['access_token']}"})


def root(email: str = ROOT) -> Client:
    """An admin, signed in."""
    perform("auth", "seed_admin", email=email, password=PASSWORD)
    return sign_in(email)


def holds(pair: Any) -> bool:
    """Whether the session of a pair of tokens goes on."""
    session = pair["session"]
    asked = {"session_id": session["session_id"], "user_id": session["user_id"]}
    return bool(perform("auth", "check_session", **asked)["active"])


def said(detail_type: str) -> list[Any]:
    """What auth told so far and nobody has heard yet."""
    return [detail["data"] for kind, detail in pending("auth") if kind == detail_type]


def secret(event: Any, purpose: str) -> str:
    """The token or code in an event, as notifications opens it."""
    sealed = event.get("encrypted_token") or event["encrypted_code"]
    return sealing.unseal(sealed, purpose=purpose, user_id=event["user_id"])


def sent(purpose: str) -> list[str]:
    """The secrets that should be sent, oldest first."""
    return [secret(event, purpose) for event in said(purpose)]


def later(**time: float) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + timedelta(**time))


def audited(admin: Client, **query: str) -> list[Any]:
    """Lines of the security audit log, newest first."""
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return list(admin.get(f"/v1/security-audit-logs?{text}").ok()["data"])


def everything(service: str = "auth") -> str:
    """Everything a service keeps, as text: to look for what must not be there."""
    pages = boto3.client("dynamodb", REGION).get_paginator("scan").paginate(TableName=settings.table_name(service))
    return str([page["Items"] for page in pages])
