"""The outboxes of all services: what is still to be told (AP1), and what has been."""

from shop import clock, outbox
from shop.table import GSI1, Item, Table, shards

SERVICES = (
    *("auth", "users", "catalog", "inventory", "carts", "orders", "payments", "shipping"),
    *("returns", "discounts", "reviews", "notifications", "search", "webhooks"),
)


def pending(service: str, older_than: float, limit: int = 100) -> list[Item]:
    """Outbox rows not yet published that were written more than so many seconds ago. One Query a shard."""
    before = clock.after(-older_than)
    return [
        row
        for shard in shards(outbox.PENDING)
        for row in Table(service).items(shard, index=GSI1, high=before, low=" ", limit=limit)
    ]


def mark_published(service: str, rows: list[Item]) -> None:
    """Take rows off the pending list. One BatchWriteItem per twenty-five."""
    Table(service).put_all([outbox.published(row) for row in rows])
