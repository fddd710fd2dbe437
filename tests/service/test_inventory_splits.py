"""Hot units, whose stock is spread over buckets: nobody else notices, and more can buy at once (R282; B95-B106)."""

from collections import Counter
from typing import Any

import pytest
import time_machine

from inventory import app
from inventory.model.shelf import Place, Shelf
from inventory.store import items, levels, warehouses
from shop import clock, settings
from tests import kit
from tests.database import items as rows
from tests.kit import admin, anyone, perform, user
from tests.service.inventory_kit import (
    Json,
    Meanwhile,
    a_unit,
    a_warehouse,
    adjust,
    available,
    by_sku,
    calls,
    commit,
    created,
    die,
    hear,
    ledger,
    line,
    order_cancelled,
    places,
    refusal,
    release,
    reserve,
    restock,
    sweep,
)

pytestmark = pytest.mark.usefixtures("shop")


def split(inventory_id: str, splits: int) -> Any:
    return admin().put(f"/v1/inventory-items/{inventory_id}/splits", {"splits": splits}).ok(200)


def hot(quantity: int, splits: int = 8) -> str:
    """A unit in one warehouse whose stock is spread; its inventory id."""
    a_warehouse()
    inventory_id = a_unit(quantity=quantity)
    split(inventory_id, splits)
    kit.project("inventory")
    return inventory_id


def buckets(code: str = "MAIN") -> list[int]:
    """How many are free in each bucket."""
    (place,) = [w["warehouse_id"] for w in admin().get("/v1/warehouses").ok()["data"] if w["code"] == code]
    found = [row for row in rows(settings.table_name("inventory"), "PROD#") if f"#{place}" in row["SK"]["S"]]
    return [int(row["available_quantity"]["N"]) for row in sorted(found, key=lambda row: str(row["SK"]["S"]))]


def told() -> list[str]:
    return [type for type, _ in kit.pending("inventory") if type.startswith("stock.")]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    return Meanwhile(monkeypatch)


def test_splitting_spreads_what_there_is_and_nobody_else_notices() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=20)
    kit.project("inventory")
    before = told()
    item = split(inventory_id, 8)
    assert (item["splits"], item["quantity"]) == (8, 20)
    assert reserve("at once", line(20))["status"] == "active"
    release("at once")
    kit.project("inventory")
    assert buckets() == [3, 3, 3, 3, 2, 2, 2, 2]
    assert (available(), places(), told()) == (20, {"MAIN": (20, 0, 20)}, before)
    assert ledger(inventory_id) == [("restock", 20), ("reservation", 20), ("release", -20)]
    assert by_sku("MUG")["quantity"] == 20


def test_a_split_unit_sells_to_the_last_piece_and_not_one_more() -> None:
    inventory_id = hot(20)
    held = [reserve(f"o{number}", line(1)) for number in range(20)]
    assert all(len(each["allocations"]) == 1 for each in held)
    assert refusal(reserve, "late", line(1)).facts["lines"][0]["available"] == 0
    assert places() == {"MAIN": (20, 20, 0)}
    lines = admin().get(f"/v1/reservations?inventory_id={inventory_id}&limit=100").ok()["data"]
    assert Counter(each["bucket"] for each in lines) == {0: 3, 1: 3, 2: 3, 3: 3, 4: 2, 5: 2, 6: 2, 7: 2}
    kit.project("inventory")
    assert told()[-3:] == ["stock.updated", "stock.low", "stock.depleted"]


@time_machine.travel("2026-01-31T09:00:00Z", tick=False)
def test_buying_a_split_unit_costs_as_many_calls_as_any_other() -> None:
    hot(80)
    reserve("first", line(1))
    assert calls(reserve, "o", line(2)) == ["BatchGetItem", "TransactWriteItems"]
    assert calls(commit, "o") == ["Query", "TransactWriteItems"]


@pytest.mark.parametrize("ending", ["commit", "release", "expire", "cancel"])
def test_an_order_for_more_than_any_bucket_holds_takes_from_several(ending: str) -> None:
    inventory_id = hot(20)
    held = reserve("o", line(15))
    assert [part["quantity"] for part in held["allocations"]] == [15]
    assert perform("inventory", "find_reservation", order_id="o") == held == reserve("o", line(15))
    assert refusal(reserve, "rival", line(6)).facts["lines"][0]["available"] == 5
    if ending == "expire":
        with time_machine.travel(clock.epoch(clock.after(1801))):
            sweep()
    elif ending == "release":
        assert release() == "cancelled"
    else:
        assert commit() == "completed"
    if ending == "cancel":
        hear(order_cancelled())
    left = 5 if ending == "commit" else 20
    assert (available(), places()) == (left, {"MAIN": (left, 0, left)})
    assert sum(n for kind, n in ledger(inventory_id) if kind in ("restock", "sale", "return")) == left
    kit.project("inventory")
    assert by_sku("MUG")["available_quantity"] == left


def test_goods_that_come_in_are_spread_and_counts_go_down_to_what_is_reserved() -> None:
    inventory_id = hot(8)
    restock(inventory_id, 9)
    assert buckets() == [3, 2, 2, 2, 2, 2, 2, 2]
    reserve("o", line(2))
    adjust(inventory_id, -16).refused(409, "below_reserved")
    adjust(inventory_id, -15).ok(201)
    assert places() == {"MAIN": (2, 2, 0)}
    assert ledger(inventory_id)[1:] == [("restock", 9), ("reservation", 2), ("adjustment", -15)]
    adjust(inventory_id, 9).ok(201)
    assert (available(), refusal(reserve, "p", line(10)).code) == (9, "out_of_stock")


def test_going_back_to_one_bucket_leaves_nothing_behind() -> None:
    inventory_id = hot(16)
    for number in range(8):
        reserve(f"o{number}", line(1))
    assert split(inventory_id, 1)["splits"] == 1
    assert reserve("all", line(8))["status"] == "active"  # although it lies in seven other buckets still
    release("all")
    kit.project("inventory")
    assert buckets() == [8, 0, 0, 0, 0, 0, 0, 0]
    for number in range(8):
        (commit if number % 2 else release)(f"o{number}")
    assert reserve("all again", line(12))["status"] == "active"  # what came back lies where it was taken from
    release("all again")
    kit.project("inventory")
    assert buckets() == [12, 0, 0, 0, 0, 0, 0, 0]
    assert places() == {"MAIN": (12, 0, 12)}
    split(inventory_id, 3)
    kit.project("inventory")
    assert buckets()[:4] == [4, 4, 4, 0]


def test_a_bucket_that_ran_dry_is_filled_from_the_fuller_ones() -> None:
    inventory_id = hot(40, splits=4)
    for _ in range(3):
        adjust(inventory_id, -10).ok(201)
    assert sorted(buckets()) == [0, 0, 0, 10]
    kit.project("inventory")
    assert buckets() == [3, 3, 2, 2]
    kit.project("inventory")
    assert buckets() == [3, 3, 2, 2]


def test_a_move_that_a_buyer_crosses_moves_nothing(meanwhile: Meanwhile) -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=10)
    split(inventory_id, 2)
    meanwhile.before("even_out", lambda: reserve("o", line(8)), of=levels)
    kit.project("inventory")
    assert (buckets(), places()) == ([2, 0], {"MAIN": (10, 8, 2)})
    kit.project("inventory")
    assert buckets() == [1, 1]


def test_the_first_warehouse_is_preferred_however_many_buckets_it_has() -> None:
    near, far = a_warehouse("NEAR"), a_warehouse("FAR", 1)
    inventory_id = a_unit(quantity=16, warehouse_id=near)
    restock(inventory_id, 16, far)
    split(inventory_id, 8)
    kit.project("inventory")
    few = reserve("few", line(9))
    assert [part["warehouse_id"] for part in few["allocations"]] == [near]
    many = reserve("many", line(8))
    assert [part["warehouse_id"] for part in many["allocations"]] == [far]
    rest = reserve("rest", line(15))
    assert [(part["warehouse_id"], part["quantity"]) for part in rest["allocations"]] == [(near, 7), (far, 8)]
    assert refusal(reserve, "none", line(1)).code == "out_of_stock"


def test_goods_that_cross_a_look_at_two_warehouses_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """B96: one place is read before goods come back to it, another after its own were taken; neither shows any."""
    first, second = a_warehouse("FIRST"), a_warehouse("SECOND", 1)
    inventory_id = a_unit(quantity=1, warehouse_id=first)
    reserve("holder", line(1))
    restock(inventory_id, 1, second)
    shelf, rivals = levels.shelf, [True]

    def torn(units: Any, places: Any, order_id: str | None = None, whole: bool = False) -> Shelf:
        before = shelf(units, places, order_id, whole)
        if not rivals:
            return before
        if whole:
            rivals.clear()
        else:
            return Shelf(before.warehouses, {place: Place() for place in before.places})  # look closely, then
        release("holder")
        adjust(inventory_id, -1, second).ok(201)
        after = shelf(units, places, order_id, whole)
        mixed = {place: (before if place[1] == first else after).places[place] for place in before.places}
        return Shelf(before.warehouses, mixed)

    monkeypatch.setattr(levels, "shelf", torn)
    assert reserve("o", line(1))["allocations"][0]["warehouse_id"] == first


def test_a_warehouse_that_opens_later_is_split_as_well() -> None:
    inventory_id = hot(8, splits=4)
    second = a_warehouse("SECOND", 1)
    restock(inventory_id, 9, second)
    kit.project("inventory")
    kit.project("inventory")
    assert buckets("SECOND") == [3, 2, 2, 2]


def test_a_split_that_died_half_way_is_finished(meanwhile: Meanwhile) -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=8)
    meanwhile.before("split", die, of=levels)
    admin().put(f"/v1/inventory-items/{inventory_id}/splits", {"splits": 4}).refused(500, "internal_error")
    assert reserve("o", line(8))["status"] == "active"
    release()
    assert split(inventory_id, 4)["splits"] == 4
    kit.project("inventory")
    assert buckets() == [2, 2, 2, 2]


def test_two_who_split_at_once_agree_in_the_end(meanwhile: Meanwhile) -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=8)
    meanwhile.before("split", lambda: split(inventory_id, 2), of=levels)
    assert split(inventory_id, 4)["splits"] in (2, 4)
    kit.project("inventory")
    kit.project("inventory")
    splits = by_sku("MUG")["splits"]
    assert buckets()[:splits] == [8 // splits] * splits
    assert places() == {"MAIN": (8, 0, 8)}


def test_a_warehouse_with_a_split_unit_goes_with_all_its_buckets_or_not_at_all() -> None:
    inventory_id = hot(3, splits=4)
    (warehouse,) = admin().get("/v1/warehouses").ok()["data"]
    path, etag = f"/v1/warehouses/{warehouse['warehouse_id']}", '"1"'
    admin().delete(path, if_match=etag).refused(409, "warehouse_not_empty")
    reserve("o", line(3))
    commit()
    admin().delete(path, if_match=etag).ok(204)
    assert rows(settings.table_name("inventory"), "PROD#mug")[0]["kind"] == {"S": "stock_item"}
    assert len(rows(settings.table_name("inventory"), "PROD#mug")) == 1
    a_warehouse("NEW")
    hear(order_cancelled())
    assert places() == {"NEW": (3, 0, 3)}
    assert by_sku("MUG")["inventory_id"] == inventory_id


def test_goods_in_another_bucket_keep_a_warehouse(meanwhile: Meanwhile) -> None:
    inventory_id = hot(4, splits=4)
    adjust(inventory_id, -4).ok(201)
    (warehouse,) = admin().get("/v1/warehouses").ok()["data"]
    meanwhile.before("remove_empty_levels", lambda: restock(inventory_id, 4), of=warehouses)
    path = f"/v1/warehouses/{warehouse['warehouse_id']}"
    admin().delete(path, if_match='"1"').refused(409, "warehouse_not_empty")
    assert (buckets(), available()) == ([1, 1, 1, 1], 4)


def test_the_stream_may_tell_of_buckets_twice_and_late() -> None:
    inventory_id = hot(30, splits=2)
    first, item = kit.pending("inventory"), by_sku("MUG")
    keys = [row for row in rows(settings.table_name("inventory"), "PROD#") if row["SK"]["S"].startswith("LEVEL#")]
    batch = [{"eventSource": "aws:dynamodb", "dynamodb": {"Keys": {n: row[n] for n in ("PK", "SK")}}} for row in keys]
    for records in (batch, batch[::-1], batch + batch):
        app.events({"Records": records}, None)
    assert (kit.pending("inventory"), by_sku("MUG")) == (first, item)
    adjust(inventory_id, -21).ok(201)
    for records in (batch, batch[::-1], batch + batch):
        app.events({"Records": records}, None)
    assert told() == ["stock.updated", "stock.replenished", "stock.updated", "stock.low"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"splits": 0}, "/splits"),
        ({"splits": 9}, "/splits"),
        ({"splits": "4"}, "/splits"),
        ({"splits": 2.5}, "/splits"),
        ({"splits": True}, "/splits"),
        ({"splits": None}, "/splits"),
        ({}, "/splits"),
        ({"splits": 2, "buckets": 3}, "/buckets"),
    ],
)
def test_nonsense_splits_nothing(body: Json, pointer: str) -> None:
    path = f"/v1/inventory-items/{a_unit()}/splits"
    problem = admin().put(path, body).refused(422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert by_sku("MUG")["splits"] == 1


def test_only_the_admin_splits_and_as_often_as_they_like() -> None:
    path = f"/v1/inventory-items/{a_unit()}/splits"
    anyone().put(path, {"splits": 2}).refused(401, "unauthenticated")
    user().put(path, {"splits": 2}).refused(403, "forbidden")
    admin().put("/v1/inventory-items/none/splits", {"splits": 2}).refused(404, "not_found")
    assert admin().put(path, {"splits": 2}).ok(200) == admin().put(path, {"splits": 2}).ok(200)


def test_the_ledger_and_the_lines_of_a_split_unit_are_one_list_each() -> None:
    """R111, R117: the parts of a hot unit's lists are read together, in order and by page."""
    inventory_id = hot(30)
    for number in range(12):
        reserve(f"o{number:02}", line(1))
    for path, count in (
        (f"/v1/inventory-items/{inventory_id}/transactions?limit=5", 13),
        (f"/v1/inventory-items/{inventory_id}/transactions?type=reservation&limit=5", 12),
        (f"/v1/reservations?inventory_id={inventory_id}&status=active&limit=5", 12),
    ):
        seen, page = [], admin().get(path).ok(200)
        while page["has_more"]:
            seen += page["data"]
            page = admin().get(f"{path}&cursor={page['next_cursor']}").ok(200)
        seen += page["data"]
        times = [each["created_at"] for each in seen]
        assert (len({each["id"] for each in seen}), times) == (count, sorted(times, reverse=True))


def test_a_variant_of_a_product_is_split_by_itself() -> None:
    a_warehouse()
    hear(created("mug", ["red", "blue"]))
    red, blue = by_sku("MUG-RED")["inventory_id"], by_sku("MUG-BLUE")["inventory_id"]
    restock(red, 8)
    restock(blue, 8)
    split(red, 4)
    kit.project("inventory")
    assert (by_sku("MUG-RED")["splits"], by_sku("MUG-BLUE")["splits"]) == (4, 1)
    reserve("o", line(8, "mug", "red"), line(3, "mug", "blue"))
    assert (available("mug", "red"), available("mug", "blue")) == (0, 5)
    assert [item.buckets for item in items.product("mug")[0] if item.variant_id] == [1, 4]
