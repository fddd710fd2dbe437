"""The checkout machine, from the outside: starting a run of it, and hearing that one has ended."""

import json
import os
from contextlib import suppress
from typing import Any, Self

from orders.model.checkout import PlacedCheckout
from shop import aws
from shop.events import Actor, Event, Meta

CHECKOUT_ID = 36  # a run is named after its checkout: <checkout_id>, <checkout_id>-resume, <checkout_id>-comp-<n>


class ExecutionEnded(Event):
    """What Step Functions says of a run that has ended. It speaks in its own envelope."""

    type, about, key = "Step Functions Execution Status Change", "execution", "name"
    name: str
    status: str
    error: str | None = None

    @classmethod
    def received(cls, detail: dict[str, Any]) -> Self:
        """The event in a bus entry's detail, in our envelope."""
        event = cls.model_validate(detail)
        event._meta = Meta(
            id=f"{event.name}:{event.status}",
            type=cls.type,
            version=1,
            occurred_at="",
            aggregate_type=cls.about,
            aggregate_id=event.name,
            aggregate_version=1,
            correlation_id=event.checkout_id,
            actor=Actor(type="system"),
        )
        return event

    @property
    def checkout_id(self) -> str:
        """The checkout the run was for."""
        return self.name[:CHECKOUT_ID]


def arn(name: str) -> str:
    """What Step Functions calls the run of this name."""
    return f"{os.environ['CHECKOUT_MACHINE'].replace(':stateMachine:', ':execution:')}:{name}"


def run(checkout: PlacedCheckout) -> None:
    """Start a checkout's first run. Starting it again changes nothing."""
    _start(checkout, "run", checkout.checkout_id)


def resume(checkout: PlacedCheckout) -> None:
    """Start the run that goes on after the customer's step. Starting it again changes nothing."""
    _start(checkout, "resume", f"{checkout.checkout_id}-resume")


def compensate(checkout: PlacedCheckout) -> None:
    """Start the checkout's latest run of undos. Starting it again changes nothing."""
    _start(checkout, "compensate", compensation(checkout))


def compensation(checkout: PlacedCheckout) -> str:
    """The name of the checkout's latest run of undos."""
    return f"{checkout.checkout_id}-comp-{checkout.compensations}"


def _start(checkout: PlacedCheckout, mode: str, name: str) -> None:
    machine = aws.client("stepfunctions")
    with suppress(machine.exceptions.ExecutionAlreadyExists):
        machine.start_execution(
            stateMachineArn=os.environ["CHECKOUT_MACHINE"], name=name, input=json.dumps(checkout.run_input(mode))
        )
