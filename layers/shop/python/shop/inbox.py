"""What a service has already heard: the id of each event it answered, kept with the answer."""

from typing import TYPE_CHECKING, Any

from shop import clock
from shop.errors import Refusal
from shop.settings import DAY

if TYPE_CHECKING:
    from shop.events import Event

KEEP = 30 * DAY


class AlreadyHeard(Refusal):
    """The event was answered before: whoever listens takes this for success."""

    def __init__(self) -> None:
        super().__init__(409, "already_heard")


def inbox_item(event: "Event", consumer: str) -> dict[str, Any]:
    """The row that claims an event for a consumer (DynamoDB attribute values)."""
    assert event.meta is not None
    now = clock.now()
    return {
        "PK": {"S": f"INBOX#{event.meta.id}"},
        "SK": {"S": consumer},
        "kind": {"S": "inbox_event"},
        "event_id": {"S": event.meta.id},
        "event_type": {"S": event.type},
        "processed_at": {"S": now},
        "created_at": {"S": now},
        "ttl": {"N": str(clock.ttl(now, KEEP))},
    }
