"""Shipments: what of an order travels in one parcel, where it is, and how much is still to be sent."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from shop.freeform import FreeForm
from shop.ids import new_id
from shop.money import Money, Price
from shop.records import Body, Json, Moment, Part, Record, Text, folded

ShipmentStatus = Literal["pending", "in_transit", "out_for_delivery", "delivered", "exception"]
TrackingNumber = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,99}$")]
Place = Annotated[str, Field(min_length=1, max_length=255)]
MAX_ITEMS = 90


class ShipmentItem(Part):
    """So many of one order line."""

    order_item_id: str
    quantity: int


class AskedItem(Body):
    """So many of one order line, to be sent."""

    order_item_id: str = Field(min_length=1, max_length=64)
    quantity: int = Field(ge=1, le=99_999)


class CreateShipment(Body):
    """What is put into one parcel. `weight` is grams."""

    order_id: str = Field(min_length=1, max_length=64)
    method_id: str = Field(min_length=1, max_length=64)
    carrier_id: str = Field(min_length=1, max_length=64)
    tracking_number: TrackingNumber | None = None
    items: list[AskedItem] = Field(min_length=1, max_length=MAX_ITEMS)
    weight: int = Field(ge=0, le=10_000_000)
    cost: Price | None = None


class ChangeShipment(Body):
    """What staff correct about a parcel; what is left out stays."""

    tracking_number: TrackingNumber | None = None
    carrier_id: str = Field(default="", min_length=1, max_length=64)
    estimated_delivery_date: Moment | None = None


class TrackingFields(Body):
    """Where a parcel was seen."""

    status: Annotated[ShipmentStatus, folded]
    location: Place | None = None
    description: Text | None = None
    timestamp: Moment
    carrier_data: FreeForm | None = None


class Tracking(Record):
    """SHIP-06. One sighting of a parcel; never changed."""

    id: str
    shipment_id: str
    status: ShipmentStatus
    location: str | None = None
    description: str | None = None
    timestamp: str
    carrier_data: FreeForm | None = None


class Shipment(Record):
    """SHIP-05."""

    id: str = Field(default_factory=new_id)
    order_id: str
    user_id: str
    carrier_id: str
    carrier: str
    method_id: str
    tracking_number: str | None = None
    status: ShipmentStatus = "pending"
    weight: int
    cost: Money | None = None
    origin_address: Json | None = None
    destination_address: Json | None = None
    items: list[ShipmentItem]
    shipped_at: str | None = None
    estimated_delivery_date: str | None = None
    delivered_at: str | None = None
    tracked_at: str | None = None  # the newest sighting that counted
    withdrawn: bool = False  # unpacked again before it left: another parcel may have its lines, and it moves no more
    carrier_response: FreeForm | None = None

    @property
    def on_its_way(self) -> bool:
        """Whether it has left the house."""
        return self.shipped_at is not None

    def seen(self, tracking: Tracking) -> Self:
        """This parcel after a sighting. An older one than the newest, and any after its end, changes nothing."""
        if (
            self.withdrawn
            or self.status == "delivered"
            or (self.tracked_at is not None and tracking.timestamp <= self.tracked_at)
        ):
            return self
        changes: dict[str, Any] = {"status": tracking.status, "tracked_at": tracking.timestamp}
        if tracking.status in ("in_transit", "out_for_delivery", "delivered") and not self.on_its_way:
            changes["shipped_at"] = tracking.timestamp
        if tracking.status == "delivered":
            changes["delivered_at"] = tracking.timestamp
        return self.but(**changes)


class ShipmentDocument(Shipment):
    """A shipment with every sighting, newest first."""

    tracking: list[Tracking] = []


class ShipmentOwner(Record):
    """By which customer a shipment is found."""

    shipment_id: str
    user_id: str


class OrderedLine(Part):
    """A line of an order, as it is packed."""

    order_item_id: str
    product_name: str
    product_sku: str
    quantity: int


class SoldOrder(Record):
    """What shipping knows of a confirmed order. That it is cancelled or unpaid may be known first.

    `edits` counts twice the edits that are over, and one more while one is under way: then nothing leaves the house.
    """

    order_id: str
    order_number: str = ""
    user_id: str = ""
    currency: str = ""
    shipping_address: Json | None = None
    lines: list[OrderedLine] = []
    cancelled: bool = False
    unpaid: bool = False
    edits: int = 0
    heard_version: int | None = None  # of the news about its money

    @property
    def is_being_edited(self) -> bool:
        """Whether its lines are just being changed."""
        return self.edits % 2 == 1

    @property
    def shippable(self) -> bool:
        """Whether parcels of it may be made, and leave."""
        return bool(self.lines) and not (self.cancelled or self.unpaid or self.is_being_edited)


class HoldOrder(Part):
    """An order whose lines are about to be changed, for the so-manieth time."""

    order_id: str
    edit_number: int = Field(ge=1)

    @property
    def stage(self) -> int:
        """What its edits are counted as while this one is under way."""
        return 2 * self.edit_number - 1


class Forgotten(Record):
    """A customer who was deleted: news of their orders may come late, and is kept without the person."""

    user_id: str


class Left(Record):
    """How many of an order line are ordered, in parcels, on their way, and there."""

    order_id: str
    order_item_id: str
    ordered: int
    packed: int = 0
    shipped: int = 0
    delivered: int = 0


class Booking(Part):
    """What a carrier says when it takes a parcel."""

    tracking_number: str
    cost: Money | None = None
    response: Json | None = None


class Sighting(Part):
    """What a carrier tells by webhook."""

    tracking_number: str = Field(min_length=1, max_length=100)
    status: Annotated[ShipmentStatus, folded]
    location: str | None = Field(default=None, max_length=255)
    description: str | None = Field(default=None, max_length=10_000)
    timestamp: Moment
    carrier_data: FreeForm | None = None


class Received(Part):
    """What a carrier's webhook is answered with."""

    received: bool = True


def carried(order: SoldOrder, items: list[ShipmentItem]) -> list[tuple[OrderedLine, int]]:
    """The lines of a parcel and how many of each, in the order's order."""
    quantities = {item.order_item_id: item.quantity for item in items}
    return [(line, quantities[line.order_item_id]) for line in order.lines if line.order_item_id in quantities]
