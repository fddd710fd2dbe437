"""The edits of orders: begun, and brought to an end with the lines they change."""

from collections.abc import Iterator, Sequence

from orders.model.edit import OrderEdit
from orders.model.order import Order, OrderDocument, StatusChange, alone
from orders.store import HISTORY, ITEMS, ORDERS, table
from shop import clock
from shop.errors import not_found
from shop.events import Event
from shop.pages import Page, Paging
from shop.table import GSI2, Key, Row, sharded, shards


def edit_key(order_id: str, edit_id: str) -> Key:
    """Where an edit of an order is."""
    return Key(f"ORDER#{order_id}", f"EDIT#{edit_id}")


def _row(e: OrderEdit) -> Row:
    moment = f"{e.created_at}#{e.edit_id}"
    return Row(
        edit_key(e.order_id, e.edit_id),
        gsi1=(f"ORDEREDIT#{e.order_id}", moment),
        gsi2=(sharded("EDITOPEN", e.edit_id), moment) if e.status == "applying" else None,
    )


EDITS = table.kind("order_edit", OrderEdit, _row)


def find(order_id: str, edit_id: str) -> OrderEdit | None:
    """An edit, if it was begun."""
    return EDITS.get(edit_key(order_id, edit_id))


def edit(order_id: str, edit_id: str) -> OrderEdit:
    """An edit, or 404."""
    found = find(order_id, edit_id)
    if found is None:
        raise not_found("edit")
    return found


def of_order(order_id: str, paging: Paging) -> Page[OrderEdit]:
    """The edits of an order, newest first."""
    return EDITS.page(f"ORDEREDIT#{order_id}", paging)


def open_ones(idle: float) -> Iterator[OrderEdit]:
    """The edits that were begun at least so many seconds ago and are not over. One Query a shard."""
    before = clock.after(-idle)
    for part in shards("EDITOPEN"):
        yield from EDITS.query(part, index=GSI2, low=" ", high=before)


def begin(order: OrderDocument, edit: OrderEdit) -> None:
    """An edit of an order as it was read (412): the only one until it is over."""
    with table.transaction() as tx:
        tx.create(EDITS, edit)
        tx.save(ORDERS, alone(order).but(editing=edit.edit_id))


def finish(
    before: OrderDocument, after: Order, edit: OrderEdit, change: StatusChange | None, told: Sequence[Event]
) -> OrderEdit:
    """An order and its edit once that is over, with its row in the history and what is told of it.

    412 when one of them has changed since it was read.
    """
    with table.transaction() as tx:
        saved = tx.save(ORDERS, after)
        over = tx.save(EDITS, edit)
        if change:
            tx.put(HISTORY, change)
            was = {item.order_item_id: item for item in before.items}
            for item in edit.items:
                if was.pop(item.order_item_id, None) != item:
                    tx.put(ITEMS, item)
            for item in was.values():
                tx.delete(ITEMS.row(item).key)
        for event in told:
            tx.say(event, version=saved.version)
    return over
