"""Asking somebody else's service over HTTP: briefly, once, and never reading more than it should say."""

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from shop.errors import Transient

if TYPE_CHECKING:
    from urllib3 import PoolManager

CONNECT, READ = 2.0, 8.0  # seconds
MAX_ANSWER = 1_000_000


class Reply(NamedTuple):
    """What was answered; a body that is no JSON is None."""

    status: int
    body: Any


class Silence(Transient):
    """No answer came: what was asked may have been done or not."""


def request(method: str, url: str, body: str | bytes | None = None, headers: Mapping[str, str] | None = None) -> Reply:
    """One request, not repeated and not redirected. Silence when no answer comes."""
    status, text = _answer(method, url, body, {"Accept": "application/json", **(headers or {})})
    try:
        return Reply(status, json.loads(text))
    except ValueError:
        return Reply(status, None)


def document(url: str) -> bytes:
    """What stands at an address, whatever it is. Silence when nothing does."""
    status, text = _answer("GET", url, None, {})
    if status != 200:
        raise Silence(f"The other side answers {status}")
    return text


def _answer(method: str, url: str, body: str | bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
    from urllib3.exceptions import HTTPError

    try:
        answer = _pool().request(
            method,
            url,
            body=body,
            headers=headers,
            redirect=False,
            preload_content=False,
        )
        text = answer.read(MAX_ANSWER, decode_content=True)
        answer.drain_conn()
        answer.release_conn()
    except HTTPError as error:  # its text may hold the address with all that is in it
        raise Silence("The other side does not answer") from error
    return answer.status, text


def send_json(method: str, url: str, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """One request with a JSON body."""
    return request(method, url, json.dumps(body), {"Content-Type": "application/json", **(headers or {})})


@cache
def _pool() -> "PoolManager":
    from urllib3 import PoolManager, Retry, Timeout

    return PoolManager(maxsize=4, timeout=Timeout(connect=CONNECT, read=READ), retries=Retry(False))
