"""The queue of work on files: it only wakes the workers, what is left to do stands in the table."""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from shop.aws import client
from shop.errors import Transient

AT_ONCE = 10  # of one SendMessageBatch


def send(tasks: Sequence[dict[str, Any]]) -> None:
    """Have these done, each at least once and in no order."""
    for some in _together(tasks):
        entries = [{"Id": str(n), "MessageBody": json.dumps(task)} for n, task in enumerate(some)]
        answer = client("sqs").send_message_batch(QueueUrl=os.environ["TRANSFERS_QUEUE"], Entries=entries)
        if answer.get("Failed"):
            raise Transient("The queue did not take all tasks")


def _together(tasks: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    for start in range(0, len(tasks), AT_ONCE):
        yield tasks[start : start + AT_ONCE]
