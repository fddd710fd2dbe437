"""A client of the shop: what a shopper's or an admin's program sends over HTTP, and what it does when told no."""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
Json = dict[str, Any]

# What is said of an access token that is not good any more: by a service, and by the gateway, which does not tell why.
OLD = {"token_expired", "unauthenticated"}
# Too much at once, or a function that was cut off; and how long to wait before it is asked again (seconds).
BUSY, PAUSES = (429, 502, 503, 504), (0.2, 0.5, 1, 2, 4, 8, 16)


class Refused(Exception):
    """The shop said no; `code` is the problem's."""

    def __init__(self, status: int, problem: Json) -> None:
        self.status, self.problem = status, problem
        self.code = str(problem.get("code", ""))
        super().__init__(f"{status} {self.code}: {problem.get('detail', '')}")


@dataclass
class Client:
    """Calls the API as one caller: a guest until `sign_in`, or with a token from elsewhere."""

    api_url: str
    token: str = ""
    refresh_token: str = ""
    cart_session: str = ""
    user_id: str = ""
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))
    _renewing: Lock = field(default_factory=Lock, repr=False)

    def get(self, path: str, **parameters: Any) -> Json:
        """Read something."""
        return self.call("GET", path, params=parameters)

    def post(self, path: str, body: Json | None = None, *, key: str | None = None, **headers: str) -> Json:
        """Ask for something; `key` is the Idempotency-Key (a random one when left out)."""
        return self.call("POST", path, body or {}, headers={"Idempotency-Key": key or str(uuid.uuid4()), **headers})

    def patch(self, path: str, body: Json, version: int) -> Json:
        """Change what was read at `version`."""
        return self.call("PATCH", path, body, headers={"If-Match": f'"{version}"'})

    def put(self, path: str, body: Json) -> Json:
        """Put something in its place."""
        return self.call("PUT", path, body)

    def delete(self, path: str, version: int | None = None) -> Json:
        """Remove something."""
        return self.call("DELETE", path, headers={"If-Match": f'"{version}"'} if version is not None else {})

    def all(self, path: str, **parameters: Any) -> Iterator[Json]:
        """Every row of a list, page after page."""
        cursor: Json = {}
        while True:
            page = self.get(path, limit=100, **parameters, **cursor)
            yield from page["data"]
            if not page["has_more"]:
                return
            cursor = {"cursor": page["next_cursor"]}

    def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        params: Json | None = None,
        headers: dict[str, str] | None = None,
    ) -> Json:
        """One call; busy answers are tried again, an old token is renewed, refusals are raised."""
        token = self.token
        answer = self._send(method, path, body, params, headers or {})
        if answer.status_code == 401 and self.refresh_token and _json(answer).get("code") in OLD:
            with self._renewing:
                if self.token == token:  # no other thread has renewed it meanwhile
                    self._renew()
            answer = self._send(method, path, body, params, headers or {})
        if answer.status_code >= 400:
            raise Refused(answer.status_code, _json(answer))
        return _json(answer)

    def _renew(self) -> None:
        answer = self.http.post(self.api_url + "/v1/tokens", json={"refresh_token": self.refresh_token})
        if answer.status_code != 201:
            raise Refused(answer.status_code, _json(answer))
        self.token, self.refresh_token = answer.json()["access_token"], answer.json()["refresh_token"]

    def _send(
        self, method: str, path: str, body: Json | None, params: Json | None, headers: dict[str, str]
    ) -> httpx.Response:
        whose = {"X-Cart-Session": self.cart_session} if self.cart_session else {}
        headers = {**headers, **({"Authorization": f"Bearer {self.token}"} if self.token else whose)}
        busy = {*BUSY}
        for pause in (*PAUSES, None):
            try:
                answer = self.http.request(
                    method, self.api_url + path, json=body, params=params or None, headers=headers
                )
                if answer.status_code not in busy or pause is None:
                    break
            except httpx.TimeoutException:  # it may have been done: asked again with the same key it is done once
                if pause is None:
                    raise
                busy.add(409)  # and while the first one runs that says so
            time.sleep(pause)
        return answer

    def register(self, email: str, password: str, **names: str) -> Json:
        """Open an account; one that is there already is fine."""
        try:
            return self.post("/v1/accounts", {"email": email, "password": password, **names})
        except Refused as refused:
            if refused.code != "email_taken":
                raise
            return {}

    def sign_in(self, identifier: str, password: str) -> "Client":
        """The same caller, signed in; a guest's cart comes along by event."""
        body: Json = {"identifier": identifier, "password": password}
        if self.cart_session:
            body["cart_session_id"] = self.cart_session
        answer = self.post("/v1/sessions", body)
        user_id = answer["session"]["user_id"]
        return Client(self.api_url, answer["access_token"], answer["refresh_token"], user_id=user_id, http=self.http)


def webhook(api_url: str, secret: str, event: Json) -> None:
    """What the mock payment provider sends, signed as it signs."""
    body = json.dumps(event).encode()
    moment = str(int(time.time()))
    signature = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    answer = httpx.post(
        f"{api_url}/v1/webhooks/mock",
        content=body,
        headers={"Content-Type": "application/json", "Mock-Signature": f"t={moment},v1={signature}"},
        timeout=30,
    )
    if answer.status_code != 200:
        raise Refused(answer.status_code, _json(answer))


def until(what: Callable[[], T | None], seconds: float = 60, pause: float = 0.2) -> T:
    """Ask until there is an answer: what follows by event takes a moment."""
    deadline = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing came within {seconds} s")
        time.sleep(pause)
        pause = min(1.0, pause * 1.5)


def found(read: Callable[[], Json]) -> Json | None:
    """What a read finds, or None while it is 404."""
    try:
        return read()
    except Refused as refused:
        if refused.status != 404:
            raise
        return None


def _json(answer: httpx.Response) -> Json:
    try:
        return dict(answer.json()) if answer.content else {}
    except ValueError:
        return {"code": "not_json", "detail": answer.text[:200]}
