"""What goes back: a model as JSON, a refusal as problem+json, a first answer again."""

import json
import re
from collections.abc import Sequence
from typing import Any

from chalice.app import Request, Response
from pydantic import ValidationError

from shop import settings
from shop.doors import Answer, Door, Html, Pdf
from shop.errors import FieldError, Refusal, Transient
from shop.idempotency import Remembered
from shop.limits import RateLimited
from shop.pages import Page
from shop.records import adapter

PROBLEM = "application/problem+json"
ERRORS_URL = "https://errors.example.com/"
# Without blanks, quotes and backslashes: it is copied into logs as it is, and must not say more than an id there.
REQUEST_ID = re.compile(r"[!#-\[\]-~]{1,128}")


def response(door: Door, request: Request, result: Any) -> Response:
    """What a view returned, as the door declares it; 304 for what the client has already."""
    answer: Answer[Any] = result if isinstance(result, Answer) else Answer(result)
    headers: dict[str, str | list[str]] = {"Cache-Control": door.cache or "no-store", **answer.headers}
    if isinstance(answer.body, Response):
        return answer.body
    status = answer.status or door.status
    if isinstance(answer.body, Pdf):
        if Pdf.media_type not in request.headers.get("accept", ""):  # without it API Gateway would send base64
            raise Refusal(406, "not_acceptable", f"Send Accept: {Pdf.media_type}")
        return Response(bytes(answer.body), {**headers, "Content-Type": Pdf.media_type}, status)
    if isinstance(answer.body, Html):
        return Response(str(answer.body), {**headers, "Content-Type": Html.media_type}, status)
    if answer.body is None:
        return Response("", headers, 204 if status == 200 else status)
    if door.location and status in (201, 202):
        headers["Location"] = settings.API_PREFIX + door.location.format_map(dict(answer.body))
    version = getattr(answer.body, "version", None)
    if version is not None and not isinstance(answer.body, Page):
        headers["ETag"] = f'"{version}"'
        if door.method == "GET" and request.headers.get("if-none-match") == headers["ETag"]:
            return Response("", headers, 304)
    headers["Content-Type"] = "application/json"
    return Response(adapter(door.answers).dump_json(answer.body).decode(), headers, status)


def problem(refusal: Refusal, request: Request, request_id: str) -> Response:
    """A refusal as RFC 9457 problem+json."""
    body: dict[str, Any] = {
        "type": ERRORS_URL + refusal.code,
        "title": refusal.code.replace("_", " ").capitalize(),
        "status": refusal.status,
        "detail": refusal.detail,
        "instance": path_of(request),
        "code": refusal.code,
        "request_id": request_id,
        **refusal.facts,
    }
    if refusal.errors:
        body["errors"] = refusal.errors
    headers: dict[str, str | list[str]] = {"Content-Type": PROBLEM}
    if isinstance(refusal, Transient):
        headers["Retry-After"] = "1"
    if isinstance(refusal, RateLimited):
        headers["Retry-After"] = str(refusal.allowance.reset)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(json.dumps(body, default=str), headers, refusal.status)


def validation_refusal(error: ValidationError) -> Refusal:
    """What pydantic found wrong with a body, as a refusal with a pointer to each field."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(fault["type"] == "json_invalid" for fault in found):
        return Refusal(400, "malformed_json", "The body is not JSON")
    errors: list[FieldError] = [
        {"pointer": _pointer(fault["loc"]), "code": fault["type"], "detail": fault["msg"]} for fault in found
    ]
    codes = {fault["code"] for fault in errors}
    code = "amount_out_of_range" if codes == {"amount_out_of_range"} else "validation_failed"
    return Refusal(422, code, "; ".join(f"{e['pointer']}: {e['detail']}" for e in errors[:3]), errors=errors)


def _pointer(location: Sequence[int | str]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def kept(answer: Response) -> dict[str, str]:
    """The headers worth remembering of an answer."""
    return {name: str(value) for name, value in answer.headers.items() if name != "X-Request-Id"}


def replayed(first: Remembered) -> Response:
    """The first answer to an Idempotency-Key, again."""
    headers: dict[str, str | list[str]] = {**first.response_headers, "Idempotent-Replayed": "true"}
    return Response(first.response_body or "", headers, first.response_status or 200)


def request_id_of(request: Request) -> str:
    """The client's X-Request-Id when it is one, else API Gateway's."""
    given = request.headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else str(request.context["requestId"])


def path_of(request: Request) -> str:
    """The path as the client wrote it, without the stage that API Gateway puts in front."""
    path = str(request.context.get("path", request.path))
    return path.removeprefix(f"/{request.context.get('stage')}")
