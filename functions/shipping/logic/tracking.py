"""Tracking: where parcels were seen, and what that means for their orders."""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from shipping.carriers import adapter
from shipping.model.shipments import Left, Shipment, Sighting, SoldOrder, Tracking, TrackingFields
from shipping.store import carriers
from shipping.store import shipments as store
from shop import clock
from shop.errors import Refusal, invalid
from shop.events import Event
from shop.events import shipping as said
from shop.ids import derived
from shop.races import LostRace, until_won
from shop.table import AlreadyMade

if TYPE_CHECKING:
    from shop.events.orders import OrderCancelled, OrderPaymentChanged


AHEAD = 3600  # seconds that a clock may be wrong
PAYLOAD_MAX = 300_000


class NotToLeave(Refusal):
    """The parcel's order may not be sent, or not now."""

    def __init__(self, order: SoldOrder | None) -> None:
        super().__init__(409, "order_not_shippable", "The order may not be sent now")
        self.is_being_edited = order is not None and order.is_being_edited


def add(shipment_id: str, body: TrackingFields) -> Tracking:
    """Keep a sighting; the newest one is the parcel's status (B150). 409 where the parcel must not leave."""
    if body.timestamp > clock.after(AHEAD):
        raise invalid("timestamp_in_future", "A parcel is not seen before its time", "/timestamp")
    seen = Sighting(tracking_number="-", **body.model_dump())
    return until_won(lambda: _add(shipment_id, seen))


def receive(code: str, raw: str | bytes, headers: Mapping[str, str]) -> None:
    """What a carrier tells of its parcels. Parcels that are not ours, old news and repeats change nothing."""
    body = raw.encode() if isinstance(raw, str) else raw
    if len(body) > PAYLOAD_MAX:
        raise Refusal(413, "payload_too_large", "A webhook has at most 300 KB")
    for sighting in adapter(carriers.carrier_coded(code)).parse_webhook(body, headers):
        shipment_id = store.find_tracked(sighting.tracking_number)
        if shipment_id and sighting.timestamp <= clock.after(AHEAD):
            until_won(lambda shipment_id=shipment_id, sighting=sighting: _hear(shipment_id, sighting))  # type: ignore[misc]


def on_order_cancelled(event: "OrderCancelled") -> None:
    """Stop: no more parcels are made, and those still in the house are held back for somebody to unpack."""
    _stop(event.order_id, event, "The order was cancelled")
    store.cancel_order(event.order_id, event)


def on_payment_changed(event: "OrderPaymentChanged") -> None:
    """An order whose money does not come is not sent; once it is there, it may be."""
    assert event.meta is not None
    if event.unpaid:
        _stop(event.order_id, event, "The order is not paid")
    store.note_money(event.order_id, event.unpaid, event.meta.aggregate_version, event)


def _stop(order_id: str, cause: Event, why: str) -> None:
    """Hold back the parcels of an order that are still in the house, and tell staff."""
    for shipment in store.all_of_order(order_id):
        if shipment.status == "pending":
            held = trouble(why, cause)
            until_won(lambda shipment=shipment, held=held: _add(shipment.id, held, in_house=True))  # type: ignore[misc]


def trouble(why: str, cause: Event) -> Sighting:
    """Why a parcel that is still in the house does not leave it."""
    moment = cause.meta.occurred_at if cause.meta else clock.now()
    return Sighting(tracking_number="-", status="exception", description=why, timestamp=moment)


def _hear(shipment_id: str, sighting: Sighting) -> None:
    """What a carrier saw: a parcel that should not have left stays stopped here, and staff are told where it is."""
    try:
        _add(shipment_id, sighting)
    except NotToLeave as refused:
        if refused.is_being_edited:  # for a moment
            raise LostRace from None
        parcel = store.shipment(shipment_id)
        why = f"It was seen ({sighting.status}), and its order may not be sent"
        with suppress(AlreadyMade):
            store.add_telling(row(shipment_id, sighting), in_trouble(parcel, why), parcel.version)


def _add(shipment_id: str, sighting: Sighting, in_house: bool = False) -> Tracking:
    before = store.shipment(shipment_id)
    tracking = row(shipment_id, sighting)
    after = before.seen(tracking)
    if after == before:
        store.add_tracking(tracking)
        return tracking
    order, counts = store.sold(before.order_id)
    leaving = order if after.on_its_way and not before.on_its_way else None
    if after.on_its_way and not before.on_its_way and not (order and order.shippable):
        raise NotToLeave(order)
    become = [_counted(count, before, after) for count in counts]
    if become == counts and not _steps_on(before, after):
        counts = become = []
    store.move(after, tracking, leaving, counts, become, _told(before, after, become, tracking, in_house))
    return tracking


def row(shipment_id: str, sighting: Sighting) -> Tracking:
    """Seen twice in the same state at the same moment is seen once."""
    return Tracking(
        id=derived("tracking", shipment_id, sighting.status, sighting.timestamp),
        shipment_id=shipment_id,
        created_at=sighting.timestamp,
        updated_at=sighting.timestamp,
        **sighting.model_dump(exclude={"tracking_number"}),
    )


def _steps_on(before: Shipment, after: Shipment) -> bool:
    """Whether the parcel left the house, or arrived: then it matters how the rest of its order stands."""
    return before.on_its_way != after.on_its_way or before.delivered_at != after.delivered_at


def _counted(count: Left, before: Shipment, after: Shipment) -> Left:
    """How a line of the order stands after its parcel moved."""
    quantity = sum(item.quantity for item in after.items if item.order_item_id == count.order_item_id)
    return count.but(
        shipped=count.shipped + quantity * (after.on_its_way - before.on_its_way),
        delivered=count.delivered + quantity * ((after.delivered_at is not None) - (before.delivered_at is not None)),
    )


def in_trouble(parcel: Shipment, why: str) -> "said.ShipmentException":
    """E71, of a parcel that is still here: nothing its customer could do anything about."""
    return said.ShipmentException(shipment_id=parcel.id, order_id=parcel.order_id, description=why, in_house=True)


def _told(before: Shipment, after: Shipment, counts: list[Left], tracking: Tracking, in_house: bool) -> list[Event]:
    """E69 to E71."""
    if before.status == after.status:
        return []
    whose = {"shipment_id": after.id, "order_id": after.order_id}
    told: list[Event] = [
        said.ShipmentStatusChanged(
            **whose,
            was=before.status,
            status=after.status,
            tracking_number=after.tracking_number,
            estimated_delivery_date=after.estimated_delivery_date,
            all_items_shipped=bool(counts) and all(count.shipped >= count.ordered for count in counts),
        )
    ]
    if after.status == "delivered":
        everything = all(count.delivered >= count.ordered for count in counts)
        moment = after.delivered_at or tracking.timestamp
        told.append(said.ShipmentDelivered(**whose, delivered_at=moment, all_delivered=everything))
    if after.status == "exception":
        why = tracking.description or "No reason given"
        told.append(said.ShipmentException(**whose, description=why, in_house=in_house))
    return told
