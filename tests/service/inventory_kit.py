"""Helpers of the inventory's tests: stock and who wants it, through the service's own doors."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from inventory.model.stock import KeptItem, StockLevel
from inventory.store import reservations
from inventory.store.keys import ITEMS, LEVELS, table
from shop import clock, ids
from shop.database import connection
from shop.errors import Refusal
from tests import kit
from tests.kit import admin, perform

Json = dict[str, Any]
Act = Callable[[], object]


def told(type: str, product_id: str, version: int = 1, event_id: str = "", **data: Any) -> Json:
    """An event as it comes from the bus; the same `event_id` is the same event."""
    return {
        "id": event_id or ids.new_id(),
        "type": type,
        "version": 1,
        "occurred_at": "2026-01-31T09:00:00.000Z",
        "aggregate_type": type.partition(".")[0],
        "aggregate_id": product_id,
        "aggregate_version": version,
        "correlation_id": "c",
        "actor": {"type": "admin", "id": "admin-1"},
        "data": {"product_id": product_id, **data},
    }


def hear(detail: Json) -> None:
    kit.hear(detail["type"], detail, to=lambda service: service == "inventory")


def created(product_id: str = "mug", variants: list[str] | None = None) -> Json:
    price = {"amount": 1250, "currency": "USD"}
    return told(
        "product.created",
        product_id,
        sku=product_id.upper(),
        name="Mug",
        status="active",
        variants=[{"variant_id": v, "sku": f"{product_id}-{v}".upper(), "price": price} for v in variants or []],
    )


def a_warehouse(code: str = "MAIN", priority: int = 0, **fields: Any) -> str:
    body = {"code": code, "name": code.title(), "priority": priority, **fields}
    return str(admin().post("/v1/warehouses", body).ok(201)["warehouse_id"])


def by_sku(sku: str) -> Any:
    (item,) = admin().get(f"/v1/inventory-items?sku={sku}").ok(200)["data"]
    return item


def a_unit(product_id: str = "mug", quantity: int = 0, warehouse_id: str | None = None) -> str:
    """A product sold as itself, with so many in stock; its inventory id."""
    hear(created(product_id))
    inventory_id = str(by_sku(product_id.upper())["inventory_id"])
    if quantity:
        restock(inventory_id, quantity, warehouse_id)
    return inventory_id


def restock(inventory_id: str, quantity: int, warehouse_id: str | None = None, key: str = "") -> Any:
    body = {"quantity": quantity, "reason": "delivery", "warehouse_id": warehouse_id}
    path = f"/v1/inventory-items/{inventory_id}/restocks"
    return admin().post(path, body, idempotency_key=key or ids.new_id()).ok(201)


def adjust(inventory_id: str, quantity: int, warehouse_id: str | None = None) -> kit.Reply:
    body = {"quantity": quantity, "reason": "count", "warehouse_id": warehouse_id}
    return admin().post(f"/v1/inventory-items/{inventory_id}/adjustments", body, idempotency_key=ids.new_id())


def available(product_id: str = "mug", variant_id: str | None = None) -> int:
    query = f"?variant_id={variant_id}" if variant_id else ""
    return int(admin().get(f"/v1/inventory/products/{product_id}{query}").ok(200)["available"])


def places(product_id: str = "mug") -> dict[str, tuple[int, int, int]]:
    """By warehouse code: on hand, reserved, available."""
    return {
        place["code"]: (place["quantity"], place["reserved_quantity"], place["available_quantity"])
        for place in admin().get(f"/v1/inventory/products/{product_id}").ok(200)["warehouses"]
    }


def ledger(inventory_id: str, query: str = "") -> list[tuple[str, int]]:
    """Types and quantities, oldest first."""
    page = admin().get(f"/v1/inventory-items/{inventory_id}/transactions?limit=100{query}").ok(200)
    return [(entry["transaction_type"], entry["quantity"]) for entry in reversed(page["data"])]


def variant_created(variant_id: str, product_id: str = "mug") -> Json:
    sku, price = f"{product_id}-{variant_id}".upper(), {"amount": 1250, "currency": "USD"}
    return told("variant.created", product_id, 2, variant_id=variant_id, sku=sku, price=price)


def variant_deleted(variant_id: str, product_id: str = "mug") -> Json:
    return told("variant.deleted", product_id, 3, variant_id=variant_id)


def order_cancelled(order_id: str = "o") -> Json:
    return {
        **told("order.cancelled", order_id),
        "data": {"order_id": order_id, "order_number": "N", "user_id": "u", "items": []},
    }


def returned(*items: tuple[str, str | None, int, str], return_id: str = "r") -> Json:
    """Received: product, variant, quantity and condition of each."""
    data = {
        "return_id": return_id,
        "rma_number": "RMA-1",
        "order_id": "o",
        "user_id": "u",
        "items": [
            {"order_item_id": f"i{n}", "product_id": p, "variant_id": v, "quantity": quantity, "condition": condition}
            for n, (p, v, quantity, condition) in enumerate(items)
        ],
    }
    return {**told("return.received", "none"), "aggregate_id": return_id, "data": data}


def line(quantity: int, product_id: str = "mug", variant_id: str | None = None) -> Json:
    return {"product_id": product_id, "variant_id": variant_id, "quantity": quantity}


def reserve(order_id: str = "o", *lines: Json, **more: Any) -> Any:
    return perform("inventory", "reserve_stock", order_id=order_id, lines=list(lines) or [line(2)], **more)


def commit(order_id: str = "o") -> str:
    return str(perform("inventory", "commit_stock", order_id=order_id)["status"])


def release(order_id: str = "o", **more: Any) -> str:
    return str(perform("inventory", "release_stock", order_id=order_id, **more)["status"])


def find(order_id: str = "o") -> str:
    return str(perform("inventory", "find_reservation", order_id=order_id)["status"])


def sweep() -> None:
    from inventory.app import jobs

    jobs({"job": "expire_reservations"}, None)


def refusal(*call: Any, **more: Any) -> Refusal:
    function, *arguments = call
    with pytest.raises(Refusal) as refused:
        function(*arguments, **more)
    return refused.value


def events() -> list[str]:
    """What was told about reservations, in order."""
    return [type for type, _ in kit.pending("inventory") if type.startswith("reservation.")]


def many(count: int, each: int = 1) -> list[Json]:
    """So many units with stock, written in bulk, and a line for each."""
    warehouse, products = a_warehouse(), [f"p{number}" for number in range(count)]
    items = [ITEMS.item(KeptItem(inventory_id=p, product_id=p, sku=p, quantity=each)) for p in products]
    levels = [
        StockLevel(inventory_id=p, product_id=p, warehouse_id=warehouse, quantity=each, available_quantity=each)
        for p in products
    ]
    table.put_all(items + [LEVELS.item(level) for level in levels])
    return [line(1, product_id) for product_id in products]


def statuses(order_id: str = "o") -> set[str]:
    lines = admin().get("/v1/reservations?limit=100").ok(200)["data"]
    return {line["status"] for line in lines if line["order_id"] == order_id}


def calls(step: Callable[..., object], *arguments: Any) -> list[str]:
    """What a step asks of DynamoDB."""
    made: list[str] = []

    def note(model: Any, **_: Any) -> None:
        made.append(model.name)

    hooks = connection(table.name).client.meta.events
    hooks.register("before-call", note, unique_id="note")
    step(*arguments)
    hooks.unregister("before-call", unique_id="note")
    return made


class Meanwhile:
    """What happens just before, or just after, one of the store's writes is made: once, at the n-th call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.patch = monkeypatch

    def before(self, name: str, act: Act, call: int = 1, of: Any = reservations) -> None:
        self._wrap(of, name, act, call, early=True)

    def after(self, name: str, act: Act, call: int = 1, of: Any = reservations) -> None:
        self._wrap(of, name, act, call, early=False)

    def _wrap(self, store: Any, name: str, act: Act, call: int, early: bool) -> None:
        original, calls = getattr(store, name), iter(range(1, 1000))

        def wrapped(*arguments: Any, **more: Any) -> Any:
            now = next(calls) == call
            if now and early:
                act()
            result = original(*arguments, **more)
            if now and not early:
                act()
            return result

        self.patch.setattr(store, name, wrapped)


class Died(Exception):
    """The process ended here."""


def die() -> None:
    raise Died


def late() -> Any:
    """After every reservation's time."""
    return time_machine.travel(clock.epoch(clock.after(1801)))
