"""Notifications, the templates they are written from, the people they go to, and every attempt to send one."""

from typing import Any

from pydantic import Field

from shop import clock
from shop.ids import derived, new_id
from shop.money import Money
from shop.records import Json, Part, Record

ATTEMPTS = 3
# Longer than any function runs: a notification still pending after this was left by a sender that died.
LEASE = 120
MINUTE, DAY = 60, 86_400
TEXT = 10_000


class Notification(Record):
    """NOTIF-01. One message to one person about one cause."""

    id: str
    user_id: str | None = None
    channel: str = "email"
    notification_type: str
    template_id: str | None = None
    subject: str | None = None
    body: str | None = None
    status: str = "pending"
    metadata: Json = {}
    scheduled_at: str | None = None
    sent_at: str | None = None
    delivered_at: str | None = None
    read_at: str | None = None
    dedupe_key: str
    attempts: int = 0


class KeptNotification(Notification):
    """A notification as it is kept: with what the template needs, and when it may be tried.

    `due_at` is everything that makes a notification wait: its schedule, the pause after a failed attempt, and the
    lease of the one who is sending it. To take the lease is to move it into the future.
    """

    to: str | None = None  # an address instead of the user's, or a number
    variables: Json = {}
    sealed: dict[str, str] = {}  # variables nobody may read on the way; opened when the letter is written
    sealed_for: str = ""  # the purpose they were sealed for
    due_at: str

    @classmethod
    def about(cls, dedupe_key: str, **fields: Any) -> "KeptNotification":
        """The one notification of this cause, its first attempt begun."""
        return cls(id=id_of(dedupe_key), dedupe_key=dedupe_key, due_at=clock.after(LEASE), attempts=1, **fields)

    def begun(self) -> "KeptNotification":
        """With another attempt begun, counted before it ends: one that kills its sender is not tried forever."""
        return self.but(due_at=clock.after(LEASE), attempts=self.attempts + 1)

    def postponed(self) -> "KeptNotification":
        """To be tried again in a minute, the attempt not counted."""
        return self.but(due_at=clock.after(MINUTE), attempts=self.attempts - 1)

    def failed(self, *, final: bool = False) -> "KeptNotification":
        """After an attempt that failed: waiting for the next, or given up."""
        if final or self.attempts >= ATTEMPTS:
            return self.but(status="failed")
        return self.but(due_at=clock.after(MINUTE * 5 ** (self.attempts - 1)))

    def sent(self, letter: "Letter") -> "KeptNotification":
        """After an attempt that succeeded."""
        written = {"template_id": letter.template_id, "subject": letter.subject, "body": letter.text[:TEXT]}
        return self.but(status="sent", sent_at=clock.now(), sealed={}, **written)

    def erased(self) -> "KeptNotification":
        """Without anything of the person it was for; one that was never sent never will be."""
        kept = {name: value for name, value in self.variables.items() if name == "order_number"}
        status = "suppressed" if self.status == "pending" else self.status
        return self.but(status=status, subject=None, body=None, to=None, metadata={}, variables=kept, sealed={})

    @property
    def overdue(self) -> bool:
        """Whether it has waited for its recipient long enough."""
        return clock.after(DAY, self.created_at) < clock.now()


class Attempt(Record):
    """NOTIF-04. One try to send a notification, and what came of it."""

    id: str = Field(default_factory=new_id)
    notification_id: str
    status: str
    provider: str
    provider_message_id: str | None = None
    provider_response: Json = {}
    error: str | None = None

    def erased(self) -> "Attempt":
        """Without what the provider said, which may name the address."""
        return self.but(provider_response={}, error=None)


class Template(Record):
    """NOTIF-02. What a kind of email says; ``<name>.<language>`` goes before ``<name>``."""

    id: str = Field(default_factory=new_id)
    name: str
    subject: str
    body_html: str
    body_text: str
    variables: dict[str, Json] = {}
    is_active: bool = True


class Letter(Part):
    """An email ready to be sent."""

    template_id: str
    subject: str
    html: str
    text: str


class Recipient(Record):
    """NOTIF-05. Whom a user's notifications go to, as far as that was heard."""

    user_id: str
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    language: str = "en"
    is_active: bool = True
    heard: dict[str, int] = {}  # by field, the version of whoever told it last
    erased_at: str | None = None

    def erased(self) -> "Recipient":
        """Nobody to write to, for good: what is heard of this user later finds that they are gone."""
        return Recipient(user_id=self.user_id, version=self.version, is_active=False, erased_at=clock.now())

    def told(self, version: int, **fields: Any) -> "Recipient":
        """With what was said at this version, as far as nothing newer was said of a field."""
        news = {name: value for name, value in fields.items() if version > self.heard.get(name, 0)}
        return self.but(**news, heard={**self.heard, **dict.fromkeys(news, version)})


class OrderedItem(Part):
    """A line of an order, as a mail shows it."""

    product_name: str
    quantity: int
    total_price: Money
    unit_price: Money | None = None


class Destination(Part):
    """Where an order goes, as a mail shows it."""

    full_name: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class ConfirmedOrder(Part):
    """An order as its confirmation shows it. What is left out is not shown."""

    order_id: str
    order_number: str
    user_id: str
    total_amount: Money
    items: list[OrderedItem]
    subtotal: Money | None = None
    discount_amount: Money | None = None
    shipping_amount: Money | None = None
    tax_amount: Money | None = None
    shipping_method: str | None = None
    payment_method: str | None = None
    shipping_address: Destination | None = None


class Sent(Part):
    """What became of a notification so far."""

    notification_id: str
    status: str
    attempts: int


class Seeded(Part):
    """The names of the templates that were put into the table."""

    created: list[str]


def id_of(dedupe_key: str) -> str:
    """The id of the one notification with this key: a second of the same cause would be in the same place."""
    return derived("notification", dedupe_key)
