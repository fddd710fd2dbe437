"""The runs of a checkout's machine, read from their histories."""

from orders import executions, histories, store
from orders.model.run import CheckoutRun, CheckoutRuns, RunStep
from shop import aws, clock
from shop.records import Json

SUCCEEDED = ("LambdaFunctionSucceeded", "TaskSucceeded")


def read(checkout_id: str) -> CheckoutRuns:
    """Every run of a checkout that Step Functions remembers."""
    checkout = store.checkout(checkout_id)
    functions = aws.client("stepfunctions")
    names = histories.run_names(checkout_id, checkout.resumed_at, checkout.compensations)
    told = {name: histories.events(functions, executions.arn(name)) for name in names}
    runs = [_run(name, events) for name, events in told.items() if events]
    return CheckoutRuns(runs=runs, recorded=bool(runs))


def _run(name: str, events: list[Json]) -> CheckoutRun:
    steps: list[RunStep] = []
    status, ended_at = "running", None
    for event in events:  # the machine does one thing after another: what is told is of the state entered last
        kind, at = event["type"], clock.stamp(event["timestamp"].timestamp())
        if kind.endswith("StateEntered"):
            steps.append(RunStep(state=histories.details(event)["name"], entered_at=at))
        elif kind in histories.ENDS:
            status, ended_at = _word(kind), at
            if steps and status != "succeeded" and steps[-1].exited_at is None:
                steps[-1] = _stopped(steps[-1], event)
        elif histories.failed(event):
            steps[-1] = _stopped(steps[-1], event)
        elif kind in SUCCEEDED and steps[-1].status == "failed":
            steps[-1] = steps[-1].model_copy(update={"status": "retried"})
        elif kind.endswith("StateExited"):
            over = "succeeded" if steps[-1].status == "running" else steps[-1].status
            steps[-1] = steps[-1].model_copy(update={"status": over, "exited_at": at})
    started = clock.stamp(events[0]["timestamp"].timestamp())
    return CheckoutRun.model_validate(
        {"run_id": name, "status": status, "started_at": started, "ended_at": ended_at, "steps": steps}
    )


def _stopped(step: RunStep, event: Json) -> RunStep:
    error, cause = histories.reason(histories.details(event))
    return step.model_copy(update={"status": "failed", "error": error or step.error, "cause": cause or step.cause})


def _word(kind: str) -> str:
    return {"ExecutionTimedOut": "timed_out"}.get(kind, kind.removeprefix("Execution").lower())
