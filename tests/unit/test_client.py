"""What the tools' client does when the shop is slow, busy, or knows its token no more."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tools.client import PAUSES, Client, Refused


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.client.time.sleep", lambda seconds: None)


def of(answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    return Client("http://shop", "old", "refresh", http=httpx.Client(transport=httpx.MockTransport(answer)))


def test_what_was_not_answered_in_time_is_asked_again_under_its_key_until_the_first_is_done() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            raise httpx.ReadTimeout("slow", request=request)
        return httpx.Response(409 if len(keys) == 2 else 201, json={"code": "idempotency_in_progress"})

    of(answer).post("/v1/carts")
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_a_refusal_is_raised_at_once_and_a_busy_shop_is_asked_again() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(409 if request.url.path == "/no" else 503, json={"code": "no"})

    for path, times in (("/no", 1), ("/busy", 1 + len(PAUSES))):
        with pytest.raises(Refused, match="no"):
            of(answer).get(path)
        assert asked.count(path) == times


def test_an_old_token_is_renewed_once_by_all_who_share_it() -> None:
    renewed: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/tokens":
            renewed.append("")
            return httpx.Response(201, json={"access_token": "new", "refresh_token": "next"})
        known = request.headers["authorization"] == "Bearer new"
        return httpx.Response(200 if known else 401, json={"code": "unauthenticated"})  # as the gateway says it

    caller = of(answer)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: caller.get("/v1/orders"), range(8)))
    assert (len(renewed), caller.refresh_token) == (1, "next")
