"""Money that is only authorized: taken once, stopped instead of refunded, whoever comes in between (B134, B141, B142).

E50, E52, E59, E60; R173, R300.
"""

from typing import Any

import pytest

from payments.logic import captures
from payments.model.provider import Charge
from payments.providers import OutcomeUnknown
from payments.providers.mock import Mock
from payments.store import bank
from payments.store import payments as store
from shop import settings
from shop.errors import Transient
from shop.money import Money
from tests.kit import Reply
from tests.service.payments_kit import confirmed, sent
from tests.service.test_payments import (
    a_method,
    charge,
    figures,
    heard,
    money,
    payment,
    refund,
    reverse,
    said,
    support,
    webhook,
)
from tests.service.test_payments_credit import balance, with_credit
from tests.service.test_payments_faults import Crash, crash, finish_now, in_the_bank, meanwhile

pytestmark = pytest.mark.usefixtures("shop")

Patch = pytest.MonkeyPatch
TAKING = [
    (owner, name, when)
    for owner, name in ((store, "hold_capture"), (Mock, "capture"), (store, "record_capture"))
    for when in ("before", "after")
]


@pytest.fixture(autouse=True)
def _waits_for_the_parcel(monkeypatch: Patch) -> None:
    monkeypatch.setattr(settings, "CAPTURE_PAYMENT", "shipment")


def taken() -> int:
    """What the bank took: its own books, which are not the shop's."""
    found = bank.find(payment()["provider_payment_id"])
    return found.taken - found.refunded if found else 0


def capture(key: str = "c1", amount: int | None = None) -> Reply:
    body = {"amount": money(amount)} if amount else {}
    return support().post(f"/v1/payments/{payment()['payment_id']}/captures", body, idempotency_key=key)


def test_the_first_parcel_that_leaves_takes_the_money() -> None:
    """E52."""
    charge(a_method())
    assert (figures(payment()), taken()) == (("succeeded", 0, 0), 0)
    confirmed()
    assert taken() == 0
    for event_id in ("p1", "p1", "p2"):
        sent(event_id=event_id)
    assert (figures(payment()), taken()) == (("succeeded", 3100, 0), 3100)
    assert said() == ["payment.created", "payment.succeeded"]


@pytest.mark.parametrize(("owner", "name", "when"), TAKING)
def test_a_capture_cut_off_is_finished(monkeypatch: Patch, owner: Any, name: str, when: str) -> None:
    charge(a_method())
    crash(monkeypatch, owner, name, when)
    with pytest.raises(Crash):
        sent()
    if (name, when) != ("hold_capture", "before"):
        finish_now(monkeypatch)
        assert (figures(payment()), taken()) == (("succeeded", 3100, 0), 3100)
    sent()
    assert (figures(payment()), taken()) == (("succeeded", 3100, 0), 3100)
    assert [t["transaction_type"] for t in payment()["transactions"]] == ["authorization", "capture"]


@pytest.mark.parametrize(("owner", "name", "when"), TAKING)
def test_a_reversal_and_a_capture_at_once_keep_no_money(monkeypatch: Patch, owner: Any, name: str, when: str) -> None:
    """R173 against E68."""
    charge(a_method())
    meanwhile(monkeypatch, owner, name, when, reverse)
    sent()
    reverse()
    status, captured, refunded = figures(payment())
    assert captured == refunded
    assert (status, taken()) in (("cancelled", 0), ("refunded", 0))


@pytest.mark.parametrize(("owner", "name", "when"), TAKING)
def test_a_refund_and_a_capture_at_once_never_give_more_than_was_taken(
    monkeypatch: Patch, owner: Any, name: str, when: str
) -> None:
    """B141."""
    charge(a_method())
    paid = payment()["payment_id"]
    replies: list[Reply] = []
    meanwhile(monkeypatch, owner, name, when, lambda: replies.append(refund(paid, "r1", 3100)))
    sent()
    (reply,) = replies
    assert reply.status in (201, 409)
    assert taken() == (0 if reply.status == 201 else 3100)
    assert figures(payment()) == (("refunded", 3100, 3100) if reply.status == 201 else ("succeeded", 3100, 0))


@pytest.mark.parametrize(("owner", "name", "when"), TAKING)
def test_two_captures_at_once_take_the_money_once(monkeypatch: Patch, owner: Any, name: str, when: str) -> None:
    charge(a_method())
    meanwhile(monkeypatch, owner, name, when, lambda: sent(event_id="rival"))
    sent()
    assert (figures(payment()), taken()) == (("succeeded", 3100, 0), 3100)
    assert [t["transaction_type"] for t in payment()["transactions"]] == ["authorization", "capture"]


def test_the_job_and_a_webhook_at_once_finish_a_capture_once(monkeypatch: Patch) -> None:
    """R163."""
    answer = charge(a_method("tok_requires_action"))
    known = answer["next_action"]["provider_payment_id"]
    webhook("payment.succeeded", known).ok(200)
    crash(monkeypatch, Mock, "capture", "after", OutcomeUnknown())
    sent()
    assert (figures(payment()), taken()) == (("succeeded", 0, 0), 3100)
    told = lambda: webhook("payment.succeeded", known, "evt_2").ok(200)  # noqa: E731
    meanwhile(monkeypatch, captures, "record", "before", told)
    finish_now(monkeypatch)
    assert (figures(payment()), taken()) == (("succeeded", 3100, 0), 3100)


def test_a_capture_of_which_the_bank_knows_nothing_any_more_fails_the_payment() -> None:
    """E59."""
    charge(a_method())
    bank.let_go(payment()["provider_payment_id"])
    sent()
    assert (figures(payment()), payment()["failure_reason"]) == (
        ("failed", 0, 0),
        "The bank does not hold this money any more",
    )
    assert said() == ["payment.created", "payment.succeeded", "payment.failed"]
    sent(event_id="p2")
    assert charge(a_method(), checkout="c2")["status"] == "succeeded"


def test_a_cancelled_order_is_stopped_and_its_parcel_takes_nothing() -> None:
    """E54, E60."""
    charge(a_method())
    heard("order.cancelled", "e1")
    sent()
    capture().refused(409, "not_capturable")
    assert (figures(payment()), taken()) == (("cancelled", 0, 0), 0)
    assert in_the_bank() == ("cancelled", 3100, 0)
    assert said() == ["payment.created", "payment.succeeded", "payment.cancelled"]


@pytest.mark.parametrize(
    "seen", [Charge(status="processing"), Charge(status="succeeded", captured=Money(amount=0, currency="USD"))]
)
def test_a_provider_that_cannot_say_yet_is_asked_again(monkeypatch: Patch, seen: Charge) -> None:
    """R173."""
    charge(a_method())
    with monkeypatch.context() as slow:
        slow.setattr(Mock, "capture", lambda *_: seen)
        slow.setattr(Mock, "void", lambda *_: seen)
        sent()
        assert (figures(payment()), taken()) == (("succeeded", 0, 0), 0)
        with pytest.raises(Transient):
            reverse()
    assert reverse()["status"] == "refunded"
    charge(a_method(), order="o2", checkout="c2")
    with monkeypatch.context() as slow:
        slow.setattr(Mock, "void", lambda *_: seen)
        with pytest.raises(Transient):
            reverse("o2")
    assert reverse("o2")["status"] == "cancelled"


def test_a_part_is_taken_and_the_rest_let_go() -> None:
    """R300."""
    charge(a_method())
    assert capture(amount=1000).ok(202)["captured_amount"] == money(1000)
    assert capture(amount=1000).ok(202)["captured_amount"] == money(1000)
    capture("c2", 2100).refused(409, "not_capturable")
    refund(payment()["payment_id"], "r1", 1001).refused(409, "refund_exceeds_payment")
    assert reverse()["status"] == "refunded"
    assert (figures(payment()), taken()) == (("refunded", 1000, 1000), 0)


def test_credit_moves_with_the_money_it_was_paid_with() -> None:
    """R172. Held while the card is only authorized, given back when that is stopped."""
    with_credit(1000)
    charge(a_method(), payment_method="wallet")
    assert (balance(), figures(payment())) == (0, ("succeeded", 0, 0))
    capture("c0", 1000).refused(422, "amount_out_of_range")
    sent()
    assert (figures(payment()), taken()) == (("succeeded", 3100, 0), 2100)
    charge(a_method(), order="o2", checkout="c2", payment_method="wallet")
    reverse()
    assert (balance(), taken()) == (1000, 0)
    charge(a_method(), order="o3", checkout="c3", payment_method="wallet")
    assert balance() == 0
    reverse("o3")
    assert (balance(), figures(payment("o3"))) == (1000, ("cancelled", 0, 0))
