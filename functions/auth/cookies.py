"""The refresh token of a page, in a cookie that no script can read (decision 0017)."""

import json
from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from chalice.app import Request, Response

from shop import settings
from shop.doors import Door

NAME = "tradewind_refresh"
# As pages see the API, which has their origin; it says this of itself to nobody else.
SCOPE = f"HttpOnly; Secure; SameSite=Strict; Path=/api{settings.API_PREFIX}"

TRANSPORT: Mapping[str, Any] = {
    "name": "X-Token-Transport",
    "in": "header",
    "required": False,
    "description": f"For pages: the refresh token comes and goes in the cookie `{NAME}`, and is null in the body.",
    "schema": {"type": "string", "enum": ["cookie"]},
}
COOKIE: Mapping[str, Any] = {
    "name": NAME,
    "in": "cookie",
    "required": False,
    "description": "Read only with `X-Token-Transport: cookie`, and when the body has no refresh token.",
    "schema": {"type": "string"},
}


def asked(request: Request, doors: Iterable[Door]) -> Door | None:
    """The door a request knocks at, if it is one of those that use the cookie and the request wants that.

    It must say so in a header, which no form and no page of another origin can send.
    """
    if request.headers.get("x-token-transport") != "cookie":
        return None
    wanted = (request.method, request.path)
    return next((door for door in doors if (door.method, door.path) == wanted and TRANSPORT in door.also), None)


def taken_out(request: Request, door: Door) -> Request:
    """The request with the cookie's token in its body, where it has none; without a cookie it is nobody's token.

    The body is what makes two requests the same one, so a repeated key never answers with another cookie's tokens.
    """
    if COOKIE not in door.also:
        return request
    try:
        body = json.loads(request.raw_body or b"{}")
    except ValueError:
        return request
    if not isinstance(body, dict) or "refresh_token" in body:
        return request
    said = json.dumps({**body, "refresh_token": _cookie(request)})
    event = {**request.to_original_event(), "body": said, "isBase64Encoded": False}
    return Request(event, request.lambda_context)


def put_in(answer: Response, door: Door) -> Response:
    """The answer with its refresh token in the cookie; the cookie goes when its session has ended or is refused."""
    told = json.loads(answer.body) if answer.body else {}
    if token := told.get("refresh_token"):
        answer.body = json.dumps({**told, "refresh_token": None})
        answer.headers["Set-Cookie"] = f"{NAME}={token}; Max-Age={settings.REFRESH_TOKEN_TTL}; {SCOPE}"
    elif answer.status_code == 204 or (COOKIE in door.also and answer.status_code in (401, 403)):
        answer.headers["Set-Cookie"] = f"{NAME}=; Max-Age=0; {SCOPE}"
    return answer


def _cookie(request: Request) -> str:
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(NAME)
    except CookieError:
        found = None
    return found.value if found else ""
