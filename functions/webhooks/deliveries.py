"""The door through which deliveries go out: what the queue brings is sent side by side."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from shop import telemetry
from webhooks.logic import sending
from webhooks.store.tasks import AT_ONCE


def work(payload: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda behind the queue. What could not be written down comes again; what is not due any more is left."""
    records = payload["Records"]
    telemetry.correlation_id.set("")
    telemetry.causation_id.set(None)
    telemetry.actor.set({"type": "system", "id": None})
    with (
        telemetry.invocation("webhooks.deliveries", batch=len(records)) as told,
        ThreadPoolExecutor(AT_ONCE) as senders,
    ):
        sent = [senders.submit(copy_context().run, _send, record) for record in records]
        failed = [
            {"itemIdentifier": record["messageId"]}
            for record, is_done in zip(records, sent, strict=True)
            if not is_done.result()
        ]
        told["failed"] = len(failed) or None
    return {"batchItemFailures": failed}


def _send(record: dict[str, Any]) -> bool:
    """Send what one message names; whether the queue may forget it."""
    try:
        sending.send(json.loads(record["body"])["delivery_id"])
    except Exception:
        telemetry.logger.exception("delivery failed", extra={"message_id": record["messageId"]})
        return False
    return True
