"""A notification, its attempts, and its place in the letter box of the app."""

from typing import Any

from pydantic import Field

from notifications.model.template import Letter
from shop import clock
from shop.freeform import FreeForm
from shop.ids import derived, new_id
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
    variables: FreeForm = {}
    sealed: dict[str, str] = {}  # variables nobody may read on the way; opened when the letter is written
    sealed_for: str = ""  # the purpose they were sealed for
    digest: str | None = None  # held back for the digest of the day or week
    due_at: str

    @classmethod
    def about(cls, dedupe_key: str, **fields: Any) -> "KeptNotification":
        """The one notification of this cause, its first attempt begun."""
        return cls(id=id_of(dedupe_key), dedupe_key=dedupe_key, due_at=clock.after(LEASE), attempts=1, **fields)

    @property
    def waits(self) -> bool:
        """Whether its first attempt is for later: it is scheduled, or part of a digest."""
        return self.status == "pending" and self.attempts == 0

    @property
    def waits_for_recipient(self) -> bool:
        """Whether it was put off because nobody knew where to send it."""
        return self.waits and not self.digest and (self.scheduled_at or "") <= clock.now()

    def waiting(self, until: str, digest: str | None = None) -> "KeptNotification":
        """To be tried for the first time at that moment."""
        return self.but(due_at=until, digest=digest, attempts=0)

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

    def sent(self, letter: Letter) -> "KeptNotification":
        """After an attempt that succeeded. What is put into the app's letter box has arrived with that."""
        now = clock.now()
        arrived = {"status": "delivered", "delivered_at": now} if self.channel == "in_app" else {"status": "sent"}
        return self.but(
            **arrived,
            sent_at=now,
            sealed={},
            template_id=letter.template_id,
            subject=letter.subject,
            body=letter.text[:TEXT],
        )

    def erased(self) -> "KeptNotification":
        """Without anything of the person it was for; one that was never sent never will be."""
        kept = {name: value for name, value in self.variables.items() if name == "order_number"}
        status = "suppressed" if self.status == "pending" else self.status
        return self.but(status=status, subject=None, body=None, to=None, metadata={}, variables=kept, sealed={})

    @property
    def overdue(self) -> bool:
        """Whether it has waited for its recipient long enough."""
        return clock.after(DAY, self.scheduled_at or self.created_at) < clock.now()


class InApp(Record):
    """The place of a notification in its user's letter box; `read_at` takes it out of those that are new."""

    notification_id: str
    user_id: str
    written_at: str
    read_at: str | None = None


class Attempt(Record):
    """NOTIF-04. One try to send a notification, or one word of its provider about it."""

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


class Sent(Part):
    """What became of a notification so far."""

    notification_id: str
    status: str
    attempts: int


def id_of(dedupe_key: str) -> str:
    """The id of the one notification with this key: a second of the same cause would be in the same place."""
    return derived("notification", dedupe_key)
