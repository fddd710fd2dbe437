"""What a request says: who calls, with which path, query, body, version and key."""

import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from chalice.app import Request
from pydantic import ValidationError

from shop import settings
from shop.answers import path_of, validation_refusal
from shop.auth import Caller, check_session, verify
from shop.doors import GUEST_OR_CUSTOMER, PUBLIC, Door, OperationId, Version
from shop.errors import FieldError, Refusal, forbidden, not_found, unauthenticated
from shop.idempotency import operation_id
from shop.pages import Paging, Query
from shop.records import Body

MAX_BODY = 1_000_000
MAX_ID = 255  # nothing we name is longer, and DynamoDB's keys have their limits


class Taker:
    """What a view takes, read from its annotations once."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.body, self.query = door.of_type(Body), door.of_type(Query)
        self.caller, self.request = door.named(Caller), door.named(Request)
        self.operation, self.version = door.named(OperationId), door.named(Version)

    def __call__(self, request: Request, path: Mapping[str, str], caller: Caller, key: str | None) -> dict[str, Any]:
        """The view's arguments; whatever is wrong with the request is refused here."""
        arguments: dict[str, Any] = {name: unquote(value) for name, value in path.items()}
        if any(len(value) > MAX_ID for value in arguments.values()):
            raise not_found()
        if self.query:
            arguments[self.query[0]] = _query(self.query[1], request, caller)
        elif request.query_params:
            raise _bad_query(
                [
                    {"pointer": f"?{n}", "code": "extra_forbidden", "detail": "Unknown parameter"}
                    for n in request.query_params
                ]
            )
        if self.caller:
            arguments[self.caller] = caller
        if self.request:
            arguments[self.request] = request
        if self.operation:
            arguments[self.operation] = operation_id(caller.principal, key, fingerprint(request))
        if self.door.if_match:
            version = _if_match(request)
            if self.version:
                arguments[self.version] = version
        if self.body:
            arguments[self.body[0]] = _body(self.body[1], request)
        return arguments


def caller_of(door: Door, request: Request) -> Caller:
    """Who says they are calling, and proves it."""
    origin = origin_of(request)
    given = request.context.get("authorizer") if door.who.signed_in else None
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if given and given.get("user_id"):
        caller = Caller(
            user_id=given["user_id"], roles=given["roles"].split(","), session_id=given["session_id"], **origin
        )
    elif scheme.lower() == "bearer" and token and (door.who is not PUBLIC or door.named(Caller)):
        caller = _proven(door, token.strip()).model_copy(update=origin)
    else:
        # Longer than any session id we make is nobody's, and must not become a key longer than DynamoDB takes.
        caller = Caller(cart_session=request.headers.get("x-cart-session", "")[:200], **origin)
    if door.who is not PUBLIC and not caller.user_id and not (door.who is GUEST_OR_CUSTOMER and caller.cart_session):
        raise unauthenticated()
    return caller


def admitted(door: Door, caller: Caller) -> Caller:
    """The caller, if this door opens to them now."""
    if door.fresh:
        caller = check_session(caller)
    if door.who.roles and not door.who.roles & set(caller.roles):
        raise forbidden()
    return caller


def _proven(door: Door, token: str) -> Caller:
    """The caller a token proves. Whoever only reads what is public is not turned away for an old one."""
    try:
        return verify(token)
    except Refusal:
        if door.who is PUBLIC and door.method == "GET":
            return Caller()
        raise


def origin_of(request: Request) -> dict[str, str]:
    """Where a request comes from, as API Gateway saw it: what headers claim is not believed, but for our distribution.

    That stands before all who use the pages, and proves itself with the secret it shares with us (infra/web.yaml).
    """
    identity = request.context.get("identity") or {}
    address, proof = identity.get("sourceIp"), request.headers.get("x-origin-secret")
    if proof and settings.DISTRIBUTED:
        known = hmac.compare_digest(proof.encode(), settings.secret("ORIGIN_SECRET").encode())
        address = request.headers.get("x-viewer-address", address) if known else address
    return {"ip_address": address or "", "user_agent": identity.get("userAgent") or ""}


def actor_type(caller: Caller) -> str:
    """How events name who acted."""
    return "admin" if caller.is_admin else "user"


def idempotency_key(door: Door, request: Request) -> str | None:
    """The Idempotency-Key of a POST, which a door may require."""
    key = request.headers.get("idempotency-key")
    if door.method != "POST" or key is None:
        if door.keyed:
            raise Refusal(400, "idempotency_key_missing", "Send an Idempotency-Key header")
        return None
    if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise Refusal(400, "invalid_parameter", "Idempotency-Key takes 1 to 255 printable characters")
    return str(key)


def fingerprint(request: Request) -> bytes:
    """What makes two requests the same request."""
    return f"{request.method} {path_of(request)}\n".encode() + _raw(request)


def _raw(request: Request) -> bytes:
    raw = request.raw_body
    return raw.encode() if isinstance(raw, str) else raw


def _if_match(request: Request) -> int:
    given = request.headers.get("if-match")
    if given is None:
        raise Refusal(428, "if_match_required", "Send If-Match with the ETag you read")
    text = given.removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit()):
        raise Refusal(412, "version_mismatch", "If-Match is not an ETag of this resource")
    return int(text)


def _body(model: type[Body], request: Request) -> Body:
    raw = _raw(request)
    if len(raw) > MAX_BODY:
        raise Refusal(413, "payload_too_large", "A body has at most 1 MB")
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if raw and kind != "application/json":
        raise Refusal(415, "unsupported_media_type", "Send application/json")
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise validation_refusal(error) from None


def _query(model: type[Query], request: Request, caller: Caller) -> Query:
    given = {name: request.query_params[name] for name in request.query_params} if request.query_params else {}
    try:
        query = model.model_validate(given)
    except ValidationError as error:
        raise _bad_query(
            [
                {
                    "pointer": "?" + str(fault["loc"][0] if fault["loc"] else ""),
                    "code": fault["type"],
                    "detail": fault["msg"],
                }
                for fault in error.errors(include_url=False)
            ]
        ) from None
    if isinstance(query, Paging):
        filters = sorted((name, value) for name, value in given.items() if name not in ("cursor", "limit"))
        query.within(json.dumps([path_of(request), filters, caller.principal]))
    return query


def _bad_query(errors: list[FieldError]) -> Refusal:
    return Refusal(400, "invalid_parameter", "; ".join(f"{e['pointer']}: {e['detail']}" for e in errors), errors=errors)
