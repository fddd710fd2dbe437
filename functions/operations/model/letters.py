"""Dead letters: what a service could not answer five times, or what never reached its queue."""

from shop.records import Part

UNDELIVERED = "undelivered"  # not the dead letters of a queue, but what never reached one
# Of every service that listens, and of the queues in which two of them keep work for themselves.
QUEUES = (
    *("auth", "users", "catalog", "inventory", "carts", "discounts", "shipping", "orders", "payments", "returns"),
    *("reviews", "search", "notifications", "webhooks", "catalog-transfers", "webhooks-deliveries", UNDELIVERED),
)


class Letter(Part):
    """A dead letter: what it is, and why it is here, if its function's log still tells."""

    message_id: str
    sent_at: str
    what: str
    about: str
    correlation_id: str
    reason: str


class Queue(Part):
    """Whose dead letters, and about how many there are."""

    name: str
    count: int


class Queues(Part):
    """All queues of dead letters."""

    queues: list[Queue]


class Letters(Queue):
    """Some of a queue's dead letters, the newest first."""

    letters: list[Letter]


class Redriven(Part):
    """Dead letters on their way back: `task` is moving them, or so many were moved at once."""

    queue: str
    moved: int | None = None
    task: str | None = None
