"""Orders and their moves: made, confirmed, cancelled, sent, delivered, refunded."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from pydantic import Field

from orders import store
from orders.model.order import (
    CUSTOMER_CANCELS,
    MOVES,
    STAFF_CANCELS,
    CancelOrder,
    ChangeStatus,
    Order,
    OrderDocument,
    OrderStatus,
    StatusChange,
    alone,
)
from shop.auth import Caller
from shop.errors import Refusal, conflict, invalid, not_found
from shop.events import Event
from shop.events import orders as said
from shop.ids import derived
from shop.money import Money
from shop.pages import Page, Paging
from shop.table import Transaction

if TYPE_CHECKING:
    from shop.events.payments import RefundSucceeded
    from shop.events.returns import ReturnProcessed


R = TypeVar("R")

TRIES = 5  # rounds of reading again after somebody else changed the same order


class OrderList(Paging):
    """One's own orders."""

    status: OrderStatus | None = None


class EveryOrderList(OrderList):
    """Everyone's orders."""

    day: str | None = Field(default=None, pattern=r"^\d{4}-\d\d-\d\d$")
    product_id: str | None = None
    user_id: str | None = None


def read(document: OrderDocument, caller: Caller) -> OrderDocument:
    """An order its customer, or staff, may see; what staff noted beside its moves, or for one another, is theirs."""
    if not caller.may_see(document.user_id):
        raise not_found("order")
    if caller.is_staff:
        return document
    history = [change.model_copy(update={"notes": None}) for change in document.history]
    notes = [note for note in document.order_notes if not note.is_internal]
    return document.model_copy(update={"history": history, "order_notes": notes})


def list_own(query: OrderList, caller: Caller) -> Page[Order]:
    """The caller's orders, newest first (B132)."""
    return store.orders_of(caller.user_id, query, lambda o: query.status in (None, o.status))


def list_all(query: EveryOrderList) -> Page[Order]:
    """Everyone's orders, newest first, by the narrowest of what is asked; the rest is sifted (B132)."""

    def keep(order: Order) -> bool:
        return (
            query.status in (None, order.status)
            and query.user_id in (None, order.user_id)
            and order.created_at.startswith(query.day or "")
        )

    if query.product_id:
        return store.orders_with(query.product_id, query, keep)
    if query.user_id:
        return store.orders_of(query.user_id, query, keep)
    if query.day:
        return store.orders_on(query.day, query, keep)
    return store.orders_in(query.status, query, keep)


def patiently(change: Callable[[], R]) -> R:
    """Read and change an order; when somebody else changed it in between, read it again (B19)."""
    for _ in range(TRIES):
        try:
            return change()
        except Refusal as refusal:
            if refusal.code != "version_mismatch":
                raise
    return change()


def move(
    tx: Transaction,
    before: OrderDocument,
    to: OrderStatus,
    by: str,
    reason: str | None = None,
    notes: str | None = None,
) -> OrderDocument:
    """Move an order, with its history row and what is told of it (B125, B126)."""
    if to not in MOVES[before.status]:
        raise invalid("invalid_transition", f"An order that is {before.status} cannot become {to}", "/status")
    after = before.moved(to, tx.now)
    change = StatusChange(
        id=derived("history", before.order_id, to),
        order_id=before.order_id,
        status=to,
        previous_status=before.status,
        changed_by=by,
        reason=reason,
        notes=notes,
        created_at=tx.now,
        updated_at=tx.now,
    )
    saved = store.save_move(tx, alone(after), change, changed(before, to, reason), *specific(after, to, reason))
    return before.but(**dict(saved), history=[*before.history, change])


def changed(before: Order, to: str, reason: str | None) -> "said.OrderStatusChanged":
    """E51."""
    return said.OrderStatusChanged(
        order_id=before.order_id,
        order_number=before.order_number,
        user_id=before.user_id,
        was=before.status,
        status=to,
        reason=reason,
    )


def specific(order: OrderDocument, to: str, reason: str | None) -> list[Event]:
    """E50, E52 to E54: what else is told of a move."""
    whose = {"order_id": order.order_id, "order_number": order.order_number, "user_id": order.user_id}
    items = [said.OrderedItem(**dict(item)) for item in order.items]
    match to:
        case "confirmed":
            address = {**dict(order.shipping_address), "city": order.shipping_address.city or ""}
            address["postal_code"] = order.shipping_address.postal_code or ""
            told = {**dict(order), "items": items, "shipping_address": said.DeliveryAddress(**address)}
            return [said.OrderConfirmed(**told, is_taken=order.is_taken)]
        case "shipped":
            number, arrival = order.tracking_number, order.estimated_delivery_date
            sent = {"tracking_number": number, "estimated_delivery_date": arrival}
            return [said.OrderShipped(**whose, **sent, is_taken=order.is_taken)]
        case "delivered":
            moment, method = order.delivered_at or "", order.payment_method
            return [said.OrderDelivered(**whose, items=items, delivered_at=moment, payment_method=method)]
        case "cancelled":
            return [said.OrderCancelled(**whose, items=items, payment_id=order.payment_id, reason=reason)]
    return []


def cancel(order_id: str, body: CancelOrder, caller: Caller) -> OrderDocument:
    """Give up an order (B127): money and stock follow by E54. 409 not_cancellable once it is on its way."""

    def attempt() -> OrderDocument:
        before = store.order(order_id)
        if not caller.may_see(before.user_id):
            raise not_found("order")
        if before.status not in (STAFF_CANCELS if caller.is_staff else CUSTOMER_CANCELS if before.is_bought else ()):
            raise conflict("not_cancellable", f"The order is {before.status}")
        with store.table.transaction() as tx:
            return move(tx, before, "cancelled", caller.user_id, body.reason)

    return read(patiently(attempt), caller)


def change_status(order_id: str, version: int, body: ChangeStatus, caller: Caller) -> OrderDocument:
    """A move by staff (R151). Only its checkout confirms an order."""
    before = store.order(order_id)
    before.at(version)
    if before.editing:
        raise conflict("edit_in_progress", "Its lines are just being changed")
    if body.status == "confirmed":
        raise invalid("invalid_transition", "Only its checkout confirms an order", "/status")
    with store.table.transaction() as tx:
        return move(tx, before, body.status, caller.user_id, body.reason, body.notes)


def on_refund_succeeded(event: "RefundSucceeded") -> None:
    """Money went back: how much in all, and whether that is everything (E55).

    What was paid beyond what an edited order costs is nothing given back of it; the order was made to cost less before.
    """
    order = store.find_order(event.order_id)
    if order is None:
        return
    if event.reference:
        patiently(lambda: _repaid(event))
        return
    refunded = order.refunded_amount + event.amount
    with store.table.transaction(cause=event) as tx:
        store.add_refund(tx, order, event.amount.amount, event.fully_refunded)
        if event.fully_refunded and order.payment_status != "refunded":
            tx.say(was_refunded(order, refunded), version=order.version + 1)


def _repaid(event: "RefundSucceeded") -> None:
    """So much less was paid for a part of an order, if it was paid for one."""
    order = store.find_order(event.order_id)
    if order is None or all(part.payment_id != event.payment_id for part in order.part_payments):
        return
    parts = [
        part if part.payment_id != event.payment_id else part.model_copy(update={"amount": part.amount - event.amount})
        for part in order.part_payments
    ]
    with store.table.transaction(cause=event) as tx:
        tx.save(store.ORDERS, order.but(part_payments=parts))


def was_refunded(order: Order, amount: Money) -> "said.OrderRefunded":
    """E55."""
    return said.OrderRefunded(
        order_id=order.order_id, order_number=order.order_number, user_id=order.user_id, amount=amount
    )


def on_return_processed(event: "ReturnProcessed") -> None:
    """E79. An order all of which came back, and was paid back, is over (B158)."""

    def attempt() -> None:
        before = store.find_document(event.order_id)
        if before is None or before.status != "delivered" or not event.all_items_returned:
            return
        news = [] if before.payment_status == "refunded" else [max(before.refunded_amount, event.refund_amount)]
        with store.table.transaction(cause=event) as tx:
            after = move(tx, before.but(payment_status="refunded"), "refunded", "returns", "all_items_returned")
            for amount in news:
                tx.say(was_refunded(before, amount), version=after.version)

    patiently(attempt)
