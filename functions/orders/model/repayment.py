"""Paying again for an order whose payment failed, and how long the shop waits for that."""

from typing import Annotated, Literal

from pydantic import Field

from orders.model.order import PaymentStatus
from shop.money import Money
from shop.records import Body, Json, Part, Record

# How an order's money stands, by how its payment does.
STANDING: dict[str, PaymentStatus] = {
    "pending": "pending",
    "processing": "pending",
    "succeeded": "paid",
    "refunded": "refunded",
    "failed": "failed",
    "cancelled": "failed",
}
# What may still become of the money of one payment: what has failed stays so, whatever is heard late of it.
FORWARD: dict[PaymentStatus, set[PaymentStatus]] = {
    "pending": {"paid", "failed", "refunded"},
    "paid": {"failed", "refunded"},
    "failed": set(),
    "refunded": set(),
}


class PayAgain(Body):
    """By which of the customer's own methods."""

    payment_method_id: Annotated[str, Field(min_length=1, max_length=64)]


class SeenPayment(Part):
    """A payment as payments know it."""

    payment_id: str | None = None
    amount: Money | None = None
    status: Literal["pending", "processing", "succeeded", "failed", "cancelled", "refunded"] | None = None
    payment_method: str | None = None
    next_action: Json | None = None


class NewPayment(SeenPayment):
    """What became of paying again; with a `next_action` the customer has something to do first."""

    order_id: str


class Charge(Part):
    """What is to be charged for an order: its first payment, or a part that it came to cost more."""

    amount: Money
    part: str | None = None


class UnpaidOrder(Record):
    """An order that stands without its money; it is given up when nobody has paid by then."""

    order_id: str
    due_at: str
