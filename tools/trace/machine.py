"""The way of a checkout through its machine: each run's states, what was refused in them, and how the run ended."""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from orders import histories
from shop import clock
from shop.masking import masked
from tools.places import Place
from tools.trace.books import Item
from tools.trace.moments import Moment

MACHINE = "machine"


def runs(place: Place, checkout: Item) -> Iterator[Moment]:
    """Every run of a checkout. An Express machine keeps no history, a Standard one keeps it for ninety days."""
    arn, first = str(checkout.get("execution_arn", "")), checkout["checkout_id"]
    if not arn:
        return
    functions = place.client("stepfunctions")
    for name in histories.run_names(first, checkout.get("resumed_at"), checkout.get("compensations", 0)):
        try:
            events = histories.events(functions, f"{arn.rpartition(':')[0]}:{name}", data=True)
        except ClientError as error:
            yield Moment(checkout["updated_at"], MACHINE, "history not available", masked(error))
            continue
        run = name.removeprefix(first).removeprefix("-") or "run"
        yield from (moment for event in events if (moment := _moment(run, event)))


def _moment(run: str, event: dict[str, Any]) -> Moment | None:
    at, kind = clock.stamp(event["timestamp"].timestamp()), str(event["type"])
    details = histories.details(event)
    correlation_id = ""
    if kind.endswith("StateEntered"):
        return Moment(at, MACHINE, str(details["name"]), run)
    if kind == "ExecutionStarted":
        correlation_id = json.loads(details.get("input") or "{}").get("correlation_id", "")
        return Moment(at, MACHINE, f"{run} started", "", correlation_id)
    if kind in histories.ENDS:
        word = kind.removeprefix("Execution").lower()
        return Moment(at, MACHINE, f"{run} {word}", _reason(details), bad=word != "succeeded")
    if histories.failed(event):
        return Moment(at, MACHINE, "could not go on", _reason(details), bad=True)
    return None


def _reason(details: dict[str, Any]) -> str:
    return " ".join(filter(None, histories.reason(details)))
