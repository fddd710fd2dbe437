"""The door through which files of products come and go: what its queue brings is done a task at a time."""

import json
from collections.abc import Callable
from typing import Any

from catalog.logic import exports, imports
from catalog.store.transfers import Counted
from shop import telemetry

TASKS: dict[str, Callable[..., None]] = {
    task.__name__: task
    for task in (imports.read_file, imports.import_batch, imports.finish_import, exports.export_pages)
}
UPLOADED = "Object Created"


def work(payload: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda behind the queue. What fails comes again, and doing it again changes nothing."""
    failed = []
    with telemetry.invocation("catalog.transfers", batch=len(payload["Records"])) as told:
        for record in payload["Records"]:
            try:
                _perform(json.loads(record["body"]), told)
            except Counted:  # another worker does the same, and is further
                telemetry.logger.info("overtaken", extra={"message_id": record["messageId"]})
            except Exception:
                telemetry.logger.exception("task failed", extra={"message_id": record["messageId"]})
                failed.append({"itemIdentifier": record["messageId"]})
        told["failed"] = len(failed) or None
    return {"batchItemFailures": failed}


def _perform(task: dict[str, Any], told: dict[str, Any]) -> None:
    """One task: what we asked for ourselves, or a file that S3 says was uploaded."""
    if task.get("detail-type") == UPLOADED:
        task = {"task": "read_file", "import_id": task["detail"]["object"]["key"].rpartition("/")[2]}
    given = {name: value for name, value in task.items() if name != "task"}
    telemetry.correlation_id.set(given.get("import_id") or given.get("export_id") or "")
    telemetry.causation_id.set(None)
    telemetry.actor.set({"type": "system", "id": None})
    told.update(task)
    TASKS[task["task"]](**given)
