"""What the shop tells its operators: one log line an invocation, joined by a correlation id, with calls counted."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from aws_lambda_powertools.logging import Logger

from shop.aws import calls

logger = Logger(service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "shop-tests-none").split("-")[1])

# Who set this in motion, and by which cause: carried from the first request through every event it leads to.
correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
causation_id: ContextVar[str | None] = ContextVar("causation_id", default=None)
actor: ContextVar[Mapping[str, str | None]] = ContextVar(
    "actor", default=MappingProxyType({"type": "system", "id": None})
)


@contextmanager
def invocation(door: str, **facts: Any) -> Iterator[dict[str, Any]]:
    """Log one line when the work inside is over; put what is worth telling into the yielded dictionary."""
    calls.clear()
    started = time.perf_counter()
    told: dict[str, Any] = {"door": door, **facts}
    try:
        yield told
    finally:
        told["milliseconds"] = round((time.perf_counter() - started) * 1000, 1)
        told["correlation_id"] = correlation_id.get()
        if calls:
            told["calls"] = dict(calls)
        logger.info(door, extra={key: value for key, value in told.items() if value is not None})
