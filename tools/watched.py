"""The small cloud tells what happens in it: events are written down, figures are taken out of logs, runs are timed.

Repairs of MiniStack like those of `tools.ministack`, which calls them. What is told of is kept only as far as somebody
may look at it: a long demo must not fill the memory.
"""

import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from typing import Any

LINES = 20_000  # of the event log, the newest
MARK = '"_aws"'  # a line of figures has it (EMF), and next to no other

bus: Any = import_module("ministack.services.eventbridge")
logs: Any = import_module("ministack.services.cloudwatch_logs")
figures: Any = import_module("ministack.services.cloudwatch")
lambdas: Any = import_module("ministack.services.lambda_svc")
machines: Any = import_module("ministack.services.stepfunctions")


def write_down_events() -> None:
    """A rule may have events written into a log, as its input transformer words them."""
    invoke = bus._invoke_target

    def invoke_or_write(target: dict[str, Any], event: Any, rule: Any, view: Any = None) -> None:
        service, _, group = target.get("Arn", "").partition(":logs:")[2].partition(":log-group:")
        if not service:
            invoke(target, event, rule, view)
            return
        view = view or bus._pattern_event_view(event)
        line = json.loads(bus._apply_input_transformer(target["InputTransformer"], rule, view))
        _write(group.removesuffix(":*"), line["message"], datetime.fromisoformat(line["timestamp"]).timestamp())

    bus._invoke_target = invoke_or_write


def _write(group: str, message: str, at: float) -> None:
    known = logs._log_groups.get(group)
    if known is None:  # nobody makes a log for a rule
        return
    now = round(time.time() * 1000)
    empty: dict[str, Any] = {
        "events": [],
        "uploadSequenceToken": "1",
        "creationTime": now,
        "firstEventTimestamp": None,
        "lastEventTimestamp": None,
        "lastIngestionTime": None,
    }
    stream = known["streams"].setdefault("events", empty)
    logs._append_log_events(stream, [{"timestamp": round(at * 1000), "message": message, "ingestionTime": now}])
    if len(stream["events"]) > 2 * LINES:
        del stream["events"][:-LINES]


class Taken:
    """The points of the minute that passes: the same value again is counted with the first."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.minute = 0.0
        self.points: dict[Any, dict[str, Any]] = {}

    def take(self, namespace: str, name: str, value: float, unit: str, about: dict[str, str]) -> None:
        """Add a value to a metric."""
        now = time.time()
        with self.turn:
            if now // 60 != self.minute:
                self.minute, self.points = now // 60, {}
            metric = (namespace, name, figures._dims_key(about))
            bucket, key = figures._metric_bucket(metric), (metric, value)
            point = self.points.get(key)
            if point is None:
                point = {"Timestamp": now, "Value": float(value), "Unit": unit, "Dimensions": about, "Count": 0.0}
                self.points[key] = point
                bucket.append(point)
            point["Count"] += 1


def take_figures_out_of_logs() -> None:
    """What functions print as figures (EMF) can be asked of CloudWatch."""
    emit, taken = lambdas._emit_lambda_logs, Taken()

    def emit_and_take(function: Any, request_id: str, text: str, *rest: Any, **named: Any) -> None:
        emit(function, request_id, text, *rest, **named)
        if text and MARK in text:
            for figure in _printed(text):
                taken.take(*figure)

    lambdas._emit_lambda_logs = emit_and_take
    figures._evict_old_metrics = lambda: None  # it looks at every point, and none gets two weeks old here


def _printed(text: str) -> Iterator[tuple[str, str, float, str, dict[str, str]]]:
    for line in text.splitlines():
        if MARK not in line:
            continue
        try:
            told = json.loads(line)
            for set_of in told["_aws"]["CloudWatchMetrics"]:
                for names in set_of["Dimensions"]:
                    about = {name: str(told[name]) for name in names}
                    for metric in set_of["Metrics"]:
                        values = told[metric["Name"]]
                        for value in values if isinstance(values, list) else [values]:
                            yield set_of["Namespace"], metric["Name"], value, metric.get("Unit", "None"), about
        except (ValueError, KeyError, TypeError):
            continue  # CloudWatch, too, leaves such a line a line


def time_runs() -> None:
    """How long runs of a machine take is counted when they end."""
    tell = machines._emit_execution_status_event

    def tell_and_time(execution: dict[str, Any]) -> None:
        tell(execution)
        begun, ended = (machines._iso_to_epoch_ms(execution.get(name)) for name in ("startDate", "stopDate"))
        if begun and ended:
            about = {"StateMachineArn": execution["stateMachineArn"]}
            figures.record_metric("AWS/States", "ExecutionTime", ended - begun, "Milliseconds", about)

    machines._emit_execution_status_event = tell_and_time
