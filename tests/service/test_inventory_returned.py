"""Goods that customers sent back lie on the shelf again (B105; E76)."""

import json
from typing import Any

import pytest

from inventory import app
from inventory.store import ledger as books
from shop import ids
from tests import kit
from tests.kit import admin
from tests.service.inventory_kit import (
    Meanwhile,
    a_unit,
    a_warehouse,
    available,
    by_sku,
    commit,
    created,
    hear,
    ledger,
    line,
    places,
    reserve,
    restock,
    returned,
    variant_deleted,
)

pytestmark = pytest.mark.usefixtures("shop")


def test_what_is_as_good_as_new_is_on_the_shelf_again_once() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=5)
    reserve("o", line(3))
    commit()
    came = returned(("mug", None, 2, "new"))
    for _ in range(3):
        hear(came)
    assert places() == {"MAIN": (4, 0, 4)}
    (entry,) = admin().get(f"/v1/inventory-items/{inventory_id}/transactions?type=return").ok()["data"]
    assert {name: entry[name] for name in ("quantity", "reason", "reference_id", "created_by")} == {
        "quantity": 2,
        "reason": "return_received",
        "reference_id": "r",
        "created_by": "admin-1",
    }
    hear(returned(("mug", None, 1, "new")))  # the rest of the same return, received another day
    assert places() == {"MAIN": (5, 0, 5)}


@pytest.mark.parametrize("condition", ["used", "damaged", "defective"])
def test_what_is_not_as_good_as_new_is_not_sold_again(condition: str) -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=5)
    hear(returned(("mug", None, 2, condition)))
    assert (available(), ledger(inventory_id)) == (5, [("restock", 5)])


def test_each_unit_gets_its_own_and_lines_of_one_are_one_entry() -> None:
    a_warehouse()
    hear(created("mug", ["red", "blue"]))
    cup = a_unit("cup")
    items = [("mug", "red", 1, "new"), ("cup", None, 2, "new"), ("cup", None, 3, "new"), ("mug", "blue", 9, "used")]
    hear(returned(*items))
    assert [available("mug", "red"), available("mug", "blue"), available("cup")] == [1, 0, 5]
    assert ledger(cup) == [("return", 5)]


def test_forty_different_things_come_back_as_one() -> None:
    a_warehouse()
    for number in range(40):
        hear(created(f"p{number}"))
    hear(returned(*((f"p{number}", None, 1, "new") for number in range(40))))
    assert {available(f"p{number}") for number in range(40)} == {1}


def test_they_go_to_the_first_open_warehouse_whichever_they_came_from() -> None:
    a_warehouse("SHUT", 0, is_active=False)
    first, second = a_warehouse("FIRST", 1), a_warehouse("SECOND", 2)
    inventory_id = a_unit(quantity=5, warehouse_id=second)
    hear(returned(("mug", None, 2, "new")))
    assert (first, places()) == (first, {"FIRST": (2, 0, 2), "SECOND": (5, 0, 5)})
    assert ledger(inventory_id) == [("restock", 5), ("return", 2)]


def test_a_split_unit_gets_them_too_and_sells_them() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=8)
    admin().put(f"/v1/inventory-items/{inventory_id}/splits", {"splits": 8}).ok()
    kit.project("inventory")
    reserve("o", line(8))
    commit()
    hear(returned(("mug", None, 3, "new")))
    assert reserve("next", line(3))["status"] == "active"


def test_what_is_not_sold_any_more_is_counted_all_the_same() -> None:
    a_warehouse()
    hear(created("mug", ["red"]))
    inventory_id = by_sku("MUG-RED")["inventory_id"]
    hear(variant_deleted("red"))
    hear(returned(("mug", "red", 1, "new")))
    assert ledger(inventory_id) == [("return", 1)]


def test_without_a_warehouse_or_of_things_unknown_the_event_comes_again() -> None:
    hear(created())
    body = json.dumps({"detail-type": "return.received", "detail": returned(("mug", None, 1, "new"))})
    record = {"eventSource": "aws:sqs", "messageId": "m1", "body": body}
    failed = {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert app.events({"Records": [record]}, None) == failed
    a_warehouse()
    assert app.events({"Records": [record]}, None) == {"batchItemFailures": []}
    assert available() == 1
    unknown = {**record, "body": body.replace('"mug"', '"none"').replace("RMA-1", ids.new_id())}
    lost = json.loads(unknown["body"])
    lost["detail"]["id"] = ids.new_id()
    assert app.events({"Records": [{**record, "body": json.dumps(lost)}]}, None) == failed


def test_goods_that_come_back_while_their_warehouse_is_removed_go_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    old, meanwhile = a_warehouse("OLD"), Meanwhile(monkeypatch)
    inventory_id = a_unit()

    def replace() -> None:
        admin().delete(f"/v1/warehouses/{old}", if_match='"1"').ok(204)
        a_warehouse("NEW")

    meanwhile.before("take_back", replace, of=books)
    hear(returned(("mug", None, 2, "new")))
    assert places() == {"NEW": (2, 0, 2)}
    restock(inventory_id, 1)
    assert available() == 3


def test_goods_that_come_back_make_it_there_again_for_everybody_who_waits() -> None:
    a_warehouse()
    a_unit(quantity=1)
    reserve("o", line(1))
    commit()
    kit.project("inventory")
    hear(returned(("mug", None, 1, "new")))
    kit.project("inventory")
    said: list[tuple[str, Any]] = [(t, d["data"].get("available")) for t, d in kit.pending("inventory")]
    assert said[-1] == ("stock.replenished", 1)
