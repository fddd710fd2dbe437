"""Asking a provider: briefly, at its own address only, and never more than it should say."""

import json
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from auth.providers import OAuthFailed
from shop.errors import Transient

if TYPE_CHECKING:
    from urllib3 import PoolManager

CONNECT, READ = 2.0, 5.0  # seconds
MAX_ANSWER = 100_000


def get(url: str, headers: dict[str, str] | None = None, **parameters: str) -> dict[str, Any]:
    """The JSON object at an address. OAuthFailed when the provider refuses, Transient when it does not answer."""
    return _ask("GET", f"{url}?{urlencode(parameters)}" if parameters else url, headers or {})


def post(url: str, **form: str) -> dict[str, Any]:
    """The JSON object a form is answered with; as above."""
    return _ask("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form))


def _ask(method: str, url: str, headers: dict[str, str], body: str | None = None) -> dict[str, Any]:
    from urllib3.exceptions import HTTPError

    try:
        answer = _pool().request(
            method,
            url,
            body=body,
            headers={"Accept": "application/json", **headers},
            redirect=False,
            preload_content=False,
        )
        text = answer.read(MAX_ANSWER, decode_content=True)
        answer.drain_conn()
        answer.release_conn()
    except HTTPError as error:  # its text may hold the address with all that is in it
        raise Transient("The provider does not answer; start again") from error
    if answer.status >= 500:
        raise Transient("The provider cannot answer now; start again")
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if answer.status != 200 or not isinstance(found, dict):
        raise OAuthFailed
    return found


@cache
def _pool() -> "PoolManager":
    from urllib3 import PoolManager, Retry, Timeout

    return PoolManager(maxsize=4, timeout=Timeout(connect=CONNECT, read=READ), retries=Retry(False))
