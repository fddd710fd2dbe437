"""What one order costs: functions run and calls made, counted from the functions' own log lines; and import times."""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tools.emulator import ROOT
from tools.local import Stack
from tools.rooms import apps

BASELINE = "import boto3; boto3.client('dynamodb', region_name='us-east-1')"
QUIET = 6.0  # seconds without a new line, more than any batching window, mean that everything has followed


@dataclass
class Cost:
    """Functions run and calls made, by phase: the request, the machine, and what followed by event."""

    functions: Counter[str] = field(default_factory=Counter)
    calls: dict[str, Counter[str]] = field(default_factory=dict)

    def dynamodb(self, phase: str) -> int:
        """DynamoDB calls of a phase."""
        return sum(n for name, n in self.calls.get(phase, Counter()).items() if name.startswith("dynamodb."))


def lines_since(stack: Stack, moment: float) -> list[dict[str, Any]]:
    """The log lines the functions have written since `moment` (epoch seconds), one an invocation."""
    logs = stack.client("logs")
    found = []
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/aws/lambda/"):
        for group in page["logGroups"]:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"], startTime=int(moment * 1000), filterPattern='"milliseconds"'
            )
            found += [event["message"] for events in pages for event in events["events"]]
    return [line for line in map(_parsed, found) if line and "door" in line and "milliseconds" in line]


def settle(stack: Stack, moment: float) -> list[dict[str, Any]]:
    """As `lines_since`, once nothing new has come for a while."""
    lines: list[dict[str, Any]] = []
    while True:
        time.sleep(QUIET)
        now = [line for line in lines_since(stack, moment) if line["door"] not in _jobs()]
        if len(now) == len(lines):
            return lines
        lines = now


def cost(lines: list[dict[str, Any]]) -> Cost:
    """What these lines say was run and called."""
    counted = Cost()
    for line in lines:
        phase = _phase(line["door"])
        counted.functions[phase] += 1
        counted.calls.setdefault(phase, Counter()).update(line.get("calls", {}))
    return counted


def import_times(modules: list[str], runs: int = 3) -> dict[str, float]:
    """The processor time to import each module in a fresh process, as a ratio to making a boto3 client (medians).

    A client is made before and after each import: the machine's pace drifts, from one second to the next.
    """

    def once(code: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, env=_ENVIRONMENT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    for code in (BASELINE, *(f"import {module}" for module in modules)):
        once(code)  # compiles what is not compiled yet
    nothing = statistics.median(once("pass") for _ in range(runs))
    ratios: dict[str, list[float]] = {module: [] for module in modules}
    for _ in range(runs):
        before = once(BASELINE)
        for module in modules:
            spent, after = once(f"import {module}"), once(BASELINE)
            ratios[module].append((spent - nothing) / ((before + after) / 2 - nothing))
            before = after
    return {module: statistics.median(found) for module, found in ratios.items()}


_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "AWS_DEFAULT_REGION": "us-east-1",
    "PYTHONPYCACHEPREFIX": str(ROOT / ".local/pyc"),
}


def _phase(door: str) -> str:
    if door.startswith(("POST ", "GET ", "authorizer", "auth.check_session")):
        return "request"
    return "events" if door.endswith((".events", ".stream", ".project")) else "machine"


@cache
def _jobs() -> frozenset[str]:
    """What runs by the clock, whatever anybody buys."""
    return frozenset({"relay.sweep", *(f"{service}.{job}" for service, app in apps() for job in app.job_doors)})


def _parsed(message: str) -> dict[str, Any] | None:
    try:
        line = json.loads(message)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
