"""Sending: each delivery is one sender's alone while it is tried, and is tried until it arrives or three days are over.

It goes out at least once. Should a sender end after the other side took it and before that is written, it goes out
again when the lease is over, under the same `webhook-id`.
"""

from datetime import UTC, datetime

from shop import clock, telemetry
from shop.races import LostRace
from webhooks.logic import endpoints as health
from webhooks.model.delivery import Attempt, Delivery, EventCopy, Outcome
from webhooks.model.endpoint import StoredEndpoint
from webhooks.senders.posting import post
from webhooks.senders.signing import signatures
from webhooks.store import deliveries, tasks

AGENT = "Tradewind-Webhooks/1"
GRACE = 30  # seconds the queue has to bring what is due, before the job wakes a sender for it
BATCH = 500  # of each shard, each minute


def send_due() -> None:
    """Wake senders for what is due and still there: after a long pause, or because a message or a sender was lost."""
    tasks.wake([delivery.id for delivery in deliveries.overdue(clock.after(-GRACE), BATCH)])


def send(delivery_id: str) -> Delivery | None:
    """Try to deliver, if it is due; what became of it, or None when there is nothing to do."""
    delivery = deliveries.find(delivery_id)
    if delivery is None or not delivery.is_due:
        return None
    endpoint, copy = deliveries.load(delivery)
    try:
        if endpoint is None or not endpoint.is_active:
            return deliveries.save(delivery.given_up("endpoint_disabled" if endpoint else "endpoint_removed"))
        if copy is None or delivery.is_exhausted:
            return deliveries.save(delivery.given_up("last_attempt_never_ended" if copy else "expired"))
        telemetry.correlation_id.set(copy.correlation_id)
        telemetry.causation_id.set(copy.event_id)
        held = deliveries.save(delivery.begun())
        return _settle(held, endpoint, _post(held, endpoint, copy))
    except LostRace:
        telemetry.logger.info("left to another sender", extra={"delivery_id": delivery_id})
        return None


def _post(delivery: Delivery, endpoint: StoredEndpoint, copy: EventCopy) -> Outcome:
    at = datetime.fromtimestamp(int(clock.epoch(clock.now())), UTC)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "webhook-id": copy.event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signatures(endpoint, copy.event_id, at, copy.body),
        "webhook-delivery-id": delivery.id,
    }
    return post(endpoint.url, copy.body.encode(), headers)


def _settle(held: Delivery, endpoint: StoredEndpoint, outcome: Outcome) -> Delivery:
    """Write down what came of an attempt: first of the endpoint, so that nothing is forgotten if it ends in between."""
    if outcome.is_good:
        health.went_well(endpoint)
    elif outcome.is_gone:
        health.give_up(endpoint, "gone")
    else:
        health.went_badly(endpoint)
        if held.is_exhausted:
            health.give_up(endpoint, "failing")
    after = held.succeeded(outcome) if outcome.is_good else held.failed(outcome)
    saved = deliveries.save(after, Attempt(delivery_id=held.id, expires_at=held.expires_at, **outcome.model_dump()))
    if saved.due_at:
        pause = clock.epoch(saved.due_at) - clock.epoch(clock.now())
        if pause <= tasks.MAX_DELAY:
            tasks.wake([saved.id], max(0, pause))
    return saved
