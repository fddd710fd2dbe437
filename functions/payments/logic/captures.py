"""Taking money that was authorized: at confirmation or when the first parcel leaves, as the shop is set, or by hand."""

from typing import TYPE_CHECKING

from payments import providers
from payments.logic import audit, rows
from payments.logic.audit import TRIES
from payments.model.paper import AuditLog
from payments.model.payment import LivePayment, StoredPayment
from payments.model.provider import Charge
from payments.providers import OutcomeUnknown
from payments.store import payments as store
from payments.store.races import Changed
from shop import clock, settings
from shop.errors import Refusal, Transient, conflict
from shop.money import Money

if TYPE_CHECKING:
    from shop.events.orders import OrderConfirmed, OrderShipped


def on_order_confirmed(event: "OrderConfirmed") -> None:
    """E50. The order stands: its money is taken, unless the shop waits until something of it is sent."""
    if settings.CAPTURE_PAYMENT == "confirmation":
        of_order(event.order_id)


def on_order_shipped(event: "OrderShipped") -> None:
    """E52. The first parcel has left: what has not been taken is."""
    of_order(event.order_id)


def capture(payment_id: str, amount: Money | None = None, ip_address: str | None = None) -> StoredPayment:
    """Take authorized money, so much or all of it; what is left is released. Unknown outcomes are finished later."""
    for _ in range(TRIES):
        payment = store.payment(payment_id)
        if payment.capturing_amount and amount in (None, payment.capturing_amount):
            return finish(payment, ip_address)
        if payment.capturing_amount:
            raise conflict("capture_in_progress", "Another amount of it is just being taken")
        held = payment.but(capturing_amount=payment.capturable(amount))
        if held.capturing_amount != payment.amount and not providers.named(payment.provider or "").partial_capture:
            raise conflict("partial_capture_unsupported", f"{payment.provider} takes all of it or nothing")
        try:
            return finish(store.hold_capture(payment, held, _row(held, "capture.begun", ip_address)), ip_address)
        except Changed:
            continue
        except store.Closed:
            raise conflict("not_capturable", "The order was given up") from None
    raise Transient


def finish(payment: StoredPayment, ip_address: str | None = None) -> StoredPayment:
    """Have the provider take what is to be taken, and write down what came of it; unknown stays as it is."""
    if payment.capturing_amount is None or payment.provider is None:
        return payment
    wanted = payment.capturing_amount - payment.credit_amount
    try:
        seen = providers.named(payment.provider).capture(payment.bill, wanted)
    except OutcomeUnknown:
        return payment
    under_way = seen.status == "processing" or (seen.status == "succeeded" and not _moved(payment, seen))
    return payment if under_way else record(payment, seen, ip_address)


def record(payment: StoredPayment, seen: Charge, ip_address: str | None = None) -> StoredPayment:
    """Write down what became of a capture: the money moved, or its guarantee came to nothing."""
    for _ in range(TRIES):
        if not payment.is_authorized:  # someone else wrote it down
            return payment
        try:
            if seen.status == "succeeded":
                after = payment.after(seen, clock.now())
                done = rows.capture(after, seen)
                return store.record_capture(payment, after, done, _row(after, "payment.captured", ip_address))
            return _lost(payment, seen, ip_address)
        except Changed:
            payment = store.payment(payment.payment_id)
    raise Transient


def _moved(payment: StoredPayment, seen: Charge) -> bool:
    return bool(payment.after(seen, clock.now()).captured_amount.amount)


def _lost(payment: StoredPayment, seen: Charge, ip_address: str | None) -> StoredPayment:
    """The provider does not stand by its word: the payment failed after all, and everyone is told."""
    why = seen.failure_reason or "The provider no longer guarantees the money"
    after = payment.after(seen.model_copy(update={"status": "failed", "failure_reason": why}), clock.now())
    done = [rows.credit(after, "failed")] if after.credit_amount.amount else []
    row = audit.of_payment(after, ip_address)
    return store.move(payment, after, done, row, returned=rows.unspent(after))


def of_order(order_id: str) -> None:
    """Take all that is authorized for an order, if anything is.

    Every part of a capture may be repeated, so it needs no place in the inbox, which would cut it short.
    """
    for live in store.lives(order_id):
        of_live(live)


def of_live(live: LivePayment | None) -> None:
    """Take what is authorized in one payment of an order, if anything is."""
    payment = store.payment(live.payment_id) if live and live.payment_id else None
    if payment is None or not payment.is_authorized or payment.provider is None:
        return
    try:
        capture(payment.payment_id, payment.capturing_amount)
    except Refusal as refusal:
        if refusal.code != "not_capturable":  # it was taken, or given up, by someone else
            raise


def _row(payment: StoredPayment, event_type: str, ip_address: str | None) -> AuditLog:
    about = payment.model_dump(include={"user_id", "payment_id", "order_id"})
    return audit.row(event_type, ip_address, **about, amount=payment.capturing_amount or payment.captured_amount)
