"""A shop with products in it, and the index brought up to date as its queue does it."""

import json
from typing import Any

from search import app as search
from search.logic.searching import shelf
from tests import kit

Json = dict[str, Any]


def money(amount: int) -> Json:
    return {"amount": amount, "currency": "USD"}


def a_product(name: str, **fields: Any) -> Json:
    """An active product."""
    sku = fields.pop("sku", name)
    body = {"sku": sku, "name": name, "price": money(500), "status": "active", **fields}
    made: Json = kit.admin().post("/v1/products", body).ok(201)
    return made


def carry(times: int = 1) -> None:
    """Carry what was told to everybody, and let search index what it heard, as at the end of a batch."""
    kit.deliver(times=times)
    assert search.events({"Records": []}, None) == {"batchItemFailures": []}
    shelf.forget()


def batch(*entries: tuple[str, Json]) -> Json:
    """Hand events to search as its queue does; what it could not take."""
    records = [
        {"messageId": str(n), "body": json.dumps({"detail-type": type_, "source": "shop", "detail": detail})}
        for n, (type_, detail) in enumerate(entries)
    ]
    told = search.events({"Records": records}, None)
    shelf.forget()
    return told


def search_for(q: str = "", by: kit.Client | None = None, **asked: Any) -> Json:
    """What a search answers."""
    query = "&".join(f"{name}={value}" for name, value in {"q": q, **asked}.items())
    found: Json = (by or kit.anyone()).get(f"/v1/search/products?{query}").ok(200)
    return found


def names(q: str = "", **asked: Any) -> list[str]:
    """The names of what a search finds, in their order."""
    return [hit["name"] for hit in search_for(q, **asked)["data"]]
