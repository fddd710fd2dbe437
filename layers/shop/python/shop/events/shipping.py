"""What shipping tells: parcels made, on their way, and there."""

from shop.events import Event
from shop.records import Part


class ShippedItem(Part):
    """So many of one order line."""

    order_item_id: str
    quantity: int


class ShipmentCreated(Event):
    """E68."""

    type, about = "shipment.created", "shipment"
    shipment_id: str
    order_id: str
    items: list[ShippedItem]
    carrier: str
    tracking_number: str | None = None


class ShipmentStatusChanged(Event):
    """E69."""

    type, about = "shipment.status_changed", "shipment"
    shipment_id: str
    order_id: str
    was: str
    status: str
    tracking_number: str | None = None
    estimated_delivery_date: str | None = None
    all_items_shipped: bool


class ShipmentDelivered(Event):
    """E70."""

    type, about = "shipment.delivered", "shipment"
    shipment_id: str
    order_id: str
    delivered_at: str
    all_delivered: bool


class ShipmentException(Event):
    """E71. Something went wrong on the way; or `in_house`: before it began, and only staff need know."""

    type, about = "shipment.exception", "shipment"
    shipment_id: str
    order_id: str
    description: str
    in_house: bool = False
