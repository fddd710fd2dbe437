"""Asking a provider: at its own address only, and believing nothing but a plain answer."""

from typing import Any
from urllib.parse import urlencode

from auth.providers import OAuthFailed
from shop import web
from shop.errors import Transient


def get(url: str, headers: dict[str, str] | None = None, **parameters: str) -> dict[str, Any]:
    """The JSON object at an address. OAuthFailed when the provider refuses, Transient when it does not answer."""
    return _told(web.request("GET", f"{url}?{urlencode(parameters)}" if parameters else url, headers=headers))


def post(url: str, **form: str) -> dict[str, Any]:
    """The JSON object a form is answered with; as above."""
    return _told(web.request("POST", url, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"}))


def _told(reply: web.Reply) -> dict[str, Any]:
    if reply.status >= 500:
        raise Transient("The provider cannot answer now; start again")
    if reply.status != 200 or not isinstance(reply.body, dict):
        raise OAuthFailed
    return reply.body
