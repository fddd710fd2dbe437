"""What a service has already heard: the id of each event it answered, kept with the answer."""

from typing import TYPE_CHECKING, Any

from shop import clock
from shop.errors import Refusal
from shop.keys import Key
from shop.settings import DAY

if TYPE_CHECKING:
    from shop.events import Event

KEEP = 35 * DAY  # longer than the bus can say again what it has said


class AlreadyHeard(Refusal):
    """The event was answered before: whoever listens takes this for success."""

    def __init__(self) -> None:
        super().__init__(409, "already_heard")


def inbox_key(event_id: str, consumer: str) -> Key:
    """Where the claim of an event is."""
    return Key(f"INBOX#{event_id}", consumer)


def inbox_item(event: "Event", consumer: str) -> dict[str, Any]:
    """The row that claims an event for a consumer (DynamoDB attribute values)."""
    assert event.meta is not None
    now, place = clock.now(), inbox_key(event.meta.id, consumer)
    return {
        "PK": {"S": place.pk},
        "SK": {"S": place.sk},
        "kind": {"S": "inbox_event"},
        "event_id": {"S": event.meta.id},
        "event_type": {"S": event.type},
        "processed_at": {"S": now},
        "created_at": {"S": now},
        "ttl": {"N": str(clock.ttl(now, KEEP))},
    }
