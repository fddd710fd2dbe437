"""Money when things break or happen at once: one charge, one refund, whatever was cut off (B134-B137, B140-B142)."""

from collections.abc import Callable
from typing import Any

import pytest

from payments.logic import recovery
from payments.model.provider import Bill
from payments.providers import OutcomeUnknown, RefundRefused
from payments.providers.mock import Mock
from payments.store import bank, webhooks
from payments.store import methods as stored_methods
from payments.store import payments as store
from payments.store.races import Changed
from shop.errors import Refusal, Transient
from shop.money import Money
from tests.kit import app_of, pending
from tests.service.test_payments import (
    a_method,
    ann,
    charge,
    charge_cod,
    confirm,
    defaults,
    figures,
    heard,
    payment,
    refund,
    reverse,
    rows,
    said,
    webhook,
)

pytestmark = pytest.mark.usefixtures("shop")

Patch = pytest.MonkeyPatch


class Crash(Exception):
    """The function is gone in the middle of it."""


def crash(patch: Patch, owner: Any, name: str, when: str, error: Exception | None = None) -> None:
    """Let the first call of this end the function, before or after it did its work."""
    real, calls = getattr(owner, name), iter((True,))

    def called(*given: Any, **named: Any) -> Any:
        first = next(calls, False)
        if first and when == "before":
            raise error or Crash
        try:
            return real(*given, **named)
        finally:
            if first:
                raise error or Crash

    patch.setattr(owner, name, called)


def meanwhile(patch: Patch, owner: Any, name: str, when: str, rival: Callable[[], Any]) -> None:
    """Let a rival act just before, or just after, the first call of this."""
    real, calls = getattr(owner, name), iter((True,))

    def called(*given: Any, **named: Any) -> Any:
        first = next(calls, False)
        if first and when == "before":
            rival()
        try:
            return real(*given, **named)
        finally:
            if first and when == "after":
                rival()

    patch.setattr(owner, name, called)


def in_the_bank(order: str = "o1") -> tuple[str, int, int] | None:
    """What the bank took and gave back: its own books, which are not the shop's."""
    provider_payment_id = payment(order)["provider_payment_id"]
    charge = bank.find(provider_payment_id) if provider_payment_id else None
    return (charge.status, charge.amount.amount if charge.amount else 0, charge.refunded) if charge else None


def finish_now(patch: Patch) -> None:
    """The job, a minute later."""
    patch.setattr(recovery, "MINUTE", -60)
    app_of("payments").jobs({"job": "finish_payments"}, None)


CHARGING = [
    (owner, name, when)
    for owner, name in ((store, "begin"), (Mock, "charge"), (store, "move"))
    for when in ("before", "after")
]
OUTCOMES = {
    "tok_success": ("succeeded", 3100, 0),
    "tok_outcome_unknown": ("succeeded", 3100, 0),
    "tok_requires_action": ("processing", 0, 0),
    "tok_declined": ("failed", 0, 0),
}


# Crashes


@pytest.mark.parametrize(("owner", "name", "when"), CHARGING)
@pytest.mark.parametrize("token", list(OUTCOMES))
def test_a_charge_cut_off_is_finished_by_its_repeat(
    monkeypatch: Patch, owner: Any, name: str, when: str, token: str
) -> None:
    method = a_method(token)
    crash(monkeypatch, owner, name, when)
    with pytest.raises((Crash, Transient)):
        charge(method)
    for _ in range(2):
        if token == "tok_declined":
            with pytest.raises(Refusal, match="payment_declined"):
                charge(method)
        else:
            assert charge(method)["status"] == OUTCOMES[token][0]
    assert figures(payment()) == OUTCOMES[token]
    assert in_the_bank() == (OUTCOMES[token][0], 3100, 0)
    assert len(said()) == 2
    assert len(payment()["transactions"]) == 1


@pytest.mark.parametrize(("owner", "name", "when"), CHARGING)
@pytest.mark.parametrize("token", list(OUTCOMES))
def test_a_charge_cut_off_is_undone_by_its_reversal(
    monkeypatch: Patch, owner: Any, name: str, when: str, token: str
) -> None:
    method = a_method(token)
    crash(monkeypatch, owner, name, when)
    with pytest.raises((Crash, Transient)):
        charge(method)
    first, second = reverse(), reverse()
    assert first == second
    with pytest.raises(Refusal, match="payment_declined"):
        charge(method)
    shown = ann().get("/v1/payments?order_id=o1").ok()["data"]
    if (name, when) == ("begin", "before"):
        assert shown == []
        return
    status, captured, refunded = figures(shown[0])
    assert status in ("refunded", "cancelled", "failed")
    assert captured == refunded
    booked = in_the_bank()
    assert booked is None or booked[0] != "succeeded" or booked[1] == booked[2] == captured
    assert booked is None or booked[0] != "processing"


@pytest.mark.parametrize("token", ["tok_success", "tok_requires_action", "tok_declined"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_charge_nobody_repeats_is_finished_by_the_job(monkeypatch: Patch, when: str, token: str) -> None:
    crash(monkeypatch, store, "move", when)
    with pytest.raises(Crash):
        charge(a_method(token))
    app_of("payments").jobs({"job": "finish_payments"}, None)
    if when == "before":
        assert figures(payment()) == ("pending", 0, 0)  # it is not a minute old
    finish_now(monkeypatch)
    finish_now(monkeypatch)
    assert figures(payment()) == OUTCOMES[token]
    assert len(said()) == 2


def test_a_charge_that_never_reached_the_provider_is_not_guessed_at(monkeypatch: Patch) -> None:
    crash(monkeypatch, Mock, "charge", "before")
    method = a_method()
    with pytest.raises(Crash):
        charge(method)
    finish_now(monkeypatch)
    assert figures(payment()) == ("pending", 0, 0)
    assert charge(method)["status"] == "succeeded"


def test_a_provider_that_stays_silent_is_asked_again_later(monkeypatch: Patch) -> None:
    method = a_method("tok_outcome_unknown")
    crash(monkeypatch, Mock, "look_up", "before", OutcomeUnknown())
    with pytest.raises(Transient):
        charge(method)
    assert figures(payment()) == ("pending", 0, 0)
    assert charge(method)["status"] == "succeeded"
    assert in_the_bank() == ("succeeded", 3100, 0)


def test_a_confirmation_finishes_what_was_cut_off(monkeypatch: Patch) -> None:
    """R156."""
    crash(monkeypatch, store, "move", "before")
    with pytest.raises(Crash):
        charge(a_method())
    assert confirm(payment()["payment_id"]).ok(202)["status"] == "succeeded"
    assert in_the_bank() == ("succeeded", 3100, 0)


def test_a_confirmation_of_a_declined_payment_is_402(monkeypatch: Patch) -> None:
    crash(monkeypatch, store, "move", "before")
    with pytest.raises(Crash):
        charge(a_method("tok_declined"))
    confirm(payment()["payment_id"]).refused(402, "payment_declined")
    assert figures(payment()) == ("failed", 0, 0)


REVERSING = [
    (owner, name, when)
    for owner, name in ((store, "close"), (store, "promise"), (Mock, "refund"), (store, "finish_refund"))
    for when in ("before", "after")
]


@pytest.mark.parametrize(("owner", "name", "when"), REVERSING)
def test_a_reversal_cut_off_is_finished_by_its_repeat(monkeypatch: Patch, owner: Any, name: str, when: str) -> None:
    charge(a_method())
    crash(monkeypatch, owner, name, when)
    with pytest.raises(Crash):
        reverse()
    assert reverse()["status"] == "refunded"
    assert figures(payment()) == ("refunded", 3100, 3100)
    assert in_the_bank() == ("succeeded", 3100, 3100)
    assert said() == ["payment.created", "payment.succeeded", "refund.created", "refund.succeeded"]


@pytest.mark.parametrize(
    ("name", "when"), [("void", "before"), ("void", "after"), ("move", "before"), ("move", "after")]
)
def test_a_void_cut_off_is_finished_by_its_repeat(monkeypatch: Patch, name: str, when: str) -> None:
    charge(a_method("tok_requires_action"))
    crash(monkeypatch, Mock if name == "void" else store, name, when)
    with pytest.raises(Crash):
        reverse()
    assert reverse()["status"] == "cancelled"
    assert in_the_bank() == ("cancelled", 3100, 0)
    assert said() == ["payment.created", "payment.requires_action", "payment.cancelled"]


def test_a_reversal_nobody_repeats_is_finished_by_the_job(monkeypatch: Patch) -> None:
    crash(monkeypatch, store, "move", "before")
    with pytest.raises(Crash):
        charge(a_method())
    crash(monkeypatch, Mock, "void", "before")
    with pytest.raises(Crash):
        reverse()
    finish_now(monkeypatch)
    assert figures(payment()) == ("refunded", 3100, 3100)
    assert in_the_bank() == ("succeeded", 3100, 3100)
    assert said() == ["payment.created", "refund.created", "refund.succeeded"]


REFUNDING = REVERSING[2:]


@pytest.mark.parametrize(("owner", "name", "when"), REFUNDING)
@pytest.mark.parametrize("amount", [1000, None])
def test_a_refund_cut_off_is_finished_by_its_repeat(
    monkeypatch: Patch, owner: Any, name: str, when: str, amount: int | None
) -> None:
    charge(a_method())
    paid, back = payment()["payment_id"], amount or 3100
    crash(monkeypatch, owner, name, when)
    refund(paid, "r1", amount).refused(500, "internal_error")
    given = refund(paid, "r1", amount).ok(201)
    assert (given["status"], given["amount"]["amount"]) == ("succeeded", back)
    assert (payment()["refunded_amount"]["amount"], in_the_bank()) == (back, ("succeeded", 3100, back))
    assert [one["refund_id"] for one in payment()["refunds"]] == [given["refund_id"]]
    assert said("payment.created", "payment.succeeded") == ["refund.created", "refund.succeeded"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_refund_whose_outcome_is_unknown_is_finished_by_the_job(monkeypatch: Patch, when: str) -> None:
    charge(a_method())
    crash(monkeypatch, Mock, "refund", when, OutcomeUnknown())
    waiting = refund(payment()["payment_id"], "r1", 1000).ok(201)
    assert waiting["status"] == "pending"
    assert figures(payment()) == ("succeeded", 3100, 0)
    refund(payment()["payment_id"], "r2", 2200).refused(409, "refund_exceeds_payment")
    finish_now(monkeypatch)
    finish_now(monkeypatch)
    assert figures(payment()) == ("succeeded", 3100, 1000)
    assert in_the_bank() == ("succeeded", 3100, 1000)


def test_a_refund_the_provider_refuses_can_be_made_again(monkeypatch: Patch) -> None:
    """E66."""
    charge(a_method())
    crash(monkeypatch, Mock, "refund", "before", RefundRefused())
    paid = payment()["payment_id"]
    assert refund(paid, "r1").ok(201)["status"] == "failed"
    assert figures(payment()) == ("succeeded", 3100, 0)
    assert pending("payments")[-1][0] == "refund.failed"
    assert refund(paid, "r2").ok(201)["status"] == "succeeded"
    assert figures(payment()) == ("refunded", 3100, 3100)
    assert in_the_bank() == ("succeeded", 3100, 3100)


def test_a_reversal_the_provider_refuses_is_not_hidden(monkeypatch: Patch) -> None:
    """It stays stuck until staff gives the money back."""
    charge(a_method())
    crash(monkeypatch, Mock, "refund", "before", RefundRefused())
    for _ in range(2):
        with pytest.raises(Refusal, match="reversal_failed"):
            reverse()
    assert figures(payment()) == ("succeeded", 3100, 0)
    refund(payment()["payment_id"], "r1").ok(201)
    assert reverse()["status"] == "refunded"
    assert in_the_bank() == ("succeeded", 3100, 3100)


def test_a_reversal_waits_for_a_provider_that_does_not_answer(monkeypatch: Patch) -> None:
    charge(a_method())
    crash(monkeypatch, Mock, "refund", "after", OutcomeUnknown())
    with pytest.raises(Transient):
        reverse()
    assert reverse()["status"] == "refunded"
    assert in_the_bank() == ("succeeded", 3100, 3100)


@pytest.mark.parametrize(
    ("owner", "name"), [(webhooks, "keep"), (store, "of_provider"), (store, "move"), (webhooks, "mark")]
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_webhook_that_failed_is_processed_when_it_comes_again(
    monkeypatch: Patch, owner: Any, name: str, when: str
) -> None:
    """B140."""
    provider_payment_id = charge(a_method("tok_requires_action"))["next_action"]["provider_payment_id"]
    crash(monkeypatch, owner, name, when, Crash("the reason"))
    webhook("payment.succeeded", provider_payment_id).refused(500, "internal_error")
    if name in ("of_provider", "move"):
        assert [(row["status"], row["error"]) for row in rows("payment_webhook")] == [("failed", "the reason")]
    webhook("payment.succeeded", provider_payment_id).ok(200)
    assert figures(payment()) == ("succeeded", 3100, 0)
    assert in_the_bank() == ("succeeded", 3100, 0)
    assert said() == ["payment.created", "payment.requires_action", "payment.succeeded"]
    ((status, error),) = [(row["status"], row.get("error")) for row in rows("payment_webhook")]
    assert (status, error) == ("processed", None)


@pytest.mark.parametrize(("owner", "name", "when"), REVERSING[2:])
def test_late_money_goes_back_though_its_return_was_cut_off(
    monkeypatch: Patch, owner: Any, name: str, when: str
) -> None:
    """B142."""
    provider_payment_id = charge(a_method("tok_requires_action"))["next_action"]["provider_payment_id"]
    reverse()
    crash(monkeypatch, owner, name, when)
    webhook("payment.succeeded", provider_payment_id).refused(500, "internal_error")
    webhook("payment.succeeded", provider_payment_id).ok(200)
    finish_now(monkeypatch)
    assert figures(payment()) == ("cancelled", 3100, 3100)
    assert in_the_bank() == ("succeeded", 3100, 3100)


@pytest.mark.parametrize("name", ["void", "refund"])
def test_a_cancelled_order_whose_reversal_was_cut_off_is_heard_again(monkeypatch: Patch, name: str) -> None:
    """E54."""
    charge(a_method("tok_requires_action" if name == "void" else "tok_success"))
    crash(monkeypatch, Mock, name, "after")
    with pytest.raises(Crash):
        heard("order.cancelled", "e1")
    heard("order.cancelled", "e1")
    assert payment()["status"] == ("cancelled" if name == "void" else "refunded")
    booked = in_the_bank()
    assert booked == (("cancelled", 3100, 0) if name == "void" else ("succeeded", 3100, 3100))


# Races

AT = [
    (owner, name, when)
    for owner, name, when in CHARGING
    if (name, when) not in (("begin", "before"), ("move", "after"))
]


@pytest.mark.parametrize(("owner", "name", "when"), AT)
@pytest.mark.parametrize("token", list(OUTCOMES))
def test_a_reversal_in_the_middle_of_a_charge_wins(
    monkeypatch: Patch, owner: Any, name: str, when: str, token: str
) -> None:
    method = a_method(token)
    meanwhile(monkeypatch, owner, name, when, reverse)
    with pytest.raises(Refusal, match="payment_declined"):
        charge(method)
    status, captured, refunded = figures(payment())
    assert status in ("refunded", "cancelled", "failed")
    assert captured == refunded
    booked = in_the_bank()
    assert booked is not None
    assert booked[0] in ("succeeded", "cancelled", "failed")
    assert booked[2] == (booked[1] if booked[0] == "succeeded" else 0) == captured
    assert reverse()["status"] == status


@pytest.mark.parametrize(("owner", "name", "when"), CHARGING)
def test_two_runs_of_one_charge_take_the_money_once(monkeypatch: Patch, owner: Any, name: str, when: str) -> None:
    method = a_method()
    answers: list[Any] = []
    meanwhile(monkeypatch, owner, name, when, lambda: answers.append(charge(method)))
    answers.append(charge(method))
    assert answers[0] == answers[1]
    assert figures(payment()) == ("succeeded", 3100, 0)
    assert said() == ["payment.created", "payment.succeeded"]
    assert in_the_bank() == ("succeeded", 3100, 0)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_webhook_may_overtake_the_answer_to_the_charge(monkeypatch: Patch, when: str) -> None:
    """B146."""

    def told() -> None:
        (asked,) = ann().get("/v1/payments?order_id=o1").ok()["data"]
        seen = Mock().look_up(Bill(reference=asked["payment_id"], amount=Money(amount=3100, currency="USD")))
        assert seen is not None
        assert seen.provider_payment_id is not None
        webhook("payment.succeeded", seen.provider_payment_id).ok(200)

    meanwhile(monkeypatch, store, "move", when, told)
    answer = charge(a_method("tok_requires_action"))
    assert answer["status"] == ("succeeded" if when == "before" else "processing")
    assert figures(payment()) == ("succeeded", 3100, 0)
    assert in_the_bank() == ("succeeded", 3100, 0)


@pytest.mark.parametrize(("owner", "name"), [(store, "close"), (Mock, "void"), (store, "move")])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_reversal_and_a_success_at_once_leave_no_money_behind(
    monkeypatch: Patch, owner: Any, name: str, when: str
) -> None:
    """R173 against R163."""
    provider_payment_id = charge(a_method("tok_requires_action"))["next_action"]["provider_payment_id"]
    meanwhile(monkeypatch, owner, name, when, lambda: webhook("payment.succeeded", provider_payment_id).ok(200))
    reverse()
    status, captured, refunded = figures(payment())
    assert (captured, refunded) == (3100, 3100)
    assert status in ("refunded", "cancelled")
    assert in_the_bank() == ("succeeded", 3100, 3100)
    assert said().count("refund.succeeded") == 1


@pytest.mark.parametrize(("owner", "name"), [(store, "promise"), (Mock, "refund"), (store, "finish_refund")])
@pytest.mark.parametrize("when", ["before", "after"])
def test_two_refunds_at_once_never_exceed_the_payment(monkeypatch: Patch, owner: Any, name: str, when: str) -> None:
    """B141."""
    charge(a_method())
    paid = payment()["payment_id"]
    replies: list[Any] = []
    meanwhile(monkeypatch, owner, name, when, lambda: replies.append(refund(paid, "rival", 2000)))
    replies.append(refund(paid, "r1", 2000))
    assert sorted(reply.status for reply in replies) == [201, 409]
    assert [reply.body["code"] for reply in replies if reply.status == 409] == ["refund_exceeds_payment"]
    assert figures(payment()) == ("succeeded", 3100, 2000)
    assert in_the_bank() == ("succeeded", 3100, 2000)


@pytest.mark.parametrize(("owner", "name"), [(store, "promise"), (Mock, "refund"), (store, "finish_refund")])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_refund_and_a_reversal_at_once_give_everything_back_once(
    monkeypatch: Patch, owner: Any, name: str, when: str
) -> None:
    charge(a_method())
    paid = payment()["payment_id"]
    meanwhile(monkeypatch, owner, name, when, reverse)
    refund(paid, "r1", 1000)
    assert figures(payment()) == ("refunded", 3100, 3100)
    assert in_the_bank() == ("succeeded", 3100, 3100)
    assert [d["data"]["fully_refunded"] for kind, d in pending("payments") if kind == "refund.succeeded"].count(
        True
    ) == 1


def test_cash_and_cancellation_at_once_are_one_or_the_other(monkeypatch: Patch) -> None:
    charge_cod()
    meanwhile(monkeypatch, store, "move", "before", lambda: heard("order.cancelled", "e1"))
    with pytest.raises(Changed):  # the queue brings it again
        heard("order.delivered", "e2")
    heard("order.delivered", "e2")
    assert figures(payment()) == ("cancelled", 0, 0)
    assert said() == ["payment.created", "payment.cancelled"]


def test_two_defaults_at_once_leave_one(monkeypatch: Patch) -> None:
    """B143."""
    meanwhile(monkeypatch, stored_methods, "attach", "before", lambda: a_method(is_default=True))
    meanwhile(monkeypatch, stored_methods, "_make_default", "after", lambda: a_method("tok_declined", is_default=True))
    a_method("tok_requires_action", is_default=True)
    assert len(ann().get("/v1/payment-methods").ok()["data"]) == 3
    assert len(defaults()) == 1


def test_an_attachment_cut_off_is_finished_by_its_repeat(monkeypatch: Patch) -> None:
    crash(monkeypatch, stored_methods, "attach", "after")
    body = {"type": "card", "provider": "mock", "provider_token": "tok_success", "is_default": True}
    ann().post("/v1/payment-methods", body, idempotency_key="k1").refused(500, "internal_error")
    made = ann().post("/v1/payment-methods", body, idempotency_key="k1").ok(201)
    assert [one["id"] for one in ann().get("/v1/payment-methods").ok()["data"]] == [made["id"]] == defaults()
    assert "provider_token" not in made
