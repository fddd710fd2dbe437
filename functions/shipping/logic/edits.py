"""Orders whose lines are changed before they are sent: held while that is decided, then packed as they are now."""

from typing import TYPE_CHECKING

from shipping.logic.shipments import left_of, lines_of
from shipping.logic.tracking import in_trouble, row, trouble
from shipping.model.shipments import HoldOrder, Left, OrderedLine, Shipment
from shipping.store import shipments as store
from shop.errors import Transient, conflict
from shop.events import Event
from shop.events import shipping as said
from shop.inbox import AlreadyHeard
from shop.races import until_won

if TYPE_CHECKING:
    from shop.events.orders import OrderEdited, OrderEditRefused


def hold(asked: HoldOrder) -> HoldOrder:
    """Let nothing of an order leave until its edit is over; 409 already_shipped when something has. Again is the same.

    Who asks late, when the edit is over, holds nothing (409 edit_over).
    """

    def attempt() -> None:
        order, left = store.sold(asked.order_id)
        if order is None or not order.lines:
            raise Transient("The order is not known here yet")
        if order.edits == asked.stage:
            return
        if order.edits > asked.stage:
            raise conflict("edit_over", "This edit is over")
        if order.cancelled:
            raise conflict("order_not_shippable", "The order is cancelled")
        if any(line.shipped for line in left):
            raise conflict("already_shipped", "Something of the order is on its way")
        store.hold_order(order, left, asked.stage)

    until_won(attempt)
    return asked


def on_order_edited(event: "OrderEdited") -> None:
    """It has other lines now; what was packed beyond them is unpacked again."""
    assert event.meta is not None
    lines, version = lines_of(event.items), event.meta.aggregate_version

    def attempt() -> None:
        order, left = store.sold(event.order_id)
        if order is None or not order.lines or order.edits >= 2 * event.edit_number:  # unknown, it was never held
            raise AlreadyHeard
        _unpack(event, lines, left)
        _, left = store.sold(event.order_id)
        after = order.but(lines=lines, edits=2 * event.edit_number)
        if (order.heard_version or 0) < version:
            after = after.but(unpaid=event.amount_due is not None, heard_version=version)
        store.edit_order(order, after, left, left_of(event.order_id, lines), event)

    until_won(attempt)


def on_order_edit_refused(event: "OrderEditRefused") -> None:
    """It stays as it was, and may be sent again."""

    def attempt() -> None:
        order, _ = store.sold(event.order_id)
        if order is None or not order.lines or order.edits >= 2 * event.edit_number:  # unknown, it was never held
            raise AlreadyHeard
        store.release_order(order, 2 * event.edit_number, event)

    until_won(attempt)


def _unpack(cause: Event, lines: list[OrderedLine], left: list[Left]) -> None:
    """Withdraw the parcels that hold more of a line than is ordered now: the newest first, no more than need be."""
    wanted = {line.order_item_id: line.quantity for line in lines}
    over = {line.order_item_id: line.packed - wanted.get(line.order_item_id, 0) for line in left}
    parcels = [s for s in store.all_of_order(left[0].order_id) if not s.on_its_way and not s.withdrawn]
    for parcel in sorted(parcels, key=lambda parcel: parcel.created_at, reverse=True):
        if any(over.get(item.order_item_id, 0) > 0 for item in parcel.items):
            _withdraw(parcel, cause)
            for item in parcel.items:
                over[item.order_item_id] -= item.quantity


def _withdraw(parcel: Shipment, cause: Event) -> None:
    """Have a parcel unpacked, and tell staff."""
    why = "The order was changed: unpack it"
    tracking = row(parcel.id, trouble(why, cause))
    after = parcel.but(status="exception", withdrawn=True, tracked_at=tracking.timestamp)
    told: list[Event] = [in_trouble(after, why)]
    if parcel.status != after.status:
        told.append(
            said.ShipmentStatusChanged(
                shipment_id=parcel.id,
                order_id=parcel.order_id,
                was=parcel.status,
                status=after.status,
                tracking_number=parcel.tracking_number,
                estimated_delivery_date=parcel.estimated_delivery_date,
                all_items_shipped=False,
            )
        )
    store.withdraw(after, tracking, told)
