"""What the tests of the second factor share: people with an app that shows codes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pyotp
import time_machine

from shop import settings
from tests.kit import Client, Reply, anyone, pending

PASSWORD = "a long walk by the sea"


def open_account(email: str = "ann@example.com", **fields: object) -> Any:
    return anyone().post("/v1/accounts", {"email": email, "password": PASSWORD, **fields}).ok(201)


def sign_in(identifier: str = "ann@example.com", password: str = PASSWORD, **fields: object) -> Reply:
    return anyone().post("/v1/sessions", {"identifier": identifier, "password": password, **fields})


def holder(pair: Any) -> Client:
    """Whoever holds these tokens."""
    return Client(headers={"authorization": f"Bearer {pair['access_token']}"})


def said(detail_type: str) -> list[Any]:
    return [detail["data"] for kind, detail in pending("auth") if kind == detail_type]


def later(**time: float) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + timedelta(**time))


def everything() -> str:
    """All that auth keeps."""
    return str(boto3.client("dynamodb", "us-east-1").scan(TableName=settings.table_name("auth"))["Items"])


@dataclass
class Someone:
    """Somebody with a second factor."""

    email: str
    client: Client
    secret: str
    backup_codes: list[str]

    def code(self, steps: int = 0) -> str:
        """What the app shows, or will so many steps later."""
        return pyotp.TOTP(self.secret).at(datetime.now(UTC), counter_offset=steps)

    def asked(self, **fields: object) -> str:
        """The token of a sign-in that waits for the second factor."""
        return str(sign_in(self.email, PASSWORD, **fields).ok(202)["mfa_token"])

    def answer(self, token: str, **evidence: object) -> Reply:
        """Give the second factor."""
        return anyone().post("/v1/sessions/mfa", {"mfa_token": token, **evidence})


def with_mfa(email: str = "ann@example.com") -> Someone:
    """Somebody who has switched it on; the code of this step is used."""
    open_account(email)
    client = holder(sign_in(email).ok(201))
    enrollment = client.post("/v1/mfa/enrollments").ok(201)
    uri = urlsplit(enrollment["otpauth_uri"])
    assert parse_qs(uri.query)["secret"] == [enrollment["secret"]]
    code = pyotp.TOTP(enrollment["secret"]).now()
    codes = client.post("/v1/mfa/enrollments/confirmations", {"code": code}).ok(200)["backup_codes"]
    return Someone(email, client, enrollment["secret"], codes)


def wrong(code: str) -> str:
    """A code that is not this one, nor one of its neighbours but by the worst of luck."""
    return f"{(int(code) + 123_457) % 1_000_000:06}"
