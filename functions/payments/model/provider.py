"""What is said between the shop and those who move its money."""

from typing import Literal

from payments.model.words import RefundStatus
from shop.money import Money
from shop.records import Json, Part


class Bill(Part):
    """What a provider is asked about: our payment's id, its part of the amount, and its own id once that is known."""

    reference: str
    amount: Money
    provider_payment_id: str | None = None


class Means(Part):
    """What a charge is paid with: the provider's token, for which of its customers, and of which type."""

    token: str
    type: str
    provider_customer_id: str | None = None


class Charge(Part):
    """What a provider says became of a charge.

    `succeeded` is money the provider guarantees; `captured` is how much of it has moved, all of it when None.
    """

    status: Literal["processing", "succeeded", "failed", "cancelled"]
    captured: Money | None = None
    provider_payment_id: str | None = None
    failure_reason: str | None = None
    next_action: Json | None = None
    response: Json | None = None


class GivenBack(Part):
    """What a provider says of money it gives back; `processing` while it is on its way."""

    status: RefundStatus = "succeeded"
    provider_refund_id: str | None = None
    response: Json | None = None


class Notice(Part):
    """What a provider tells by webhook. `reference` is our payment's id, where the provider remembers it.

    Without a `charge` it may still be a reason to `ask` how the payment, or one of its refunds, stands.
    """

    provider_event_id: str
    event_type: str
    provider_payment_id: str | None = None
    reference: str | None = None
    charge: Charge | None = None
    ask: bool = False


class MethodDetails(Part):
    """What a provider shows of a payment method, and the customer it keeps it for."""

    card_type: str | None = None
    card_funding: str | None = None
    last4: str | None = None
    expiry_month: int | None = None
    expiry_year: int | None = None
    provider_customer_id: str | None = None
