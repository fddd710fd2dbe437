"""Deliveries in the table: made once, changed by whoever holds them, found when they are due."""

from collections.abc import Iterator

from shop import clock
from shop.errors import not_found
from shop.pages import Page
from shop.races import LostRace
from shop.records import Record
from shop.table import GSI1, GSI2, AlreadyMade, Key, Row, sharded, shards
from webhooks.model.delivery import STATUSES, Attempt, Delivery, DeliveryList, EventCopy
from webhooks.model.endpoint import StoredEndpoint
from webhooks.store import delivery_key, endpoint_key, event_key, table


def _delivery_row(d: Delivery) -> Row:
    return Row(
        delivery_key(d.id),
        gsi1=(f"WHD#{d.endpoint_id}#{d.status}", f"{d.created_at}#{d.id}"),
        gsi2=(sharded("WHDUE", d.id), f"{d.due_at}#{d.id}") if d.due_at else None,
        ttl=clock.ttl(d.expires_at),
    )


DELIVERIES = table.kind("webhook_delivery", Delivery, _delivery_row)
ATTEMPTS = table.kind(
    "webhook_attempt",
    Attempt,
    lambda a: Row(Key(delivery_key(a.delivery_id).pk, f"TRY#{a.created_at}#{a.id}"), ttl=clock.ttl(a.expires_at)),
)
COPIES = table.kind("webhook_event", EventCopy, lambda c: Row(event_key(c.event_id), ttl=clock.ttl(c.expires_at)))


def make(copy: EventCopy, endpoint_ids: list[str]) -> list[Delivery]:
    """Write an event down, and that it is to go to these endpoints; the deliveries that were not there before.

    One write each, and each may be repeated: of a batch that was cut short the rest is made the next time.
    """
    with table.transaction() as tx:
        tx.put(COPIES, copy)
    wanted = [Delivery.of(endpoint_id, copy.event_id, copy.event_type) for endpoint_id in endpoint_ids]
    return [delivery for delivery in wanted if _made(delivery)]


def _made(delivery: Delivery) -> bool:
    try:
        with table.transaction() as tx:
            tx.create(DELIVERIES, delivery)
    except AlreadyMade:
        return False
    return True


def find(delivery_id: str) -> Delivery | None:
    """A delivery, if there is one."""
    return DELIVERIES.get(delivery_key(delivery_id))


def delivery(endpoint_id: str, delivery_id: str) -> Delivery:
    """A delivery to this endpoint, or 404."""
    found = find(delivery_id)
    if found is None or found.endpoint_id != endpoint_id:
        raise not_found("delivery")
    return found


def attempts(delivery_id: str) -> list[Attempt]:
    """The attempts of a delivery, oldest first. One Query."""
    return ATTEMPTS.query(delivery_key(delivery_id).pk, prefix="TRY#")


def copy_of(event_id: str) -> EventCopy | None:
    """What is sent of an event, as long as it is kept."""
    return COPIES.get(event_key(event_id))


def load(delivery: Delivery) -> tuple[StoredEndpoint | None, EventCopy | None]:
    """What it takes to send a delivery: where to, and what. One BatchGetItem."""
    found: list[Record] = table.many([endpoint_key(delivery.endpoint_id), event_key(delivery.event_id)])
    endpoint = next((thing for thing in found if isinstance(thing, StoredEndpoint)), None)
    return endpoint, next((thing for thing in found if isinstance(thing, EventCopy)), None)


def save(changed: Delivery, attempt: Attempt | None = None) -> Delivery:
    """Write a changed delivery with its newest attempt; LostRace when somebody else has changed it."""
    with table.transaction() as tx:
        saved = tx.save(DELIVERIES, changed, otherwise=LostRace())
        if attempt:
            tx.put(ATTEMPTS, attempt)
    return saved


def page(endpoint_id: str, query: DeliveryList) -> Page[Delivery]:
    """The deliveries to an endpoint, newest first, of one status or all. One Query a status."""
    wanted = [query.status] if query.status else STATUSES
    return DELIVERIES.page([f"WHD#{endpoint_id}#{status}" for status in wanted], query)


def failed(endpoint_id: str, since: str, limit: int) -> list[Delivery]:
    """The deliveries to an endpoint made since then that failed, oldest first."""
    return DELIVERIES.query(f"WHD#{endpoint_id}#failed", index=GSI1, low=since, limit=limit)


def overdue(moment: str, limit: int) -> Iterator[Delivery]:
    """Deliveries that were due before that, at most `limit` of each shard. One Query a shard."""
    for shard in shards("WHDUE"):
        yield from DELIVERIES.query(shard, index=GSI2, high=moment, limit=limit)
