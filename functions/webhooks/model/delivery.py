"""Deliveries: one event on its way to one endpoint, each attempt, and when the next one is due."""

import random
from typing import Annotated, Literal, Self

from pydantic import Field

from shop import clock
from shop.ids import derived, new_id
from shop.pages import Paging
from shop.records import Body, Json, Moment, Part, Record, folded
from shop.settings import DAY, HOUR, MINUTE

# Between the attempts, in seconds: ten attempts in three days. Each pause is up to a twentieth longer.
PAUSES = (5, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY, DAY)
ATTEMPTS = len(PAUSES) + 1
PATIENCE = sum(PAUSES)  # an endpoint that fails all of a delivery's attempts has failed for so long
JITTER = 0.05
LEASE = MINUTE  # one sender's alone for so long, which is longer than an attempt takes
# Payloads may tell of people, and nobody looks for them when a person is forgotten: they are all gone within a month.
KEEP = 28 * DAY
REPLAYABLE = KEEP - 4 * DAY  # what is sent once more has all its attempts before that

Status = Literal["pending", "succeeded", "failed"]
STATUSES: tuple[Status, ...] = ("pending", "succeeded", "failed")


def _expiry() -> str:
    return clock.after(KEEP)


class Outcome(Part):
    """What came of one attempt: an answer, or why there was none."""

    milliseconds: int
    response_status: int | None = None
    response_body: str | None = None
    error: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether the other side has it."""
        return self.response_status is not None and 200 <= self.response_status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the other side wants no more."""
        return self.response_status == 410


class Delivery(Record):
    """One event on its way to one endpoint. `due_at` of one that is being sent is when its lease ends."""

    id: str
    endpoint_id: str
    event_id: str
    event_type: str
    status: Status = "pending"
    attempt_count: int = 0  # since it was made, or sent once more
    replay_count: int = 0
    due_at: str | None = None
    ended_at: str | None = None
    response_status: int | None = None
    error: str | None = None
    expires_at: str = Field(default_factory=_expiry)  # then it is removed

    @classmethod
    def of(cls, endpoint_id: str, event_id: str, event_type: str) -> Self:
        """The one delivery of an event to an endpoint."""
        delivery_id = derived("webhook_delivery", endpoint_id, event_id)
        return cls(
            id=delivery_id, endpoint_id=endpoint_id, event_id=event_id, event_type=event_type, due_at=clock.now()
        )

    @property
    def is_due(self) -> bool:
        """Whether it is to be sent now, and nobody is at it."""
        return self.due_at is not None and self.due_at <= clock.now()

    @property
    def is_exhausted(self) -> bool:
        """Whether all its attempts have been made."""
        return self.attempt_count >= ATTEMPTS

    def begun(self) -> Self:
        """This delivery in the hands of one sender."""
        return self.but(attempt_count=self.attempt_count + 1, due_at=clock.after(LEASE))

    def succeeded(self, outcome: Outcome) -> Self:
        """This delivery, arrived."""
        return self.but(
            status="succeeded",
            due_at=None,
            ended_at=clock.now(),
            response_status=outcome.response_status,
            error=None,
        )

    def failed(self, outcome: Outcome) -> Self:
        """This delivery after an attempt in vain: due again after a pause, or given up."""
        if outcome.is_gone or self.is_exhausted:
            return self.given_up(outcome.error, outcome.response_status)
        pause = PAUSES[self.attempt_count - 1] * random.uniform(1, 1 + JITTER)
        return self.but(due_at=clock.after(pause), response_status=outcome.response_status, error=outcome.error)

    def given_up(self, error: str | None, response_status: int | None = None) -> Self:
        """This delivery, not to be sent any more."""
        told = {"error": error, "response_status": response_status}
        return self.but(status="failed", due_at=None, ended_at=clock.now(), **told)

    def again(self) -> Self:
        """This delivery from its beginning."""
        fresh = {"status": "pending", "attempt_count": 0, "due_at": clock.now(), "ended_at": None}
        return self.but(replay_count=self.replay_count + 1, **fresh)


class Attempt(Record):
    """One attempt and what came of it; `response_body` is the first of what was answered."""

    id: str = Field(default_factory=new_id)
    delivery_id: str
    milliseconds: int
    response_status: int | None = None
    response_body: str | None = None
    error: str | None = None
    expires_at: str


class EventCopy(Record):
    """What is sent of an event, to the letter: each attempt sends the same."""

    event_id: str
    event_type: str
    correlation_id: str
    body: str
    expires_at: str = Field(default_factory=_expiry)


class DeliveryDocument(Delivery):
    """A delivery with its attempts, oldest first, and what is sent."""

    attempts: list[Attempt]
    event: Json | None


class DeliveryList(Paging):
    """Which deliveries of an endpoint."""

    status: Annotated[Status, folded] | None = None


class Replay(Body):
    """Everything that failed since then is to be sent once more."""

    since: Moment


class Replayed(Part):
    """How many are sent once more; asked again, the rest."""

    count: int
    has_more: bool
