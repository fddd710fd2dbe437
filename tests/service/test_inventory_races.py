"""Rivals for the same stock, and crashes half-way: every race is decided by a condition (B96-B100; E38-E41)."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine

from inventory.logic import settling
from inventory.store import reservations
from shop.errors import Refusal, Transient
from shop.races import LostRace
from shop.transaction import Transaction
from tests import kit
from tests.kit import admin, perform
from tests.service.inventory_kit import (
    Died,
    Json,
    Meanwhile,
    a_unit,
    a_warehouse,
    adjust,
    available,
    commit,
    die,
    events,
    find,
    late,
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


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    return Meanwhile(monkeypatch)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[Json]:
    """Five lines of two, of which there are three each; a transaction holds two of them."""
    monkeypatch.setattr(settling, "CHUNK", 2)
    return [{**each, "quantity": 2} for each in many(5, each=3)]


def left() -> list[int]:
    """How many of the five units can be bought."""
    found = perform("inventory", "look_up_stock", lines=[line(1, f"p{number}") for number in range(5)])
    return [each["available"] for each in found["lines"]]


def test_of_fifty_buyers_one_gets_the_last_one() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=1)

    assert crowd(50) == {"active": 1, "out_of_stock": 49}
    assert places() == {"MAIN": (1, 1, 0)}
    assert ledger(inventory_id) == [("restock", 1), ("reservation", 1)]
    assert events() == ["reservation.created"]


def crowd(buyers: int, quantity: int = 1) -> Counter[str]:
    """What so many buyers at once are told who want so many each."""

    def buy(number: int) -> str:
        try:
            return str(reserve(f"o{number}", line(quantity))["status"])
        except Refusal as refused:
            return refused.code

    with ThreadPoolExecutor(buyers) as together:
        return Counter(together.map(buy, range(buyers)))


def unsettled(chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """DynamoDB as it is on a bad day: every third write meets another, or too many; how often it did."""
    send, met = Transaction._send, Counter[str]()

    def send_perhaps(tx: Transaction) -> Any:
        code = chance.choice(["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", *[""] * 6])
        met[code] += 1
        return [(tx.writes[0], code)] if code else send(tx)

    monkeypatch.setattr(Transaction, "_send", send_perhaps)
    return met


@pytest.mark.parametrize("splits", [1, 8])
def test_fifty_buyers_leave_exactly_nothing_in_two_warehouses(splits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = a_warehouse("NEAR"), a_warehouse("FAR", 1)
    inventory_id = a_unit(quantity=17, warehouse_id=near)
    restock(inventory_id, 13, far)
    admin().put(f"/v1/inventory-items/{inventory_id}/splits", {"splits": splits}).ok(200)
    kit.project("inventory")
    met = unsettled(random.Random(splits), monkeypatch)
    assert crowd(50) == {"active": 30, "out_of_stock": 20}
    assert all(met[code] for code in ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"))
    assert places() == {"NEAR": (17, 17, 0), "FAR": (13, 13, 0)}
    assert Counter(kind for kind, _ in ledger(inventory_id)) == {"restock": 2, "reservation": 30}
    assert events() == ["reservation.created"] * 30


def test_buyers_of_several_take_what_they_can_from_everywhere() -> None:
    near, far = a_warehouse("NEAR"), a_warehouse("FAR", 1)
    inventory_id = a_unit(quantity=16, warehouse_id=near)
    restock(inventory_id, 16, far)
    admin().put(f"/v1/inventory-items/{inventory_id}/splits", {"splits": 4}).ok(200)
    kit.project("inventory")
    told = crowd(20, quantity=3)
    assert told == {"active": 10, "out_of_stock": 10}
    assert available() == 2
    assert sum(quantity for _, quantity in ledger(inventory_id, "&type=reservation")) == 30


def test_buying_giving_back_and_moving_at_once_leaves_the_books_right(monkeypatch: pytest.MonkeyPatch) -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=24)
    admin().put(f"/v1/inventory-items/{inventory_id}/splits", {"splits": 4}).ok(200)
    unsettled(random.Random(1), monkeypatch)

    def work(number: int) -> None:
        if number % 4 == 3:
            kit.project("inventory")
            return
        reserve(f"o{number}", line(1))
        (commit if number % 2 else release)(f"o{number}")

    with ThreadPoolExecutor(12) as together:
        list(together.map(work, range(24)))
    sold = [number for number in range(24) if number % 4 == 1]
    assert places() == {"MAIN": (24 - len(sold), 0, 24 - len(sold))}


def test_of_ten_runs_of_one_order_one_holds() -> None:
    a_warehouse()
    a_unit(quantity=20)
    with ThreadPoolExecutor(10) as runs:
        answers = list(runs.map(lambda _: reserve("o", line(2)), range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert places() == {"MAIN": (20, 2, 18)}


def test_a_rival_just_before_leaves_a_truthful_shortage(meanwhile: Meanwhile) -> None:
    a_warehouse()
    a_unit(quantity=3)
    meanwhile.before("hold", lambda: reserve("rival", line(2)))
    problem = refusal(reserve, "o", line(2))
    assert problem.facts["lines"] == [{"product_id": "mug", "variant_id": None, "requested": 2, "available": 1}]
    assert places() == {"MAIN": (3, 2, 1)}


def test_a_rival_just_before_leaves_enough_elsewhere(meanwhile: Meanwhile) -> None:
    first, second = a_warehouse("FIRST"), a_warehouse("SECOND", 1)
    inventory_id = a_unit(quantity=2, warehouse_id=first)
    restock(inventory_id, 2, second)
    meanwhile.before("hold", lambda: reserve("rival", line(2)))
    assert reserve("o", line(2))["allocations"][0]["warehouse_id"] == second


def test_a_rival_just_after_finds_nothing(meanwhile: Meanwhile) -> None:
    a_warehouse()
    a_unit(quantity=2)
    rivals: list[str] = []
    meanwhile.after("hold", lambda: rivals.append(refusal(reserve, "rival", line(1)).code))
    reserve("o", line(2))
    assert rivals == ["out_of_stock"]


def test_rivals_that_never_end_make_it_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    a_warehouse()
    a_unit(quantity=2)

    def overtaken(*_: Any) -> None:
        raise LostRace

    monkeypatch.setattr(reservations, "hold", overtaken)
    assert isinstance(refusal(reserve), Transient)
    assert available() == 2


def test_the_same_order_again_at_the_same_moment_holds_once(meanwhile: Meanwhile) -> None:
    a_warehouse()
    a_unit(quantity=5)
    first: list[Any] = []
    meanwhile.before("hold", lambda: first.append(reserve("o", line(2))))
    assert reserve("o", line(2)) == first[0]
    assert places() == {"MAIN": (5, 2, 3)}


def test_an_answer_that_was_lost_is_given_again(meanwhile: Meanwhile) -> None:
    a_warehouse()
    a_unit(quantity=2)
    meanwhile.after("hold", die)
    with pytest.raises(Died):
        reserve("o", line(2))
    assert reserve("o", line(2))["status"] == "active"
    meanwhile.after("move", die)
    with pytest.raises(Died):
        commit()
    assert commit() == "completed"
    assert places() == {"MAIN": (0, 0, 0)}
    assert events() == ["reservation.created", "reservation.completed"]


def test_a_release_just_before_a_late_reserve_wins(meanwhile: Meanwhile) -> None:
    a_warehouse()
    a_unit(quantity=5)
    meanwhile.before("hold", lambda: release())
    assert refusal(reserve).code == "reservation_expired"
    assert available() == 5


def test_a_reserve_just_before_a_release_is_released(meanwhile: Meanwhile) -> None:
    a_warehouse()
    a_unit(quantity=5)
    meanwhile.before("bar", lambda: reserve())
    assert release() == "cancelled"
    assert (find(), available()) == ("cancelled", 5)


def test_a_commit_that_comes_between_the_sweepers_read_and_write_wins(meanwhile: Meanwhile) -> None:
    a_warehouse()
    a_unit(quantity=5)
    with time_machine.travel("2026-01-31T09:00:00Z"):
        reserve()

    def sell() -> None:
        with time_machine.travel("2026-01-31T09:29:59Z"):  # by its own clock it is in time
            commit()

    meanwhile.before("move", sell)
    with time_machine.travel("2026-01-31T09:30:01Z"):
        sweep()
    assert (find(), places()) == ("completed", {"MAIN": (3, 0, 3)})
    assert events() == ["reservation.created", "reservation.completed"]


def test_a_sweeper_that_comes_between_a_commits_read_and_write_wins(meanwhile: Meanwhile) -> None:
    a_warehouse()
    a_unit(quantity=5)
    with time_machine.travel("2026-01-31T09:00:00Z"):
        reserve()

    def expire() -> None:
        with time_machine.travel("2026-01-31T09:30:01Z"):
            sweep()

    meanwhile.before("move", expire)
    with time_machine.travel("2026-01-31T09:29:59Z"):
        assert refusal(commit).code == "reservation_expired"
    assert (find(), places()) == ("expired", {"MAIN": (5, 0, 5)})
    assert events() == ["reservation.created", "reservation.expired"]


def test_a_release_between_a_commits_read_and_write_wins(meanwhile: Meanwhile) -> None:
    a_warehouse()
    a_unit(quantity=5)
    reserve()
    meanwhile.before("move", release)
    assert refusal(commit).code == "reservation_expired"
    assert places() == {"MAIN": (5, 0, 5)}


def test_a_commit_between_a_releases_read_and_write_is_reversed(meanwhile: Meanwhile) -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=5)
    reserve()
    meanwhile.before("move", commit)
    assert release(reverse_committed=True) == "cancelled"
    assert places() == {"MAIN": (5, 0, 5)}
    assert ledger(inventory_id)[-2:] == [("sale", -2), ("return", 2)]


def test_a_count_between_a_reserves_read_and_write_is_respected(meanwhile: Meanwhile) -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=5)
    meanwhile.before("hold", lambda: adjust(inventory_id, -4).ok(201))
    assert refusal(reserve).facts["lines"][0]["available"] == 1


def test_a_place_that_goes_while_goods_come_back_does_not_take_them(meanwhile: Meanwhile) -> None:
    old = a_warehouse("OLD")
    a_unit(quantity=2)
    reserve()
    commit()

    def replace() -> None:
        admin().delete(f"/v1/warehouses/{old}", if_match='"1"').ok(204)
        a_warehouse("NEW")

    meanwhile.before("move", replace)
    assert release(reverse_committed=True) == "cancelled"
    assert places() == {"NEW": (2, 0, 2)}


def test_a_reserve_that_died_between_chunks_goes_on(lines: list[Json], meanwhile: Meanwhile) -> None:
    meanwhile.before("hold", die, call=2)
    with pytest.raises(Died):
        reserve("o", *lines)
    assert (find(), left()) == ("reserving", [1, 1, 3, 3, 3])
    assert refusal(commit).code == "reservation_expired"
    held = reserve("o", *lines)
    assert (held["status"], len(held["allocations"]), left()) == ("active", 5, [1] * 5)
    assert commit() == "completed"
    assert events() == ["reservation.created", "reservation.completed"]


def test_a_reserve_goes_on_where_it_already_holds_some(meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "CHUNK", 1)
    near, far = a_warehouse("NEAR"), a_warehouse("FAR", 1)
    inventory_id = a_unit(quantity=3, warehouse_id=near)
    restock(inventory_id, 2, far)
    meanwhile.before("hold", die, call=2)
    with pytest.raises(Died):
        reserve("o", line(5))
    restock(inventory_id, 4, near)
    assert [(part["warehouse_id"], part["quantity"]) for part in reserve("o", line(5))["allocations"]] == [(near, 5)]
    assert ledger(inventory_id, "&type=reservation") == [("reservation", 3), ("reservation", 2)]
    assert commit() == "completed"
    assert places() == {"NEAR": (2, 0, 2), "FAR": (2, 0, 2)}


def test_a_reserve_that_died_between_chunks_is_released(lines: list[Json], meanwhile: Meanwhile) -> None:
    meanwhile.before("hold", die, call=3)
    with pytest.raises(Died):
        reserve("o", *lines)
    assert release() == "cancelled"
    assert (left(), statuses()) == ([3] * 5, {"cancelled"})
    assert refusal(reserve, "o", *lines).code == "reservation_expired"


def test_a_reserve_that_died_between_chunks_is_swept_up(lines: list[Json], meanwhile: Meanwhile) -> None:
    meanwhile.before("hold", die, call=2)
    with pytest.raises(Died):
        reserve("o", *lines)
    with late():
        sweep()
    assert (find(), left(), statuses()) == ("expired", [3] * 5, {"expired"})


def test_a_rival_between_chunks_makes_the_whole_order_short(lines: list[Json], meanwhile: Meanwhile) -> None:
    meanwhile.before("hold", lambda: reserve("rival", line(2, "p4")), call=3)
    problem = refusal(reserve, "o", *lines)
    assert problem.facts["lines"] == [{"product_id": "p4", "variant_id": None, "requested": 2, "available": 1}]
    assert (find(), left()) == ("cancelled", [3, 3, 3, 3, 1])
    release("rival")
    assert refusal(reserve, "o", *lines).facts == problem.facts  # the first answer
    assert (release(), left()) == ("cancelled", [3] * 5)


def test_giving_back_after_a_shortage_is_finished(lines: list[Json], meanwhile: Meanwhile) -> None:
    meanwhile.before("hold", lambda: reserve("rival", line(2, "p4")), call=3)
    meanwhile.after("move", die)
    with pytest.raises(Died):
        reserve("o", *lines)
    assert left() == [3, 3, 1, 1, 1]
    assert refusal(reserve, "o", *lines).code == "out_of_stock"
    assert left() == [3, 3, 3, 3, 1]


def test_two_runs_of_a_long_order_hold_it_once(lines: list[Json], meanwhile: Meanwhile) -> None:
    second: list[Any] = []
    meanwhile.before("hold", lambda: second.append(reserve("o", *lines)), call=2)
    first = reserve("o", *lines)
    assert left() == [1] * 5
    assert first == second[0]
    assert events() == ["reservation.created"]


def test_a_release_between_chunks_ends_the_reserve(lines: list[Json], meanwhile: Meanwhile) -> None:
    meanwhile.before("hold", release, call=2)
    assert refusal(reserve, "o", *lines).code == "reservation_expired"
    assert left() == [3] * 5


@pytest.mark.parametrize("ending", [commit, release])
def test_what_died_between_chunks_is_finished_when_asked_again(
    ending: Callable[[], str], lines: list[Json], meanwhile: Meanwhile
) -> None:
    reserve("o", *lines)
    meanwhile.before("move", die, call=2)
    with pytest.raises(Died):
        ending()
    assert len(statuses()) == 2
    done = ending()
    assert (statuses(), find()) == ({done}, done)
    assert left() == ([1] * 5 if done == "completed" else [3] * 5)
    assert len(events()) == 2


@pytest.mark.parametrize("ending", [commit, release])
def test_what_died_between_chunks_is_finished_by_the_sweeper(
    ending: Callable[[], str], lines: list[Json], meanwhile: Meanwhile
) -> None:
    reserve("o", *lines)
    meanwhile.before("move", die, call=3)
    with pytest.raises(Died):
        ending()
    decided = find()
    with late():
        sweep()
    assert (statuses(), find()) == ({decided}, decided)
    assert left() == ([1] * 5 if decided == "completed" else [3] * 5)
    assert len(events()) == 2


def test_a_sweep_that_died_between_chunks_is_finished_by_the_next(lines: list[Json], meanwhile: Meanwhile) -> None:
    reserve("o", *lines)
    meanwhile.before("move", die, call=2)
    with late():
        with pytest.raises(RuntimeError):
            sweep()
        assert refusal(commit).code == "reservation_expired"
        sweep()
    assert (statuses(), left()) == ({"expired"}, [3] * 5)
    assert events() == ["reservation.created", "reservation.expired"]


def test_a_half_sold_order_is_taken_back_whole(lines: list[Json], meanwhile: Meanwhile) -> None:
    reserve("o", *lines)
    meanwhile.before("move", die, call=2)
    with pytest.raises(Died):
        commit()
    assert release(reverse_committed=True) == "cancelled"
    assert (statuses(), left()) == ({"cancelled"}, [3] * 5)


def test_an_undo_between_the_chunks_of_a_commit_wins(lines: list[Json], meanwhile: Meanwhile) -> None:
    reserve("o", *lines)
    meanwhile.before("move", lambda: release(reverse_committed=True), call=2)
    assert refusal(commit).code == "reservation_expired"
    assert (statuses(), left()) == ({"cancelled"}, [3] * 5)
