"""The way a checkout took through its machine, as staff see it (R326)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shop import aws, ids
from tests.kit import deliver, user
from tests.proof.machine import running
from tests.proof.shopper import a_buyer, furnished, webhook

pytestmark = pytest.mark.usefixtures("shop")

Json = dict[str, Any]
SUPPORT = user("support-1", "support")
REFUSED = json.dumps({"errorMessage": json.dumps({"code": "out_of_stock", "detail": "none for ann@example.com"})})


class Remembered:
    """What Step Functions remembers: histories by the name of their run, a second between two events."""

    def __init__(self, **runs: list[Json]) -> None:
        self.runs = runs

    def get_paginator(self, _: str) -> "Remembered":
        return self

    def paginate(self, executionArn: str, includeExecutionData: bool) -> Iterator[Json]:
        assert not includeExecutionData  # it holds names and addresses
        told = self.runs.get(executionArn.rpartition(":")[2])
        if told is None:
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist"}}, "GetExecutionHistory")
        begun = datetime(2026, 1, 31, 9, tzinfo=UTC)
        for n, event in enumerate(told):
            yield {"events": [{**event, "timestamp": begun + timedelta(seconds=n)}]}


def entered(state: str, kind: str = "Task") -> Json:
    return {"type": f"{kind}StateEntered", "stateEnteredEventDetails": {"name": state}}


def exited(kind: str = "Task") -> Json:
    return {"type": f"{kind}StateExited", "stateExitedEventDetails": {}}


def failed(error: str, cause: str = "") -> Json:
    return {"type": "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails": {"error": error, "cause": cause}}


BEGUN = {"type": "ExecutionStarted", "executionStartedEventDetails": {}}
DONE = {"type": "LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails": {}}
ENDED: Json = {
    "type": "ExecutionFailed",
    "executionFailedEventDetails": {"error": "CheckoutFailed", "cause": "out_of_stock"},
}


def a_checkout() -> str:
    """One whose customer stopped at the bank's step: it has a first run, and one of undos."""
    with running():
        waiting = a_buyer(furnished(), "tok_requires_action").buy()
        webhook("payment.failed", waiting["next_action"]["provider_payment_id"]).ok(200)
        deliver()
    return str(waiting["checkout_id"])


def test_a_run_is_shown_state_by_state_with_what_was_retried_refused_and_undone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checkout_id, again = a_checkout(), failed("Transient", "busy")
    first = [
        *(BEGUN, entered("Mode", "Choice"), exited("Choice"), entered("LockCart"), again, DONE, exited()),
        *(entered("ReserveStock"), failed("Refusal", REFUSED), exited(), entered("UnlockCart"), DONE, exited()),
        *(entered("CheckoutFailed", "Fail"), ENDED),
    ]
    undoing = [BEGUN, entered("Mode", "Choice"), exited("Choice"), entered("CancelOrder")]
    told = Remembered(**{checkout_id: first, f"{checkout_id}-comp-1": undoing})
    monkeypatch.setattr(aws, "client", lambda name: told)
    monkeypatch.setenv("CHECKOUT_MACHINE", "arn:aws:states:us-east-1:1:stateMachine:test-checkout")
    found = SUPPORT.get(f"/v1/checkouts/{checkout_id}/runs").ok(200)
    assert found["recorded"]
    run, undo = found["runs"]
    assert (run["run_id"], run["status"]) == (checkout_id, "failed")
    assert (run["started_at"], run["ended_at"]) == ("2026-01-31T09:00:00.000Z", "2026-01-31T09:00:14.000Z")
    assert [(step["state"], step["status"], step["error"]) for step in run["steps"]] == [
        ("Mode", "succeeded", None),
        ("LockCart", "retried", "Transient"),
        ("ReserveStock", "failed", "out_of_stock"),
        ("UnlockCart", "succeeded", None),
        ("CheckoutFailed", "failed", "CheckoutFailed"),
    ]
    stock = run["steps"][2]
    assert (stock["entered_at"], stock["exited_at"]) == ("2026-01-31T09:00:07.000Z", "2026-01-31T09:00:09.000Z")
    assert stock["cause"] == "none for a***@e***.com"
    assert (undo["run_id"], undo["status"], undo["ended_at"]) == (f"{checkout_id}-comp-1", "running", None)
    assert undo["steps"][-1]["status"] == "running"


def test_where_step_functions_remembers_nothing_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    checkout_id = a_checkout()
    monkeypatch.setattr(aws, "client", lambda name: Remembered())
    monkeypatch.setenv("CHECKOUT_MACHINE", "arn:aws:states:us-east-1:1:stateMachine:test-checkout")
    assert SUPPORT.get(f"/v1/checkouts/{checkout_id}/runs").ok(200) == {"runs": [], "recorded": False}


def test_only_staff_see_runs_and_only_of_checkouts_there_are() -> None:
    SUPPORT.get(f"/v1/checkouts/{ids.new_id()}/runs").refused(404, "not_found")
    user().get(f"/v1/checkouts/{ids.new_id()}/runs").refused(403, "forbidden")
