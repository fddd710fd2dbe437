"""A checkout: what a customer asks for, how far its runs have come, and what the machine hands to orders."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from orders.model.pricing import Snapshot
from shop.ids import derived
from shop.money import Money, Total
from shop.records import Body, Json, Part, Record, Text, folded

CheckoutStatus = Literal[
    "pending", "in_progress", "awaiting_payment", "succeeded", "compensating", "failed", "compensation_failed"
]
RUNNING = {"pending", "in_progress", "awaiting_payment"}
OVER = {"succeeded", "failed", "compensation_failed"}
SETTLED = {*OVER, "awaiting_payment"}  # nothing more comes without the customer
FAILURES = {
    "cart_locked",
    "cart_changed",
    "cart_empty",
    "product_unavailable",
    "address_invalid",
    "price_changed",
    "no_shipping_method",
    "coupon_invalid",
    "out_of_stock",
    "coupon_exhausted",
    "coupon_limit_per_user",
    "payment_declined",
    "payment_expired",
    "cancelled_by_customer",
    "reservation_expired",
    "internal_error",
}

Reference = Annotated[str, Field(min_length=1, max_length=64)]


class PlaceCheckout(Body):
    """What a customer asks for: this cart, at this price, sent there by this method, paid so."""

    cart_id: Reference
    cart_version: int = Field(ge=1)
    expected_total: Total
    shipping_address_id: Reference
    billing_address_id: Reference | None = None
    shipping_method_id: Reference
    payment_method_id: Reference | None = None
    payment_method: Annotated[Literal["cod", "wallet"], folded] | None = None
    notes: Text | None = None

    @model_validator(mode="after")
    def _paid_one_way(self) -> "PlaceCheckout":
        both = self.payment_method_id is not None and self.payment_method is not None
        if (both and self.payment_method != "wallet") or self.payment_method_id is self.payment_method is None:
            raise ValueError("one of payment_method_id and payment_method; beside store credit (wallet) also a method")
        return self


class CheckoutRef(Part):
    """A checkout, by id."""

    checkout_id: str


class TakenPayment(Part):
    """The payment as the machine hands it on."""

    payment_id: str | None = None
    status: str
    payment_method: str
    captured_amount: Money | None = None
    next_action: Json | None = None


class WithPayment(CheckoutRef):
    """A checkout and its payment; none when the run goes on after the customer's step."""

    payment: TakenPayment | None = None


class Stuck(Part):
    """An undo that did not come to an end."""

    step: str
    error: str


class Raised(Part):
    """An error as the machine catches it."""

    Error: str
    Cause: str | None = None


class Failure(Part):
    """Why the machine could not go on: the state that raised, and what. Empty when it was told to undo."""

    stage: str | None = None
    code: str | None = None
    raised: Raised | None = None


class FailCheckout(CheckoutRef):
    """The last word of the machine on a checkout that came to nothing."""

    failure: Failure = Field(default_factory=Failure)
    stuck: list[Stuck] = []


class Checkout(Record):
    """ORD-07, as its customer sees it."""

    checkout_id: str
    order_id: str
    order_number: str
    cart_id: str
    status: CheckoutStatus = "pending"
    failure_code: str | None = None
    failure_detail: Json | None = None
    next_action: Json | None = None
    payment_id: str | None = None
    total_amount: Money | None = None


class PlacedCheckout(Checkout):
    """All of a checkout: what was asked, what it was priced at, and how far its runs have come."""

    user_id: str
    cart_version: int
    expected_total: Money
    shipping_address_id: str
    billing_address_id: str
    shipping_method_id: str
    payment_method_id: str | None = None
    payment_method: str | None = None
    notes: str | None = None
    correlation_id: str
    execution_arn: str | None = None
    snapshot: Snapshot | None = None
    payment: TakenPayment | None = None
    suspended_at: str | None = None
    resumed_at: str | None = None
    waits_until: str | None = None
    compensations: int = 0
    failed_stage: str | None = None

    def erased(self) -> "PlacedCheckout":
        """Without the person; what was sold, and for how much, stays."""
        return self.but(notes=None, snapshot=self.snapshot.erased() if self.snapshot else None)

    def run_input(self, mode: str) -> Json:
        """What a run of the machine is started with: ids, and the amount the customer agreed to."""
        handed = (
            "checkout_id",
            "order_id",
            "order_number",
            "user_id",
            "cart_id",
            "cart_version",
            "expected_total",
            "shipping_address_id",
            "billing_address_id",
            "shipping_method_id",
            "payment_method_id",
            "payment_method",
            "correlation_id",
        )
        return {"mode": mode, **{name: value for name, value in self.model_dump().items() if name in handed}}


def order_id_of(checkout_id: str) -> str:
    """The one order a checkout can lead to."""
    return derived("order", checkout_id)
