"""The money of an order that stands: what payments tell of it, paying again, and giving up what nobody pays (B128)."""

from typing import Literal

from orders import store
from orders.logic.orders import move, patiently
from orders.model.order import STAFF_CANCELS, Order
from orders.model.repayment import FORWARD, STANDING, NewPayment, PayAgain, SeenPayment
from orders.store import unpaid
from shop import clock, settings, steps, telemetry
from shop.auth import Caller
from shop.errors import Refusal, conflict, not_found
from shop.events.payments import PaymentCancelled, PaymentFailed, PaymentSucceeded

STANDS = {"confirmed", "processing", "shipped", "delivered"}
EXPIRY = "expiry"  # who gives an order up that nobody has paid


def pay(order_id: str, attempt_id: str, body: PayAgain, caller: Caller) -> NewPayment:
    """Charge an order once more (R146). Payments see to it that only one payment of it is live at a time (B135)."""
    order = store.find_order(order_id)
    if order is None or order.user_id != caller.user_id:
        raise not_found("order")
    _unpaid(order)
    try:
        seen = SeenPayment.model_validate(
            steps.ask(
                "payments",
                "charge_payment",
                {
                    "checkout_id": attempt_id,
                    "order_id": order_id,
                    "user_id": order.user_id,
                    "amount": order.total_amount.model_dump(),
                    "payment_method_id": body.payment_method_id,
                },
            )
        )
    except Refusal as refusal:
        if refusal.code == "payment_exists" and _found(order_id).status in ("succeeded", "refunded"):
            raise _already_paid() from None
        raise
    _follow(order_id, body.payment_method_id)
    return NewPayment(**dict(seen), order_id=order_id)


def _unpaid(order: Order) -> None:
    if order.status not in STANDS:
        raise conflict("conflict", f"The order is {order.status}")
    if order.payment_status in ("paid", "refunded"):
        raise _already_paid()
    if order.payment_status == "pending":
        raise conflict("payment_exists", "A payment of this order is under way")


def _already_paid() -> Refusal:
    return conflict("already_paid", "The order is paid")


def _found(order_id: str) -> SeenPayment:
    return SeenPayment.model_validate(steps.ask("payments", "find_payment", {"order_id": order_id}))


def _follow(order_id: str, payment_method_id: str | None = None) -> None:
    """Let an order say of its money what payments know; asked within, so that what is written is never old news.

    The money of a second payment is taken at once: the order has been trusted before.
    """

    def attempt() -> bool:
        order = store.find_order(order_id)
        seen = _found(order_id)
        _note(order, seen, payment_method_id)
        return order is not None and order.status in STANDS and seen.status == "succeeded"

    if patiently(attempt):
        steps.ask("payments", "take_payment", {"order_id": order_id})


def _note(order: Order | None, seen: SeenPayment, payment_method_id: str | None = None) -> None:
    if order is None or order.status not in STANDS or seen.status is None:
        return
    status = STANDING[seen.status]
    if seen.payment_id == order.payment_id and status not in FORWARD[order.payment_status]:
        return
    after = order.but(
        payment_status=status,
        payment_id=seen.payment_id,
        payment_method=seen.payment_method or order.payment_method,
        payment_method_id=payment_method_id or order.payment_method_id,
    )
    unpaid.save(after, _due(after))


def _due(order: Order) -> str | None:
    """Until when an order waits for its money: who is just paying is given the time for that."""
    if order.payment_status not in ("failed", "pending") or order.status not in STAFF_CANCELS:
        return None
    waiting = unpaid.find(order.order_id)
    due_at = waiting.due_at if waiting else clock.after(settings.UNPAID_ORDER_TTL)
    return max(due_at, clock.after(settings.PAYMENT_WAIT)) if order.payment_status == "pending" else due_at


def on_payment_succeeded(event: PaymentSucceeded) -> None:
    """An order that waited for its money has it. A payment that failed stays failed, whatever is heard late of it.

    Of a payment the order does not know yet (its charge was cut off before it was noted) payments know how it stands.
    """
    order = store.find_order(event.order_id)
    if order is None or order.status not in STANDS:
        return
    if event.payment_id != order.payment_id:
        _follow(event.order_id)
    else:
        _hear(event, "succeeded")


def on_payment_failed(event: PaymentFailed | PaymentCancelled) -> None:
    """The money of an order never comes: one that stands waits for another payment; cash may still be handed over."""
    order = store.find_order(event.order_id)
    if order is None or order.payment_method == "cod" or event.payment_id != order.payment_id:
        return
    if order.status == "cancelled" and order.payment_status in ("pending", "paid"):
        store.set_payment_status(order, "failed")
    else:
        _hear(event, "failed")


def _hear(event: PaymentSucceeded | PaymentFailed | PaymentCancelled, status: Literal["succeeded", "failed"]) -> None:
    seen = SeenPayment(payment_id=event.payment_id, status=status)
    patiently(lambda: _note(store.find_order(event.order_id), seen))


def expire() -> None:
    """Give up the orders nobody has paid in time: their stock is free again (E54)."""
    for waiting in unpaid.due():
        try:
            patiently(lambda order_id=waiting.order_id: _expire(order_id))  # type: ignore[misc]
        except Exception:
            telemetry.logger.exception("unpaid order not given up", extra={"order_id": waiting.order_id})


def _expire(order_id: str) -> None:
    before, waiting = store.order(order_id), unpaid.find(order_id)
    if waiting is None or waiting.due_at > clock.now():
        return
    with store.table.transaction() as tx:
        unpaid.settle(tx, order_id)
        if before.status in STAFF_CANCELS and before.payment_status in ("failed", "pending"):
            move(tx, before, "cancelled", EXPIRY, "payment_expired")
