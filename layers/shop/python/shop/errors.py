"""How the shop says no: a refusal carries the status, code and facts of a problem+json answer."""

import json
from collections.abc import Sequence
from typing import Any, TypedDict


class FieldError(TypedDict):
    """What is wrong with one field: a JSON Pointer into the body, or ``?name`` for a query parameter."""

    pointer: str
    code: str
    detail: str


class Refusal(Exception):
    """The caller cannot have this; `code` is stable, `facts` are added to the problem as they are.

    The message is the problem as JSON, so that a state machine can read it from the error's cause.
    """

    def __init__(
        self, status: int, code: str, detail: str = "", *, errors: Sequence[FieldError] = (), **facts: Any
    ) -> None:
        self.status, self.code, self.facts = status, code, facts
        self.detail = detail or code.replace("_", " ").capitalize()
        self.errors = list(errors)
        super().__init__(json.dumps({"code": code, "status": status, "detail": self.detail, **facts}, default=str))


class Transient(Refusal):
    """Something the shop depends on is busy or away; the same call may succeed in a moment."""

    def __init__(self, detail: str = "", code: str = "unavailable") -> None:
        super().__init__(503, code, detail or "Try again in a moment")


def not_found(what: str = "") -> Refusal:
    """404: there is no such thing, or it is someone else's."""
    return Refusal(404, "not_found", f"No such {what}" if what else "")


def conflict(code: str, detail: str = "", **facts: Any) -> Refusal:
    """409: the thing's present state does not allow this."""
    return Refusal(409, code, detail, **facts)


def invalid(code: str, detail: str = "", pointer: str | None = None, **facts: Any) -> Refusal:
    """422: well-formed, but not acceptable; `pointer` names the field at fault."""
    errors: list[FieldError] = [{"pointer": pointer, "code": code, "detail": detail or code}] if pointer else []
    return Refusal(422, code, detail, errors=errors, **facts)


def unauthenticated(code: str = "unauthenticated", detail: str = "") -> Refusal:
    """401: we do not know who is calling."""
    return Refusal(401, code, detail)


def forbidden(detail: str = "") -> Refusal:
    """403: we know who is calling, and they may not do this."""
    return Refusal(403, "forbidden", detail)


def version_mismatch() -> Refusal:
    """412: the thing has changed since the caller read it."""
    return Refusal(412, "version_mismatch", "It has changed since you read it; read it again")
