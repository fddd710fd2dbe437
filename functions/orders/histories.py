"""What Step Functions remembers of a checkout's runs: the events of each, and why a state could not go on."""

import json
from typing import Any

from botocore.exceptions import ClientError

from shop.masking import masked
from shop.records import Json

LONGEST = 200  # of a cause nobody wrote for people
ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}


def run_names(checkout_id: str, resumed_at: str | None, compensations: int) -> list[str]:
    """What a checkout's runs are called, in the order they were begun (orders.executions starts them)."""
    resumed = [f"{checkout_id}-resume"] if resumed_at else []
    return [checkout_id, *resumed, *(f"{checkout_id}-comp-{n + 1}" for n in range(compensations))]


def events(functions: Any, arn: str, data: bool = False) -> list[Json]:
    """The history of a run, with what was handed in and out if that is wanted; empty where none is kept."""
    pages = functions.get_paginator("get_execution_history").paginate(executionArn=arn, includeExecutionData=data)
    try:
        return [event for page in pages for event in page["events"]]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
        return []


def details(event: Json) -> Json:
    """What an event tells beyond its type."""
    return next((value for name, value in event.items() if name.endswith("EventDetails")), {})


def failed(event: Json) -> bool:
    """Whether it is a state's task that failed: the run may yet try it again, or go another way."""
    return event["type"].endswith(("Failed", "TimedOut")) and event["type"] not in {*ENDS, "TaskStateFailed"}


def reason(told: Json) -> tuple[str, str]:
    """What a step said: the code and words of its refusal, or its error's name and words. Nobody's address is in it."""
    cause = str(told.get("cause") or "")
    try:
        problem = json.loads(json.loads(cause)["errorMessage"])
        return str(problem["code"]), masked(problem.get("detail", ""))
    except (ValueError, KeyError, TypeError):
        return str(told.get("error") or ""), masked(cause)[:LONGEST]
