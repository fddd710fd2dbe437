"""What the shop tells its operators: one log line an invocation, joined by a correlation id, and figures to watch."""

import logging
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, NamedTuple

from aws_lambda_powertools.logging import Logger

from shop import settings
from shop.aws import calls

NAMESPACE = "Tradewind"  # of our own figures in CloudWatch

logger = Logger(service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "shop-tests-none").split("-")[1])

# Who set this in motion, and by which cause: carried from the first request through every event it leads to.
correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
causation_id: ContextVar[str | None] = ContextVar("causation_id", default=None)
actor: ContextVar[Mapping[str, str | None]] = ContextVar(
    "actor", default=MappingProxyType({"type": "system", "id": None})
)


def _correlated(record: logging.LogRecord) -> bool:
    """Every line says what it belongs to, wherever it is written."""
    record.correlation_id = correlation_id.get()
    return True


logger.addFilter(_correlated)


class Figure(NamedTuple):
    """A number worth watching: so many, so much, so long. Beside its dimensions every figure has the stage's."""

    name: str
    value: float = 1
    unit: str = "Count"
    dimensions: tuple[tuple[str, str], ...] = ()


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
        if calls:
            told["calls"] = dict(calls)
        logger.info(door, extra={key: value for key, value in told.items() if value is not None})


def measure(figures: Iterable[Figure]) -> None:
    """Hand figures to CloudWatch through the log (EMF): no call is made. One line for each set of dimensions."""
    from aws_lambda_powertools.metrics import EphemeralMetrics

    together: defaultdict[tuple[tuple[str, str], ...], list[Figure]] = defaultdict(list)
    for figure in figures:
        together[figure.dimensions].append(figure)
    for dimensions, of_these in together.items():
        told = EphemeralMetrics(namespace=NAMESPACE)
        for name, value in (("stage", settings.STAGE), *dimensions):
            told.add_dimension(name, value)
        for figure in of_these:
            told.add_metric(figure.name, figure.unit, figure.value)
        told.flush_metrics()
