"""Asking another service: one call to one of its steps, never chained."""

import json
from typing import Any

from shop import settings, telemetry
from shop.errors import Refusal, Transient


def ask(service: str, step: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Invoke a step of another service and wait for its answer; its refusal is raised here again."""
    from shop.aws import client

    answer = client("lambda").invoke(
        FunctionName=settings.function_name(service, "steps"),
        Payload=json.dumps({"step": step, "correlation_id": telemetry.correlation_id.get(), **payload}).encode(),
    )
    result = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        raise refusal(result)
    return dict(result or {})


def refusal(failure: dict[str, Any]) -> Refusal:
    """The refusal in a failed invocation's answer; anything else is Transient."""
    try:
        problem = json.loads(failure.get("errorMessage", ""))
        return Refusal(problem.pop("status"), problem.pop("code"), problem.pop("detail", ""), **problem)
    except (ValueError, KeyError, AttributeError, TypeError):
        return Transient(f"Another service failed: {failure.get('errorType', 'unknown')}")
