"""The checkout machine in this process: its real ASL over the real steps, with faults where a test wants them."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal
from unittest.mock import patch

from botocore.exceptions import ClientError
from jsonata import Jsonata
from jsonata.utils import Utils

from shop import aws
from tests.kit import ROOT, app_of

ASL = ROOT / "infra/statemachines/checkout.asl.json"
ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:test-checkout"
STATUS_CHANGE = "Step Functions Execution Status Change"

Json = dict[str, Any]
Kind = Literal["before", "after", "timeout", "twice"]


def definition() -> Json:
    """The machine as it is deployed."""
    loaded: Json = json.loads(ASL.read_text())
    return loaded


@dataclass
class Fault:
    """What goes wrong in a state, once: it raises before or after its effect, times out after it, or happens twice.

    With `cut` the whole run is cut off at that point, without a retry or a catch.
    """

    kind: Kind
    cut: bool = False


Faults = Mapping[str, list[Fault]]


@dataclass
class Failed(Exception):
    """An error as Step Functions sees it."""

    error: str
    cause: str = ""


class CutOff(Exception):
    """The run is over: no retry, no catch."""


@dataclass
class Run:
    """One execution: the states it came through, how it ended, and with what."""

    name: str
    input: Json
    path: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    status: str = "RUNNING"
    error: str | None = None
    cause: str | None = None
    output: Any = None
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def mode(self) -> str:
        return str(self.input["mode"])


def perform(service: str, payload: Json) -> Any:
    """Invoke a service's steps as Lambda does: JSON in, JSON out, an exception as its name and message."""
    try:
        return json.loads(json.dumps(app_of(service).steps(json.loads(json.dumps(payload)), None)))
    except Exception as error:
        kind = type(error).__name__
        raise Failed(kind, json.dumps({"errorMessage": str(error), "errorType": kind, "stackTrace": []})) from error


@dataclass
class Machine:
    """Walks the ASL: Task, Choice, Pass, Succeed and Fail, with Retry, Catch, Assign, Output and JSONata."""

    faults: Faults = field(default_factory=dict)
    perform: Callable[[str, Json], Any] = perform
    asl: Json = field(default_factory=definition)

    def run(self, name: str, handed: Json) -> Run:
        """Run an execution to its end."""
        run = Run(name, handed)
        try:
            self._walk(run)
        except CutOff:
            run.status = "ABORTED"
        except Failed as failed:
            run.status, run.error, run.cause = "FAILED", failed.error, failed.cause
        return run

    def _walk(self, run: Run) -> None:
        scope = Scope(run.input)
        state, value = self.asl["StartAt"], run.input
        while state:
            run.path.append(state)
            here = self.asl["States"][state]
            scope.states = {"input": value, "context": {"Execution": {"Name": run.name, "Input": run.input}}}
            match here["Type"]:
                case "Fail":
                    raise Failed(scope.fill(here.get("Error", "")), scope.fill(here.get("Cause", "")))
                case "Choice":
                    taken = next((c for c in here["Choices"] if scope.fill(c["Condition"]) is True), here)
                    scope.assign(taken)
                    state = taken["Next"] if taken is not here else here["Default"]
                    continue
                case "Task":
                    state, value = self._task(state, here, scope, run)
                    continue
                case "Pass" | "Succeed":
                    value = scope.fill(here["Output"]) if "Output" in here else value
                case other:
                    raise NotImplementedError(other)
            scope.assign(here)
            state = here.get("Next", "")
        run.status, run.output = "SUCCEEDED", value

    def _task(self, name: str, here: Json, scope: "Scope", run: Run) -> tuple[str, Any]:
        tried: dict[int, int] = {}
        while True:
            try:
                result = self._attempt(name, here, scope)
                scope.states["result"] = result
                output = scope.fill(here["Output"]) if "Output" in here else result
                scope.assign(here)
                return here.get("Next", ""), output
            except Failed as failed:
                run.raised.append(f"{name}: {failed.error} {failed.cause}")
                retry = next((i for i, r in enumerate(here.get("Retry", [])) if _named(r, failed)), None)
                if retry is not None and tried.get(retry, 0) < here["Retry"][retry].get("MaxAttempts", 3):
                    tried[retry] = tried.get(retry, 0) + 1
                    continue
                catch = next((c for c in here.get("Catch", []) if _named(c, failed)), None)
                if catch is None:
                    raise
                caught = {"Error": failed.error, "Cause": failed.cause}
                scope.states["errorOutput"] = caught
                scope.assign(catch)
                return catch["Next"], scope.fill(catch["Output"]) if "Output" in catch else caught

    def _attempt(self, name: str, here: Json, scope: "Scope") -> Any:
        service = here["Resource"].removeprefix("${").removesuffix("Steps}").lower()
        payload = scope.fill(here["Arguments"])
        waiting = self.faults.get(name)
        if not waiting:
            return self.perform(service, payload)
        fault = waiting.pop(0)
        told = json.dumps({"errorMessage": f"{fault.kind} {name}", "errorType": "Injected"})
        failure = CutOff() if fault.cut else Failed("Injected", told)
        if fault.kind == "before":
            raise failure
        result = self.perform(service, payload)
        if fault.kind == "twice":
            result = self.perform(service, payload)
        if fault.kind == "timeout" and not fault.cut:
            raise Failed("States.Timeout")
        if fault.kind == "after" or fault.cut:
            raise failure
        return result


@dataclass
class Scope:
    """The variables of a run, and what `$states` is at the moment."""

    input: Json
    variables: Json = field(default_factory=dict)
    states: Json = field(default_factory=dict)

    def assign(self, place: Json) -> None:
        """Set variables, all from their values before."""
        new = {name: self.fill(template) for name, template in place.get("Assign", {}).items()}
        self.variables |= new

    def fill(self, template: Any) -> Any:
        """A template with its JSONata expressions evaluated."""
        if isinstance(template, dict):
            return {name: self.fill(inner) for name, inner in template.items()}
        if isinstance(template, list):
            return [self.fill(inner) for inner in template]
        if isinstance(template, str) and template.startswith("{%") and template.endswith("%}"):
            return self._evaluate(template[2:-2].strip())
        return template

    def _evaluate(self, expression: str) -> Any:
        known = {n: Utils.NULL_VALUE if value is None else value for n, value in self.variables.items()}
        known["states"] = self.states
        try:
            value = _parsed(expression).evaluate(None, known)
            if value is None and not _parsed(f"$exists(({expression}))").evaluate(None, known):
                raise Failed("States.QueryEvaluationError", f"{expression} has no value")
        except Failed:
            raise
        except Exception as error:
            raise Failed("States.QueryEvaluationError", f"{expression}: {error}") from error
        return json.loads(json.dumps(value))


@cache
def _parsed(expression: str) -> Any:
    return Jsonata(expression)


def _named(rule: Json, failed: Failed) -> bool:
    names = rule["ErrorEquals"]
    return (
        "States.ALL" in names
        or failed.error in names
        or ("States.TaskFailed" in names and failed.error != "States.Timeout")
    )


class AlreadyExists(Exception):
    """ExecutionAlreadyExists."""


class _Exceptions:
    ExecutionAlreadyExists = AlreadyExists


@dataclass
class StepFunctions:
    """Step Functions with one machine: each name runs once, one run after another, and its end is told.

    While `paused` runs only wait; while `deaf` nobody hears of their end.
    """

    machine: Machine
    runs: dict[str, Run] = field(default_factory=dict)
    exceptions: type[_Exceptions] = _Exceptions
    paused: bool = False
    deaf: bool = False
    _waiting: list[tuple[str, Json]] = field(default_factory=list)
    _busy: bool = False

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> Json:
        assert stateMachineArn == ARN
        if name in self.runs:
            raise AlreadyExists(name)
        self.runs[name] = Run(name, json.loads(input))
        self._waiting.append((name, json.loads(input)))
        if not self.paused:
            self.drain()
        return {"executionArn": f"{ARN}:{name}"}

    def get_paginator(self, _: str) -> "StepFunctions":
        return self

    def paginate(self, executionArn: str, includeExecutionData: bool) -> Iterator[Json]:
        """GetExecutionHistory."""
        run = self.runs.get(executionArn.rpartition(":")[2])
        if run is None:
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist"}}, "GetExecutionHistory")
        yield {"events": [{**event, "timestamp": run.began} for event in history(run)]}

    def drain(self) -> None:
        """Run what was started and has not run yet."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                name, handed = self._waiting.pop(0)
                self.runs[name] = copy_context().run(self.machine.run, name, handed)
                if not self.deaf:
                    copy_context().run(tell, self.runs[name])
        finally:
            self._busy = False

    def drain_at_once(self) -> None:
        """Run what was started and has not run yet, all of it at the same time."""
        waiting, self._waiting = self._waiting, []
        with ThreadPoolExecutor(len(waiting)) as pool:
            for run in pool.map(lambda started: self.machine.run(*started), waiting):
                self.runs[run.name] = run
                tell(run)

    def path(self, suffix: str = "") -> list[str]:
        """The states of the one run whose name ends so (of the first runs, without a suffix)."""
        (found,) = [r for r in self.runs.values() if (r.name.endswith(suffix) if suffix else r.mode == "run")]
        return found.path


def history(run: Run) -> Iterator[Json]:
    """What Step Functions remembers of a run: where it came through, what was raised on the way, how it ended."""
    yield {"type": "ExecutionStarted", "executionStartedEventDetails": {"input": json.dumps(run.input)}}
    for state in run.path:
        yield {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": state}}
    for raised in run.raised:
        error, _, cause = raised.partition(": ")[2].partition(" ")
        yield {"type": "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails": {"error": error, "cause": cause}}
    if run.status == "RUNNING":
        return
    ended = {"error": run.error, "cause": run.cause}
    yield {"type": f"Execution{run.status.capitalize()}", "executionFailedEventDetails": ended}


def tell(run: Run) -> None:
    """What EventBridge says of an execution that has ended."""
    app_of("orders").hears.hear(STATUS_CHANGE, {"name": run.name, "status": run.status, "error": run.error})


@contextmanager
def running(faults: Faults | None = None, perform: Callable[[str, Json], Any] = perform) -> Iterator[StepFunctions]:
    """Let checkouts run in this process, with these faults in turn."""
    fake = StepFunctions(Machine(faults or {}, perform))
    real = aws.client
    with (
        patch.dict(os.environ, {"CHECKOUT_MACHINE": ARN}),
        patch.object(aws, "client", lambda name: fake if name == "stepfunctions" else real(name)),
        patch("orders.logic.checkouts.PAUSE", 0.01),  # who waits for a run waits for one that has ended
    ):
        yield fake
