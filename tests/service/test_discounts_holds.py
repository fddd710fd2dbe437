"""Uses held in checkout, kept with the order, given back without one.

R231-R233; B160-B163, B166, B75; DISC-02, DISC-03, DISC-06; AP56; E50, E54, E55, E82-E84.
"""

from typing import Any

import pytest
import time_machine

from discounts.logic import holding
from shop import clock, steps
from shop.errors import Refusal, not_found
from shop.settings import HOUR
from tests.kit import admin, app_of, perform
from tests.service.discounts_kit import (
    USER,
    Json,
    asked,
    cancelled,
    confirm,
    confirmed,
    coupon,
    hold,
    line,
    money,
    promotion,
    promotion_uses,
    read_coupon,
    refused,
    release,
    said,
    tell,
    usd,
    uses,
)

pytestmark = pytest.mark.usefixtures("shop")


def count(coupon_id: str) -> int:
    return int(read_coupon(coupon_id)["usage_count"])


def test_nothing_is_taken_off_where_there_is_nothing() -> None:
    goods = [line(quantity=2, unit_price=money(1300, "EUR")), line("HAT", unit_price=money(900, "EUR"))]
    nothing = money(0, "EUR")
    assert hold("o-1", *goods, currency="EUR") == {
        "discount_amount": nothing,
        "line_discounts": [nothing, nothing],
        "free_shipping": False,
        "coupon_code": None,
        "promotion_ids": [],
        "adjustments": [],
        "tax": {"prices_include_tax": False, "lines": ["0", "0"], "shipping": "0", "amounts": [nothing, nothing]},
    }


def test_a_use_is_held_once_however_often_it_is_asked() -> None:
    made, sale = coupon(usage_limit=1), promotion()
    first = hold("o-1", line(quantity=2), code="SAVE10")
    assert usd(first) == [380]
    admin().patch(f"/v1/coupons/{made['id']}", {"discount_value": 5000}, if_match='"1"').ok(200)
    assert hold("o-1", line(quantity=2), code="SAVE10") == first
    assert (count(made["id"]), uses(made["id"])) == (1, [("o-1", "reserved")])
    (usage,) = admin().get(f"/v1/coupons/{made['id']}/usages").ok()["data"]
    assert (usage["user_id"], usage["discount_amount"], usage["code"]) == (USER, money(180), "SAVE10")
    assert [use["discount_amount"] for use in promotion_uses(sale["id"])] == [money(200)]


def test_a_use_is_redeemed_when_the_order_is_confirmed_and_told_once() -> None:
    made = coupon()
    hold("o-1", code="SAVE10")
    for _ in range(2):
        confirmed("o-1", "SAVE10", event_id="e")
    confirmed("o-1", "SAVE10", event_id="another")
    assert (count(made["id"]), uses(made["id"])) == (1, [("o-1", "redeemed")])
    used = {"coupon_id": made["id"], "code": "SAVE10", "user_id": USER, "order_id": "o-1"}
    assert said("coupon.redeemed") == [("coupon.redeemed", {**used, "discount_amount": money(100)})]


def test_a_step_may_confirm_too() -> None:
    made = coupon()
    hold("o-1", code="SAVE10")
    assert confirm("o-1") == confirm("o-1") == {"order_id": "o-1"}
    assert uses(made["id"]) == [("o-1", "redeemed")]
    assert confirm("never-held") == {"order_id": "never-held"}


def test_releasing_twice_gives_back_once() -> None:
    made = coupon(usage_limit_per_user=1)
    hold("o-1", code="SAVE10")
    assert refused("o-2", code="SAVE10") == ("coupon_limit_per_user", "limit_per_user")
    assert release("o-1") == release("o-1") == {"order_id": "o-1"}
    assert (count(made["id"]), uses(made["id"])) == (0, [("o-1", "released")])
    assert len(said("coupon.released")) == 1
    hold("o-2", code="SAVE10")


def test_a_hold_that_comes_after_its_release_is_refused() -> None:
    made = coupon()
    release("o-1")
    release("o-1")
    assert refused("o-1", code="SAVE10") == ("internal_error", None)
    assert (count(made["id"]), uses(made["id"])) == (0, [])
    hold("o-2", code="SAVE10")
    release("o-2")
    assert refused("o-2", code="SAVE10") == ("internal_error", None)


def test_a_cancelled_or_refunded_order_gives_its_use_back() -> None:
    made = coupon(usage_limit=2)
    for order_id in ("o-1", "o-2"):
        hold(order_id, code="SAVE10")
        confirmed(order_id, "SAVE10")
    assert refused("o-3", code="SAVE10") == ("coupon_exhausted", "exhausted")
    cancelled("o-1", event_id="c")
    cancelled("o-1", event_id="c")
    refund: Json = {"order_id": "o-2", "order_number": "n", "user_id": USER, "amount": money(1)}
    tell("order.refunded", "o-2", **refund)
    assert (count(made["id"]), uses(made["id"])) == (0, [("o-1", "released"), ("o-2", "released")])
    tell("order.refunded", "o-9", **{**refund, "order_id": "o-9"})  # an order without discounts


def test_news_in_the_wrong_order_ends_the_same() -> None:
    made = coupon()
    hold("o-1", code="SAVE10")
    cancelled("o-1")
    confirmed("o-1", "SAVE10")
    assert (count(made["id"]), uses(made["id"])) == (0, [("o-1", "released")])
    assert said("coupon.redeemed") == []


@pytest.mark.parametrize(
    ("coupon_says", "code", "reason"),
    [
        ({"is_active": False}, "coupon_invalid", "inactive"),
        ({"minimum_amount": money(9999)}, "coupon_invalid", "minimum_not_met"),
        ({"excluded_products": ["MUG"]}, "coupon_invalid", "not_applicable"),
        ({"currency": "EUR"}, "coupon_invalid", "currency_mismatch"),
    ],
)
def test_a_checkout_with_a_coupon_that_does_not_hold_is_refused(coupon_says: Json, code: str, reason: str) -> None:
    made = coupon(**coupon_says)
    assert refused("o-1", code="SAVE10") == (code, reason)
    assert uses(made["id"]) == []
    assert refused("o-2", code="NOBODYS") == ("coupon_invalid", "unknown")


def test_the_last_use_is_told_and_told_again_when_it_comes_back() -> None:
    made = coupon(usage_limit=2)
    hold("o-1", code="SAVE10")
    assert said("coupon.exhausted") == []
    hold("o-2", code="SAVE10")
    exhausted = ("coupon.exhausted", {"coupon_id": made["id"], "code": "SAVE10"})
    assert said("coupon.exhausted") == [exhausted]
    release("o-1")
    hold("o-3", code="SAVE10")
    assert said("coupon.exhausted") == [exhausted, exhausted]


def test_limits_per_user_are_each_users_own() -> None:
    coupon(usage_limit_per_user=1)
    hold("o-1", code="SAVE10", user_id="a")
    hold("o-2", code="SAVE10", user_id="b")
    assert refused("o-3", code="SAVE10", user_id="a")[0] == "coupon_limit_per_user"


def test_a_limit_set_later_counts_earlier_uses() -> None:
    made = coupon()
    hold("o-1", code="SAVE10")
    admin().patch(f"/v1/coupons/{made['id']}", {"usage_limit_per_user": 1}, if_match='"1"').ok(200)
    assert refused("o-2", code="SAVE10")[0] == "coupon_limit_per_user"


def test_nonsense_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        perform("discounts", "hold_discounts", order_id="o", **asked(line(quantity=0)))
    assert refusal.value.code == "internal_error"


def test_a_deleted_users_uses_stay_on_record() -> None:
    made = coupon()
    hold("o-1", code="SAVE10")
    tell("user.deleted", USER, user_id=USER, version=5)
    assert uses(made["id"]) == [("o-1", "reserved")]
    release("o-1")
    assert count(made["id"]) == 0


# Holds nobody settled


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> Json:
    """What orders answers: order id -> status and what it was sold with; other orders do not exist."""
    known: Json = {}
    ask = steps.ask

    def answer(service: str, step: str, payload: Json) -> Any:
        if (service, step) != ("orders", "find_order"):
            return ask(service, step, payload)
        if payload["order_id"] not in known:
            raise not_found("order")
        status, code = known[payload["order_id"]]
        return {"status": status, "coupon_code": code, "promotion_ids": []}

    monkeypatch.setattr(steps, "ask", answer)
    return known


def sweep(after: float = holding.HOLD_TTL + 1) -> None:
    with time_machine.travel(clock.epoch(clock.after(after))):
        app_of("discounts").jobs({"job": "sweep_holds"}, None)


def test_holds_of_dead_checkouts_are_given_back_and_those_of_orders_redeemed(orders: Json) -> None:
    made = coupon()
    for order_id in ("dead", "sold", "gone", "other"):
        hold(order_id, code="SAVE10")
    orders |= {"sold": ("delivered", "SAVE10"), "gone": ("cancelled", "SAVE10"), "other": ("confirmed", None)}
    sweep(0)
    assert {status for _, status in uses(made["id"])} == {"reserved"}
    sweep()
    sweep()
    assert dict(uses(made["id"])) == {"dead": "released", "sold": "redeemed", "gone": "released", "other": "released"}
    assert count(made["id"]) == 1


def test_an_order_that_may_still_be_paid_keeps_its_hold(orders: Json) -> None:
    made = coupon()
    hold("o-1", code="SAVE10")
    orders["o-1"] = ("pending", "SAVE10")
    sweep()
    assert uses(made["id"]) == [("o-1", "reserved")]
    orders["o-1"] = ("cancelled", "SAVE10")
    sweep()
    assert uses(made["id"]) == [("o-1", "reserved")]  # not its time again
    sweep(2 * holding.HOLD_TTL + HOUR)
    assert uses(made["id"]) == [("o-1", "released")]


def test_nothing_is_decided_while_orders_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    made = coupon()
    hold("o-1", code="SAVE10")

    def away(*_: Any) -> Any:
        raise Refusal(503, "unavailable")

    monkeypatch.setattr(steps, "ask", away)
    with pytest.raises(Refusal):
        sweep()
    assert uses(made["id"]) == [("o-1", "reserved")]
