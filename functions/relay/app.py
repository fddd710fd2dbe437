"""The doors of the relay: the tables' streams, and a sweep for what they missed."""

from itertools import groupby
from typing import Any

from relay import logic
from shop import telemetry
from shop.errors import Transient


def stream(payload: dict[str, Any], context: Any) -> None:
    """Publish new outbox rows; raising brings the whole batch again."""
    telemetry.correlation_id.set("")
    with telemetry.invocation("relay.stream", batch=len(payload["Records"])) as told:
        images = [(_table(record["eventSourceARN"]), record["dynamodb"]["NewImage"]) for record in payload["Records"]]
        told["correlation_ids"] = logic.correlation_ids([image for _, image in images])
        refused = 0
        for table, rows in groupby(images, key=lambda image: image[0]):
            refused += logic.publish(table, [row for _, row in rows])
        if refused:
            raise Transient(f"The bus refused {refused} events")


def sweep(payload: dict[str, Any], context: Any) -> None:
    """Publish what has waited for more than two minutes."""
    telemetry.correlation_id.set("")
    with telemetry.invocation("relay.sweep") as told:
        swept, left = logic.sweep()
        told["swept"], told["left"] = swept or None, left or None
        if left:
            raise Transient(f"{left} events or outboxes are left for the next sweep")


def _table(arn: str) -> str:
    return arn.split("/")[1].rpartition("-")[2]
