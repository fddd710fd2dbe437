"""Money given back."""

from payments.model.words import Positive, RefundMethod, RefundStatus
from shop.money import Money
from shop.records import Body, Json, Record, Text


class Refund(Record):
    """PAY-03. Money given back: `pending` until the provider has taken note, `processing` until it is there.

    `credit_amount` of it goes to store credit.
    """

    refund_id: str
    refund_number: str
    payment_id: str
    order_id: str
    user_id: str
    return_id: str | None = None
    reference: str | None = None  # what was paid too much: the edit that made the order cost less
    amount: Money
    credit_amount: Money
    refund_method: RefundMethod = "original_payment"
    status: RefundStatus = "pending"
    reason: str | None = None
    provider_refund_id: str | None = None
    processed_at: str | None = None
    succeeded_at: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether its outcome is still to come."""
        return self.status in ("pending", "processing")


class StoredRefund(Refund):
    """A refund with the provider's answer."""

    provider_response: Json | None = None
    metadata: Json | None = None


class AskRefund(Body):
    """R166. Give money back: so much, or all that is left; to where it came from, or as store credit."""

    amount: Positive | None = None
    reason: Text | None = None
    refund_method: RefundMethod = "original_payment"
