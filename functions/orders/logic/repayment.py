"""The money of an order that stands: what payments tell of it, paying again, and giving up what nobody pays (B128)."""

from typing import TYPE_CHECKING, Literal

from orders import store
from orders.logic.orders import move, patiently
from orders.model.order import STAFF_CANCELS, Order, PartPayment
from orders.model.repayment import FORWARD, STANDING, Charge, NewPayment, PayAgain, SeenPayment
from orders.store import unpaid
from shop import clock, settings, steps, telemetry
from shop.auth import Caller
from shop.errors import Refusal, conflict, not_found
from shop.events import Event
from shop.events import orders as said

if TYPE_CHECKING:
    from shop.events.payments import PaymentCancelled, PaymentFailed, PaymentSucceeded


STANDS = {"confirmed", "processing", "shipped", "delivered"}
EXPIRY = "expiry"  # who gives an order up that nobody has paid


def pay(order_id: str, attempt_id: str, body: PayAgain, caller: Caller) -> NewPayment:
    """Charge an order once more, or what it came to cost more (R146).

    Payments see to it that only one payment of each is live at a time (B135).
    """
    order = store.find_order(order_id)
    if order is None or order.user_id != caller.user_id:
        raise not_found("order")
    charge = _owed(order)
    try:
        seen = SeenPayment.model_validate(
            steps.ask(
                "payments",
                "charge_payment",
                {
                    "checkout_id": attempt_id,
                    "order_id": order_id,
                    "user_id": order.user_id,
                    "payment_method_id": body.payment_method_id,
                    **charge.model_dump(),
                },
            )
        )
    except Refusal as refusal:
        if refusal.code == "payment_exists" and _found(order_id, charge.part).status in ("succeeded", "refunded"):
            _catch_up(order_id, charge.part)
            raise _already_paid() from None
        raise
    if charge.part:
        _catch_up(order_id, charge.part)
    else:
        _follow(order_id, body.payment_method_id)
    return NewPayment(**dict(seen), order_id=order_id)


def _owed(order: Order) -> Charge:
    """What the customer may pay now: the order, or what it came to cost more since."""
    if order.status not in STANDS:
        raise conflict("conflict", f"The order is {order.status}")
    if order.editing:
        raise conflict("edit_in_progress", "The order is just being changed")
    if order.payment_status == "paid" and order.amount_due:
        return Charge(amount=order.amount_due, part=str(order.edits))
    if order.payment_status in ("paid", "refunded"):
        raise _already_paid()
    if order.payment_status == "pending":
        raise conflict("payment_exists", "A payment of this order is under way")
    return Charge(amount=order.first_amount)


def _already_paid() -> Refusal:
    return conflict("already_paid", "The order is paid")


def _found(order_id: str, part: str | None = None) -> SeenPayment:
    return SeenPayment.model_validate(steps.ask("payments", "find_payment", {"order_id": order_id, "part": part}))


def _catch_up(order_id: str, part: str | None) -> None:
    """Let an order say what payments know of the payment of a part of it; its money is taken at once, too."""
    seen = _found(order_id, part)
    if part and seen.status == "succeeded" and seen.payment_id and seen.amount:
        _part_paid(order_id, PartPayment(payment_id=seen.payment_id, amount=seen.amount))
        steps.ask("payments", "take_payment", {"order_id": order_id, "part": part})


def _part_paid(order_id: str, paid: PartPayment) -> None:
    """So much less is due. What was paid while an edit made it less than that goes back."""

    def attempt() -> None:
        order = store.find_order(order_id)
        if order is None or any(part.payment_id == paid.payment_id for part in order.part_payments):
            return
        less, overpaid = order.owing(paid.amount * -1)
        after = less.but(part_payments=[*order.part_payments, paid])
        told: list[Event] = [payment_changed(after)]
        if overpaid.amount:
            whose = {"order_id": order.order_id, "user_id": order.user_id}
            told.append(said.OrderOverpaid(**whose, amount=overpaid, reference=paid.payment_id))
        store.save_order(after, *told)

    patiently(attempt)


def _part_lost(order_id: str, payment_id: str) -> None:
    """What was paid for a part of an order has not come after all: it is due again."""

    def attempt() -> None:
        order = store.find_order(order_id)
        lost = next((p for p in order.part_payments if p.payment_id == payment_id), None) if order else None
        if order and lost and order.status in STANDS:
            again, _ = order.owing(lost.amount)
            after = again.but(part_payments=[part for part in order.part_payments if part is not lost])
            store.save_order(after, payment_changed(after))

    patiently(attempt)


def payment_changed(order: Order) -> "said.OrderPaymentChanged":
    """How an order's money stands now."""
    told = {name: getattr(order, name) for name in said.OrderPaymentChanged.model_fields if name != "unpaid"}
    return said.OrderPaymentChanged(**told, unpaid=order.is_unpaid)


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
        paid_at_once=order.paid_at_once and seen.payment_id == order.payment_id,
        payment_method=seen.payment_method or order.payment_method,
        payment_method_id=payment_method_id or order.payment_method_id,
    )
    unpaid.save(after, _due(after), payment_changed(after))


def _due(order: Order) -> str | None:
    """Until when an order waits for its money: who is just paying is given the time for that."""
    if order.payment_status not in ("failed", "pending") or order.status not in STAFF_CANCELS:
        return None
    waiting = unpaid.find(order.order_id)
    due_at = waiting.due_at if waiting else clock.after(settings.UNPAID_ORDER_TTL)
    return max(due_at, clock.after(settings.PAYMENT_WAIT)) if order.payment_status == "pending" else due_at


def on_payment_succeeded(event: "PaymentSucceeded", order: Order) -> None:
    """An order that waited for its money has it. A payment that failed stays failed, whatever is heard late of it.

    Of a payment the order does not know yet (its charge was cut off before it was noted) payments know how it stands.
    """
    if order.status not in STANDS:
        return
    if event.part:
        _catch_up(event.order_id, event.part)
    elif event.payment_id != order.payment_id:
        _follow(event.order_id)
    else:
        _hear(event, order, "succeeded")


def on_payment_failed(event: "PaymentFailed | PaymentCancelled") -> None:
    """The money of an order never comes: one that stands waits for another payment; cash may still be handed over."""
    _part_lost(event.order_id, event.payment_id)
    order = store.find_order(event.order_id)
    if order is None or order.payment_method == "cod" or event.payment_id != order.payment_id:
        return
    if order.status == "cancelled" and order.payment_status in ("pending", "paid"):
        store.set_payment_status(order, "failed")
    else:
        _hear(event, order, "failed")


def _hear(
    event: "PaymentSucceeded | PaymentFailed | PaymentCancelled", order: Order, status: Literal["succeeded", "failed"]
) -> None:
    """Note what is heard of the payment of an order that has just been read; again, should it have changed since."""
    seen, read = SeenPayment(payment_id=event.payment_id, status=status), [order]
    patiently(lambda: _note(read.pop() if read else store.find_order(event.order_id), seen))


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
