"""A run of the checkout machine, as operators see it: the states it came through, and why it could not go on."""

from typing import Literal

from shop.records import Part

RunStatus = Literal["running", "succeeded", "failed", "timed_out", "aborted"]
StepStatus = Literal["running", "succeeded", "retried", "failed"]


class RunStep(Part):
    """A state of the machine; `retried` came to a good end at a later attempt."""

    state: str
    entered_at: str
    exited_at: str | None = None
    status: StepStatus = "running"
    error: str | None = None
    cause: str | None = None


class CheckoutRun(Part):
    """One run: the first, the one after the customer's step, or one of undos."""

    run_id: str
    status: RunStatus
    started_at: str
    ended_at: str | None = None
    steps: list[RunStep]


class CheckoutRuns(Part):
    """A checkout's runs, the first first; `recorded` is false where Step Functions remembers none.

    An Express machine keeps no history, a Standard one keeps it for ninety days.
    """

    runs: list[CheckoutRun]
    recorded: bool
