"""All that is said while a proof runs, and all that is to be kept secret: neither may be found in the other (B21)."""

import io
import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from shop import telemetry
from shop.api import Api
from tests.proof.machine import Json

LEAST = 6  # letters: what is shorter is found anywhere by chance
SET = re.compile(r"(#\w+) = (:\w+)")  # in the expression of an update
PASSWORD = re.compile(r'"(?:\w*_)?password": *"([^"\\]{8,})"')  # in a request
SEALED = "is kept sealed like this"
# Who has just made a secret is shown it, this once.
SHOWN_ONCE = {
    "POST /v1/mfa/enrollments": "the seed goes into the authenticator",
    "POST /v1/mfa/enrollments/confirmations": "the backup codes are written down",
    "POST /v1/mfa/backup-codes": "the backup codes are written down",
    "POST /v1/webhook-endpoints": "the receiver needs it to check what it is sent",
    "POST /v1/admin/gift-cards": "the code is what was bought",
}


def _text() -> defaultdict[str, io.StringIO]:
    return defaultdict(io.StringIO)


@dataclass
class Ears:
    """What was said, by where, and how often; and what was to be kept secret, by why."""

    responses: defaultdict[str, io.StringIO] = field(default_factory=_text)
    lines: io.StringIO = field(default_factory=io.StringIO)
    events: io.StringIO = field(default_factory=io.StringIO)
    secrets: dict[str, str] = field(default_factory=dict)
    answered: int = 0

    def keep(self, why: str, *secrets: str) -> None:
        """Listen for these as well."""
        self.secrets |= {secret: why for secret in secrets if len(secret) >= LEAST}

    def shown(self, secret: str) -> set[str]:
        """The routes that say it."""
        return {door for door, said in self.responses.items() if secret in said.getvalue()}

    def leaks(self) -> list[str]:
        """What was said and should not have been."""
        logged, told = self.lines.getvalue(), self.events.getvalue()
        said = {door: text.getvalue() for door, text in self.responses.items() if door not in SHOWN_ONCE}
        found = []
        for secret, why in self.secrets.items():
            found += [f"{door} says what {why}: {secret}" for door, text in said.items() if secret in text]
            if secret in logged:
                found.append(f"a log line says what {why}: {secret}")
            if secret in told and why != SEALED:  # sealed for whom it is for, a token may travel in an event
                found.append(f"an event says what {why}: {secret}")
        return found

    def counted(self) -> dict[str, int]:
        """How much was heard."""
        lines, events = self.lines.getvalue().count("\n"), self.events.getvalue().count("\n")
        return {"responses": self.answered, "log lines": lines, "events": events, "secrets": len(self.secrets)}

    def answer(self, event: Json, answer: Json) -> None:
        """A route has answered."""
        request = event["requestContext"]
        self.responses[f"{request['httpMethod']} {request['resourcePath']}"].write(str(answer.get("body")) + "\n")
        self.answered += 1
        self.keep("is kept as a hash", *PASSWORD.findall(event.get("body") or ""))

    def write(self, row: Json) -> None:
        """A row is written: an event that will be told, or what may hold something hashed or sealed."""
        place = row["PK"]["S"]
        if place.startswith("OBX#"):
            if "published_at" not in row:  # or it is only marked as told
                self.events.write(row["detail"]["S"] + "\n")
        elif not place.startswith("IDEM#"):
            for name, value in row.items():
                self._look(name, value)

    def _look(self, name: str, value: Json) -> None:
        ((kind, content),) = value.items()
        if kind == "M":
            for inner, part in content.items():
                self._look(inner if name != "sealed" else name, part)
        elif kind == "L":
            for part in content:
                self._look(name, part)
        elif kind == "S" and len(content) > 20 and name.endswith(("_hash", "hashes", "sealed")):
            self.keep(SEALED if "sealed" in name else "is kept as this hash", content)


@contextmanager
def listening() -> Iterator[Ears]:
    """Hear every answer of a route, every log line, every row that is written and everything that is sealed."""
    heard = Ears()
    answer, call = Api.__call__, vars(BaseClient)["_make_api_call"]

    def answered(self: Api, event: Json, context: Any) -> Json:
        reply = answer(self, event, context)
        heard.answer(event, reply)
        return reply

    def called(self: Any, operation: str, params: Json) -> Any:
        made = call(self, operation, params)
        if operation == "Encrypt":
            heard.keep("was sealed", bytes(params["Plaintext"]).decode())
        for row in _written(operation, params):
            heard.write(row)
        return made

    handler = logging.StreamHandler(heard.lines)
    handler.setFormatter(telemetry.logger.registered_formatter)
    told = logging.getLogger(telemetry.logger.name)
    told.addHandler(handler)
    try:
        with patch.object(Api, "__call__", answered), patch.object(BaseClient, "_make_api_call", called):
            yield heard
    finally:
        told.removeHandler(handler)


def _written(operation: str, params: Json) -> list[Json]:
    match operation:
        case "PutItem":
            return [params["Item"]]
        case "UpdateItem":
            return [_set(params)]
        case "TransactWriteItems":
            puts = [write["Put"]["Item"] for write in params["TransactItems"] if "Put" in write]
            return [*puts, *(_set(write["Update"]) for write in params["TransactItems"] if "Update" in write)]
        case "BatchWriteItem":
            writes = [write for writes in params["RequestItems"].values() for write in writes if "PutRequest" in write]
            return [write["PutRequest"]["Item"] for write in writes]
    return []


def _set(update: Json) -> Json:
    """The key of a row, and what is set of it."""
    names, values = update.get("ExpressionAttributeNames", {}), update.get("ExpressionAttributeValues", {})
    pairs = SET.findall(update.get("UpdateExpression", ""))
    return {**update["Key"], **{names[name]: values[value] for name, value in pairs}}
