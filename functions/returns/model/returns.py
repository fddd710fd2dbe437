"""A return with all that belongs to it, and the moves it may make."""

from typing import Any, Literal, Self

from pydantic import Field

from shop.freeform import FreeForm
from shop.money import Money
from shop.records import Json, Part, Record

ReturnStatus = Literal["pending", "approved", "rejected", "in_transit", "received", "processed", "closed"]
Reason = Literal["defective", "wrong_item", "not_as_described", "changed_mind", "other"]
RefundMethod = Literal["original_payment", "store_credit", "exchange"]
Condition = Literal["new", "used", "damaged", "defective"]
STATUSES: tuple[ReturnStatus, ...] = (
    "pending",
    "approved",
    "rejected",
    "in_transit",
    "received",
    "processed",
    "closed",
)
MOVES: dict[str, set[str]] = {
    "pending": {"approved", "rejected", "closed"},
    "approved": {"in_transit", "received", "closed"},
    "in_transit": {"received"},
    "received": {"processed"},
    "processed": {"closed"},
    "rejected": {"closed"},
    "closed": set(),
}
MARKS = {"approved", "rejected", "received", "processed", "closed"}  # the moves whose moment is kept: <status>_at
# Nothing came back and nothing will: what was asked for may be asked for again.
GIVEN_UP = {("pending", "rejected"), ("pending", "closed"), ("approved", "closed")}


class ReturnRequest(Record):
    """RET-01."""

    id: str
    order_id: str
    order_number: str
    user_id: str
    rma_number: str
    status: ReturnStatus = "pending"
    return_reason: Reason
    return_notes: str | None = None
    refund_method: RefundMethod
    refund_amount: Money
    refund_status: Literal["none", "pending", "succeeded", "failed"] = "none"
    currency: str
    requested_at: str
    approved_at: str | None = None
    rejected_at: str | None = None
    received_at: str | None = None
    processed_at: str | None = None
    closed_at: str | None = None
    metadata: Json | None = None

    def moved(self, to: ReturnStatus, moment: str) -> Self:
        """This return after an allowed move."""
        changes: dict[str, Any] = {"status": to}
        if to in MARKS:
            changes[f"{to}_at"] = moment
        return self.but(**changes)


class ReturnItem(Record):
    """RET-02. So many of one order line. `asked_condition` is the customer's word, `condition` what was found."""

    id: str
    return_request_id: str
    order_id: str
    order_item_id: str
    product_id: str
    variant_id: str | None = None
    product_name: str
    product_sku: str
    quantity: int
    unit_price: Money
    refund_amount: Money
    return_reason: Reason
    condition: Condition
    lowered: bool = False  # staff said what is given back for it
    note: str | None = None


class ReturnAuthorization(Record):
    """RET-03. The leave to send it, and where to."""

    id: str
    return_request_id: str
    rma_number: str
    return_address: Json
    return_instructions: str
    tracking_number: str | None = None
    expires_at: str
    is_open: bool = True  # it runs out, as long as nothing is on its way


class StatusChange(Record):
    """RET-04. One move of a return."""

    id: str
    return_request_id: str
    status: ReturnStatus
    previous_status: ReturnStatus | None = None
    changed_by: str
    notes: str | None = None


class ReturnTracking(Record):
    """RET-05. One sighting of what is sent back."""

    id: str
    return_request_id: str
    authorization_id: str
    status: str
    location: str | None = None
    description: str | None = None
    timestamp: str
    carrier_data: FreeForm | None = None


class ReturnRefund(Record):
    """RET-06. What payments was asked to give back for a return."""

    id: str
    return_request_id: str
    payment_id: str | None = None
    payment_refund_id: str | None = None
    order_id: str
    user_id: str
    refund_method: Literal["original_payment", "store_credit"]
    amount: Money
    currency: str
    status: Literal["pending", "processing", "succeeded", "failed"] = "pending"
    reason: str | None = None
    processed_at: str | None = None


class ReturnDocument(ReturnRequest):
    """A return with all that belongs to it."""

    items: list[ReturnItem]
    authorization: ReturnAuthorization | None = None
    history: list[StatusChange] = []
    tracking: list[ReturnTracking] = []
    refunds: list[ReturnRefund] = []


class DeliveredOrder(Record):
    """What returns knows of a delivered order."""

    order_id: str
    order_number: str
    user_id: str
    delivered_at: str
    currency: str


class DeliveredLine(Record):
    """RET-07. A line of a delivered order: what was paid for it, how much of it came back, and what for."""

    order_id: str
    order_item_id: str
    product_id: str
    variant_id: str | None = None
    product_name: str
    product_sku: str
    unit_price: Money
    paid: Money
    ordered_quantity: int
    returned_quantity: int = 0
    refunded_quantity: int = 0  # of those returned, the ones that a refund has been asked for


class Returned(Part):
    """So many of one order line, as events tell it."""

    order_item_id: str
    product_id: str
    variant_id: str | None = None
    quantity: int
    condition: Condition


class ReturnRef(Part):
    """A return, by id."""

    return_id: str = Field(min_length=1)


def alone(document: ReturnDocument) -> ReturnRequest:
    """A return without what belongs to it."""
    return ReturnRequest(**{name: getattr(document, name) for name in ReturnRequest.model_fields})


def document(parts: list[Record]) -> ReturnDocument | None:
    """A return put together from everything kept about it; its sightings newest first."""
    request = next((part for part in parts if isinstance(part, ReturnRequest)), None)
    if request is None:
        return None
    return ReturnDocument(
        **dict(request),
        items=[part for part in parts if isinstance(part, ReturnItem)],
        authorization=next((part for part in parts if isinstance(part, ReturnAuthorization)), None),
        history=[part for part in parts if isinstance(part, StatusChange)],
        tracking=[part for part in parts if isinstance(part, ReturnTracking)][::-1],
        refunds=[part for part in parts if isinstance(part, ReturnRefund)],
    )
