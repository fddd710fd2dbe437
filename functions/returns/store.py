"""Where returns keeps its things. `{s}` is one of ten shards, `@` is `<created_at>#<id>`.

| thing               | PK                  | SK                     | GSI1PK / GSI1SK                                 |
|---------------------|---------------------|------------------------|-------------------------------------------------|
| ReturnRequest       | RET#<id>            | META                   | USER#<user_id> / RET#@                          |
| ReturnItem          | RET#<id>            | ITEM#<item_id>         | ORDER#<order_id> / RETITEM#<order_item_id>#<id> |
| ReturnAuthorization | RET#<id>            | AUTH                   | AUTHID#<id> / AUTH                              |
| StatusChange        | RET#<id>            | HIST#@                 | -                                               |
| ReturnTracking      | RET#<id>            | TRK#<timestamp>#<id>   | -                                               |
| ReturnRefund        | RET#<id>            | REFUND#<refund_id>     | RETREF#<refund_id> / REFUND                     |
| DeliveredOrder      | ORDERRET#<order_id> | ORDER                  | USER#<user_id> / ORDER#<order_id>               |
| DeliveredLine       | ORDERRET#<order_id> | ITEM#<order_item_id>   | -                                               |

GSI2: ReturnRequest ST#<status>#{s} / @; ReturnAuthorization RMAEXP#{s} / <expires_at>#<return id>, while it is open;
ReturnRefund RST#<status>#{s} / @. Unique: RMA (numbers), RTRACK (tracking numbers).
"""

from collections.abc import Iterator, Sequence

from pynamodb.expressions.operand import Path

from returns.model.returns import (
    GIVEN_UP,
    STATUSES,
    DeliveredLine,
    DeliveredOrder,
    ReturnAuthorization,
    ReturnDocument,
    ReturnItem,
    ReturnRefund,
    ReturnRequest,
    ReturnStatus,
    ReturnTracking,
    StatusChange,
    alone,
    document,
)
from shop.errors import Refusal, conflict, not_found
from shop.events import Event
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import GSI1, GSI2, Key, Row, Table, Transaction, owner_of, sharded, shards

table = Table("returns")


class NumberTaken(LostRace):
    """Somebody has this RMA number: try another."""


def return_key(return_id: str) -> Key:
    """Where a return is; what belongs to it is in the same partition."""
    return Key(f"RET#{return_id}", "META")


def order_key(order_id: str) -> Key:
    """Where the copy of a delivered order is; its lines are in the same partition."""
    return Key(f"ORDERRET#{order_id}", "ORDER")


def line_key(order_id: str, order_item_id: str) -> Key:
    """Where it is counted how much of an order line came back."""
    return Key(f"ORDERRET#{order_id}", f"ITEM#{order_item_id}")


def _request_row(r: ReturnRequest) -> Row:
    entry = f"{r.created_at}#{r.id}"
    return Row(
        return_key(r.id), gsi1=(f"USER#{r.user_id}", f"RET#{entry}"), gsi2=(sharded(f"ST#{r.status}", r.id), entry)
    )


def _item_row(i: ReturnItem) -> Row:
    entry = f"RETITEM#{i.order_item_id}#{i.return_request_id}"
    return Row(Key(f"RET#{i.return_request_id}", f"ITEM#{i.id}"), gsi1=(f"ORDER#{i.order_id}", entry))


def _authorization_row(a: ReturnAuthorization) -> Row:
    due = (sharded("RMAEXP", a.return_request_id), f"{a.expires_at}#{a.return_request_id}") if a.is_open else None
    return Row(Key(f"RET#{a.return_request_id}", "AUTH"), gsi1=(f"AUTHID#{a.id}", "AUTH"), gsi2=due)


def _refund_row(r: ReturnRefund) -> Row:
    return Row(
        Key(f"RET#{r.return_request_id}", f"REFUND#{r.id}"),
        gsi1=(f"RETREF#{r.id}", "REFUND"),
        gsi2=(sharded(f"RST#{r.status}", r.id), f"{r.created_at}#{r.id}"),
    )


REQUESTS = table.kind("return_request", ReturnRequest, _request_row)
ITEMS = table.kind("return_item", ReturnItem, _item_row)
AUTHORIZATIONS = table.kind("return_authorization", ReturnAuthorization, _authorization_row)
HISTORY = table.kind(
    "return_status_change",
    StatusChange,
    lambda h: Row(Key(f"RET#{h.return_request_id}", f"HIST#{h.created_at}#{h.id}")),
)
TRACKING = table.kind(
    "return_tracking", ReturnTracking, lambda t: Row(Key(f"RET#{t.return_request_id}", f"TRK#{t.timestamp}#{t.id}"))
)
REFUNDS = table.kind("return_refund", ReturnRefund, _refund_row)
ORDERS = table.kind(
    "delivered_order",
    DeliveredOrder,
    lambda o: Row(order_key(o.order_id), gsi1=(f"USER#{o.user_id}", f"ORDER#{o.order_id}")),
)
LINES = table.kind("delivered_line", DeliveredLine, lambda line: Row(line_key(line.order_id, line.order_item_id)))


def delivered(order_id: str) -> tuple[DeliveredOrder | None, list[DeliveredLine]]:
    """What is known of a delivered order and of what came back of it (AP55). One strong Query."""
    parts = table.collection(order_key(order_id).pk)
    order = next((part for part in parts if isinstance(part, DeliveredOrder)), None)
    return order, [part for part in parts if isinstance(part, DeliveredLine)]


def keep_order(order: DeliveredOrder, lines: Sequence[DeliveredLine], cause: Event) -> None:
    """Remember a delivered order."""
    with table.transaction(cause=cause) as tx:
        tx.put(ORDERS, order)
        for line in lines:
            tx.put(LINES, line)


def find(return_id: str) -> ReturnDocument | None:
    """A return with all that belongs to it, if it exists (AP53). One Query."""
    return document(table.collection(f"RET#{return_id}"))


def whole(return_id: str) -> ReturnDocument:
    """The same, or 404."""
    found = find(return_id)
    if found is None:
        raise not_found("return")
    return found


def numbered(rma_number: str) -> str | None:
    """The id of the return with this RMA number."""
    owner = owner_of(table, "RMA", rma_number)
    return owner.pk.removeprefix("RET#") if owner else None


def of_user(user_id: str, paging: Paging) -> Page[ReturnRequest]:
    """The returns of a customer, newest first."""
    return REQUESTS.page(f"USER#{user_id}", paging, prefix="RET#")


def in_status(status: ReturnStatus | None, paging: Paging) -> Page[ReturnRequest]:
    """Everyone's returns, newest first. One Query a shard."""
    wanted = [status] if status else STATUSES
    return REQUESTS.page([part for one in wanted for part in shards(f"ST#{one}")], paging, index=GSI2)


def of_order(order_id: str) -> list[ReturnRequest]:
    """The returns of an order, newest first."""
    items = ITEMS.query(f"ORDER#{order_id}", index=GSI1, prefix="RETITEM#")
    found = REQUESTS.many({return_key(item.return_request_id) for item in items})
    return sorted(found, key=lambda request: (request.created_at, request.id), reverse=True)


def due(moment: str) -> Iterator[str]:
    """The returns whose leave to be sent has run out (AP54)."""
    for part in shards("RMAEXP"):
        for authorization in AUTHORIZATIONS.query(part, index=GSI2, low="", high=moment):
            yield authorization.return_request_id


def refund_owner(refund_id: str) -> str | None:
    """The return that a refund belongs to."""
    found = REFUNDS.query(f"RETREF#{refund_id}", index=GSI1)
    return found[0].return_request_id if found else None


def create(made: ReturnDocument, lines: dict[str, DeliveredLine], told: Event) -> None:
    """Write a return, with its quantities counted at the order's lines: together never more than was ordered (B153)."""
    with table.transaction() as tx:
        tx.create(REQUESTS, alone(made))
        tx.claim("RMA", made.rma_number, return_key(made.id), NumberTaken())
        for item in made.items:
            line = lines[item.order_item_id]
            tx.put(ITEMS, item)
            tx.update(
                line_key(made.order_id, item.order_item_id),
                Path("returned_quantity").set(Path("returned_quantity") + item.quantity),
                condition=Path("returned_quantity") <= line.ordered_quantity - item.quantity,
                otherwise=exceeded(item.order_item_id),
            )
        for change in made.history:
            tx.put(HISTORY, change)
        tx.say(told, version=made.version)


def exceeded(order_item_id: str) -> Refusal:
    """409: more than is left of a line was to be returned."""
    return conflict("quantity_exceeded", f"Less than that of {order_item_id} can still be returned")


def save_move(tx: Transaction, before: ReturnDocument, after: ReturnRequest, change: StatusChange) -> ReturnRequest:
    """A return after a move, with its history row (B155); LostRace when it has changed since it was read.

    Where nothing came back, the quantities may be asked for again; where it does not run out any more, it is not due.
    """
    saved = tx.save(REQUESTS, after, otherwise=LostRace())
    tx.put(HISTORY, change)
    if (before.status, after.status) in GIVEN_UP:
        for item in before.items:
            tx.update(
                line_key(before.order_id, item.order_item_id),
                Path("returned_quantity").set(Path("returned_quantity") - item.quantity),
            )
    if before.authorization and before.authorization.is_open and after.status != "approved":
        close_authorization(tx, before.authorization)
    return saved


def save_request(tx: Transaction, after: ReturnRequest) -> ReturnRequest:
    """A return that changed without a move; LostRace when it has changed since it was read."""
    return tx.save(REQUESTS, after, otherwise=LostRace())


def close_authorization(tx: Transaction, authorization: ReturnAuthorization) -> None:
    """It does not run out any more."""
    tx.save(AUTHORIZATIONS, authorization.but(is_open=False), otherwise=LostRace())


def send(tx: Transaction, authorization: ReturnAuthorization, tracking_number: str) -> None:
    """It travels under this number, which no other return has (409 tracking_taken)."""
    sent = authorization.but(tracking_number=tracking_number, is_open=False)
    tx.save(AUTHORIZATIONS, sent, otherwise=LostRace())
    owner = return_key(authorization.return_request_id)
    tx.claim("RTRACK", tracking_number, owner, conflict("tracking_taken", "Another return has this tracking number"))


def count_refunded(tx: Transaction, item: ReturnItem, line: DeliveredLine) -> None:
    """Count the units a refund is asked for, as the line was read: so their shares add up to what was paid."""
    tx.update(
        line_key(line.order_id, line.order_item_id),
        Path("refunded_quantity").set(line.refunded_quantity + item.quantity),
        condition=Path("refunded_quantity") == line.refunded_quantity,
        otherwise=LostRace(),
    )


def add_tracking(tracking: ReturnTracking) -> None:
    """Keep a sighting; the same one again is the same."""
    with table.transaction() as tx:
        tx.put(TRACKING, tracking)


def every_return(user_id: str) -> Iterator[ReturnRequest]:
    """All returns of a customer, oldest first; they may change meanwhile."""
    for batch in REQUESTS.batches(f"USER#{user_id}", index=GSI1, prefix="RET#"):
        yield from batch
