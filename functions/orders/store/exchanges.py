"""The exchanges that are owed, and the orders they lead to."""

from collections.abc import Iterator

from pynamodb.expressions.operand import Path

from orders.model.exchange import EXCHANGE_STATUSES, OPEN, Exchange
from orders.model.order import OrderDocument, StatusChange, alone
from orders.store import create_order, order_key, table
from shop.errors import not_found, version_mismatch
from shop.events import Event
from shop.pages import Page, Paging
from shop.table import GSI1, GSI2, Key, Row, Transaction, sharded, shards


def exchange_key(return_id: str) -> Key:
    """Where it stands what is owed for a return."""
    return Key(f"EXCH#{return_id}", "META")


def _row(e: Exchange) -> Row:
    moment = f"{e.created_at}#{e.return_id}"
    return Row(
        exchange_key(e.return_id),
        gsi1=(f"USER#{e.user_id}", f"EXCH#{moment}"),
        gsi2=(sharded(f"EXST#{e.status}", e.return_id), moment),
    )


EXCHANGES = table.kind("exchange", Exchange, _row)


def create(exchange: Exchange) -> None:
    """What is owed for a return, once (AlreadyMade)."""
    with table.transaction() as tx:
        tx.create(EXCHANGES, exchange)


def exchange(return_id: str) -> Exchange:
    """What is owed for a return, or 404."""
    found = EXCHANGES.get(exchange_key(return_id))
    if found is None:
        raise not_found("exchange")
    return found


def save(exchange: Exchange, *events: Event) -> Exchange:
    """An exchange after a change, and what is told of it; 412 when it has changed since it was read."""
    with table.transaction() as tx:
        return save_with(tx, exchange, *events)


def save_with(tx: Transaction, exchange: Exchange, *events: Event) -> Exchange:
    """The same, as a part of something greater."""
    saved = tx.save(EXCHANGES, exchange)
    for event in events:
        tx.say(event, version=saved.version)
    return saved


def order(
    tx: Transaction, exchange: Exchange, original: OrderDocument, new: OrderDocument, first: StatusChange, told: Event
) -> None:
    """The order of an exchange, all at once; 412 when the exchange, or the order it is for, has changed since."""
    create_order(tx, alone(new), new.items, [new.shipping_address, new.billing_address], first)
    tx.check(order_key(original.order_id), Path("version") == original.version, version_mismatch())
    save_with(tx, exchange)
    tx.say(told, version=new.version)


def open_ones() -> Iterator[Exchange]:
    """The exchanges that somebody has still to do something for. One Query a shard and status."""
    for status in OPEN:
        for part in shards(f"EXST#{status}"):
            yield from EXCHANGES.query(part, index=GSI2)


def of_user(user_id: str) -> Iterator[Exchange]:
    """All exchanges of a user; they may change meanwhile."""
    for batch in EXCHANGES.batches(f"USER#{user_id}", index=GSI1, prefix="EXCH#"):
        yield from batch


def page(status: str | None, paging: Paging) -> Page[Exchange]:
    """Everyone's exchanges in one status, or in any, newest first. One Query a shard and status."""
    wanted = [status] if status else EXCHANGE_STATUSES
    return EXCHANGES.page([part for each in wanted for part in shards(f"EXST#{each}")], paging, index=GSI2)
