"""A payment: how much was asked, taken and given back, and what may still become of it."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from payments.model.provider import Bill, Charge
from payments.model.refund import Refund
from payments.model.words import Positive, RefundMethod, Status
from shop.errors import conflict, invalid
from shop.money import Money, Total, zero
from shop.records import Body, Json, Part, Record


class Transaction(Record):
    """PAY-02. One thing done with the money: authorized, charged, captured, given back, or stopped."""

    id: str
    payment_id: str
    transaction_type: Literal["charge", "authorization", "capture", "refund", "void"]
    status: Literal["pending", "succeeded", "failed"]
    provider: str | None = None
    provider_transaction_id: str | None = None
    amount: Money
    processed_at: str | None = None


class StoredTransaction(Transaction):
    """A transaction with the provider's answer."""

    provider_response: Json | None = None


class Payment(Record):
    """PAY-01. Money asked for one order; `succeeded` means that it is guaranteed, `captured_amount` that it moved.

    `credit_amount` of it is paid by store credit, the rest by the provider. What was done about it is copied into it,
    so that a list of payments is one read.
    """

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
    credit_amount: Money
    captured_amount: Money
    refunded_amount: Money
    description: str | None = None
    failure_reason: str | None = None
    next_action: Json | None = None
    part: str | None = None  # of its order, what that came to cost more after it was bought
    processed_at: str | None = None
    succeeded_at: str | None = None
    failed_at: str | None = None
    transactions: list[Transaction] = []
    refunds: list[Refund] = []

    @property
    def is_open(self) -> bool:
        """Whether its outcome is still to come. All moves from here lead forward."""
        return self.status in ("pending", "processing")

    @property
    def is_authorized(self) -> bool:
        """Whether its money is guaranteed and has not moved yet."""
        return self.status == "succeeded" and not self.captured_amount.amount

    @property
    def charged_amount(self) -> Money:
        """What is asked of the provider: all that store credit does not pay."""
        return self.amount - self.credit_amount

    @property
    def credit_held(self) -> Money:
        """The store credit in it: a payment that failed or was cancelled has given its own back."""
        return zero(self.amount.currency) if self.status in ("failed", "cancelled") else self.credit_amount


class StoredPayment(Payment):
    """A payment with what only the shop knows.

    `refunding_amount` has been promised back but not confirmed yet; of all that was promised or given back,
    `credit_returned` goes to store credit. `capturing_amount` is being taken.
    """

    checkout_id: str
    refunding_amount: Money
    credit_returned: Money
    capturing_amount: Money | None = None
    provider_customer_id: str | None = None
    provider_response: Json | None = None
    metadata: Json | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if not self.refunded_amount + self.refunding_amount <= self.captured_amount <= self.amount:
            raise ValueError("refunded <= captured <= amount")
        return self

    @property
    def bill(self) -> Bill:
        """What its provider is asked about."""
        return Bill(reference=self.payment_id, amount=self.charged_amount, provider_payment_id=self.provider_payment_id)

    @property
    def rest(self) -> Money:
        """What was taken and is not promised back."""
        return self.captured_amount - self.refunded_amount - self.refunding_amount

    def after(self, seen: Charge, now: str) -> "StoredPayment":
        """This payment with what the provider says became of it. Store credit moves with the provider's money."""
        moved = self.captured_amount
        if seen.status == "succeeded" and not moved.amount:
            taken = min(self.charged_amount if seen.captured is None else seen.captured, self.charged_amount)
            moved = taken + self.credit_held if taken.amount or not self.charged_amount.amount else moved
        return self.but(
            status=seen.status,
            captured_amount=moved,
            capturing_amount=None,
            provider_payment_id=self.provider_payment_id or seen.provider_payment_id,
            provider_response=seen.response,
            failure_reason=seen.failure_reason,
            next_action=seen.next_action if seen.status == "processing" else None,
            processed_at=self.processed_at or now,
            succeeded_at=(self.succeeded_at or now) if seen.status == "succeeded" else self.succeeded_at,
            failed_at=now if seen.status == "failed" else None,
        )

    def returned(self, seen: Charge, now: str) -> "StoredPayment":
        """This payment with money nobody waits for any more: taken, and promised back at once.

        One that had failed or was cancelled stays so, since a status never moves back.
        """
        taken = self.after(seen, now)
        status = taken.status if self.is_open else self.status
        return taken.but(status=status, refunding_amount=taken.captured_amount, credit_returned=self.credit_held)

    def promising(self, amount: Money, credit: Money) -> "StoredPayment":
        """This payment with so much more promised back, a part of it as store credit."""
        return self.but(refunding_amount=self.refunding_amount + amount, credit_returned=self.credit_returned + credit)

    def refunded(self, amount: Money) -> "StoredPayment":
        """This payment once so much of what was promised is back; `refunded` when nothing is left."""
        back = self.refunded_amount + amount
        whole = self.status == "succeeded" and back == self.captured_amount
        return self.but(
            refunded_amount=back,
            refunding_amount=self.refunding_amount - amount,
            status="refunded" if whole else self.status,
        )

    def keeping(self, amount: Money, credit: Money) -> "StoredPayment":
        """This payment when so much of what was promised could not be given back."""
        return self.but(refunding_amount=self.refunding_amount - amount, credit_returned=self.credit_returned - credit)

    def refundable(self, amount: Money | None) -> Money:
        """What a refund of `amount` (or of all that is left) gives back; 409 when that cannot be."""
        if self.status != "succeeded":
            raise conflict("not_refundable", f"A payment that is {self.status} is not refunded")
        self._same_currency(amount)
        if not self.captured_amount.amount:
            raise conflict("not_refundable", "Nothing of it has been taken yet")
        if not self.rest.amount and amount is None:
            raise conflict("not_refundable", "All of it is given back already")
        if amount and amount > self.rest:
            raise conflict("refund_exceeds_payment", "That is more than is left", refundable=self.rest.model_dump())
        return amount or self.rest

    def as_credit(self, amount: Money, method: RefundMethod) -> Money:
        """How much of a refund becomes store credit: all if so asked, else what the provider did not take."""
        if method == "store_credit":
            return amount
        charged = self.captured_amount - self.credit_held
        promised = self.refunded_amount + self.refunding_amount - self.credit_returned
        left = charged - promised
        return amount - min(amount, left) if left.amount > 0 else amount

    def capturable(self, amount: Money | None) -> Money:
        """What a capture of `amount` (or of all of it) takes; what it leaves is released. 409 when that cannot be."""
        if not self.is_authorized:
            raise conflict("not_capturable", f"A payment that is {self.status} has nothing to be taken")
        self._same_currency(amount)
        if amount and amount > self.amount:
            raise conflict("capture_exceeds_payment", "That is more than was authorized")
        if amount and amount <= self.credit_amount:
            raise invalid("amount_out_of_range", "Store credit alone pays that: refund instead", "/amount")
        return amount or self.amount

    def _same_currency(self, amount: Money | None) -> None:
        if amount and amount.currency != self.amount.currency:
            raise invalid("currency_mismatch", f"The payment is in {self.amount.currency}", "/amount/currency")


class PaymentIndex(Record):
    """Where a payment stands in the lists by status and by day."""

    payment_id: str
    status: Status


class LivePayment(Record):
    """The one payment an order may have that is not failed or cancelled; and one for each part it cost more later.

    `closed` is the tombstone a reversal leaves: no money is taken for this order any more.
    """

    order_id: str
    part: str | None = None
    payment_id: str | None = None
    status: Status | None = None
    closed: bool | None = None
    asking: bool = Field(default=False, exclude=True)


class Nothing(Body):
    """A request that says it all by being made."""


class AskCapture(Body):
    """R300. Take authorized money: so much, or all of it."""

    amount: Positive | None = None


class ChargePayment(Part):
    """R172. What a checkout asks: so much for this order, from a method of its customer or in one of the other ways.

    `wallet` is store credit; with a method, that pays what the credit does not. What is `awaited` is asked for again
    until it is answered, so that nobody else needs to hear of it.
    """

    checkout_id: str
    order_id: str
    user_id: str
    amount: Total
    payment_method_id: str | None = None
    payment_method: Literal["cod", "wallet"] | None = None
    part: str | None = None
    awaited: bool = False


class Charged(Part):
    """How a payment stands, as a checkout needs to know it."""

    payment_id: str | None = None
    amount: Money | None = None
    captured_amount: Money | None = None
    status: Status | None = None
    payment_method: str | None = None
    next_action: dict[str, Any] | None = None


class OrderRef(Part):
    """Which order is meant, or which part of it."""

    order_id: str
    part: str | None = None
