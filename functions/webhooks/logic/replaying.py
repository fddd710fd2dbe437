"""Deliveries looked at, and sent once more."""

import json

from shop import clock
from shop.errors import conflict
from shop.races import LostRace, until_won
from webhooks.model.delivery import REPLAYABLE, Delivery, DeliveryDocument, Replay, Replayed
from webhooks.store import deliveries, endpoints, tasks

AT_ONCE = 100  # are sent once more by one request


def read(endpoint_id: str, delivery_id: str) -> DeliveryDocument:
    """A delivery with its attempts, and what is sent."""
    delivery = deliveries.delivery(endpoint_id, delivery_id)
    copy = deliveries.copy_of(delivery.event_id)
    attempts = deliveries.attempts(delivery_id)
    return DeliveryDocument(**dict(delivery), attempts=attempts, event=json.loads(copy.body) if copy else None)


def replay(endpoint_id: str, delivery_id: str) -> Delivery:
    """Send one delivery once more, from its first attempt on (409 still_pending, too_old, endpoint_disabled)."""
    _check_active(endpoint_id)

    def attempt() -> Delivery:
        before = deliveries.delivery(endpoint_id, delivery_id)
        if before.status == "pending":
            raise conflict("still_pending", "It is on its way")
        if before.created_at < clock.after(-REPLAYABLE):
            raise conflict("too_old", "It would be removed before it has all its attempts")
        return deliveries.save(before.again())

    again = until_won(attempt)
    tasks.wake([again.id])
    return again


def replay_failed(endpoint_id: str, body: Replay) -> Replayed:
    """Send a hundred of those that failed once more, oldest first; asked again, the next."""
    _check_active(endpoint_id)
    since = max(body.since, clock.after(-REPLAYABLE))
    found = deliveries.failed(endpoint_id, since, AT_ONCE + 1)
    again = [saved.id for failed in found[:AT_ONCE] if (saved := _again(failed))]
    tasks.wake(again)
    return Replayed(count=len(again), has_more=len(found) > AT_ONCE)


def _again(failed: Delivery) -> Delivery | None:
    try:
        return deliveries.save(failed.again())
    except LostRace:  # somebody else did so a moment ago
        return None


def _check_active(endpoint_id: str) -> None:
    if not endpoints.endpoint(endpoint_id).is_active:
        raise conflict("endpoint_disabled", "Switch the endpoint on first")
