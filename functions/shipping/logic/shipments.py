"""Shipments: what of an order is put into a parcel, handed to a carrier, and corrected."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from shipping.carriers import adapter
from shipping.model.shipments import (
    ChangeShipment,
    CreateShipment,
    Left,
    OrderedLine,
    Shipment,
    ShipmentDocument,
    ShipmentItem,
    ShipmentStatus,
    SoldOrder,
)
from shipping.store import carriers
from shipping.store import shipments as store
from shop import clock, settings, steps
from shop.auth import Caller
from shop.errors import conflict, invalid, not_found
from shop.events import shipping as said
from shop.pages import Page, Paging
from shop.races import LostRace, until_won
from shop.table import AlreadyMade

if TYPE_CHECKING:
    from shop.events.orders import OrderConfirmed, OrderedItem


class ShipmentList(Paging):
    """One's own shipments, or those of one order; staff see everyone's."""

    order_id: str | None = Field(default=None, min_length=1, max_length=64)
    status: ShipmentStatus | None = None


def listed(query: ShipmentList, caller: Caller) -> Page[Shipment]:
    """Shipments, newest first."""
    if query.order_id:
        found = store.of_order(query.order_id, query)
        return found.showing([s for s in found.data if caller.may_see(s.user_id)])
    return store.in_status(query.status, query) if caller.is_staff else store.of_user(caller.user_id, query)


def read(shipment_id: str, caller: Caller) -> ShipmentDocument:
    """A shipment its customer, or staff, may see."""
    found = store.document(shipment_id)
    if not caller.may_see(found.user_id):
        raise not_found("shipment")
    return found


def read_tracked(tracking_number: str, caller: Caller) -> ShipmentDocument:
    """The same, by its tracking number."""
    shipment_id = store.find_tracked(tracking_number)
    if shipment_id is None:
        raise not_found("shipment")
    return read(shipment_id, caller)


def create(shipment_id: str, body: CreateShipment) -> ShipmentDocument:
    """Put lines of a confirmed order into a parcel, and have its carrier take it (B149).

    The parcel is written before the carrier is asked, so that its lines are this parcel's whatever happens then; the
    same request again asks the carrier again, under the same id.
    """
    try:
        made = _made(shipment_id, body)
    except AlreadyMade:
        made = store.shipment(shipment_id)
    return ShipmentDocument(**dict(book(made)))


def book(shipment: Shipment) -> Shipment:
    """Have the carrier take a parcel that has no tracking number yet."""
    if shipment.tracking_number or shipment.status != "pending":
        return shipment
    booking = adapter(carriers.carrier(shipment.carrier_id)).book(shipment)
    if booking is None:
        return shipment
    changes = {"tracking_number": booking.tracking_number, "carrier_response": booking.response}
    return store.save(shipment, shipment.but(**changes, cost=booking.cost or shipment.cost))


def book_again(shipment_id: str) -> ShipmentDocument:
    """Ask the carrier once more, after it refused or did not answer."""
    book(store.shipment(shipment_id))
    return store.document(shipment_id)


def change(shipment_id: str, version: int, body: ChangeShipment) -> ShipmentDocument:
    """A shipment with some fields corrected (B151: a tracking number is one parcel's)."""
    before = store.shipment(shipment_id).at(version)
    changes = body.model_dump(exclude_unset=True)
    if "carrier_id" in changes:
        changes["carrier"] = carriers.carrier(body.carrier_id).code
    store.save(before, before.but(**changes))
    return store.document(shipment_id)


def on_order_confirmed(event: "OrderConfirmed") -> None:
    """Remember what may be sent, and where."""
    lines = lines_of(event.items)
    order = SoldOrder(
        order_id=event.order_id,
        order_number=event.order_number,
        user_id=event.user_id,
        currency=event.total_amount.currency,
        shipping_address=event.shipping_address.model_dump(),
        lines=lines,
    )
    left = left_of(event.order_id, lines)
    try:
        store.keep_order(order, left, event)
    except LostRace:  # something was heard of it before, or its customer is gone
        until_won(lambda: store.keep_known_order(order, left, event))


def lines_of(items: "Sequence[OrderedItem]") -> list[OrderedLine]:
    """The lines of an order, as they are packed."""
    return [OrderedLine.model_validate(item.model_dump()) for item in items]


def left_of(order_id: str, lines: Sequence[OrderedLine]) -> list[Left]:
    """All of these lines, still to be sent."""
    return [Left(order_id=order_id, order_item_id=line.order_item_id, ordered=line.quantity) for line in lines]


def _made(shipment_id: str, body: CreateShipment) -> Shipment:
    order, left = _shippable(body.order_id)
    items = _merged(body, left)
    carrier, method = store.means(body.carrier_id, body.method_id)
    if not method.is_active:
        raise invalid("method_inactive", "This shipping method is not active", "/method_id")
    made = Shipment(
        id=shipment_id,
        order_id=order.order_id,
        user_id=order.user_id,
        carrier_id=carrier.id,
        carrier=carrier.code,
        method_id=method.id,
        tracking_number=body.tracking_number,
        weight=body.weight,
        cost=body.cost,
        origin_address=carrier.configuration.get("origin_address"),
        destination_address=order.shipping_address,
        items=items,
        estimated_delivery_date=clock.after(method.estimated_days * settings.DAY),
    )
    told = said.ShipmentCreated(
        shipment_id=made.id,
        order_id=made.order_id,
        items=[said.ShippedItem(**dict(item)) for item in items],
        carrier=made.carrier,
        tracking_number=made.tracking_number,
    )
    return store.create(made, order, left, told)


def _shippable(order_id: str) -> tuple[SoldOrder, dict[str, Left]]:
    """The order and what is left of it; 404 when there is none, 409 while it may not be sent."""
    order, left = store.sold(order_id)
    if order is None:
        steps.ask("orders", "find_order", {"order_id": order_id})
    if order is None or not order.shippable:
        raise conflict("order_not_shippable", "Only a confirmed order is sent, once it is paid and not being edited")
    return order, {count.order_item_id: count for count in left}


def _merged(body: CreateShipment, left: dict[str, Left]) -> list[ShipmentItem]:
    """The parcel's items, each line once."""
    quantities: dict[str, int] = {}
    for number, item in enumerate(body.items):
        if item.order_item_id not in left:
            raise invalid("unknown_item", "The order has no such line", f"/items/{number}/order_item_id")
        quantities[item.order_item_id] = quantities.get(item.order_item_id, 0) + item.quantity
    for order_item_id, quantity in quantities.items():
        if quantity > left[order_item_id].ordered:
            raise store.exceeded(order_item_id)
    return [ShipmentItem(order_item_id=name, quantity=quantity) for name, quantity in quantities.items()]
