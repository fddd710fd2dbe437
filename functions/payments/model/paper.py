"""What is kept on paper: webhooks word for word, the audit log, and the mock bank's books."""

from typing import Literal

from pydantic import Field

from payments.model.words import WebhookStatus
from shop.ids import new_id
from shop.money import Money
from shop.records import Part, Record


class Webhook(Record):
    """PAY-05. What a provider told, word for word, and whether it was acted on. Erasing a customer empties it."""

    provider: str
    provider_event_id: str
    event_type: str
    payload: str
    status: WebhookStatus = "pending"
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
    """What the mock provider's bank knows of one charge; its amount is None when it was stopped before it came.

    Of one that is `held` nothing has moved until it is `captured`.
    """

    provider_payment_id: str
    reference: str
    status: Literal["processing", "succeeded", "failed", "cancelled"]
    amount: Money | None = None
    held: bool = False
    captured: int | None = None
    expires_at: str | None = None
    refunded: int = 0
    refunds: dict[str, int] = {}

    @property
    def taken(self) -> int:
        """How much of it has moved."""
        if self.status != "succeeded" or self.amount is None:
            return 0
        return (self.captured or 0) if self.held else self.amount.amount


class Received(Part):
    """The answer to a webhook."""

    received: bool = True
