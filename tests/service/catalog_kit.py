"""What tests of the catalog do again and again: put something on offer, change it, read what was told of it."""

import json
import uuid
from typing import Any

from catalog.app import app
from tests.kit import Client, admin, anyone, hear, pending, user

Json = dict[str, Any]


def money(amount: int, currency: str = "USD") -> Json:
    return {"amount": amount, "currency": currency}


def mug(**fields: Any) -> Json:
    return {"sku": "MUG", "name": "Mug", "price": money(1250), "status": "active", **fields}


def a_product(by: Client | None = None, **fields: Any) -> Json:
    made: Json = (by or admin()).post("/v1/products", mug(**fields)).ok(201)
    return made


def seller(name: str = "seller-1") -> Client:
    return user(name, "seller")


def support() -> Client:
    return user("support-1", "support")


def said(kind: str) -> list[Json]:
    return [detail["data"] for detail_type, detail in pending("catalog") if detail_type == kind]


def patch(product_id: str, body: Json, version: int | None = None) -> Json:
    read = version or admin().get(f"/v1/products/{product_id}").ok()["version"]
    changed: Json = admin().patch(f"/v1/products/{product_id}", body, if_match=f'"{read}"').ok(200)
    return changed


def listed(query: str = "", by: Client | None = None) -> list[str]:
    return [product["sku"] for product in (by or anyone()).get(f"/v1/products{query}").ok(200)["data"]]


def a_category(name: str = "Kitchen", **fields: Any) -> str:
    return str(admin().post("/v1/categories", {"name": name, **fields}).ok(201)["category_id"])


def stock(product_id: str, variant_id: str | None, available: int, version: int, status: str = "in_stock") -> None:
    listen(news(product_id, variant_id, available, version, status))


def news(
    product_id: str, variant_id: str | None, available: int, version: int, status: str = "in_stock", event_id: str = ""
) -> Json:
    """What inventory tells of a unit."""
    inventory_id = f"{product_id}-{variant_id}"
    unit = {"inventory_id": inventory_id, "product_id": product_id, "variant_id": variant_id}
    counts = {"quantity": available + 1, "reserved": 1, "available": available, "stock_status": status}
    return envelope("stock.updated", inventory_id, version, {**unit, **counts}, event_id or f"{inventory_id}-{version}")


def envelope(kind: str, aggregate_id: str, version: int, data: Json, event_id: str = "") -> Json:
    """An event as the bus carries it."""
    return {
        "id": event_id or str(uuid.uuid4()),
        "type": kind,
        "version": 1,
        "occurred_at": "2026-01-31T09:00:00.000Z",
        "aggregate_type": kind.partition(".")[0],
        "aggregate_id": aggregate_id,
        "aggregate_version": version,
        "correlation_id": "c",
        "actor": {"type": "service", "id": "tests"},
        "data": data,
    }


def listen(*events: Json) -> None:
    """Let the catalog hear events, one after the other."""
    for event in events:
        hear(event["type"], event, to=lambda service: service == "catalog")


def together(*events: Json) -> None:
    """Let the catalog hear events in one batch of its queue."""
    bodies = [json.dumps({"detail-type": event["type"], "detail": event}) for event in events]
    records = [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]
    assert app.events({"Records": records}, None) == {"batchItemFailures": []}


def tell(kind: str, aggregate_id: str, version: int, data: Json, event_id: str = "") -> None:
    """Let the catalog hear of something."""
    listen(envelope(kind, aggregate_id, version, data, event_id))
