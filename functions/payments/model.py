"""Payments, what was tried and given back, the methods customers keep, and the rules of their money.

A ``Stored…`` model is the whole thing; the model it extends is what may be shown.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from shop.errors import conflict, invalid
from shop.ids import new_id
from shop.money import Money, Total
from shop.records import Body, Json, Part, Record, Text, folded

Status = Literal["pending", "processing", "succeeded", "failed", "cancelled", "refunded"]
MethodType = Annotated[Literal["card", "paypal", "bank_account", "upi", "wallet"], folded]
Note = Annotated[str, Field(min_length=1, max_length=255)]


def _above_zero(money: Money) -> Money:
    if money.amount < 1:
        raise PydanticCustomError("amount_out_of_range", "The amount must be above 0")
    return money


Positive = Annotated[Total, AfterValidator(_above_zero)]


class Charge(Part):
    """What a provider says became of a charge."""

    status: Literal["processing", "succeeded", "failed", "cancelled"]
    provider_payment_id: str | None = None
    failure_reason: str | None = None
    next_action: Json | None = None
    response: Json | None = None


class GivenBack(Part):
    """What a provider says of money it gave back."""

    provider_refund_id: str | None = None
    response: Json | None = None


class Notice(Part):
    """What a provider tells by webhook. `reference` is our payment's id, where the provider remembers it."""

    provider_event_id: str
    event_type: str
    provider_payment_id: str | None = None
    reference: str | None = None
    charge: Charge | None = None


class MethodDetails(Part):
    """What a provider shows of a payment method."""

    card_type: str | None = None
    card_funding: str | None = None
    last4: str | None = None
    expiry_month: int | None = None
    expiry_year: int | None = None


class Payment(Record):
    """PAY-01. Money asked for one order; `succeeded` means the provider guarantees it."""

    payment_id: str
    payment_number: str
    order_id: str
    user_id: str
    payment_method_id: str | None = None
    payment_method: str
    status: Status = "pending"
    provider: str | None = None
    provider_payment_id: str | None = None
    amount: Money
    captured_amount: Money
    refunded_amount: Money
    description: str | None = None
    failure_reason: str | None = None
    next_action: Json | None = None
    processed_at: str | None = None
    succeeded_at: str | None = None
    failed_at: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether its outcome is still to come. All moves from here lead forward."""
        return self.status in ("pending", "processing")


class StoredPayment(Payment):
    """A payment with what only the shop knows. `refunding_amount` has been promised back but not confirmed yet."""

    checkout_id: str
    refunding_amount: Money
    provider_customer_id: str | None = None
    provider_response: Json | None = None
    metadata: Json | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if not self.refunded_amount + self.refunding_amount <= self.captured_amount <= self.amount:
            raise ValueError("refunded <= captured <= amount")
        return self

    @property
    def rest(self) -> Money:
        """What was taken and is not promised back."""
        return self.captured_amount - self.refunded_amount - self.refunding_amount

    def after(self, seen: Charge, now: str) -> "StoredPayment":
        """This open payment with what the provider says became of it."""
        return self.but(
            status=seen.status,
            captured_amount=self.amount if seen.status == "succeeded" else self.captured_amount,
            provider_payment_id=self.provider_payment_id or seen.provider_payment_id,
            provider_response=seen.response,
            failure_reason=seen.failure_reason,
            next_action=seen.next_action if seen.status == "processing" else None,
            processed_at=self.processed_at or now,
            succeeded_at=now if seen.status == "succeeded" else None,
            failed_at=now if seen.status == "failed" else None,
        )

    def returned(self, seen: Charge, now: str) -> "StoredPayment":
        """This payment with money nobody waits for any more: taken, and promised back at once.

        One that had failed or was cancelled stays so, since a status never moves back.
        """
        taken = self.after(seen, now)
        status = taken.status if self.is_open else self.status
        return taken.but(status=status, refunding_amount=taken.amount)

    def promising(self, amount: Money) -> "StoredPayment":
        """This payment with so much more promised back."""
        return self.but(refunding_amount=self.refunding_amount + amount)

    def refunded(self, amount: Money) -> "StoredPayment":
        """This payment once so much of what was promised is back; `refunded` when nothing is left."""
        back = self.refunded_amount + amount
        whole = self.status == "succeeded" and back == self.captured_amount
        return self.but(
            refunded_amount=back,
            refunding_amount=self.refunding_amount - amount,
            status="refunded" if whole else self.status,
        )

    def keeping(self, amount: Money) -> "StoredPayment":
        """This payment when so much of what was promised could not be given back."""
        return self.but(refunding_amount=self.refunding_amount - amount)

    def refundable(self, amount: Money | None) -> Money:
        """What a refund of `amount` (or of all that is left) gives back; 409 when that cannot be."""
        if self.status != "succeeded":
            raise conflict("not_refundable", f"A payment that is {self.status} is not refunded")
        if amount and amount.currency != self.amount.currency:
            raise invalid("currency_mismatch", f"The payment is in {self.amount.currency}", "/amount/currency")
        if not self.rest.amount and amount is None:
            raise conflict("not_refundable", "All of it is given back already")
        if amount and amount > self.rest:
            raise conflict("refund_exceeds_payment", "That is more than is left", refundable=self.rest.model_dump())
        return amount or self.rest


class PaymentIndex(Record):
    """Where a payment stands in the lists by status and by day."""

    payment_id: str
    status: Status


class LivePayment(Record):
    """The one payment an order may have that is not failed or cancelled.

    `closed` is the tombstone a reversal leaves: no money is taken for this order any more.
    """

    order_id: str
    payment_id: str | None = None
    status: Status | None = None
    closed: bool | None = None
    asking: bool = Field(default=False, exclude=True)


class Transaction(Record):
    """PAY-02. One thing done at a provider: a charge, a refund, a void."""

    id: str
    payment_id: str
    transaction_type: Literal["charge", "refund", "void"]
    status: Literal["pending", "succeeded", "failed"]
    provider: str | None = None
    provider_transaction_id: str | None = None
    amount: Money
    processed_at: str | None = None


class StoredTransaction(Transaction):
    """A transaction with the provider's answer."""

    provider_response: Json | None = None


class Refund(Record):
    """PAY-03. Money given back; `pending` until the provider confirms it."""

    refund_id: str
    refund_number: str
    payment_id: str
    order_id: str
    user_id: str
    return_id: str | None = None
    amount: Money
    status: Literal["pending", "processing", "succeeded", "failed"] = "pending"
    reason: str | None = None
    provider_refund_id: str | None = None
    processed_at: str | None = None
    succeeded_at: str | None = None


class StoredRefund(Refund):
    """A refund with the provider's answer."""

    provider_response: Json | None = None
    metadata: Json | None = None


class PaymentView(Payment):
    """A payment with everything that was done about it."""

    transactions: list[Transaction]
    refunds: list[Refund]


class PaymentMethod(Record):
    """PAY-04. What a customer pays with, as far as it is shown."""

    id: str
    user_id: str
    type: str
    card_funding: str | None = None
    provider: str
    card_type: str | None = None
    last4: str | None = None
    expiry_month: int | None = None
    expiry_year: int | None = None
    upi_id: str | None = None
    wallet_type: str | None = None
    is_default: bool = False


class StoredMethod(PaymentMethod):
    """A payment method with its provider's token, encrypted for its user alone."""

    provider_token: str
    metadata: Json | None = None


class DefaultMethod(Record):
    """Which of a user's methods is the default."""

    user_id: str
    payment_method_id: str


class Webhook(Record):
    """PAY-05. What a provider told, word for word, and whether it was acted on."""

    provider: str
    provider_event_id: str
    event_type: str
    payload: str
    status: Literal["pending", "processed", "failed"] = "pending"
    payment_id: str | None = None
    error: str | None = None
    processed_at: str | None = None


class AuditLog(Record):
    """PAY-07. Something that was done about money, or refused."""

    id: str = Field(default_factory=new_id)
    event_type: str
    user_id: str | None = None
    payment_id: str | None = None
    payment_method_id: str | None = None
    order_id: str | None = None
    amount: Money | None = None
    actor: dict[str, str | None] = {}
    ip_address: str | None = None
    success: bool = True
    error: str | None = None
    timestamp: str


class MockCharge(Record):
    """What the mock provider's bank knows of one charge; its amount is None when it was stopped before it came."""

    provider_payment_id: str
    reference: str
    status: Literal["processing", "succeeded", "failed", "cancelled"]
    amount: Money | None = None
    expires_at: str | None = None
    refunded: int = 0
    refunds: dict[str, int] = {}


class AttachMethod(Body):
    """R158. A new payment method, by the token the provider gave the customer's browser."""

    type: MethodType
    provider: Annotated[Literal["mock"], folded]
    provider_token: Note
    upi_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{2,200}@[A-Za-z0-9.-]{2,50}$")] | None = None
    wallet_type: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    is_default: bool = False


class ChangeMethod(Body):
    """R160. What may change about a payment method."""

    is_default: bool | None = None
    expiry_month: int | None = Field(default=None, ge=1, le=12)
    expiry_year: int | None = Field(default=None, ge=2000, le=2100)


class Nothing(Body):
    """A request that says it all by being made."""


class AskRefund(Body):
    """R166. Give money back: so much, or all that is left."""

    amount: Positive | None = None
    reason: Text | None = None


class ChargePayment(Part):
    """R172. What a checkout asks: so much for this order, from a method of its customer or in one of the other ways."""

    checkout_id: str
    order_id: str
    user_id: str
    amount: Total
    payment_method_id: str | None = None
    payment_method: Literal["cod", "wallet"] | None = None


class Charged(Part):
    """How a payment stands, as a checkout needs to know it."""

    payment_id: str | None = None
    status: Status | None = None
    payment_method: str | None = None
    next_action: dict[str, Any] | None = None


class OrderRef(Part):
    """Which order is meant."""

    order_id: str


class Received(Part):
    """The answer to a webhook."""

    received: bool = True
