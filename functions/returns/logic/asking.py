"""Asking: what customers want to send back, take back that wish, and list."""

from pydantic import Field

from returns import store
from returns.logic.moves import change, move, told_items, whose
from returns.model.returns import (
    DeliveredLine,
    DeliveredOrder,
    ReturnDocument,
    ReturnItem,
    ReturnRequest,
    ReturnStatus,
    StatusChange,
)
from returns.model.wishes import RequestReturn
from shop import clock, settings, steps
from shop.auth import Caller
from shop.errors import conflict, invalid, not_found
from shop.events import Event
from shop.events import returns as said
from shop.ids import derived, number
from shop.money import refundable, total
from shop.pages import Page, Paging
from shop.races import until_won
from shop.table import Transaction


class ReturnList(Paging):
    """One's own returns; staff see everyone's."""

    status: ReturnStatus | None = None
    order_id: str | None = Field(default=None, min_length=1, max_length=64)
    rma_number: str | None = Field(default=None, min_length=1, max_length=50)


def listed(query: ReturnList, caller: Caller) -> Page[ReturnRequest]:
    """Returns, newest first, by the narrowest of what is asked (AP54)."""
    if query.rma_number or query.order_id:
        found = _of_number(query.rma_number) if query.rma_number else store.of_order(query.order_id or "")
        return Page(data=[r for r in found if caller.may_see(r.user_id) and _fits(query, r)])
    if caller.is_staff:
        return store.in_status(query.status, query)
    page = store.of_user(caller.user_id, query)
    return page.showing([request for request in page.data if _fits(query, request)])


def _of_number(rma_number: str) -> list[ReturnRequest]:
    return_id = store.numbered(rma_number)
    found = store.find(return_id) if return_id else None
    return [ReturnRequest(**dict(found))] if found else []


def _fits(query: ReturnList, request: ReturnRequest) -> bool:
    return query.status in (None, request.status) and query.order_id in (None, request.order_id)


def request_return(return_id: str, body: RequestReturn, caller: Caller) -> ReturnDocument:
    """A return of what a customer was delivered (B153): in time, and never more than is left of a line."""
    order, lines = _returnable(body.order_id, caller)

    def attempt() -> None:
        made = _made(return_id, body, order, lines)
        told = said.ReturnRequested(**whose(made), items=told_items(made))
        store.create(made, lines, told)

    until_won(attempt)
    return store.whole(return_id)


def cancel(return_id: str, caller: Caller) -> ReturnDocument:
    """Take back the wish, as long as nobody has judged it (409 too_late)."""

    def what(tx: Transaction, before: ReturnDocument) -> list[Event]:
        if before.status != "pending":
            raise conflict("too_late", f"The return is {before.status}")
        move(tx, before, "closed", caller.user_id, "cancelled")
        return [said.ReturnClosed(return_id=before.id, order_id=before.order_id, user_id=before.user_id)]

    return change(return_id, caller, what)


def _returnable(order_id: str, caller: Caller) -> tuple[DeliveredOrder, dict[str, DeliveredLine]]:
    order, lines = store.delivered(order_id)
    if order is None:
        found = steps.ask("orders", "find_order", {"order_id": order_id})
        if not caller.may_see(found["user_id"]):
            raise not_found("order")
        raise conflict("order_not_delivered", f"The order is {found['status']}")
    if not caller.may_see(order.user_id):
        raise not_found("order")
    if clock.after(settings.RETURN_WINDOW, order.delivered_at) < clock.now():
        raise conflict("return_window_closed", "The time in which this order could be returned is over")
    return order, {line.order_item_id: line for line in lines}


def _made(
    return_id: str, body: RequestReturn, order: DeliveredOrder, lines: dict[str, DeliveredLine]
) -> ReturnDocument:
    now = clock.now()
    items = _items(return_id, body, lines, now)
    return ReturnDocument(
        id=return_id,
        order_id=order.order_id,
        order_number=order.order_number,
        user_id=order.user_id,
        rma_number=number("RMA"),
        return_reason=body.return_reason,
        return_notes=body.return_notes,
        refund_method=body.refund_method,
        refund_amount=total([item.refund_amount for item in items], order.currency),
        currency=order.currency,
        requested_at=now,
        created_at=now,
        updated_at=now,
        items=items,
        history=[_first(return_id, order.user_id, now)],
    )


def _first(return_id: str, user_id: str, now: str) -> StatusChange:
    return StatusChange(
        id=derived("history", return_id, "pending"),
        return_request_id=return_id,
        status="pending",
        changed_by=user_id,
        created_at=now,
        updated_at=now,
    )


def _items(return_id: str, body: RequestReturn, lines: dict[str, DeliveredLine], now: str) -> list[ReturnItem]:
    items: list[ReturnItem] = []
    for place, asked in enumerate(body.items):
        line = lines.get(asked.order_item_id)
        if line is None:
            raise invalid("unknown_item", "The order has no such line", f"/items/{place}/order_item_id")
        if any(item.order_item_id == asked.order_item_id for item in items):
            raise invalid("duplicate_item", "Each line is named once", f"/items/{place}/order_item_id")
        if asked.quantity > line.ordered_quantity - line.returned_quantity:
            raise store.exceeded(asked.order_item_id)
        items.append(
            ReturnItem(
                id=derived("return_item", return_id, asked.order_item_id),
                return_request_id=return_id,
                refund_amount=refundable(line.paid, asked.quantity, line.ordered_quantity, line.returned_quantity),
                return_reason=asked.return_reason or body.return_reason,
                condition=asked.condition,
                quantity=asked.quantity,
                created_at=now,
                updated_at=now,
                **line.model_dump(
                    include={
                        "order_id",
                        "order_item_id",
                        "product_id",
                        "variant_id",
                        "product_name",
                        "product_sku",
                        "unit_price",
                    }
                ),
            )
        )
    return items
