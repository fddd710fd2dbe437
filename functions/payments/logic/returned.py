"""Giving back the money for goods that came back, from all that was paid for their order."""

from contextlib import suppress

from payments.logic import audit, refunds
from payments.model.payment import StoredPayment
from payments.model.refund import AskRefund, StoredRefund
from payments.store import payments as store
from shop.errors import Refusal, Transient, not_found
from shop.events.returns import ReturnRefundRequested
from shop.ids import derived
from shop.money import Money, total, zero
from shop.table import AlreadyMade


def on_return_refund_requested(event: ReturnRefundRequested) -> None:
    """E77. Goods came back: their money goes back, once by the return's refund id (B157).

    Where one payment does not hold so much, those that were made for parts of the order give the rest. Every part of
    this may be repeated, so it needs no place in the inbox. What cannot be given back is told to who asked.
    """
    first, later = _payments(event)
    begun = _begin(event, first, later)
    if begun is None:
        return
    refunds.finish(begun)
    left = event.amount - begun.amount
    for payment in later:
        refund_id = derived("return_rest", event.return_refund_id, payment.payment_id)
        rest = store.find_refund(payment.payment_id, refund_id)
        if rest is None and (amount := min(left, payment.rest)).amount:
            rest = refunds.begin(payment.payment_id, refund_id, _asked(event, amount))
        if rest:
            refunds.finish(rest)
            left -= rest.amount


def _payments(event: ReturnRefundRequested) -> tuple[StoredPayment, list[StoredPayment]]:
    """The payment that bears the return's refund, and the order's others."""
    named = [event.payment_id] if event.payment_id else []
    ids = dict.fromkeys([*named, *(live.payment_id for live in store.lives(event.order_id) if live.payment_id)])
    found = [store.payment(payment_id) for payment_id in ids]
    if not found:
        raise not_found("payment")
    bearer = next((p for p in found if store.find_refund(p.payment_id, event.return_refund_id)), None)
    first = bearer or next((p for p in found if p.rest.amount), found[0])
    return first, [payment for payment in found if payment is not first]


def _begin(event: ReturnRefundRequested, first: StoredPayment, later: list[StoredPayment]) -> StoredRefund | None:
    """Promise what the first payment is to give back; None where that cannot be, which is told."""
    nothing, amount = zero(event.amount.currency), event.amount
    if later and amount.currency == first.amount.currency:
        there = total([payment.rest for payment in (first, *later)], amount.currency)
        amount = min(amount, first.rest) if nothing < amount <= there else amount
    asked = _asked(event, amount)
    try:
        return refunds.begin(first.payment_id, event.return_refund_id, asked, event.return_id)
    except Transient:
        raise
    except Refusal as refusal:
        failed = refunds.new_refund(first, event.return_refund_id, event.amount, nothing, "return").but(
            status="failed", refund_method=asked.refund_method, return_id=event.return_id
        )
        with suppress(AlreadyMade):
            store.refuse_refund(failed, audit.of_refund(failed, "refund.refused", error=refusal.code))
        return None


def _asked(event: ReturnRefundRequested, amount: Money) -> AskRefund:
    return AskRefund.model_validate({"amount": amount, "reason": "return", "refund_method": event.refund_method})
