"""Batches as the real cloud makes them: a function runs on what has come in a while, not on each thing as it comes.

Repairs of MiniStack like those of `tools.ministack`, which calls them.
"""

import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

lambdas: Any = import_module("ministack.services.lambda_svc")
queues: Any = import_module("ministack.services.sqs")
tables: Any = import_module("ministack.services.dynamodb")

Mapping = dict[str, Any]  # an event source mapping, as the emulator keeps it

_all_mappings, _receive_ten = lambdas._iter_all_esms, queues._receive_messages_for_esm
_began: dict[str, float] = {}  # when the first of what a mapping's next batch will hold was seen


def wait_for_windows() -> None:
    """A mapping lets its batching window pass, or its batch fill, before it runs its function."""
    lambdas._poll_sqs = _patient(lambdas._poll_sqs, ":sqs:", _in_queue)
    lambdas._poll_dynamodb_streams = _patient(lambdas._poll_dynamodb_streams, ":dynamodb:", _in_stream)


def fill_batches() -> None:
    """A batch of a queue is as large as its mapping says; the emulator takes no more than ten messages at a time."""
    queues._receive_messages_for_esm = _receive_all


def _patient(poll: Callable[[], bool], source: str, waiting: Callable[[Mapping], int]) -> Callable[[], bool]:
    """The same poll, which sees no mapping that still waits."""

    def poll_what_is_ripe() -> bool:
        lambdas._iter_all_esms = lambda: (
            found
            for found in _all_mappings()
            if source in found[2]["EventSourceArn"] and _is_ripe(found[2], waiting(found[2]))
        )
        try:
            return poll()
        finally:
            lambdas._iter_all_esms = _all_mappings

    return poll_what_is_ripe


def _is_ripe(mapping: Mapping, waiting: int) -> bool:
    name, window = mapping["UUID"], mapping.get("MaximumBatchingWindowInSeconds") or 0
    if window and 0 < waiting < mapping["BatchSize"]:
        if name not in _began:
            _began[name] = time.monotonic()
            threading.Timer(window, lambdas._esm_wake.set).start()
        if time.monotonic() < _began[name] + window:
            return False
    _began.pop(name, None)
    return True


def _in_queue(mapping: Mapping) -> int:
    """How many messages a queue would give away now."""
    queue = queues._queues.get(queues._queue_url(mapping["EventSourceArn"].rpartition(":")[2]))
    now = time.time()
    return sum(message.get("visible_at", 0) <= now for message in list(queue["messages"])) if queue else 0


def _in_stream(mapping: Mapping) -> int:
    """How many records of a table's stream are still to be read."""
    table = mapping["EventSourceArn"].split("/")[1]
    read = lambdas._dynamodb_stream_positions.get(mapping["UUID"], 0)
    return int(tables.stream_end_position(table) - max(read, tables.stream_start_position(table)))


def _receive_all(queue: str, most: int) -> list[Any]:
    found: list[Any] = []
    while len(found) < most and (more := _receive_ten(queue, most - len(found))):
        found += more
    return found
