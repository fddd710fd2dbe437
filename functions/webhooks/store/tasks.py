"""The queue of senders: it only wakes them, what is to be sent stands in the table."""

import json
import math
import os
from collections.abc import Sequence

from shop.aws import client
from shop.errors import Transient

AT_ONCE = 10  # of one SendMessageBatch
MAX_DELAY = 900  # seconds SQS keeps a message back; for what is due later the job wakes


def wake(delivery_ids: Sequence[str], delay: float = 0) -> None:
    """Have these sent, so many seconds from now."""
    for start in range(0, len(delivery_ids), AT_ONCE):
        entries = [
            {
                "Id": str(number),
                "MessageBody": json.dumps({"delivery_id": delivery_id}),
                "DelaySeconds": math.ceil(delay),
            }
            for number, delivery_id in enumerate(delivery_ids[start : start + AT_ONCE])
        ]
        answer = client("sqs").send_message_batch(QueueUrl=os.environ["WEBHOOKS_QUEUE"], Entries=entries)
        if answer.get("Failed"):
            raise Transient("The queue did not take all deliveries")
