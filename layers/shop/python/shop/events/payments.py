"""What payments tells: money asked for, taken, refused and given back."""

from typing import Any

from shop.events import Event
from shop.money import Money


class PaymentCreated(Event):
    """E56."""

    type, about = "payment.created", "payment"
    payment_id: str
    order_id: str
    user_id: str
    amount: Money
    method: str


class PaymentRequiresAction(Event):
    """E57. The customer must do something first."""

    type, about = "payment.requires_action", "payment"
    payment_id: str
    order_id: str
    user_id: str
    next_action: dict[str, Any]


class PaymentSucceeded(Event):
    """E58. The provider guarantees the money. The checkout that asked for it knows already when it was `awaited`."""

    type, about = "payment.succeeded", "payment"
    payment_id: str
    order_id: str
    user_id: str
    amount: Money
    provider: str | None = None
    part: str | None = None  # of an order, what it came to cost more: not its first payment
    awaited: bool = False


class PaymentFailed(Event):
    """E59."""

    type, about = "payment.failed", "payment"
    payment_id: str
    order_id: str
    user_id: str
    failure_reason: str | None = None


class PaymentCancelled(Event):
    """E60."""

    type, about = "payment.cancelled", "payment"
    payment_id: str
    order_id: str
    user_id: str


class PaymentMethodAttached(Event):
    """E61."""

    type, about, key = "payment_method.attached", "payment_method", "id"
    id: str
    user_id: str
    method_type: str
    card_type: str | None = None
    last4: str | None = None
    is_default: bool


class PaymentMethodUpdated(PaymentMethodAttached):
    """E62."""

    type = "payment_method.updated"


class PaymentMethodDetached(Event):
    """E63."""

    type, about, key = "payment_method.detached", "payment_method", "id"
    id: str
    user_id: str


class RefundCreated(Event):
    """E64."""

    type, about = "refund.created", "refund"
    refund_id: str
    payment_id: str
    order_id: str
    user_id: str
    amount: Money


class RefundSucceeded(Event):
    """E65. `fully_refunded`: nothing of the order's payment is left, beside what parts of it came to cost later."""

    type, about = "refund.succeeded", "refund"
    refund_id: str
    payment_id: str
    order_id: str
    user_id: str
    amount: Money
    fully_refunded: bool
    return_id: str | None = None
    reference: str | None = None  # what was paid too much: the edit that made the order cost less


class RefundFailed(Event):
    """E66."""

    type, about = "refund.failed", "refund"
    refund_id: str
    payment_id: str
    order_id: str
    user_id: str
    error: str
    return_id: str | None = None


class StoreCreditChanged(Event):
    """E67."""

    type, about = "store_credit.changed", "user"
    user_id: str
    amount: Money
    balance: Money
    reason: str
    reference: str | None = None  # what it was changed for: a return's refund, an order, a gift card
