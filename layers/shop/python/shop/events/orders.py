"""What orders tells: checkouts begun and failed, and the life of an order."""

from shop.events import Event
from shop.money import Money
from shop.records import Part


class OrderedItem(Part):
    """One line of an order."""

    order_item_id: str
    product_id: str
    variant_id: str | None = None
    product_name: str
    product_sku: str
    quantity: int
    unit_price: Money
    total_price: Money
    discount_amount: Money
    tax_amount: Money | None = None
    paid_amount: Money | None = None  # what was paid for it: after its part of the discounts, with its tax

    @property
    def paid(self) -> Money:
        """What was paid for it; older orders had no tax."""
        return self.paid_amount or self.total_price - self.discount_amount


class DeliveryAddress(Part):
    """Where the order goes."""

    full_name: str
    phone: str | None = None
    address_line1: str
    address_line2: str | None = None
    city: str
    state: str | None = None
    postal_code: str
    country: str


class CheckoutStarted(Event):
    """E46."""

    type, about = "checkout.started", "checkout"
    checkout_id: str
    order_id: str
    user_id: str
    cart_id: str


class CheckoutFailed(Event):
    """E47. `stage` is the state of the machine that could not go on."""

    type, about = "checkout.failed", "checkout"
    checkout_id: str
    order_id: str
    user_id: str
    cart_id: str
    code: str
    stage: str | None = None


class CheckoutCompensationFailed(Event):
    """E48. An undo is stuck: an operator must look."""

    type, about = "checkout.compensation_failed", "checkout"
    checkout_id: str
    step: str
    error: str


class OrderCreated(Event):
    """E49."""

    type, about = "order.created", "order"
    order_id: str
    order_number: str
    user_id: str
    status: str
    payment_status: str
    items: list[OrderedItem]
    subtotal: Money
    discount_amount: Money
    shipping_amount: Money
    tax_amount: Money
    total_amount: Money


class OrderConfirmed(OrderCreated):
    """E50. Of its money there is some to be taken unless it `is_taken`."""

    type = "order.confirmed"
    coupon_code: str | None = None
    promotion_ids: list[str] = []
    cart_id: str | None = None  # an exchange has none
    payment_method: str
    is_taken: bool = False
    shipping_method: str | None = None
    shipping_address: DeliveryAddress


class OrderStatusChanged(Event):
    """E51. Every move of an order; `status` is the new one."""

    type, about = "order.status_changed", "order"
    order_id: str
    order_number: str
    user_id: str
    was: str
    status: str
    reason: str | None = None


class OrderShipped(Event):
    """E52. Of its money there is some to be taken unless it `is_taken`."""

    type, about = "order.shipped", "order"
    order_id: str
    order_number: str
    user_id: str
    tracking_number: str | None = None
    estimated_delivery_date: str | None = None
    is_taken: bool = False


class OrderDelivered(Event):
    """E53."""

    type, about = "order.delivered", "order"
    order_id: str
    order_number: str
    user_id: str
    items: list[OrderedItem]
    delivered_at: str
    payment_method: str | None = None


class OrderCancelled(Event):
    """E54. Stock, money and coupon follow from this."""

    type, about = "order.cancelled", "order"
    order_id: str
    order_number: str
    user_id: str
    items: list[OrderedItem]
    payment_id: str | None = None
    reason: str | None = None


class OrderRefunded(Event):
    """E55. All of it."""

    type, about = "order.refunded", "order"
    order_id: str
    order_number: str
    user_id: str
    amount: Money


class OrderEdited(Event):
    """Staff changed its lines before it was sent: `items` are all that it has now, by its `edit_number`th edit."""

    type, about = "order.edited", "order"
    order_id: str
    order_number: str
    user_id: str
    edit_id: str
    edit_number: int
    items: list[OrderedItem]
    subtotal: Money
    discount_amount: Money
    shipping_amount: Money
    tax_amount: Money
    total_amount: Money
    previous_total_amount: Money
    amount_due: Money | None = None  # what its customer has still to pay for it
    payment_method: str


class OrderEditRefused(Event):
    """An edit that was begun came to nothing: the order is as it was, and may be sent again."""

    type, about = "order.edit_refused", "order"
    order_id: str
    edit_id: str
    edit_number: int
    code: str


class OrderOverpaid(Event):
    """More was paid for an order than it costs: so much goes back, once by its `reference`."""

    type, about = "order.overpaid", "order"
    order_id: str
    user_id: str
    amount: Money
    reference: str


class OrderPaymentChanged(Event):
    """How the money of an order that stands is now; `unpaid` ones are not sent."""

    type, about = "order.payment_changed", "order"
    order_id: str
    order_number: str
    user_id: str
    payment_status: str
    amount_due: Money | None = None
    unpaid: bool


class MissingLine(Part):
    """A line there is not enough of."""

    product_id: str
    variant_id: str | None = None
    requested: int
    available: int


class ExchangeDelayed(Event):
    """What is owed for a return is not in stock: staff may want to order it, or to pay it back instead."""

    type, about, key = "exchange.delayed", "exchange", "return_id"
    return_id: str
    order_id: str
    user_id: str
    missing: list[MissingLine]
