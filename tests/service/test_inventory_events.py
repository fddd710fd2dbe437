"""What inventory hears of products and orders, and what it tells of stock (B6, B7, B93, B95, B99, B103; E34-E41)."""

import json
import random
from typing import Any

import pytest

from inventory import app
from inventory.store import items
from relay import store as outboxes
from tests import kit
from tests.kit import admin, anyone
from tests.service.inventory_kit import (
    Json,
    Meanwhile,
    a_unit,
    a_warehouse,
    adjust,
    available,
    by_sku,
    commit,
    created,
    hear,
    ledger,
    line,
    order_cancelled,
    places,
    refusal,
    release,
    reserve,
    restock,
    variant_created,
    variant_deleted,
)

pytestmark = pytest.mark.usefixtures("shop")


def skus(*wanted: str) -> list[str]:
    """Those of these SKUs that belong to a unit."""
    return [sku for sku in wanted if admin().get(f"/v1/inventory-items?sku={sku}").ok()["data"]]


def news() -> list[tuple[str, int]]:
    """What was told about stock since last asked, by type, and how many were available."""
    kit.project("inventory")
    found = [(type, detail["data"].get("available", 0)) for type, detail in kit.pending("inventory")]
    outboxes.mark_published("inventory", outboxes.pending("inventory", older_than=-1))
    return sorted(each for each in found if each[0].startswith("stock."))


def test_a_product_with_variants_has_stock_by_variant_only() -> None:
    hear(created("mug", ["red", "blue"]))
    hear(created("cup"))
    assert skus("MUG", "MUG-RED", "MUG-BLUE", "CUP") == ["MUG-RED", "MUG-BLUE", "CUP"]


def test_the_products_own_item_retires_with_the_first_variant() -> None:
    a_warehouse()
    hear(created())
    hear(variant_created("red"))
    assert skus("MUG", "MUG-RED") == ["MUG-RED"]
    restock(by_sku("MUG-RED")["inventory_id"], 4)
    assert available() == 4


def test_the_products_own_item_stays_while_something_is_left_of_it() -> None:
    a_warehouse()
    own = a_unit(quantity=3)
    hear(variant_created("red"))
    assert skus("MUG", "MUG-RED") == ["MUG", "MUG-RED"]
    assert available() == 0  # a product with variants is sold by them
    adjust(own, -3).ok(201)
    hear(variant_created("blue"))
    assert skus("MUG", "MUG-RED", "MUG-BLUE") == ["MUG-RED", "MUG-BLUE"]
    restocked = {"quantity": 1, "reason": "delivery"}
    path = f"/v1/inventory-items/{own}/restocks"
    admin().post(path, restocked, idempotency_key="k").refused(409, "retired")


def test_goods_that_come_while_the_own_item_retires_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    a_warehouse()
    own = a_unit()
    change_units, rivals = items.change_units, [None]

    def meanwhile(*arguments: Any, **more: Any) -> None:
        if rivals:
            rivals.pop()
            restock(own, 3)
        change_units(*arguments, **more)

    monkeypatch.setattr(items, "change_units", meanwhile)
    hear(variant_created("red"))
    assert skus("MUG", "MUG-RED") == ["MUG", "MUG-RED"]


def test_a_deleted_variant_retires_and_its_sku_is_free() -> None:
    a_warehouse()
    hear(created("mug", ["red", "blue"]))
    inventory_id = by_sku("MUG-RED")["inventory_id"]
    restock(inventory_id, 2)
    hear(variant_deleted("red"))
    assert skus("MUG-RED", "MUG-BLUE") == ["MUG-BLUE"]
    anyone().get("/v1/inventory/products/mug?variant_id=red").refused(404, "not_found")
    assert available() == 0
    assert adjust(inventory_id, -2).ok(201)["quantity"] == -2  # what is left is written off
    hear({**variant_created("rouge"), "data": {**variant_created("rouge")["data"], "sku": "MUG-RED"}})
    assert by_sku("MUG-RED")["variant_id"] == "rouge"


def test_with_its_last_variant_gone_a_product_is_sold_as_itself() -> None:
    a_warehouse()
    hear(created("mug", ["red"]))
    hear(variant_deleted("red"))
    assert skus("MUG", "MUG-RED") == ["MUG"]
    restock(by_sku("MUG")["inventory_id"], 2)
    assert available() == 2


@pytest.mark.parametrize("seed", range(6))
def test_the_catalogs_events_may_come_in_any_order_and_twice(seed: int) -> None:
    heard = [created("mug", ["red"]), variant_created("blue"), variant_deleted("blue"), variant_created("green")]
    chance = random.Random(seed)
    for detail in chance.sample(heard, 4) + chance.sample(heard, 4):
        hear(detail)
    assert skus("MUG", "MUG-RED", "MUG-BLUE", "MUG-GREEN") == ["MUG-RED", "MUG-GREEN"]


def test_a_sku_that_is_still_taken_makes_the_event_come_again() -> None:
    hear(created("mug", ["red"]))
    clash = {**variant_created("rouge"), "data": {**variant_created("rouge")["data"], "sku": "MUG-RED"}}
    body = json.dumps({"detail-type": "variant.created", "detail": clash})
    record = {"eventSource": "aws:sqs", "messageId": "m1", "body": body}
    assert app.events({"Records": [record]}, None) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    hear(variant_deleted("red"))
    assert app.events({"Records": [record]}, None) == {"batchItemFailures": []}
    assert by_sku("MUG-RED")["variant_id"] == "rouge"


def test_a_cancelled_orders_stock_comes_back_once() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=5)
    reserve()
    commit()
    cancelled = order_cancelled()
    for detail in (cancelled, cancelled, order_cancelled()):
        hear(detail)
    assert release(reverse_committed=True) == "cancelled"
    assert places() == {"MAIN": (5, 0, 5)}
    path = f"/v1/inventory-items/{inventory_id}/transactions?type=return"
    (entry,) = admin().get(path).ok()["data"]
    assert {name: entry[name] for name in ("quantity", "reason", "reference_id", "created_by")} == {
        "quantity": 2,
        "reason": "order_cancelled",
        "reference_id": "o",
        "created_by": "admin-1",
    }


def test_a_cancellation_before_the_reserve_keeps_it_out() -> None:
    a_warehouse()
    a_unit(quantity=5)
    hear(order_cancelled())
    assert refusal(reserve).code == "reservation_expired"


def test_a_change_of_stock_is_told_with_its_totals() -> None:
    first, second = a_warehouse("FIRST"), a_warehouse("SECOND", 1)
    inventory_id = a_unit(quantity=30, warehouse_id=first)
    restock(inventory_id, 5, second)
    reserve("o", line(2))
    kit.project("inventory")
    said = dict(kit.pending("inventory"))
    assert said["stock.updated"]["data"] == {
        "inventory_id": inventory_id,
        "product_id": "mug",
        "variant_id": None,
        "quantity": 35,
        "reserved": 2,
        "available": 33,
        "stock_status": "in_stock",
        "status_changed": True,
    }
    assert (said["stock.updated"]["aggregate_type"], said["stock.updated"]["aggregate_id"]) == (
        "stock_item",
        inventory_id,
    )
    item = by_sku("MUG")
    assert (item["quantity"], item["reserved_quantity"], item["available_quantity"]) == (35, 2, 33)
    assert said["stock.updated"]["aggregate_version"] == item["version"]


def test_a_crossing_is_told_once_and_again_after_the_way_back() -> None:
    a_warehouse()
    inventory_id = a_unit()
    assert news() == []
    restock(inventory_id, 15)
    assert news() == [("stock.replenished", 15), ("stock.updated", 15)]
    adjust(inventory_id, -5)
    assert news() == [("stock.low", 10), ("stock.updated", 10)]
    adjust(inventory_id, -1)
    assert news() == [("stock.updated", 9)]
    adjust(inventory_id, -9)
    assert news() == [("stock.depleted", 0), ("stock.updated", 0)]
    restock(inventory_id, 1)
    assert news() == [("stock.replenished", 1), ("stock.updated", 1)]
    restock(inventory_id, 10)
    assert news() == [("stock.updated", 11)]
    reserve("o", line(11))
    assert news() == [("stock.depleted", 0), ("stock.low", 0), ("stock.updated", 0)]
    commit()
    assert news() == [("stock.updated", 0)]
    assert news() == []


def test_low_stock_is_told_with_what_to_order() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=11)
    kit.project("inventory")
    adjust(inventory_id, -1)
    kit.project("inventory")
    (said,) = [detail["data"] for type, detail in kit.pending("inventory") if type == "stock.low"]
    assert said == {
        "inventory_id": inventory_id,
        "product_id": "mug",
        "variant_id": None,
        "sku": "MUG",
        "available": 10,
        "reorder_level": 10,
        "reorder_quantity": 50,
    }


def test_nothing_is_told_of_a_unit_that_is_not_sold_any_more() -> None:
    a_warehouse()
    hear(created("mug", ["red"]))
    inventory_id = by_sku("MUG-RED")["inventory_id"]
    restock(inventory_id, 2)
    news()
    hear(variant_deleted("red"))
    adjust(inventory_id, -2).ok(201)
    assert news() == []


def changed(product_id: str = "mug", variant: str = "_") -> Json:
    """A record of the table's stream, as the emulator and AWS send it."""
    keys = {"PK": {"S": f"PROD#{product_id}"}, "SK": {"S": f"LEVEL#{variant}#w"}}
    image = {**keys, "kind": {"S": "stock_level"}}
    return {"eventSource": "aws:dynamodb", "eventName": "MODIFY", "dynamodb": {"Keys": keys, "NewImage": image}}


def test_the_stream_may_tell_late_twice_and_of_other_things() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=15)
    other = {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": {"PK": {"S": "WH#w"}, "SK": {"S": "META"}}}}
    batch = {"Records": [other, changed(), changed(), changed("gone"), changed("mug", "none")]}
    assert app.events(batch, None) is None
    first = kit.pending("inventory")
    app.events(batch, None)
    assert kit.pending("inventory") == first
    assert sorted(type for type, _ in first) == ["stock.replenished", "stock.updated"]
    assert by_sku("MUG")["quantity"] == 15
    assert ledger(inventory_id) == [("restock", 15)]


def test_two_projections_at_once_tell_once(monkeypatch: pytest.MonkeyPatch) -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=15)
    save, rivals = items.save, [None]

    def meanwhile(*arguments: Any) -> Any:
        if rivals:
            rivals.pop()
            restock(inventory_id, 5)
            app.events({"Records": [changed()]}, None)
        return save(*arguments)

    monkeypatch.setattr(items, "save", meanwhile)
    app.events({"Records": [changed()]}, None)
    assert by_sku("MUG")["quantity"] == 20
    assert sorted(type for type, _ in kit.pending("inventory")) == ["stock.replenished", "stock.updated"]


def test_a_unit_that_fails_brings_the_batch_again_but_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    a_warehouse()
    a_unit("bad", 3)
    a_unit("good", 3)
    product = items.product

    def broken(product_id: str) -> Any:
        if product_id == "bad":
            raise ValueError("a corrupt row")
        return product(product_id)

    batch = {"Records": [changed("bad"), changed("good")]}
    with monkeypatch.context() as patched:
        patched.setattr(items, "product", broken)
        patched.setattr(items, "of", lambda units: [broken(unit.product_id) for unit in units])
        with pytest.raises(ValueError, match="corrupt"):
            app.events(batch, None)
    assert (by_sku("BAD")["quantity"], by_sku("GOOD")["quantity"]) == (0, 3)
    app.events(batch, None)
    assert by_sku("BAD")["quantity"] == 3


def test_units_that_change_together_are_brought_up_to_date_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they come to is written at once; who is faster than that is not lost, and each change is told once."""
    a_warehouse("A")
    other = a_warehouse("B")
    mug, cup = a_unit("mug", 5), a_unit("cup", 6)
    batch = {"Records": [changed("mug"), changed("cup")]}
    app.events(batch, None)
    assert news()[-2:] == [("stock.updated", 5), ("stock.updated", 6)]
    restock(mug, 1)
    restock(cup, 1)
    Meanwhile(monkeypatch).before("save_all", lambda: restock(mug, 10, other), of=items)
    for _ in range(3):
        app.events(batch, None)
    assert [(by_sku(sku)["quantity"], len(by_sku(sku)["places"])) for sku in ("MUG", "CUP")] == [(16, 2), (7, 1)]
    assert [told for told in news() if told[0] == "stock.updated"] == [("stock.updated", 7), ("stock.updated", 16)]
