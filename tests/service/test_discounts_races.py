"""Rivals for the last use of a coupon, and crashes half-way: every limit is a condition of the write (B162, B163)."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from discounts.logic import pricing
from discounts.store import coupons as coupon_store
from discounts.store import holds
from shop.errors import Refusal, Transient
from shop.races import LostRace
from tests.kit import admin
from tests.service.discounts_kit import (
    confirm,
    coupon,
    hold,
    promotion,
    promotion_uses,
    read_coupon,
    release,
    said,
    usd,
    uses,
)

pytestmark = pytest.mark.usefixtures("shop")
Act = Callable[[], object]


class Died(Exception):
    """The process ended here."""


class Meanwhile:
    """What happens just before, or just after, one of the store's functions does its work; once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.patch = monkeypatch

    def before(self, store: Any, name: str, act: Act) -> None:
        self._wrap(store, name, act, early=True)

    def after(self, store: Any, name: str, act: Act) -> None:
        self._wrap(store, name, act, early=False)

    def _wrap(self, store: Any, name: str, act: Act, early: bool) -> None:
        original = getattr(store, name)

        def wrapped(*given: Any) -> Any:
            self.patch.setattr(store, name, original)
            if early:
                act()
            result = original(*given)
            if not early:
                act()
            return result

        self.patch.setattr(store, name, wrapped)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    return Meanwhile(monkeypatch)


def outcome(order_id: str, **said: Any) -> str:
    try:
        hold(order_id, code="SAVE10", **said)
    except Refusal as refusal:
        return refusal.code
    return "held"


def test_of_twenty_checkouts_one_gets_the_last_use() -> None:
    made = coupon(usage_limit=1)
    with ThreadPoolExecutor(20) as checkouts:
        outcomes = list(checkouts.map(lambda n: outcome(f"o-{n}", user_id=f"u-{n}"), range(20)))
    assert Counter(outcomes) == {"held": 1, "coupon_exhausted": 19}
    assert (read_coupon(made["id"])["usage_count"], len(uses(made["id"]))) == (1, 1)
    assert len(said("coupon.exhausted")) == 1


def test_of_twenty_checkouts_of_one_user_two_are_within_their_limit() -> None:
    made = coupon(usage_limit=15, usage_limit_per_user=2)
    with ThreadPoolExecutor(20) as checkouts:
        outcomes = list(checkouts.map(lambda n: outcome(f"o-{n}"), range(20)))
    assert Counter(outcomes) == {"held": 2, "coupon_limit_per_user": 18}
    assert (read_coupon(made["id"])["usage_count"], len(uses(made["id"]))) == (2, 2)


def test_of_twenty_runs_of_one_checkout_one_holds_and_all_are_answered_alike() -> None:
    made = coupon()
    with ThreadPoolExecutor(20) as runs:
        answers = list(runs.map(lambda _: hold("o-1", code="SAVE10"), range(20)))
    assert all(answer == answers[0] for answer in answers)
    assert (read_coupon(made["id"])["usage_count"], uses(made["id"])) == (1, [("o-1", "reserved")])


def test_of_twenty_releases_one_gives_back() -> None:
    made = coupon(usage_limit=5)
    hold("o-1", code="SAVE10")
    hold("o-2", code="SAVE10")
    with ThreadPoolExecutor(20) as runs:
        list(runs.map(lambda _: release("o-1"), range(20)))
    assert read_coupon(made["id"])["usage_count"] == 1
    assert len(said("coupon.released")) == 1


def test_holding_and_releasing_at_once_ends_in_order() -> None:
    made = coupon(usage_limit=3)
    with ThreadPoolExecutor(12) as runs:
        held = runs.map(lambda n: outcome(f"o-{n % 3}", user_id=f"u-{n % 3}"), range(12))
        freed = runs.map(lambda n: release(f"o-{n % 3}"), range(12))
        assert set(held) <= {"held", "internal_error"}
        assert len(list(freed)) == 12
    assert read_coupon(made["id"])["usage_count"] == 0
    assert {status for _, status in uses(made["id"])} <= {"released"}


def test_a_rival_takes_the_last_use_between_look_and_hold(meanwhile: Meanwhile) -> None:
    made = coupon(usage_limit=1)
    meanwhile.before(holds, "take", lambda: hold("rival", code="SAVE10", user_id="other"))
    assert outcome("o-1") == "coupon_exhausted"
    assert uses(made["id"]) == [("rival", "reserved")]


def test_a_twin_of_this_checkout_takes_the_last_use_between_look_and_weighing(meanwhile: Meanwhile) -> None:
    made = coupon(usage_limit=1)
    meanwhile.before(pricing, "outcome", lambda: hold("o-1", code="SAVE10"))
    assert outcome("o-1") == "held"
    assert (read_coupon(made["id"])["usage_count"], uses(made["id"])) == (1, [("o-1", "reserved")])


def test_a_rival_checkout_of_the_same_user_takes_their_last_use(meanwhile: Meanwhile) -> None:
    made = coupon(usage_limit_per_user=1)
    meanwhile.before(holds, "take", lambda: hold("rival", code="SAVE10"))
    assert outcome("o-1") == "coupon_limit_per_user"
    assert uses(made["id"]) == [("rival", "reserved")]


def test_a_coupon_changed_between_look_and_hold_is_looked_at_again(meanwhile: Meanwhile) -> None:
    made = coupon()
    path = f"/v1/coupons/{made['id']}"
    meanwhile.before(holds, "take", lambda: admin().patch(path, {"discount_value": 2000}, if_match='"1"').ok(200))
    assert usd(hold("o-1", code="SAVE10")) == [200]
    meanwhile.before(holds, "take", lambda: admin().patch(path, {"is_active": False}, if_match='"2"').ok(200))
    assert outcome("o-2") == "coupon_invalid"
    assert uses(made["id"]) == [("o-1", "reserved")]


def test_a_release_between_look_and_hold_wins(meanwhile: Meanwhile) -> None:
    made = coupon()
    meanwhile.before(holds, "take", lambda: release("o-1"))
    assert outcome("o-1") == "internal_error"
    assert (read_coupon(made["id"])["usage_count"], uses(made["id"])) == (0, [])


def test_a_hold_between_look_and_release_is_released(meanwhile: Meanwhile) -> None:
    made = coupon()
    meanwhile.before(holds, "bar", lambda: hold("o-1", code="SAVE10"))
    release("o-1")
    assert (read_coupon(made["id"])["usage_count"], uses(made["id"])) == (0, [("o-1", "released")])


def test_a_confirmation_between_look_and_release_is_undone_with_it(meanwhile: Meanwhile) -> None:
    made = coupon()
    hold("o-1", code="SAVE10")
    meanwhile.before(holds, "release", lambda: confirm("o-1"))
    release("o-1")
    assert uses(made["id"]) == [("o-1", "released")]
    hold("o-2", code="SAVE10")
    meanwhile.before(holds, "redeem", lambda: release("o-2"))
    confirm("o-2")
    assert uses(made["id"]) == [("o-1", "released"), ("o-2", "released")]


def test_a_crash_right_after_the_hold_holds_once(meanwhile: Meanwhile) -> None:
    made, sale = coupon(usage_limit=1), promotion()

    def die() -> None:
        raise Died

    meanwhile.after(holds, "take", die)
    with pytest.raises(Died):
        hold("o-1", code="SAVE10")
    assert usd(hold("o-1", code="SAVE10")) == [190]
    assert (read_coupon(made["id"])["usage_count"], len(promotion_uses(sale["id"]))) == (1, 1)


def test_a_use_taken_while_it_is_removed_switches_the_coupon_off(meanwhile: Meanwhile) -> None:
    made = coupon()
    meanwhile.before(coupon_store, "delete", lambda: hold("o-1", code="SAVE10"))
    admin().delete(f"/v1/coupons/{made['id']}", if_match='"1"').ok(204)
    assert (read_coupon(made["id"])["is_active"], uses(made["id"])) == (False, [("o-1", "reserved")])


def test_who_is_always_overtaken_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    coupon()

    def overtaken(*_: Any) -> None:
        raise LostRace()

    monkeypatch.setattr(holds, "take", overtaken)
    with pytest.raises(Transient):
        hold("o-1", code="SAVE10")
