"""What returns tells: goods asked to come back, judged, received and paid for."""

from shop.events import Event
from shop.money import Money
from shop.records import Part


class ReturnedItem(Part):
    """So many of one order line, and the state they are in."""

    order_item_id: str
    product_id: str
    variant_id: str | None = None
    quantity: int
    condition: str  # new, used, damaged or defective


class ReturnAddress(Part):
    """Where the goods go back to."""

    full_name: str
    phone: str | None = None
    address_line1: str
    address_line2: str | None = None
    city: str
    state: str | None = None
    postal_code: str
    country: str


class ReturnRequested(Event):
    """E72."""

    type, about = "return.requested", "return"
    return_id: str
    rma_number: str
    order_id: str
    user_id: str
    items: list[ReturnedItem]


class ReturnApproved(Event):
    """E73. Where to send it, and until when."""

    type, about = "return.approved", "return"
    return_id: str
    rma_number: str
    order_id: str
    user_id: str
    return_address: ReturnAddress
    return_instructions: str
    expires_at: str


class ReturnRejected(Event):
    """E74."""

    type, about = "return.rejected", "return"
    return_id: str
    rma_number: str
    order_id: str
    user_id: str
    reason: str


class ReturnInTransit(Event):
    """E75."""

    type, about = "return.in_transit", "return"
    return_id: str
    rma_number: str
    order_id: str
    user_id: str
    tracking_number: str | None = None


class ReturnReceived(Event):
    """E76. What came, in the condition it was found in: the resaleable goes back to stock."""

    type, about = "return.received", "return"
    return_id: str
    rma_number: str
    order_id: str
    user_id: str
    items: list[ReturnedItem]


class ReturnRefundRequested(Event):
    """E77. Payments pays it back, once by the id of the refund; `refund_method` is original_payment or store_credit."""

    type, about = "return.refund_requested", "return"
    return_id: str
    return_refund_id: str
    payment_id: str | None = None  # none where payments must find the order's
    order_id: str
    user_id: str
    amount: Money
    refund_method: str


class ReturnExchangeRequested(Event):
    """E78. The same goods once more, at no price."""

    type, about = "return.exchange_requested", "return"
    return_id: str
    order_id: str
    user_id: str
    items: list[ReturnedItem]


class ReturnProcessed(Event):
    """E79. All of it is done; `all_items_returned` tells whether anything of the order is left with the customer."""

    type, about = "return.processed", "return"
    return_id: str
    rma_number: str
    order_id: str
    user_id: str
    refund_amount: Money
    all_items_returned: bool


class ReturnClosed(Event):
    """E80."""

    type, about = "return.closed", "return"
    return_id: str
    order_id: str
    user_id: str
