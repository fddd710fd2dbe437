"""Shipments in the table, with their sightings and what is left to send of each order."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from shipping.model.carriers import StoredCarrier
from shipping.model.methods import Method
from shipping.model.shipments import (
    Forgotten,
    Left,
    Shipment,
    ShipmentDocument,
    ShipmentOwner,
    ShipmentStatus,
    SoldOrder,
    Tracking,
)
from shipping.store import (
    FORGOTTEN,
    LEFT,
    ORDERS,
    OWNERS,
    SHIPMENTS,
    TRACKING,
    carrier_key,
    forgotten_key,
    left_key,
    method_key,
    order_key,
    shipment_key,
    table,
)
from shipping.store.carriers import give_parcel
from shop.errors import Refusal, conflict, not_found
from shop.events import Event
from shop.inbox import AlreadyHeard
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import ABSENT, GSI1, GSI2, PRESENT, Transaction, newer, owner_of, shards, to_value

if TYPE_CHECKING:
    from shop.events.auth import UserDeleted
    from shop.events.orders import OrderCancelled, OrderConfirmed


STATUSES: tuple[ShipmentStatus, ...] = ("pending", "in_transit", "out_for_delivery", "delivered", "exception")


def means(carrier_id: str, method_id: str) -> tuple[StoredCarrier, Method]:
    """A parcel's carrier and method, or 404. One BatchGet."""
    found = table.many([carrier_key(carrier_id), method_key(method_id)])
    carrier = next((thing for thing in found if isinstance(thing, StoredCarrier)), None)
    method = next((thing for thing in found if isinstance(thing, Method)), None)
    if carrier is None:
        raise not_found("carrier")
    if method is None:
        raise not_found("shipping method")
    return carrier, method


def sold(order_id: str) -> tuple[SoldOrder | None, list[Left]]:
    """What is known of an order, and how much of each line is left (one Query)."""
    parts = table.collection(order_key(order_id).pk)
    order = next((part for part in parts if isinstance(part, SoldOrder)), None)
    return order, [part for part in parts if isinstance(part, Left)]


def keep_order(
    order: SoldOrder, left: list[Left], cause: "OrderConfirmed", *, known: bool = False, gone: bool = False
) -> None:
    """Remember a confirmed order. LostRace when something of it is, or is not, `known`, or its customer is `gone`."""
    forgotten = forgotten_key(order.user_id)
    with table.transaction(cause=cause) as tx:
        tx.put(ORDERS, order, condition=PRESENT if known else ABSENT, otherwise=LostRace())
        if not gone:
            tx.check(forgotten, ABSENT, LostRace())
        for line in left:
            tx.put(LEFT, line)


def keep_known_order(order: SoldOrder, left: list[Left], cause: "OrderConfirmed") -> None:
    """Remember a confirmed order; what was heard of it before stays, but not where somebody lived who is gone."""
    found = table.many([order_key(order.order_id), forgotten_key(order.user_id)])
    gone = any(isinstance(thing, Forgotten) for thing in found)
    known = next((thing for thing in found if isinstance(thing, SoldOrder)), None)
    heard = {name: getattr(known, name) for name in ("cancelled", "unpaid", "heard_version")} if known else {}
    order = order.but(**heard, shipping_address=None if gone else order.shipping_address)
    keep_order(order, left, cause, known=known is not None, gone=gone)


def cancel_order(order_id: str, cause: "OrderCancelled") -> None:
    """Nothing more is sent of this order, whether or not it is known here yet."""
    with table.transaction(cause=cause) as tx:
        tx.upsert(
            order_key(order_id),
            Path("cancelled").set(True),
            Path("order_id").set(order_id),
            Path("kind").set(ORDERS.name),
        )


def note_money(order_id: str, unpaid: bool, version: int, cause: Event) -> None:
    """Whether an order waits for money, by the latest news of that; it need not be known here yet."""
    with table.transaction(cause=cause) as tx:
        tx.upsert(
            order_key(order_id),
            Path("unpaid").set(unpaid),
            Path("heard_version").set(version),
            Path("order_id").set(order_id),
            Path("kind").set(ORDERS.name),
            condition=newer(version),
            otherwise=AlreadyHeard(),
        )


def hold_order(order: SoldOrder, left: Sequence[Left], stage: int) -> None:
    """Let nothing of an order leave while it is edited; nothing must have (LostRace when something just did)."""
    with table.transaction() as tx:
        unmoved = _as_read(order, "edits", "cancelled")
        tx.update(order_key(order.order_id), Path("edits").set(stage), condition=unmoved, otherwise=LostRace())
        for line in left:
            tx.check(left_key(line.order_id, line.order_item_id), Path("shipped") == 0, LostRace())


def release_order(order: SoldOrder, stage: int, cause: Event) -> None:
    """The edit of an order came to nothing."""
    with table.transaction(cause=cause) as tx:
        as_read = _as_read(order, "edits")
        tx.update(order_key(order.order_id), Path("edits").set(stage), condition=as_read, otherwise=LostRace())


def edit_order(order: SoldOrder, after: SoldOrder, was: Sequence[Left], now: Sequence[Left], cause: Event) -> None:
    """An order with other lines; LostRace when it, or what is packed of a line, has changed since it was read."""
    changes = {"lines": [line.model_dump() for line in after.lines]}
    changes |= {name: getattr(after, name) for name in ("edits", "unpaid", "heard_version")}
    with table.transaction(cause=cause) as tx:
        actions = [Path(name).set(to_value(value)) for name, value in changes.items() if value is not None]
        as_read = _as_read(order, "edits", "heard_version")
        tx.update(order_key(order.order_id), *actions, condition=as_read, otherwise=LostRace())
        before = {line.order_item_id: line for line in was}
        for line in now:
            old = before.pop(line.order_item_id, None)
            key = left_key(line.order_id, line.order_item_id)
            if old is None:
                tx.put(LEFT, line)
            elif old.ordered != line.ordered:
                enough = Path("packed") <= line.ordered
                tx.update(key, Path("ordered").set(line.ordered), condition=enough, otherwise=LostRace())
        for old in before.values():
            unpacked = Path("packed") == 0
            tx.delete(left_key(old.order_id, old.order_item_id), condition=unpacked, otherwise=LostRace())


def withdraw(shipment: Shipment, tracking: Tracking, events: Sequence[Event]) -> None:
    """A parcel is unpacked again: what is in it is still to be sent."""
    with table.transaction() as tx:
        saved = tx.save(SHIPMENTS, shipment, otherwise=LostRace())
        tx.put(TRACKING, tracking)
        for item in shipment.items:
            packed = Path("packed")
            tx.update(left_key(shipment.order_id, item.order_item_id), packed.set(packed - item.quantity))
        for event in events:
            tx.say(event, version=saved.version)


def document(shipment_id: str) -> ShipmentDocument:
    """A shipment with its sightings (AP52), or 404. One Query."""
    parts = table.collection(f"SHIP#{shipment_id}")
    shipment = next((part for part in parts if isinstance(part, Shipment)), None)
    if shipment is None:
        raise not_found("shipment")
    tracking = [part for part in parts if isinstance(part, Tracking)]
    return ShipmentDocument(**dict(shipment), tracking=tracking[::-1])


def shipment(shipment_id: str) -> Shipment:
    """A shipment, or 404."""
    found = SHIPMENTS.get(shipment_key(shipment_id))
    if found is None:
        raise not_found("shipment")
    return found


def find_tracked(tracking_number: str) -> str | None:
    """The id of the shipment with this tracking number."""
    owner = owner_of(table, "TRACK", tracking_number)
    return owner.pk.removeprefix("SHIP#") if owner else None


def of_order(order_id: str, paging: Paging) -> Page[Shipment]:
    """The shipments of an order, newest first."""
    return SHIPMENTS.page(f"ORDER#{order_id}", paging, prefix="SHIP#")


def all_of_order(order_id: str) -> list[Shipment]:
    """Every shipment of an order."""
    return SHIPMENTS.query(f"ORDER#{order_id}", index=GSI1, prefix="SHIP#")


def of_user(user_id: str, paging: Paging) -> Page[Shipment]:
    """The shipments of a customer, newest first. One Query and one BatchGet."""
    owned = OWNERS.page(f"USER#{user_id}", paging, prefix="SHIP#")
    found = {thing.id: thing for thing in SHIPMENTS.many(shipment_key(owner.shipment_id) for owner in owned.data)}
    data = [found[owner.shipment_id] for owner in owned.data if owner.shipment_id in found]
    return owned.showing(data)


def in_status(status: ShipmentStatus | None, paging: Paging) -> Page[Shipment]:
    """Everyone's shipments, newest first. One Query a shard."""
    wanted = [status] if status else STATUSES
    return SHIPMENTS.page([part for one in wanted for part in shards(f"ST#{one}")], paging, index=GSI2)


def create(made: Shipment, order: SoldOrder, left: dict[str, Left], told: Event) -> Shipment:
    """Put what is ordered into a parcel: never more than is left of a line, and one parcel per tracking number."""
    with table.transaction() as tx:
        tx.create(SHIPMENTS, made)
        tx.put(OWNERS, ShipmentOwner(shipment_id=made.id, user_id=made.user_id, created_at=made.created_at))
        _claim_number(tx, made)
        give_parcel(tx, made.carrier_id)
        _check_shippable(tx, order, conflict("order_not_shippable", "The order may not be sent now"))
        for item in made.items:
            ordered = left[item.order_item_id].ordered
            tx.update(
                left_key(made.order_id, item.order_item_id),
                Path("packed").set(Path("packed") + item.quantity),
                condition=(Path("packed") <= ordered - item.quantity) & (Path("ordered") == ordered),
                otherwise=exceeded(item.order_item_id),
            )
        tx.say(told, version=made.version)
    return made


def exceeded(order_item_id: str) -> Refusal:
    """409: more than is left of a line was to be sent."""
    return conflict("quantity_exceeded", f"Less than that is left of {order_item_id}")


def save(before: Shipment, after: Shipment) -> Shipment:
    """Write a corrected shipment, found by its new tracking number from now on."""
    with table.transaction() as tx:
        saved = tx.save(SHIPMENTS, after)
        if before.carrier_id != after.carrier_id:
            give_parcel(tx, after.carrier_id)
        if before.tracking_number != after.tracking_number:
            if before.tracking_number:
                tx.unclaim("TRACK", before.tracking_number, shipment_key(before.id))
            _claim_number(tx, after)
    return saved


def add_tracking(tracking: Tracking) -> None:
    """Keep a sighting that changes nothing about its parcel; the same one again is the same."""
    with table.transaction() as tx:
        tx.put(TRACKING, tracking)


def add_telling(tracking: Tracking, told: Event, version: int) -> None:
    """Keep a sighting that changes nothing about its parcel, but is told, once (AlreadyMade)."""
    with table.transaction() as tx:
        tx.create(TRACKING, tracking)
        tx.say(told, version)


def move(
    after: Shipment,
    tracking: Tracking,
    leaving: SoldOrder | None,
    counts: Sequence[Left],
    become: Sequence[Left],
    events: Sequence[Event],
) -> Shipment:
    """Keep a sighting together with what it changes: the parcel, the counts of its order, and what is told.

    A parcel that is `leaving` is of an order that may be sent, as that was read.

    `counts` are those of the whole order as they were read, for the events tell whether all of it is on its way or
    there; when one of them moved meanwhile it is LostRace, to be read again.
    """
    with table.transaction() as tx:
        saved = tx.save(SHIPMENTS, after, otherwise=LostRace())
        tx.put(TRACKING, tracking)
        if leaving:
            _check_shippable(tx, leaving, LostRace())
        for was, now in zip(counts, become, strict=True):
            key = left_key(was.order_id, was.order_item_id)
            unmoved = (Path("shipped") == was.shipped) & (Path("delivered") == was.delivered)
            unmoved &= Path("ordered") == was.ordered
            if now == was:
                tx.check(key, unmoved, LostRace())
            else:
                actions = Path("shipped").set(now.shipped), Path("delivered").set(now.delivered)
                tx.update(key, *actions, condition=unmoved, otherwise=LostRace())
        for event in events:
            tx.say(event, version=saved.version)
    return saved


def erase(event: "UserDeleted") -> None:
    """Forget where the parcels of a customer went; what was sent stays on the books (B75).

    That they are gone is written first: an order of theirs that is heard of later is kept without its address.
    """
    with table.transaction() as tx:
        tx.put(FORGOTTEN, Forgotten(user_id=event.user_id))
    for owners in OWNERS.batches(f"USER#{event.user_id}", index=GSI1, prefix="SHIP#"):
        for owner in owners:
            with table.transaction() as tx:
                tx.upsert(shipment_key(owner.shipment_id), Path("destination_address").remove())
    for orders in ORDERS.batches(f"USER#{event.user_id}", index=GSI1, prefix="ORDER#"):
        for order in orders:
            with table.transaction() as tx:
                tx.upsert(order_key(order.order_id), Path("shipping_address").remove())


def _check_shippable(tx: Transaction, order: SoldOrder, otherwise: Refusal) -> None:
    tx.check(order_key(order.order_id), _as_read(order, "cancelled", "unpaid", "edits"), otherwise)


def _as_read(order: SoldOrder, first: str, *names: str) -> Condition:
    """True while these fields of an order are as they were read."""
    value = getattr(order, first)
    same = Path(first).does_not_exist() if value is None else Path(first) == value
    if value in (False, 0):  # as in orders from before there was the field
        same |= Path(first).does_not_exist()
    return same & _as_read(order, *names) if names else same


def _claim_number(tx: Transaction, shipment: Shipment) -> None:
    if shipment.tracking_number:
        taken = conflict("tracking_taken", "Another shipment has this tracking number")
        tx.claim("TRACK", shipment.tracking_number, shipment_key(shipment.id), taken)
