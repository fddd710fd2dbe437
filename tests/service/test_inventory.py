"""Warehouses, what lies in them, and changing it by hand.

R106-R117; B95, B101, B102, B104, B106; AP28, AP29, AP31; INV-01-INV-03.
"""

from typing import Any

import pytest

from inventory.logic import stock
from inventory.model.ledger import Restock
from inventory.store import items
from inventory.store import ledger as books
from inventory.store import warehouses as doors
from tests import kit
from tests.kit import admin, anyone, perform, user
from tests.service.inventory_kit import (
    Json,
    a_unit,
    a_warehouse,
    adjust,
    available,
    by_sku,
    created,
    hear,
    ledger,
    places,
    restock,
)

pytestmark = pytest.mark.usefixtures("shop")


def test_a_product_has_an_item_without_stock_by_its_sku() -> None:
    a_warehouse()
    hear(created("mug", ["red", "blue"]))
    item = by_sku("MUG-RED")
    assert {name: item[name] for name in ("product_id", "variant_id", "sku")} == {
        "product_id": "mug",
        "variant_id": "red",
        "sku": "MUG-RED",
    }
    assert (item["quantity"], item["reserved_quantity"], item["available_quantity"]) == (0, 0, 0)
    assert (item["reorder_level"], item["reorder_quantity"], item["version"]) == (10, 50, 1)
    assert admin().get("/v1/inventory-items?sku=NONE").ok()["data"] == []
    assert admin().get("/v1/inventory-items?sku=MUG").ok()["data"] == []  # sold by its variants only
    assert available("mug", "red") == 0


def test_a_restock_is_on_the_shelf_at_once_and_in_the_ledger() -> None:
    warehouse = a_warehouse()
    inventory_id = a_unit()
    entry = restock(inventory_id, 20)
    assert {name: entry[name] for name in ("warehouse_id", "transaction_type", "quantity", "reason", "created_by")} == {
        "warehouse_id": warehouse,
        "transaction_type": "restock",
        "quantity": 20,
        "reason": "delivery",
        "created_by": "admin-1",
    }
    assert (entry["inventory_id"], entry["notes"], entry["reference_id"]) == (inventory_id, None, None)
    assert available() == 20
    assert ledger(inventory_id) == [("restock", 20)]
    kit.project("inventory")
    item = by_sku("MUG")
    assert (item["quantity"], item["available_quantity"], bool(item["last_restocked_at"])) == (20, 20, True)


def test_the_public_sees_at_most_99_and_staff_see_where_it_lies() -> None:
    near, far = a_warehouse("NEAR", 0), a_warehouse("FAR", 1)
    inventory_id = a_unit(quantity=80, warehouse_id=far)
    restock(inventory_id, 40, near)
    seen = anyone().get("/v1/inventory/products/mug").ok(200)
    assert seen == {
        "product_id": "mug",
        "variant_id": None,
        "available": 99,
        "stock_status": "in_stock",
        "warehouses": None,
    }
    assert user().get("/v1/inventory/products/mug").ok()["available"] == 99
    assert user("support-1", "support").get("/v1/inventory/products/mug").ok()["available"] == 120
    assert places() == {"NEAR": (40, 0, 40), "FAR": (80, 0, 80)}
    anyone().get("/v1/inventory/products/none").refused(404, "not_found")
    anyone().get("/v1/inventory/products/mug?variant_id=none").refused(404, "not_found")
    anyone().get("/v1/inventory/products/mug?colour=red").refused(400, "invalid_parameter")


def test_a_product_with_variants_shows_their_sum_and_the_best_status() -> None:
    a_warehouse()
    hear(created("mug", ["red", "blue"]))
    restock(by_sku("MUG-RED")["inventory_id"], 3)
    assert anyone().get("/v1/inventory/products/mug").ok()["stock_status"] == "low_stock"
    restock(by_sku("MUG-BLUE")["inventory_id"], 30)
    seen = anyone().get("/v1/inventory/products/mug").ok()
    assert (seen["available"], seen["stock_status"]) == (33, "in_stock")
    assert anyone().get("/v1/inventory/products/mug?variant_id=red").ok()["stock_status"] == "low_stock"


def test_stock_in_an_inactive_warehouse_cannot_be_bought() -> None:
    warehouse = a_warehouse()
    a_unit(quantity=5)
    admin().patch(f"/v1/warehouses/{warehouse}", {"is_active": False}, if_match='"1"').ok(200)
    seen = anyone().get("/v1/inventory/products/mug").ok()
    assert (seen["available"], seen["stock_status"]) == (0, "out_of_stock")
    assert places() == {"MAIN": (5, 0, 5)}


def test_goods_come_into_the_first_active_warehouse_unless_one_is_named() -> None:
    inventory_id = a_unit()
    body = {"quantity": 1, "reason": "delivery"}
    path = f"/v1/inventory-items/{inventory_id}/restocks"
    admin().post(path, body, idempotency_key="k0").refused(409, "no_warehouse")
    a_warehouse("CLOSED", 0, is_active=False)
    second, first = a_warehouse("SECOND", 2), a_warehouse("FIRST", 1)
    assert restock(inventory_id, 1)["warehouse_id"] == first
    assert restock(inventory_id, 2, second)["warehouse_id"] == second
    problem = admin().post(path, {**body, "warehouse_id": "none"}, idempotency_key="k1")
    assert problem.refused(422, "warehouse_not_found")["errors"][0]["pointer"] == "/warehouse_id"
    assert places() == {"FIRST": (1, 0, 1), "SECOND": (2, 0, 2)}


def test_an_adjustment_goes_down_to_what_is_reserved_but_not_below() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=10)
    perform("inventory", "reserve_stock", order_id="o", lines=[{"product_id": "mug", "quantity": 4}])
    adjust(inventory_id, -7).refused(409, "below_reserved")
    assert adjust(inventory_id, -6).ok(201)["quantity"] == -6
    adjust(inventory_id, 2).ok(201)
    assert places() == {"MAIN": (6, 4, 2)}
    assert ledger(inventory_id) == [("restock", 10), ("reservation", 4), ("adjustment", -6), ("adjustment", 2)]
    other = a_warehouse("OTHER", 1)
    adjust(inventory_id, -1, other).refused(409, "below_reserved")


@pytest.mark.parametrize(
    ("route", "body", "pointer", "code"),
    [
        ("restocks", {"quantity": 0, "reason": "x"}, "/quantity", "greater_than"),
        ("restocks", {"quantity": -1, "reason": "x"}, "/quantity", "greater_than"),
        ("restocks", {"quantity": "5", "reason": "x"}, "/quantity", "int_type"),
        ("restocks", {"quantity": 10**10, "reason": "x"}, "/quantity", "less_than_equal"),
        ("restocks", {"quantity": 1}, "/reason", "missing"),
        ("restocks", {"quantity": 1, "reason": "x" * 51}, "/reason", "string_too_long"),
        ("restocks", {"quantity": 1, "reason": "x", "colour": 1}, "/colour", "extra_forbidden"),
        ("adjustments", {"quantity": 0, "reason": "x"}, "/quantity", "value_error"),
        ("adjustments", {"quantity": 1.5, "reason": "x"}, "/quantity", "int_type"),
    ],
)
def test_nonsense_is_422_with_a_pointer(route: str, body: Json, pointer: str, code: str) -> None:
    path = f"/v1/inventory-items/{a_unit()}/{route}"
    problem = admin().post(path, body, idempotency_key="k").refused(422, "validation_failed")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]


def test_stock_is_changed_with_a_key_and_once_per_key() -> None:
    a_warehouse()
    inventory_id = a_unit()
    body = {"quantity": 5, "reason": "delivery"}
    path = f"/v1/inventory-items/{inventory_id}/restocks"
    admin().post(path, body).refused(400, "idempotency_key_missing")
    first = admin().post(path, body, idempotency_key="k")
    again = admin().post(path, body, idempotency_key="k")
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.ok(201), "true")
    assert available() == 5


@pytest.mark.parametrize(("route", "quantity"), [("restocks", 5), ("adjustments", -5)])
def test_a_restock_that_died_before_it_answered_is_not_done_twice(
    route: str, quantity: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=5)
    path, body = f"/v1/inventory-items/{inventory_id}/{route}", {"quantity": quantity, "reason": "delivery"}
    book = books.book

    def book_and_die(*arguments: Any) -> None:
        book(*arguments)
        raise RuntimeError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(books, "book", book_and_die)
        admin().post(path, body, idempotency_key="k").refused(500, "internal_error")
    assert admin().post(path, body, idempotency_key="k").ok(201)["quantity"] == quantity
    assert available() == 5 + quantity
    assert len(ledger(inventory_id)) == 2


def test_two_runs_of_one_request_at_once_change_stock_once(monkeypatch: pytest.MonkeyPatch) -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=5)
    booked, rivals = books.booked, [None]

    def not_yet(entry_id: str) -> Any:
        found = booked(entry_id)
        if rivals:
            rivals.pop()
            stock.restock(entry_id, inventory_id, Restock(quantity=3, reason="delivery"))
        return found

    monkeypatch.setattr(books, "booked", not_yet)
    restock(inventory_id, 3)
    assert available() == 8
    assert ledger(inventory_id) == [("restock", 5), ("restock", 3)]


def test_the_ledger_is_newest_first_by_type_and_time_and_paged() -> None:
    a_warehouse()
    inventory_id = a_unit()
    for quantity in range(1, 6):
        restock(inventory_id, quantity)
        adjust(inventory_id, -1).ok(201)
    path = f"/v1/inventory-items/{inventory_id}/transactions"
    first = admin().get(f"{path}?type=RESTOCK&limit=2").ok(200)
    assert [entry["quantity"] for entry in first["data"]] == [5, 4]
    second = admin().get(f"{path}?type=RESTOCK&limit=2&cursor={first['next_cursor']}").ok()
    third = admin().get(f"{path}?type=RESTOCK&limit=2&cursor={second['next_cursor']}").ok()
    assert [entry["quantity"] for entry in second["data"] + third["data"]] == [3, 2, 1]
    assert (third["has_more"], third["next_cursor"]) == (False, None)
    everything = admin().get(f"{path}?limit=3").ok()
    assert [entry["quantity"] for entry in everything["data"]] == [-1, 5, -1]
    rest = admin().get(f"{path}?limit=9&cursor={everything['next_cursor']}").ok()
    assert (len(rest["data"]), rest["has_more"]) == (7, False)
    day, moment = first["data"][0]["created_at"][:10], first["data"][1]["created_at"]
    assert len(admin().get(f"{path}?from={day}&to={day}").ok()["data"]) == 10
    assert admin().get(f"{path}?to=2000-01-01").ok()["data"] == []
    assert ledger(inventory_id, f"&type=restock&from={moment}")[:1] == [("restock", 4)]
    assert ledger(inventory_id, f"&type=restock&to={moment}")[-1:] == [("restock", 4)]
    admin().get(f"{path}?type=theft").refused(400, "invalid_parameter")
    admin().get(f"{path}?from=yesterday").refused(400, "invalid_parameter")
    admin().get(f"{path}?type=restock&cursor={everything['next_cursor']}").refused(400, "invalid_cursor")
    admin().get("/v1/inventory-items/none/transactions").refused(404, "not_found")


def test_items_are_listed_by_sku_or_scarcity_or_warehouse() -> None:
    near, far = a_warehouse("NEAR"), a_warehouse("FAR", 1)
    for product_id, quantity in (("a", 11), ("b", 4), ("c", 2)):
        a_unit(product_id, quantity)
    a_unit("d", 5, far)
    kit.project("inventory")
    low = admin().get("/v1/inventory-items?low=true&limit=2").ok(200)
    assert [item["product_id"] for item in low["data"]] == ["c", "b"]
    rest = admin().get(f"/v1/inventory-items?low=true&limit=2&cursor={low['next_cursor']}").ok()
    assert [item["product_id"] for item in rest["data"]] == ["d"]
    here = admin().get(f"/v1/inventory-items?warehouse_id={near}").ok()
    assert {item["product_id"]: item["quantity"] for item in here["data"]} == {"a": 11, "b": 4, "c": 2}
    for query in ("", "?low=false", "?sku=A&low=true", "?colour=red"):
        admin().get(f"/v1/inventory-items{query}").refused(400, "invalid_parameter")


def test_the_reorder_level_is_changed_with_the_version_that_was_read() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=15)
    kit.project("inventory")
    version = by_sku("MUG")["version"]
    path = f"/v1/inventory-items/{inventory_id}"
    admin().patch(path, {"reorder_level": 20}).refused(428, "if_match_required")
    changed = admin().patch(path, {"reorder_level": 20}, if_match=f'"{version}"')
    assert (changed.ok(200)["reorder_level"], changed.body["reorder_quantity"]) == (20, 50)
    assert changed.etag == f'"{version + 1}"'
    admin().patch(path, {"reorder_level": 5}, if_match=f'"{version}"').refused(412, "version_mismatch")
    admin().patch(path, {"reorder_level": None}, if_match=changed.etag).refused(422, "validation_failed")
    admin().patch(path, {"sku": "X"}, if_match=changed.etag).refused(422, "validation_failed")
    assert by_sku("MUG")["reorder_level"] == 20
    assert [item["product_id"] for item in admin().get("/v1/inventory-items?low=true").ok()["data"]] == ["mug"]
    assert [type for type, _ in kit.pending("inventory")][-1] == "stock.low"


def test_what_sells_before_or_while_the_reorder_level_is_changed_is_no_reason_to_refuse_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=15)
    kit.project("inventory")
    version = by_sku("MUG")["version"]

    def moved() -> int:
        adjust(inventory_id, -1).ok(201)
        kit.project("inventory")
        return int(by_sku("MUG")["version"])

    item = items.item

    def read_too_early(inventory_id: str) -> Any:
        monkeypatch.setattr(items, "item", item)
        found = item(inventory_id)
        moved()
        return found

    assert moved() > version
    monkeypatch.setattr(items, "item", read_too_early)
    changed = admin().patch(f"/v1/inventory-items/{inventory_id}", {"reorder_level": 5}, if_match=f'"{version}"')
    assert (changed.ok(200)["reorder_level"], changed.body["quantity"], "edition" in changed.body) == (5, 13, False)
    assert by_sku("MUG") == changed.body


def test_warehouses_are_kept_by_code_and_priority() -> None:
    body = {"code": "EAST", "name": "East", "priority": 5, "address": {"city": "Oslo"}, "location": "dock 4"}
    made = admin().post("/v1/warehouses", body, idempotency_key="k")
    path = f"/v1/warehouses/{made.ok(201)['warehouse_id']}"
    assert made.headers["Location"] == path
    assert {name: made.body[name] for name in body} == body
    assert admin().post("/v1/warehouses", body, idempotency_key="k").ok(201) == made.body
    admin().post("/v1/warehouses", body).refused(409, "code_taken")
    a_warehouse("WEST", 1)
    assert [w["code"] for w in admin().get("/v1/warehouses").ok()["data"]] == ["WEST", "EAST"]
    read = admin().get(path)
    admin().patch(path, {"priority": 0}).refused(428, "if_match_required")
    changed = admin().patch(path, {"priority": 0, "location": None}, if_match=read.etag).ok(200)
    assert (changed["priority"], changed["location"], changed["name"]) == (0, None, "East")
    admin().patch(path, {"priority": 3}, if_match=read.etag).refused(412, "version_mismatch")
    admin().patch(path, {"name": None}, if_match='"2"').refused(422, "validation_failed")
    assert [w["code"] for w in admin().get("/v1/warehouses").ok()["data"]] == ["EAST", "WEST"]
    admin().patch(path, {"code": "WEST"}, if_match='"2"').refused(409, "code_taken")
    admin().patch(path, {"code": "NORTH"}, if_match='"2"').ok(200)
    a_warehouse("EAST", 9)
    admin().get("/v1/warehouses/none").refused(404, "not_found")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"code": ""}, "/code"),
        ({"code": "x" * 31}, "/code"),
        ({"name": None}, "/name"),
        ({"priority": -1}, "/priority"),
        ({"is_active": "yes"}, "/is_active"),
        ({"address": "Oslo"}, "/address"),
        ({"owner": "me"}, "/owner"),
    ],
)
def test_a_warehouse_without_sense_is_422(change: Json, pointer: str) -> None:
    problem = admin().post("/v1/warehouses", {"code": "A", "name": "A", **change}).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == pointer


def test_a_warehouse_goes_when_nothing_lies_in_it() -> None:
    warehouse = a_warehouse("OLD", 1)
    a_warehouse()
    inventory_id = a_unit(quantity=3, warehouse_id=warehouse)
    path = f"/v1/warehouses/{warehouse}"
    admin().delete(path).refused(428, "if_match_required")
    admin().delete(path, if_match='"1"').refused(409, "warehouse_not_empty")
    adjust(inventory_id, -3, warehouse).ok(201)
    admin().delete(path, if_match='"7"').refused(412, "version_mismatch")
    admin().delete(path, if_match='"1"').ok(204)
    admin().get(path).refused(404, "not_found")
    body = {"quantity": 1, "reason": "delivery", "warehouse_id": warehouse}
    gone = admin().post(f"/v1/inventory-items/{inventory_id}/restocks", body, idempotency_key="k")
    gone.refused(422, "warehouse_not_found")
    a_warehouse("OLD", 1)  # its code is free again


def test_goods_that_come_while_their_warehouse_is_removed_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = a_warehouse()
    inventory_id = a_unit()
    delete = doors.delete

    def meanwhile(*arguments: Any) -> None:
        restock(inventory_id, 2)
        delete(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(doors, "delete", meanwhile)
        admin().delete(f"/v1/warehouses/{warehouse}", if_match='"1"').refused(409, "warehouse_not_empty")
    assert places() == {"MAIN": (2, 0, 2)}
    adjust(inventory_id, -2).ok(201)
    remove = doors.remove_empty_levels

    def stocked(*arguments: Any) -> None:
        restock(inventory_id, 4)
        remove(*arguments)

    monkeypatch.setattr(doors, "remove_empty_levels", stocked)
    admin().delete(f"/v1/warehouses/{warehouse}", if_match='"1"').refused(409, "warehouse_not_empty")
    assert places() == {"MAIN": (4, 0, 4)}


def test_a_warehouse_that_goes_while_goods_come_takes_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = a_warehouse()
    inventory_id = a_unit(quantity=1)
    adjust(inventory_id, -1).ok(201)
    book, rivals = books.book, [None]

    def too_late(*arguments: Any) -> None:
        if rivals:
            rivals.pop()
            admin().delete(f"/v1/warehouses/{warehouse}", if_match='"1"').ok(204)
            a_warehouse("NEW", 1)
        book(*arguments)

    monkeypatch.setattr(books, "book", too_late)
    restock(inventory_id, 2)
    assert places() == {"NEW": (2, 0, 2)}


def test_only_the_admin_sees_stock_and_changes_it() -> None:
    inventory_id = a_unit()
    for path in ("/v1/warehouses", "/v1/inventory-items?sku=MUG", "/v1/reservations"):
        anyone().get(path).refused(401, "unauthenticated")
        user().get(path).refused(403, "forbidden")
        user("support-1", "support").get(path).refused(403, "forbidden")
    path = f"/v1/inventory-items/{inventory_id}/restocks"
    user().post(path, {"quantity": 1, "reason": "gift"}, idempotency_key="k").refused(403, "forbidden")


def test_a_fresh_shop_is_seeded_with_one_warehouse_however_often() -> None:
    first = perform("inventory", "seed_warehouse", code="MAIN", name="Main")
    again = perform("inventory", "seed_warehouse", code="MAIN", name="Main")
    assert first == again
    assert [(w["code"], w["priority"]) for w in admin().get("/v1/warehouses").ok()["data"]] == [("MAIN", 0)]
    seeded = a_warehouse("SIDE", 1)
    assert perform("inventory", "seed_warehouse", code="SIDE", name="Side")["warehouse_id"] == seeded


def test_stock_is_looked_up_line_by_line() -> None:
    a_warehouse()
    a_unit(quantity=5)
    lines = [{"product_id": "mug", "variant_id": None, "quantity": 9}, {"product_id": "none", "quantity": 1}]
    assert perform("inventory", "look_up_stock", lines=lines) == {
        "lines": [
            {"product_id": "mug", "variant_id": None, "available": 5},
            {"product_id": "none", "variant_id": None, "available": 0},
        ]
    }
