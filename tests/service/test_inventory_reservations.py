"""Holding stock for orders, selling it, giving it back.

R117-R121; B95-B100, B104, B106; E38-E41; AP30; INV-04, INV-05.
"""

from typing import Any

import pytest
import time_machine

from inventory.store import reservations as held
from inventory.store import warehouses as doors
from shop import clock
from shop.errors import Refusal
from tests import kit
from tests.kit import admin, perform
from tests.service.inventory_kit import (
    Json,
    a_unit,
    a_warehouse,
    available,
    by_sku,
    calls,
    commit,
    created,
    events,
    find,
    hear,
    ledger,
    line,
    many,
    places,
    refusal,
    release,
    reserve,
    restock,
    statuses,
    sweep,
)

pytestmark = pytest.mark.usefixtures("shop")


def test_a_reservation_holds_stock_for_half_an_hour() -> None:
    warehouse = a_warehouse()
    inventory_id = a_unit(quantity=5)
    with time_machine.travel("2026-01-31T09:00:00Z", tick=False):
        held = reserve("o", line(2))
    assert held == {
        "order_id": "o",
        "status": "active",
        "expires_at": "2026-01-31T09:30:00.000Z",
        "allocations": [{"product_id": "mug", "variant_id": None, "warehouse_id": warehouse, "quantity": 2}],
    }
    assert perform("inventory", "find_reservation", order_id="o") == held
    assert places() == {"MAIN": (5, 2, 3)}
    assert ledger(inventory_id)[0] == ("reservation", 2)
    ((_, said),) = [event for event in kit.pending("inventory") if event[0] == "reservation.created"]
    assert said["data"] == {"order_id": "o", "lines": [line(2)], "expires_at": "2026-01-31T09:30:00.000Z"}
    assert refusal(perform, "inventory", "find_reservation", order_id="none").status == 404


def test_a_reservation_may_be_shorter() -> None:
    a_warehouse()
    a_unit(quantity=5)
    with time_machine.travel("2026-01-31T09:00:00Z", tick=False):
        assert reserve("o", line(2), ttl_seconds=60)["expires_at"] == "2026-01-31T09:01:00.000Z"


def test_a_shortage_names_every_short_line_and_holds_nothing() -> None:
    a_warehouse()
    a_unit("a", 5)
    a_unit("b", 1)
    problem = refusal(reserve, "o", line(2, "a"), line(2, "b"), line(1, "none", "v"))
    assert (problem.status, problem.code) == (409, "out_of_stock")
    assert problem.facts["lines"] == [
        {"product_id": "b", "variant_id": None, "requested": 2, "available": 1},
        {"product_id": "none", "variant_id": "v", "requested": 1, "available": 0},
    ]
    assert (available("a"), available("b")) == (5, 1)
    assert events() == []


def test_the_same_unit_in_two_lines_is_one() -> None:
    a_warehouse()
    a_unit(quantity=5)
    problem = refusal(reserve, "o", line(3), line(3))
    assert problem.facts["lines"] == [{"product_id": "mug", "variant_id": None, "requested": 6, "available": 5}]
    held = reserve("o", line(3), line(2))
    assert [part["quantity"] for part in held["allocations"]] == [5]


def test_the_same_reserve_again_gets_the_first_answer() -> None:
    a_warehouse()
    a_unit(quantity=2)
    first = reserve("o", line(2))
    assert reserve("o", line(2)) == first  # although nothing is left
    assert reserve("o", line(1)) == first
    assert places() == {"MAIN": (2, 2, 0)}
    commit()
    assert reserve("o", line(2)) == {**first, "status": "completed"}
    assert events() == ["reservation.created", "reservation.completed"]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"order_id": "o", "lines": []},
        {"order_id": "", "lines": [line(1)]},
        {"order_id": "o", "lines": [line(0)]},
        {"order_id": "o", "lines": [line(-1)]},
        {"order_id": "o", "lines": [{"quantity": 1}]},
        {"order_id": "o"},
        {"order_id": "o", "lines": [line(1)], "ttl_seconds": 0},
    ],
)
def test_nonsense_is_refused(nonsense: Json) -> None:
    a_warehouse()
    a_unit(quantity=5)
    assert refusal(perform, "inventory", "reserve_stock", **nonsense).code == "internal_error"
    assert available() == 5


def test_a_commit_sells_what_was_held_once() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=5)
    reserve()
    assert [commit(), commit(), find()] == ["completed"] * 3
    assert places() == {"MAIN": (3, 0, 3)}
    assert ledger(inventory_id) == [("restock", 5), ("reservation", 2), ("sale", -2)]
    assert events() == ["reservation.created", "reservation.completed"]


def test_a_release_gives_back_what_was_held_once() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=5)
    reserve()
    assert [release(), release(reason="again"), find()] == ["cancelled"] * 3
    assert places() == {"MAIN": (5, 0, 5)}
    assert ledger(inventory_id) == [("restock", 5), ("reservation", 2), ("release", -2)]
    assert events() == ["reservation.created", "reservation.released"]
    assert refusal(commit).code == "reservation_expired"
    assert refusal(reserve).code == "reservation_expired"


def test_a_release_before_the_reserve_keeps_it_out() -> None:
    a_warehouse()
    a_unit(quantity=5)
    assert [release(), release()] == ["cancelled"] * 2
    problem = refusal(reserve)
    assert (problem.status, problem.code) == (409, "reservation_expired")
    assert available() == 5
    assert events() == []
    assert refusal(commit).code == "reservation_expired"


def test_nothing_is_sold_without_a_reservation() -> None:
    assert refusal(commit, "none").code == "reservation_expired"


def test_what_was_sold_comes_back_only_when_it_is_to_be_reversed_and_once() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=5)
    reserve()
    commit()
    assert release() == "completed"
    assert places() == {"MAIN": (3, 0, 3)}
    assert [release(reverse_committed=True), release(reverse_committed=True)] == ["cancelled"] * 2
    assert places() == {"MAIN": (5, 0, 5)}
    assert ledger(inventory_id) == [("restock", 5), ("reservation", 2), ("sale", -2), ("return", 2)]
    assert events() == ["reservation.created", "reservation.completed", "reservation.released"]
    assert refusal(commit).code == "reservation_expired"


def test_goods_of_a_warehouse_that_is_gone_come_back_to_the_first_one() -> None:
    old, other = a_warehouse("OLD", 1), a_warehouse("OTHER", 2)
    inventory_id = a_unit(quantity=2, warehouse_id=old)
    restock(inventory_id, 3, other)
    reserve("o", line(5))
    commit()
    for warehouse in (old, other):
        admin().delete(f"/v1/warehouses/{warehouse}", if_match='"1"').ok(204)
    with pytest.raises(Refusal, match="no_warehouse"):
        release(reverse_committed=True)
    a_warehouse("NEW")
    assert release(reverse_committed=True) == "cancelled"
    assert places() == {"NEW": (5, 0, 5)}
    assert [entry for entry in ledger(inventory_id) if entry[0] == "return"] in (
        [("return", 2), ("return", 3)],
        [("return", 3), ("return", 2)],
    )


def test_nobody_came_in_time() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=5)
    reserve("o", line(2))
    reserve("later", line(1), ttl_seconds=7200)
    sweep()
    assert find() == "active"
    with time_machine.travel(clock.epoch(clock.after(1801))):
        assert refusal(commit).code == "reservation_expired"  # even before the sweeper came
        assert refusal(reserve).code == "reservation_expired"
        sweep()
        sweep()
        assert (find(), find("later")) == ("expired", "active")
        assert refusal(commit).code == "reservation_expired"
        assert release(reverse_committed=True) == "expired"
    assert places() == {"MAIN": (5, 1, 4)}
    assert ledger(inventory_id)[-1] == ("release", -2)
    assert events() == ["reservation.created"] * 2 + ["reservation.expired"]


def test_one_that_cannot_expire_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    a_warehouse()
    a_unit(quantity=9)
    for order_id in ("a", "b", "c"):
        reserve(order_id, line(1))
    reservation = held.reservation

    def broken(order_id: str) -> Any:
        if order_id == "b":
            raise ValueError("a corrupt row")
        return reservation(order_id)

    with time_machine.travel(clock.epoch(clock.after(1801))):
        with monkeypatch.context() as patched:
            patched.setattr(held, "reservation", broken)
            with pytest.raises(RuntimeError, match="1 reservations"):
                sweep()
        assert [find(order_id) for order_id in "abc"] == ["expired", "active", "expired"]
        sweep()
        assert find("b") == "expired"
    assert available() == 9


def test_a_line_comes_from_the_first_warehouse_that_has_all_of_it() -> None:
    far, near, shut = a_warehouse("FAR", 2), a_warehouse("NEAR", 1), a_warehouse("SHUT", 0, is_active=False)
    inventory_id = a_unit()
    for warehouse, quantity in ((far, 10), (near, 3), (shut, 50)):
        restock(inventory_id, quantity, warehouse)
    reserve("few", line(3))
    assert places() == {"SHUT": (50, 0, 50), "NEAR": (3, 3, 0), "FAR": (10, 0, 10)}
    release("few")
    reserve("more", line(4))
    assert places() == {"SHUT": (50, 0, 50), "NEAR": (3, 0, 3), "FAR": (10, 4, 6)}
    release("more")
    held = reserve("most", line(12))
    assert [(part["warehouse_id"], part["quantity"]) for part in held["allocations"]] == [(near, 3), (far, 9)]
    commit("most")
    assert places() == {"SHUT": (50, 0, 50), "NEAR": (0, 0, 0), "FAR": (1, 0, 1)}
    problem = refusal(reserve, "too many", line(2))
    assert problem.facts["lines"][0]["available"] == 1


def test_a_warehouse_that_another_process_opened_is_found_before_a_shortage_is_believed() -> None:
    a_warehouse("KNOWN")
    inventory_id = a_unit(quantity=1)
    reserve("first", line(1))
    known = doors.KNOWN._answers.copy()
    restock(inventory_id, 5, a_warehouse("NEW", 1))
    doors.KNOWN._answers.update(known)
    assert reserve("second", line(4))["status"] == "active"


def test_a_warehouse_that_another_process_closed_is_skipped_within_seconds() -> None:
    first, second = a_warehouse("FIRST"), a_warehouse("SECOND", 1)
    inventory_id = a_unit(quantity=5, warehouse_id=first)
    restock(inventory_id, 5, second)
    reserve("before", line(1))
    known = doors.KNOWN._answers.copy()
    admin().patch(f"/v1/warehouses/{first}", {"is_active": False}, if_match='"1"').ok(200)
    doors.KNOWN._answers.update(known)
    with time_machine.travel(clock.epoch(clock.after(6))):
        assert reserve("after", line(1))["allocations"][0]["warehouse_id"] == second


def test_variants_have_stock_of_their_own() -> None:
    a_warehouse()
    hear(created("mug", ["red", "blue"]))
    restock(by_sku("MUG-RED")["inventory_id"], 1)
    assert refusal(reserve, "o", line(1, "mug", "blue")).code == "out_of_stock"
    assert refusal(reserve, "o", line(1, "mug")).code == "out_of_stock"
    reserve("o", line(1, "mug", "red"))
    assert available("mug", "red") == 0


def test_reservations_are_listed_by_status_and_unit() -> None:
    a_warehouse()
    inventory_id = a_unit("a", 9)
    a_unit("b", 9)
    for order_id in ("o1", "o2", "o3"):
        reserve(order_id, line(1, "a"), line(2, "b"))
    commit("o1")
    release("o2")

    def listed(query: str) -> list[tuple[str, str, str]]:
        page = admin().get(f"/v1/reservations?{query}").ok(200)
        return sorted((line["order_id"], line["product_id"], line["status"]) for line in page["data"])

    assert listed("status=ACTIVE") == [("o3", "a", "active"), ("o3", "b", "active")]
    assert listed(f"status=completed&inventory_id={inventory_id}") == [("o1", "a", "completed")]
    assert [order_id for order_id, _, _ in listed(f"inventory_id={inventory_id}")] == ["o1", "o2", "o3"]
    assert len(listed("")) == 6
    assert listed("inventory_id=none") == []
    first = admin().get("/v1/reservations?limit=4").ok()
    rest = admin().get(f"/v1/reservations?limit=4&cursor={first['next_cursor']}").ok()
    assert len({line["id"] for line in first["data"] + rest["data"]}) == 6
    admin().get("/v1/reservations?status=lost").refused(400, "invalid_parameter")


def test_more_lines_than_fit_one_transaction_are_held_sold_and_taken_back_as_one() -> None:
    lines = many(31)
    assert len(reserve("o", *lines)["allocations"]) == 31
    assert refusal(reserve, "rival", line(1, "p30")).code == "out_of_stock"
    assert commit() == "completed"
    assert statuses() == {"completed"}
    assert release(reverse_committed=True) == "cancelled"
    assert statuses() == {"cancelled"}
    assert [available(f"p{number}") for number in (0, 29, 30)] == [1, 1, 1]
    assert events() == ["reservation.created", "reservation.completed", "reservation.released"]


def test_ninety_lines_of_which_one_is_short_hold_nothing() -> None:
    lines = many(89)
    problem = refusal(reserve, "o", *lines, line(1, "none"))
    assert [short["product_id"] for short in problem.facts["lines"]] == ["none"]
    assert [available(f"p{number}") for number in (0, 40, 88)] == [1, 1, 1]
    assert refusal(perform, "inventory", "find_reservation", order_id="o").status == 404


@time_machine.travel("2026-01-31T09:00:00Z", tick=False)
def test_an_order_of_one_line_costs_as_many_calls_as_one_of_thirty() -> None:
    lines = many(30, each=2)
    perform("inventory", "look_up_stock", lines=lines)  # the warehouses are known
    for order_id, wanted in (("one", lines[:1]), ("thirty", lines)):
        assert calls(reserve, order_id, *wanted) == ["BatchGetItem", "TransactWriteItems"]
        assert calls(reserve, order_id, *wanted) == ["BatchGetItem", "Query"]
        assert calls(commit, order_id) == ["Query", "TransactWriteItems"]
        assert calls(commit, order_id) == ["Query"]
        assert calls(release, order_id) == ["Query"]
