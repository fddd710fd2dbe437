"""Which orders that stand wait for their money, and until when."""

from orders.model.order import Order
from orders.model.repayment import UnpaidOrder
from orders.store import ORDERS, table
from shop import clock
from shop.events import Event
from shop.table import GSI2, Key, Row, Transaction, sharded, shards


def unpaid_key(order_id: str) -> Key:
    """Where it stands that an order waits for its money."""
    return Key(f"ORDER#{order_id}", "UNPAID")


def _row(u: UnpaidOrder) -> Row:
    return Row(unpaid_key(u.order_id), gsi2=(sharded("UNPAID", u.order_id), f"{u.due_at}#{u.order_id}"))


UNPAID = table.kind("unpaid_order", UnpaidOrder, _row)


def find(order_id: str) -> UnpaidOrder | None:
    """Until when an order waits for its money, if it does."""
    return UNPAID.get(unpaid_key(order_id))


def save(order: Order, due_at: str | None, told: Event) -> None:
    """An order after news of its money, and until when it waits for that; 412 when it has changed since it was read."""
    with table.transaction() as tx:
        tx.say(told, version=tx.save(ORDERS, order).version)
        if due_at:
            tx.put(UNPAID, UnpaidOrder(order_id=order.order_id, due_at=due_at))
        else:
            settle(tx, order.order_id)


def settle(tx: Transaction, order_id: str) -> None:
    """An order waits for its money no longer."""
    tx.delete(unpaid_key(order_id))


def due() -> list[UnpaidOrder]:
    """The orders that have waited long enough. One Query a shard."""
    now = clock.now()
    return [found for part in shards("UNPAID") for found in UNPAID.query(part, index=GSI2, low=" ", high=now)]
