"""What the tests of reviews have in common: a product, people who write about it, and staff who judge."""

import itertools
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from shop import clock
from shop.events import Event
from tests.kit import Client, Reply, admin, anyone, hear, user

Json = dict[str, Any]
_serial = itertools.count(1)


def support() -> Client:
    return user("support-1", "support")


def id_of(client: Client) -> str:
    assert client.caller
    return client.caller.user_id


def a_product(by: Client | None = None, **fields: Any) -> str:
    """A product on offer."""
    price = {"amount": 1250, "currency": "USD"}
    body = {"sku": f"MUG-{next(_serial)}", "name": "Mug", "price": price, "status": "active", **fields}
    return str((by or admin()).post("/v1/products", body).ok(201)["product_id"])


def change_status(product_id: str, status: str) -> None:
    admin().post(f"/v1/products/{product_id}/status-changes", {"status": status}).ok()


def write(product_id: str, by: Client | None = None, rating: int = 5, **fields: Any) -> Json:
    """A review, waiting to be moderated."""
    body = {"rating": rating, **fields}
    made: Json = (by or user()).post(f"/v1/products/{product_id}/reviews", body).ok(201)
    return made


def judge(review: Json, status: str = "approved", **fields: Any) -> Reply:
    return support().post(f"/v1/reviews/{review['review_id']}/moderations", {"status": status, **fields})


def published(product_id: str, by: Client | None = None, rating: int = 5, **fields: Any) -> Json:
    """A review the public sees."""
    judged: Json = judge(write(product_id, by, rating, **fields)).ok(200)
    return judged


def edit(review: Json, by: Client, **fields: Any) -> Reply:
    return by.patch(f"/v1/reviews/{review['review_id']}", fields, if_match=f'"{review["version"]}"')


def delete(review: Json, by: Client) -> Reply:
    return by.delete(f"/v1/reviews/{review['review_id']}", if_match=f'"{review["version"]}"')


def vote(review: Json, by: Client, value: str = "helpful") -> Reply:
    return by.put(f"/v1/reviews/{review['review_id']}/votes/me", {"value": value})


def read(review: Json, by: Client | None = None) -> Json:
    found: Json = (by or admin()).get(f"/v1/reviews/{review['review_id']}").ok(200)
    return found


def listed(product_id: str, query: str = "") -> Json:
    """The public's page of a product's reviews."""
    page: Json = anyone().get(f"/v1/products/{product_id}/reviews{query}").ok(200)
    return page


def aggregate(product_id: str) -> Json:
    found: Json = listed(product_id)["aggregate"]
    return found


def said(event: Event, version: int = 1) -> Json:
    """An event as it comes over the bus."""
    return {
        "id": str(uuid.uuid4()),
        "type": event.type,
        "version": 1,
        "occurred_at": clock.now(),
        "aggregate_type": event.about,
        "aggregate_id": event.aggregate_id,
        "aggregate_version": version,
        "correlation_id": "c",
        "actor": {"type": "system", "id": None},
        "data": event.model_dump(mode="json"),
    }


def say(event: Event | Json, version: int = 1, times: int = 1) -> None:
    """Let reviews hear an event, so many times."""
    told = said(event, version) if isinstance(event, Event) else event
    for _ in range(times):
        hear(told["type"], told, to=lambda service: service == "reviews")


def once_before(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, rival: Callable[[], object], after: int = 0
) -> list[int]:
    """Let somebody else act just before a named call, once (after so many calls); the calls are counted."""
    original, calls = getattr(module, name), [0]

    def call(*arguments: Any, **more: Any) -> Any:
        calls[0] += 1
        if calls[0] == after + 1:
            rival()
        return original(*arguments, **more)

    monkeypatch.setattr(module, name, call)
    return calls
