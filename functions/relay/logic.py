"""Publishing: rows go to the bus as they are, and are marked only once the bus has taken them."""

import json
from collections.abc import Iterator
from os import environ

from relay import figures, store
from shop import telemetry
from shop.aws import client
from shop.table import Item

# What one PutEvents call takes: so many entries, and 256 KB of them all together.
ENTRIES, BYTES = 10, 250_000


def publish(service: str, rows: list[Item]) -> int:
    """Put rows on the bus, mark and count those it took; how many it refused. What is put again may be heard again."""
    taken: list[Item] = []
    try:
        for chunk in _chunks(rows):
            taken += _taken(chunk)
    finally:
        store.mark_published(service, taken)
        _count(taken)
    return len(rows) - len(taken)


def _taken(chunk: list[Item]) -> list[Item]:
    """Those of these rows that the bus has taken."""
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
    told = list(zip(chunk, answer["Entries"], strict=True))
    for row, entry in told:
        if "ErrorCode" in entry:
            telemetry.logger.warning("refused", extra={"event_id": row["event_id"]["S"], **entry})
    return [row for row, entry in told if "ErrorCode" not in entry]


def sweep(older_than: float = 120) -> tuple[int, int]:
    """Publish what the stream missed: everything pending for longer than two minutes. How many, and how many are left.

    An outbox that cannot be emptied does not keep the others from being.
    """
    swept = left = 0
    for service in store.SERVICES:
        try:
            rows = store.pending(service, older_than)
            refused = publish(service, rows)
        except Exception:
            telemetry.logger.exception("not swept", extra={"outbox": service})
            left += 1
            continue
        swept, left = swept + len(rows) - refused, left + refused
    if swept:
        telemetry.logger.warning("swept", extra={"events": swept})
        telemetry.measure([telemetry.Figure(figures.SWEPT, swept)])
    return swept, left


def correlation_ids(rows: list[Item]) -> list[str]:
    """The requests these rows follow from."""
    return list(dict.fromkeys(json.loads(row["detail"]["S"])["correlation_id"] for row in rows))


def _chunks(rows: list[Item]) -> Iterator[list[Item]]:
    """Rows in their order, in as few calls as may be."""
    chunk: list[Item] = []
    size = 0
    for row in rows:
        length = sum(len(row[name]["S"].encode()) for name in ("source", "detail_type", "detail"))
        if chunk and (len(chunk) == ENTRIES or size + length > BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += length
    if chunk:
        yield chunk


def _count(rows: list[Item]) -> None:
    """Tell what the business did by these. Figures are worth no event: what goes wrong here is logged."""
    try:
        telemetry.measure(figure for row in rows for figure in figures.of(json.loads(row["detail"]["S"])))
    except Exception:
        telemetry.logger.exception("not counted")
