"""The way of a checkout through its machine: each run's states, what was refused in them, and how the run ended."""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from shop import clock
from tools.places import Place
from tools.trace.books import Item
from tools.trace.moments import Moment, masked

ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
MACHINE = "machine"


def runs(place: Place, checkout: Item) -> Iterator[Moment]:
    """Every run of a checkout. An Express machine keeps no history, a Standard one keeps it for ninety days."""
    arn, first = str(checkout.get("execution_arn", "")), checkout["checkout_id"]
    if not arn:
        return
    functions = place.client("stepfunctions")
    resumed = [f"{first}-resume"] if checkout.get("resumed_at") else []
    names = [first, *resumed, *(f"{first}-comp-{n + 1}" for n in range(checkout.get("compensations", 0)))]
    for name in names:
        try:
            pages = functions.get_paginator("get_execution_history").paginate(
                executionArn=f"{arn.rpartition(':')[0]}:{name}"
            )
            events = [event for page in pages for event in page["events"]]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                yield Moment(checkout["updated_at"], MACHINE, "history not available", masked(error))
            continue
        run = name.removeprefix(first).removeprefix("-") or "run"
        yield from (moment for event in events if (moment := _moment(run, event)))


def _moment(run: str, event: dict[str, Any]) -> Moment | None:
    at, kind = clock.stamp(event["timestamp"].timestamp()), str(event["type"])
    details: dict[str, Any] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
    correlation_id = ""
    if kind.endswith("StateEntered"):
        return Moment(at, MACHINE, str(details["name"]), run)
    if kind == "ExecutionStarted":
        correlation_id = json.loads(details.get("input") or "{}").get("correlation_id", "")
        return Moment(at, MACHINE, f"{run} started", "", correlation_id)
    if kind in ENDS:
        word = kind.removeprefix("Execution").lower()
        return Moment(at, MACHINE, f"{run} {word}", _reason(details), bad=word != "succeeded")
    if kind.endswith(("Failed", "TimedOut")) and kind != "TaskStateFailed":
        return Moment(at, MACHINE, "could not go on", _reason(details), bad=True)
    return None


def _reason(details: dict[str, Any]) -> str:
    """What a step said: the code of its refusal, or its error's name and words."""
    cause = str(details.get("cause") or "")
    try:
        message = json.loads(cause)["errorMessage"]
        problem = json.loads(message)
        return f"{problem['code']} {masked(problem.get('detail', ''))}".strip()
    except (ValueError, KeyError, TypeError):
        return masked(f"{details.get('error') or ''} {cause}".strip())[:200]
