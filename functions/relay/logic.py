"""Publishing: rows go to the bus as they are, and are marked only once the bus has taken them."""

from os import environ

from relay import store
from shop import telemetry
from shop.aws import client
from shop.errors import Transient
from shop.table import Item

# What one PutEvents call takes.
ENTRIES = 10


def publish(service: str, rows: list[Item]) -> None:
    """Put rows on the bus and mark them; Transient when the bus refuses some (those it took may be sent again)."""
    refused = 0
    for start in range(0, len(rows), ENTRIES):
        chunk = rows[start : start + ENTRIES]
        answer = client("events").put_events(
            Entries=[
                {
                    "EventBusName": environ["EVENT_BUS"],
                    "Source": row["source"]["S"],
                    "DetailType": row["detail_type"]["S"],
                    "Detail": row["detail"]["S"],
                }
                for row in chunk
            ]
        )
        taken = [row for row, entry in zip(chunk, answer["Entries"], strict=True) if "ErrorCode" not in entry]
        refused += len(chunk) - len(taken)
        store.mark_published(service, taken)
    if refused:
        raise Transient(f"The bus refused {refused} events")


def sweep(older_than: float = 120) -> int:
    """Publish what the stream missed: everything pending for longer than two minutes. How many."""
    count = 0
    for service in store.SERVICES:
        rows = store.pending(service, older_than)
        count += len(rows)
        publish(service, rows)
    if count:
        telemetry.logger.warning("swept", extra={"events": count})
    return count
