"""What a service has to tell: the event rows it writes with its changes, for the relay to publish."""

import json
from typing import TYPE_CHECKING, Any

from shop import clock, telemetry
from shop.ids import new_id, shard
from shop.settings import DAY

if TYPE_CHECKING:
    from shop.events import Event

KEEP = 7 * DAY
PENDING = "OBXPEND"  # where, in ten shards of the first index, what is not yet published waits


def outbox_item(source: str, event: "Event", version: int) -> dict[str, Any]:
    """The row of an event not yet published (DynamoDB attribute values)."""
    event_id, now = new_id(), clock.now()
    detail = {
        "id": event_id,
        "type": event.type,
        "version": 1,
        "occurred_at": now,
        "aggregate_type": event.about,
        "aggregate_id": event.aggregate_id,
        "aggregate_version": version,
        "correlation_id": telemetry.correlation_id.get() or event_id,
        "causation_id": telemetry.causation_id.get(),
        "actor": dict(telemetry.actor.get()),
        "data": event.model_dump(mode="json"),
    }
    return {
        "PK": {"S": f"OBX#{event_id}"},
        "SK": {"S": "OBX"},
        "kind": {"S": "outbox_event"},
        "event_id": {"S": event_id},
        "source": {"S": source},
        "detail_type": {"S": event.type},
        "detail": {"S": json.dumps(detail, separators=(",", ":"), ensure_ascii=False)},
        "occurred_at": {"S": now},
        "created_at": {"S": now},
        "attempts": {"N": "0"},
        "GSI1PK": {"S": f"{PENDING}#{shard(event_id)}"},
        "GSI1SK": {"S": f"{now}#{event_id}"},
    }


def published(item: dict[str, Any]) -> dict[str, Any]:
    """The same row once the bus has taken it: not pending, found by what it is about, and cleaned up in a week."""
    now = clock.now()
    about = json.loads(item["detail"]["S"])["aggregate_id"]
    when = {"published_at": {"S": now}, "ttl": {"N": str(clock.ttl(now, KEEP))}}
    return {**item, **when, "GSI1PK": {"S": told_about(about)}}


def told_about(aggregate_id: str) -> str:
    """Where, in the first index, the published events about a thing are, oldest first."""
    return f"OBXABOUT#{aggregate_id}"
