"""Where orders keeps its things. `{s}` is one of ten shards, `@` is `<created_at>#<id>`.

| thing        | PK               | SK            |
|--------------|------------------|---------------|
| Checkout     | CHK#<id>         | META          |
| Order        | ORDER#<id>       | META          |
| OrderItem    | ORDER#<id>       | ITEM#<item>   |
| StatusChange | ORDER#<id>       | HIST#@        |
| OrderAddress | ORDER#<id>       | ADDR#<type>   |
| OrderNote    | ORDER#<id>       | NOTE#<note>   |
| UnpaidOrder  | ORDER#<id>       | UNPAID        |
| OrderEdit    | ORDER#<id>       | EDIT#<edit>   |
| Exchange     | EXCH#<return_id> | META          |

| thing        | GSI1PK / GSI1SK                                   | GSI2PK / GSI2SK                         |
|--------------|---------------------------------------------------|-----------------------------------------|
| Checkout     | USER#<user_id> / CHK#@                            | CHKOPEN#{s} / <updated_at>#<id> (open)  |
| Order        | USER#<user_id> / ORDER#@                          | ST#<status>#{s} / @                     |
| OrderItem    | USERPROD#<user_id>#<product_id> / @ of the order  | PROD#<product_id>#{s} / @#<item>        |
| StatusChange | DAY#<day>#{s} / @ of the order, for the first one | HISTDAY#<day>#{s} / @                   |
| UnpaidOrder  | -                                                 | UNPAID#{s} / <due_at>#<id>              |
| OrderEdit    | ORDEREDIT#<order_id> / @                          | EDITOPEN#{s} / @ (while it is applied)  |
| Exchange     | USER#<user_id> / EXCH#@                           | EXST#<status>#{s} / @                   |

Unique: ORDERNO (order numbers), ORDERCHK (by order id, the checkout that leads to it).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from orders.model.checkout import OVER, PlacedCheckout
from orders.model.note import OrderNote
from orders.model.order import STATUSES, Order, OrderAddress, OrderDocument, OrderItem, StatusChange, alone, document
from shop import clock
from shop.errors import Refusal, conflict, not_found, version_mismatch
from shop.events import Event
from shop.pages import Page, Paging
from shop.records import Record
from shop.settings import DAY
from shop.table import ABSENT, GSI1, GSI2, Key, Row, Table, Transaction, owner_of, sharded, shards, to_value

T = TypeVar("T", bound=Record)

KEEP_CHECKOUTS = 90 * DAY
LOOKS = 10  # at most so many pages are read to fill one page of a filtered list

table = Table("orders")


def checkout_key(checkout_id: str) -> Key:
    """Where a checkout is."""
    return Key(f"CHK#{checkout_id}", "META")


def order_key(order_id: str) -> Key:
    """Where an order is; all that belongs to it is in the same partition."""
    return Key(f"ORDER#{order_id}", "META")


def _checkout_row(c: PlacedCheckout) -> Row:
    return Row(
        checkout_key(c.checkout_id),
        gsi1=(f"USER#{c.user_id}", f"CHK#{c.created_at}#{c.checkout_id}"),
        gsi2=None if c.status in OVER else _open_entry(c.checkout_id, c.updated_at),
        ttl=clock.ttl(c.created_at, KEEP_CHECKOUTS),
    )


def _open_entry(checkout_id: str, moment: str) -> tuple[str, str]:
    return sharded("CHKOPEN", checkout_id), f"{moment}#{checkout_id}"


def _order_row(o: Order) -> Row:
    return Row(
        order_key(o.order_id),
        gsi1=(f"USER#{o.user_id}", f"ORDER#{o.created_at}#{o.order_id}"),
        gsi2=(sharded(f"ST#{o.status}", o.order_id), f"{o.created_at}#{o.order_id}"),
    )


def _item_row(i: OrderItem) -> Row:
    moment = f"{i.created_at}#{i.order_id}"
    return Row(
        Key(f"ORDER#{i.order_id}", f"ITEM#{i.order_item_id}"),
        gsi1=(f"USERPROD#{i.user_id}#{i.product_id}", moment),
        gsi2=(sharded(f"PROD#{i.product_id}", i.order_item_id), f"{moment}#{i.order_item_id}"),
    )


def _change_row(h: StatusChange) -> Row:
    day, first = h.created_at[:10], h.previous_status is None
    return Row(
        Key(f"ORDER#{h.order_id}", f"HIST#{h.created_at}#{h.id}"),
        gsi1=(sharded(f"DAY#{day}", h.order_id), f"{h.created_at}#{h.order_id}") if first else None,
        gsi2=(sharded(f"HISTDAY#{day}", h.id), f"{h.created_at}#{h.id}"),
    )


CHECKOUTS = table.kind("checkout", PlacedCheckout, _checkout_row)
ORDERS = table.kind("order", Order, _order_row)
ITEMS = table.kind("order_item", OrderItem, _item_row)
HISTORY = table.kind("order_status_history", StatusChange, _change_row)
ADDRESSES = table.kind("order_address", OrderAddress, lambda a: Row(Key(f"ORDER#{a.order_id}", f"ADDR#{a.type}")))
NOTES = table.kind("order_note", OrderNote, lambda n: Row(Key(f"ORDER#{n.order_id}", f"NOTE#{n.id}")))


class NumberTaken(Refusal):
    """Another order has this number."""

    def __init__(self) -> None:
        super().__init__(409, "number_taken")


# Checkouts


def create_checkout(tx: Transaction, checkout: PlacedCheckout) -> None:
    """A new checkout, found by its order's id too."""
    tx.create(CHECKOUTS, checkout)
    tx.claim("ORDERCHK", checkout.order_id, checkout_key(checkout.checkout_id), conflict("conflict"))


def checkout(checkout_id: str) -> PlacedCheckout:
    """A checkout, or 404."""
    found = CHECKOUTS.get(checkout_key(checkout_id))
    if found is None:
        raise not_found("checkout")
    return found


def checkout_of(order_id: str) -> PlacedCheckout | None:
    """The checkout that leads, or led, to an order. Two GetItems."""
    key = owner_of(table, "ORDERCHK", order_id)
    return CHECKOUTS.get(key) if key else None


def checkouts_of(user_id: str, paging: Paging) -> Page[PlacedCheckout]:
    """A user's checkouts, newest first (AP41)."""
    return CHECKOUTS.page(f"USER#{user_id}", paging, prefix="CHK#")


def every_checkout(user_id: str) -> Iterator[PlacedCheckout]:
    """All checkouts of a user, oldest first; they may change meanwhile."""
    for batch in CHECKOUTS.batches(f"USER#{user_id}", index=GSI1, prefix="CHK#"):
        yield from batch


def save_checkout(checkout: PlacedCheckout) -> None:
    """Write a changed checkout; 412 when it has changed since it was read."""
    with table.transaction() as tx:
        tx.save(CHECKOUTS, checkout)


def open_checkouts(idle: float) -> list[PlacedCheckout]:
    """Checkouts that are not over and have not moved for so many seconds (AP41). One Query a shard."""
    before = clock.after(-idle)
    return [c for part in shards("CHKOPEN") for c in CHECKOUTS.query(part, index=GSI2, low=" ", high=before)]


def move_checkout(
    tx: Transaction, checkout_id: str, to: str, condition: Condition, otherwise: Refusal, **changes: Any
) -> None:
    """Move a checkout on if the condition holds of it, whatever else has changed about it."""
    part, sort = _open_entry(checkout_id, tx.now)
    filed = (
        [Path("GSI2PK").remove(), Path("GSI2SK").remove()]
        if to in OVER
        else [Path("GSI2PK").set(part), Path("GSI2SK").set(sort)]
    )
    set_to = [Path(name).set(to_value(_plain(value))) for name, value in {"status": to, **changes}.items()]
    tx.update(checkout_key(checkout_id), *set_to, *filed, condition=condition, otherwise=otherwise)


def within(*statuses: str) -> Condition:
    """True of a checkout in one of these statuses."""
    return Path("status").is_in(*statuses)


def never_waited(*statuses: str) -> Condition:
    """True of a checkout in one of these statuses that has not waited for its customer yet."""
    return within(*statuses) & Path("suspended_at").does_not_exist()


def undone_as_often(checkout: PlacedCheckout, *statuses: str) -> Condition:
    """True of a checkout in one of these statuses whose undoing nobody has begun since it was read."""
    return within(*statuses) & (Path("compensations") == checkout.compensations)


def as_read(checkout: PlacedCheckout) -> Condition:
    """True of a checkout that nobody has touched since it was read."""
    return Path("version") == checkout.version


def _plain(value: Any) -> Any:
    return value.model_dump() if isinstance(value, BaseModel) else value


# Orders


def create_order(
    tx: Transaction, order: Order, items: list[OrderItem], addresses: list[OrderAddress], first: StatusChange
) -> None:
    """All parts of a new order (B121); its number must be nobody else's."""
    tx.create(ORDERS, order)
    tx.claim("ORDERNO", order.order_number, order_key(order.order_id), NumberTaken())
    for item in items:
        tx.put(ITEMS, item)
    for address in addresses:
        tx.put(ADDRESSES, address)
    tx.put(HISTORY, first)


def save_move(tx: Transaction, order: Order, change: StatusChange, *events: Event) -> Order:
    """An order after a move, its history row and what is told of it (B125); 412 when it has changed since."""
    saved = tx.save(ORDERS, order)
    tx.put(HISTORY, change)
    for event in events:
        tx.say(event, version=saved.version)
    return saved


def save_order(order: Order, *events: Event) -> Order:
    """A changed order and what is told of it; 412 when it has changed since it was read."""
    with table.transaction() as tx:
        saved = tx.save(ORDERS, order)
        for event in events:
            tx.say(event, version=saved.version)
    return saved


def add_note(order: OrderDocument, note: OrderNote) -> OrderNote:
    """A note about an order as it was read (412): who is erased from it meanwhile leaves no note behind."""
    with table.transaction() as tx:
        tx.create(NOTES, note)
        tx.check(order_key(order.order_id), Path("version") == order.version, version_mismatch())
    return note


def save_erased(before: OrderDocument, after: OrderDocument) -> None:
    """Write an order and the parts of it that were erased; 412 when it has changed since it was read."""
    with table.transaction() as tx:
        tx.save(ORDERS, alone(after))
        for was, address in (
            (before.shipping_address, after.shipping_address),
            (before.billing_address, after.billing_address),
        ):
            if address != was:
                tx.save(ADDRESSES, address)
        for row, change in zip(before.history, after.history, strict=True):
            if change != row:
                tx.save(HISTORY, change)
    gone = [note for note in before.order_notes if note not in after.order_notes]
    table.delete_all(NOTES.row(note).key for note in gone)


def every_order(user_id: str) -> Iterator[Order]:
    """All orders of a user, oldest first; they may change meanwhile."""
    for batch in ORDERS.batches(f"USER#{user_id}", index=GSI1, prefix="ORDER#"):
        yield from batch


def no_order_yet(tx: Transaction, order_id: str, otherwise: Refusal) -> None:
    """Let the rest happen only while the order has not been made."""
    tx.check(order_key(order_id), ABSENT, otherwise)


def set_payment_status(order: Order, status: str) -> None:
    """Note how an order's payment stands, if nobody else has just done so."""
    with table.transaction() as tx:
        tx.update(
            order_key(order.order_id),
            Path("payment_status").set(status),
            condition=Path("payment_status") == order.payment_status,
            otherwise=conflict("conflict"),
        )


def add_refund(tx: Transaction, order: Order, amount: int, fully: bool) -> None:
    """Add to what was given back."""
    refunded = Path(["refunded_amount", "amount"])
    settled = [Path("payment_status").set("refunded")] if fully else []
    tx.update(order_key(order.order_id), refunded.set(refunded + amount), *settled)


def find_order(order_id: str) -> Order | None:
    """An order alone, if it exists."""
    return ORDERS.get(order_key(order_id))


def find_document(order_id: str) -> OrderDocument | None:
    """An order with all that belongs to it, if it exists (AP34). One Query."""
    return document(table.collection(f"ORDER#{order_id}"))


def order(order_id: str) -> OrderDocument:
    """An order with all that belongs to it, or 404."""
    found = find_document(order_id)
    if found is None:
        raise not_found("order")
    return found


def order_numbered(order_number: str) -> OrderDocument:
    """The order of this number, or 404 (AP35)."""
    key = owner_of(table, "ORDERNO", order_number)
    if key is None:
        raise not_found("order")
    return order(key.pk.removeprefix("ORDER#"))


def orders_of(user_id: str, paging: Paging, keep: Callable[[Order], bool]) -> Page[Order]:
    """A user's orders that are to be kept, newest first (AP36)."""

    def fetch(paging: Paging) -> Page[Order]:
        return ORDERS.page(f"USER#{user_id}", paging, prefix="ORDER#")

    return _sift(fetch, lambda o: f"ORDER#{o.created_at}#{o.order_id}", list, keep, paging)


def orders_in(status: str | None, paging: Paging, keep: Callable[[Order], bool]) -> Page[Order]:
    """Everyone's orders in one status, or in any, newest first (AP37)."""
    parts = [part for each in ([status] if status else STATUSES) for part in shards(f"ST#{each}")]

    def fetch(paging: Paging) -> Page[Order]:
        return ORDERS.page(parts, paging, index=GSI2)

    return _sift(fetch, lambda o: f"{o.created_at}#{o.order_id}", list, keep, paging)


def orders_on(day: str, paging: Paging, keep: Callable[[Order], bool]) -> Page[Order]:
    """Everyone's orders made on a day, newest first (AP38)."""

    def fetch(paging: Paging) -> Page[StatusChange]:
        return HISTORY.page(shards(f"DAY#{day}"), paging, index=GSI1)

    return _sift(fetch, lambda h: f"{h.created_at}#{h.order_id}", _orders_of_rows, keep, paging)


def orders_with(product_id: str, paging: Paging, keep: Callable[[Order], bool]) -> Page[Order]:
    """Everyone's orders of a product, newest first (AP39)."""

    def fetch(paging: Paging) -> Page[OrderItem]:
        return ITEMS.page(shards(f"PROD#{product_id}"), paging, index=GSI2)

    return _sift(fetch, lambda i: f"{i.created_at}#{i.order_id}#{i.order_item_id}", _orders_of_rows, keep, paging)


def _orders_of_rows(rows: Sequence[Any]) -> list[Order]:
    return ORDERS.many([order_key(row.order_id) for row in rows])


def _sift(
    fetch: Callable[[Paging], Page[T]],
    sort_key: Callable[[T], str],
    orders: Callable[[Sequence[T]], list[Order]],
    keep: Callable[[Order], bool],
    paging: Paging,
) -> Page[Order]:
    """A page of the orders behind the rows, of those to be kept: reads on until it is full, or has looked enough."""
    kept: dict[str, Order] = {}
    for _ in range(LOOKS):
        rows = fetch(paging)
        found = {order.order_id: order for order in orders(rows.data) if keep(order)}
        for row in rows.data:
            order_id = getattr(row, "order_id")  # noqa: B009 - every row has one
            if order_id in found and order_id not in kept:
                kept[order_id] = found[order_id]
                if len(kept) == paging.limit and (rows.has_more or row is not rows.data[-1]):
                    return paging.page(list(kept.values()), last=sort_key(row))
        if not rows.has_more:
            return paging.page(list(kept.values()), last=None)
        last = sort_key(rows.data[-1])
        paging = paging.model_copy(update={"cursor": rows.next_cursor})
    return paging.page(list(kept.values()), last=last)
