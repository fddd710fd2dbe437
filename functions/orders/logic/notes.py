"""Notes about an order: customers and staff read and write them, internal ones are for staff alone (B131)."""

from orders import store
from orders.logic.orders import patiently, read
from orders.model.note import AddNote, OrderNote
from shop.auth import Caller
from shop.errors import invalid, not_found


def add(order_id: str, note_id: str, body: AddNote, caller: Caller) -> OrderNote:
    """Note something about an order, unless its customer has been erased from it: then only staff still may."""
    if body.is_internal and not caller.is_staff:
        raise invalid("validation_failed", "Only staff write internal notes", "/is_internal")

    def attempt() -> OrderNote:
        order = read(store.order(order_id), caller)
        if order.is_erased and not caller.is_staff:
            raise not_found("order")
        note = OrderNote(
            id=note_id,
            order_id=order_id,
            note=body.note,
            created_by=caller.user_id,
            is_internal=caller.is_staff and body.is_internal is not False,
        )
        return store.add_note(order, note)

    return patiently(attempt)
