"""Giving back what was paid for an order beyond what it costs now: the latest payment's money first."""

from payments.logic import captures, refunds
from payments.model.payment import StoredPayment
from payments.model.refund import AskRefund
from payments.providers import OutcomeUnknown
from payments.store import payments as store
from shop import telemetry
from shop.events.orders import OrderOverpaid
from shop.ids import derived
from shop.money import zero


def on_order_overpaid(event: OrderOverpaid) -> None:
    """So much goes back, once by what it is for. Every part may be repeated, so it needs no place in the inbox.

    Money that is only authorized is taken first, all of it: what a partial capture leaves could never be taken again,
    and not every provider can; so what was given back is on the books like any refund.
    """
    left = event.amount
    for live in reversed(store.lives(event.order_id)):
        payment = store.find_payment(live.payment_id or "")
        if payment is None or live.closed:  # all of it goes back anyway
            continue
        refund_id = derived("overpaid", event.reference, payment.payment_id)
        begun = store.find_refund(payment.payment_id, refund_id)
        if begun is None and left.amount:
            payment = _taken(payment)
            amount = min(left, payment.rest) if payment.status == "succeeded" else zero(left.currency)
            if not amount.amount:
                continue
            asked = AskRefund(amount=amount, reason="order edited")
            begun = refunds.begin(payment.payment_id, refund_id, asked, reference=event.reference)
        if begun:
            refunds.finish(begun)
            left -= begun.amount
    if left.amount:
        telemetry.logger.warning("there was less left to give back", extra={"order_id": event.order_id})


def _taken(payment: StoredPayment) -> StoredPayment:
    """A payment whose money has moved, if it can."""
    if not payment.is_authorized:
        return payment
    payment = captures.capture(payment.payment_id, payment.capturing_amount)
    if payment.is_authorized:
        raise OutcomeUnknown
    return payment
