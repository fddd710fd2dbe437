"""Hearing: whatever happens is written down once, and a delivery for each endpoint that wants it."""

import json

from shop import clock, telemetry
from shop.errors import conflict
from shop.events import Event, Meta
from shop.events import webhooks as said
from webhooks.model.delivery import Delivery, EventCopy
from webhooks.store import deliveries, endpoints, tasks


def on_event(event: Event) -> None:
    """Have an event sent to all who want it. Again, or cut short and done again, makes no second delivery.

    Should it end before the senders are woken, the job does that.
    """
    meta = event.meta
    assert meta is not None
    wanted = [endpoint.id for endpoint in endpoints.every() if endpoint.wants(meta.type, meta.occurred_at)]
    if wanted:
        made = deliveries.make(_copy(meta, event), wanted)
        tasks.wake([delivery.id for delivery in made])


def test(event_id: str, endpoint_id: str) -> Delivery:
    """An event that tells nothing, sent to one endpoint alone."""
    endpoint = endpoints.endpoint(endpoint_id)
    if not endpoint.is_active:
        raise conflict("endpoint_disabled", "Nothing is sent to an endpoint that is switched off")
    event = said.WebhookEndpointTested(endpoint_id=endpoint_id)
    meta = Meta(
        id=event_id,
        type=event.type,
        version=1,
        occurred_at=clock.now(),
        aggregate_type=event.about,
        aggregate_id=event.aggregate_id,
        aggregate_version=endpoint.version,
        correlation_id=telemetry.correlation_id.get() or event_id,
        actor=telemetry.actor.get(),
    )
    deliveries.make(_copy(meta, event), [endpoint_id])
    made = deliveries.delivery(endpoint_id, Delivery.of(endpoint_id, event_id, event.type).id)
    tasks.wake([made.id])
    return made


def _copy(meta: Meta, event: Event) -> EventCopy:
    """What is sent of an event: its envelope, and of its data what the schema names."""
    body = json.dumps({**meta.model_dump(mode="json"), "data": event.model_dump(mode="json")}, separators=(",", ":"))
    return EventCopy(event_id=meta.id, event_type=meta.type, correlation_id=meta.correlation_id, body=body)
