"""Edits: what staff change about the lines of an order before any of it is sent (what it comes to: logic/repricing).

An edit is written down with all it comes to, and from then on it is decided by others: shipping holds the order back,
unless something has left; inventory sells what is added and takes back what is removed, or refuses for want of stock.
Both say the same whenever they are asked. Then the order has its new lines, or stays as it was. Each of these parts may
be repeated, by whoever comes next: the same request, or the job.
"""

from contextlib import suppress

from orders import store
from orders.logic import repricing
from orders.logic.orders import patiently
from orders.model.edit import EDITABLE, AskEdit, Edited, EditOrder, OrderEdit, applied
from orders.model.order import OrderDocument, StatusChange, alone
from orders.store import edits
from shop import clock, settings, steps, telemetry
from shop.auth import Caller
from shop.errors import Refusal, conflict, invalid
from shop.events import Event
from shop.events import orders as said
from shop.ids import derived
from shop.money import Money, zero
from shop.records import Json
from shop.table import AlreadyMade

IDLE = settings.MINUTE  # an edit that is open for so long has been cut off


def preview(order_id: str, body: AskEdit) -> Edited:
    """What an order would come to with these changes, as of now. Nothing is written."""
    return repricing.reprice(_editable(order_id), "preview", body.changes)


def edit(order_id: str, edit_id: str, version: int, body: EditOrder, caller: Caller) -> OrderEdit:
    """Change the lines of an order as it was read; the same request again brings the first one to its end."""
    begun = edits.find(order_id, edit_id) or _begin(order_id, edit_id, version, body, caller)
    over = finish(begun)
    if over.status == "refused":
        raise Refusal(409, over.failure_code or "conflict", "The order was not changed", **(over.failure_detail or {}))
    return over


def finish_all() -> None:
    """Bring the edits to their end that were cut off; one that fails stops no other."""
    for begun in edits.open_ones(IDLE):
        try:
            finish(begun)
        except Exception:
            telemetry.logger.exception("order edit not finished", extra={"edit_id": begun.edit_id})


def finish(begun: OrderEdit) -> OrderEdit:
    """Bring an edit to its end: done, or refused."""
    if begun.status == "applying":
        refusal = _refusal(begun)
        patiently(lambda: _end(begun, refusal))
    return edits.edit(begun.order_id, begun.edit_id)


def _begin(order_id: str, edit_id: str, version: int, body: EditOrder, caller: Caller) -> OrderEdit:
    order = _editable(order_id)
    order.at(version)
    result = repricing.reprice(order, edit_id, body.changes)
    if result.total_amount != body.expected_total:
        facts = {"expected_total": dict(body.expected_total), "total_amount": dict(result.total_amount)}
        raise invalid("price_changed", "It comes to another amount", "/expected_total", **facts)
    begun = OrderEdit(
        **dict(result),
        edit_id=edit_id,
        order_id=order_id,
        edit_number=order.edits + 1,
        edited_by=caller.user_id,
        reason=body.reason,
        changes=[change.model_dump() for change in body.changes],
    )
    with suppress(AlreadyMade):
        edits.begin(order, begun)
    return edits.edit(order_id, edit_id)


def _editable(order_id: str) -> OrderDocument:
    """An order whose lines may be changed now; 409 says why not."""
    order = store.order(order_id)
    if order.editing:
        raise conflict("edit_in_progress", "Another edit of this order is under way")
    if order.status not in EDITABLE or not order.is_bought:
        what = order.status if order.is_bought else "an exchange"
        raise conflict("not_editable", f"The order is {what}")
    if order.payment_method != "cod" and order.payment_status != "paid":
        raise conflict("not_editable", f"Its payment is {order.payment_status}")
    return order


def _refusal(edit: OrderEdit) -> Refusal | None:
    """Why shipping or inventory do not let the order be changed, for good; None when they have let it."""
    about = {"order_id": edit.order_id, "edit_number": edit.edit_number}
    try:
        steps.ask("shipping", "hold_order", about)
        lines = [item.model_dump(include={"product_id", "variant_id", "quantity"}) for item in edit.items]
        steps.ask("inventory", "edit_stock", {**about, "lines": lines})
    except Refusal as refusal:
        if refusal.status >= 500:  # ask again later
            raise
        return refusal
    return None


def _end(begun: OrderEdit, refusal: Refusal | None) -> None:
    edit, order = edits.edit(begun.order_id, begun.edit_id), store.order(begun.order_id)
    if edit.status != "applying":  # another was faster
        return
    if refusal is None and order.status in EDITABLE:
        _apply(order, edit)
    else:  # of a cancelled order all stock comes back, also what this edit took
        _refuse(order, edit, refusal or conflict("not_editable", order_status=order.status))


def _apply(order: OrderDocument, edit: OrderEdit) -> None:
    after, overpaid = applied(order, edit)
    now = clock.now()
    change = StatusChange(
        id=derived("history", order.order_id, edit.edit_id),
        order_id=order.order_id,
        status=order.status,
        previous_status=order.status,
        changed_by=edit.edited_by,
        reason=edit.reason,
        created_at=now,
        updated_at=now,
    )
    told: list[Event] = [_told(order, edit, after.amount_due)]
    if overpaid > zero(overpaid.currency):
        about = {"order_id": order.order_id, "user_id": order.user_id}
        told.append(said.OrderOverpaid(**about, amount=overpaid, reference=edit.edit_id))
    edits.finish(order, after, edit.but(status="applied"), change, told)


def _told(order: OrderDocument, edit: OrderEdit, due: Money | None) -> "said.OrderEdited":
    whose = {name: getattr(order, name) for name in ("order_id", "order_number", "user_id", "payment_method")}
    amounts = ("subtotal", "discount_amount", "shipping_amount", "tax_amount", "total_amount")
    return said.OrderEdited(
        **whose,
        **{name: getattr(edit, name) for name in amounts},
        edit_id=edit.edit_id,
        edit_number=edit.edit_number,
        items=[said.OrderedItem(**dict(item)) for item in edit.items],
        previous_total_amount=order.total_amount,
        amount_due=due,
    )


def _refuse(order: OrderDocument, edit: OrderEdit, refusal: Refusal) -> None:
    facts: Json = dict(refusal.facts)
    failed = edit.but(status="refused", failure_code=refusal.code, failure_detail=facts or None)
    told = said.OrderEditRefused(
        order_id=order.order_id, edit_id=edit.edit_id, edit_number=edit.edit_number, code=refusal.code
    )
    after = alone(order).but(edits=edit.edit_number, editing=None)
    edits.finish(order, after, failed, None, [told])
