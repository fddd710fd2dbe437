"""The doors of the relay: the tables' streams, and a sweep for what they missed."""

from itertools import groupby
from typing import Any

from relay import logic
from shop import telemetry


def stream(payload: dict[str, Any], context: Any) -> None:
    """Publish new outbox rows; raising brings the whole batch again."""
    with telemetry.invocation("relay.stream", batch=len(payload["Records"])):
        for table, records in groupby(payload["Records"], key=lambda record: _table(record["eventSourceARN"])):
            logic.publish(table, [record["dynamodb"]["NewImage"] for record in records])


def sweep(payload: dict[str, Any], context: Any) -> None:
    """Publish what has waited for more than two minutes."""
    with telemetry.invocation("relay.sweep") as told:
        told["swept"] = logic.sweep() or None


def _table(arn: str) -> str:
    return arn.split("/")[1].rpartition("-")[2]
