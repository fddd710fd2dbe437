"""What customers and staff ask of returns."""

from typing import Annotated

from pydantic import Field

from returns.model.returns import Condition, Reason, RefundMethod
from shop.freeform import FreeForm
from shop.money import Price
from shop.records import Body, Country, Moment, Text, folded

Id = Annotated[str, Field(min_length=1, max_length=64)]
Line = Annotated[str, Field(min_length=1, max_length=255)]
MAX_ITEMS = 90


class AskedItem(Body):
    """So many of one order line, why, and the state they are in."""

    order_item_id: Id
    quantity: int = Field(ge=1, le=99_999)
    return_reason: Annotated[Reason, folded] | None = None  # the whole return's unless told
    condition: Annotated[Condition, folded] = "new"


class RequestReturn(Body):
    """What a customer wants to send back, and what for."""

    order_id: Id
    items: list[AskedItem] = Field(min_length=1, max_length=MAX_ITEMS)
    return_reason: Annotated[Reason, folded]
    return_notes: Text | None = None
    refund_method: Annotated[RefundMethod, folded] = "original_payment"


class Address(Body):
    """Where goods are sent back to."""

    full_name: Annotated[str, Field(min_length=1, max_length=200)]
    phone: Annotated[str, Field(max_length=20)] | None = None
    address_line1: Line
    address_line2: Annotated[str, Field(max_length=255)] | None = None
    city: Annotated[str, Field(min_length=1, max_length=100)]
    state: Annotated[str, Field(max_length=100)] | None = None
    postal_code: Annotated[str, Field(min_length=1, max_length=20)]
    country: Country


class Approve(Body):
    """Where to send it and how."""

    return_address: Address
    return_instructions: Annotated[str, Field(min_length=1, max_length=10_000)]


class Reject(Body):
    """Why not."""

    reason: Annotated[str, Field(min_length=1, max_length=255)]


class SendBack(Body):
    """Under which number it travels."""

    tracking_number: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,99}$")]


class ReceivedItem(Body):
    """In what state an item came, and, where staff give back less, how much and why."""

    item_id: Id
    condition: Annotated[Condition, folded]
    refund_amount: Price | None = None
    note: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class Receive(Body):
    """What came; every item of the return is named."""

    items: list[ReceivedItem] = Field(min_length=1, max_length=MAX_ITEMS)


class TrackingFields(Body):
    """Where it was seen."""

    status: Annotated[str, Field(pattern=r"^[a-z_]{1,50}$"), folded]
    location: Line | None = None
    description: Text | None = None
    timestamp: Moment
    carrier_data: FreeForm | None = None
