"""What an order learns of its parcels: packed, on their way, all of them there (B129)."""

from typing import Any

from orders import store
from orders.logic.orders import move, patiently
from orders.model.order import OrderStatus
from shop.events import Event
from shop.events.shipping import ShipmentCreated, ShipmentDelivered, ShipmentStatusChanged

WAY: tuple[OrderStatus, ...] = ("confirmed", "processing", "shipped", "delivered")
OUT = {"in_transit", "out_for_delivery", "delivered"}


def on_shipment_created(event: ShipmentCreated) -> None:
    """It is being packed."""
    _bring(event.order_id, "processing", event)


def on_shipment_status_changed(event: ShipmentStatusChanged) -> None:
    """The first parcel that leaves sends the order."""
    if event.status in OUT:
        known = {"tracking_number": event.tracking_number, "estimated_delivery_date": event.estimated_delivery_date}
        _bring(event.order_id, "shipped", event, **known)


def on_shipment_delivered(event: ShipmentDelivered) -> None:
    """The last parcel that arrives delivers it."""
    if event.all_delivered:
        _bring(event.order_id, "delivered", event)


def _bring(order_id: str, to: OrderStatus, cause: Event, **known: Any) -> None:
    """Move an order on to where its parcels are, over every station between; events may come in any order.

    Each station is a write of its own, so an order that was brought half the way is brought on when this comes again.
    """

    def station() -> bool:
        before = store.find_document(order_id)
        if before is None or before.status not in WAY or WAY.index(before.status) >= WAY.index(to):
            return False
        following = WAY[WAY.index(before.status) + 1]
        if following == "shipped":
            before = before.but(**{name: value for name, value in known.items() if value and not getattr(before, name)})
        with store.table.transaction(cause=cause if following == to else None) as tx:
            move(tx, before, following, "shipping")
        return following != to

    while patiently(station):
        pass
