"""Rivals for the same stock, and crashes half-way: every race is decided by a condition (B96-B100; E38-E41)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine

from inventory import store
from inventory.logic import reservations
from shop import clock
from shop.errors import Refusal, Transient
from tests.kit import admin, perform
from tests.service.test_inventory import Json, a_unit, a_warehouse, adjust, available, ledger, places, restock
from tests.service.test_inventory_reservations import (
    commit,
    events,
    find,
    line,
    many,
    refusal,
    release,
    reserve,
    statuses,
    sweep,
)

pytestmark = pytest.mark.usefixtures("shop")

Act = Callable[[], object]


class Meanwhile:
    """What happens just before, or just after, one of the store's writes is made: once, at the n-th call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.patch = monkeypatch

    def before(self, name: str, act: Act, call: int = 1) -> None:
        self._wrap(name, act, call, early=True)

    def after(self, name: str, act: Act, call: int = 1) -> None:
        self._wrap(name, act, call, early=False)

    def _wrap(self, name: str, act: Act, call: int, early: bool) -> None:
        original, calls = getattr(store, name), iter(range(1, 1000))

        def wrapped(*arguments: Any) -> Any:
            now = next(calls) == call
            if now and early:
                act()
            result = original(*arguments)
            if now and not early:
                act()
            return result

        self.patch.setattr(store, name, wrapped)


class Died(Exception):
    """The process ended here."""


def die() -> None:
    raise Died


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    return Meanwhile(monkeypatch)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[Json]:
    """Five lines of two, of which there are three each; a transaction holds two of them."""
    monkeypatch.setattr(reservations, "CHUNK", 2)
    return [{**each, "quantity": 2} for each in many(5, each=3)]


def left() -> list[int]:
    """How many of the five units can be bought."""
    found = perform("inventory", "look_up_stock", lines=[line(1, f"p{number}") for number in range(5)])
    return [each["available"] for each in found["lines"]]


def late() -> Any:
    """After every reservation's time."""
    return time_machine.travel(clock.epoch(clock.after(1801)))


def test_of_fifty_buyers_one_gets_the_last_one() -> None:
    a_warehouse()
    inventory_id = a_unit(quantity=1)

    def buy(number: int) -> str:
        try:
            return str(reserve(f"o{number}", line(1))["status"])
        except Refusal as refused:
            return refused.code

    with ThreadPoolExecutor(50) as buyers:
        outcomes = sorted(buyers.map(buy, range(50)))
    assert outcomes == ["active"] + ["out_of_stock"] * 49
    assert places() == {"MAIN": (1, 1, 0)}
    assert ledger(inventory_id) == [("restock", 1), ("reservation", 1)]
    assert events() == ["reservation.created"]


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
        raise store.Overtaken()

    monkeypatch.setattr(store, "hold", overtaken)
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
