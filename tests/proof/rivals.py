"""Somebody acts just before, or just after, any one write that somebody else makes; or all act at once."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Literal
from unittest.mock import patch

from botocore.client import BaseClient

from shop import aws
from tests.proof.machine import ARN, Json, Machine, StepFunctions

Act = Callable[[], object]
When = Literal["before", "after"]
WRITES = ("BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem")


@dataclass
class AtOnce(StepFunctions):
    """Step Functions whose runs do not wait for one another."""

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> Json:
        alone = StepFunctions(self.machine, self.runs)
        return alone.start_execution(stateMachineArn=stateMachineArn, name=name, input=input)


@contextmanager
def many_runs() -> Iterator[AtOnce]:
    """Let checkouts run, each where it was started."""
    fake, real = AtOnce(Machine()), aws.client
    with (
        patch.dict(os.environ, {"CHECKOUT_MACHINE": ARN}),
        patch.object(aws, "client", lambda name: fake if name == "stepfunctions" else real(name)),
        patch("orders.logic.checkouts.PAUSE", 0.01),
    ):
        yield fake


def interrupted(act: Act, rival: Act, place: int, when: When) -> int:
    """Let the rival act at one write, counted from 0 (at none when there are fewer); how many there were."""
    made, really = 0, vars(BaseClient)["_make_api_call"]
    acting = threading.get_ident()
    inside = False

    def call(self: Any, operation: str, params: Json) -> Any:
        nonlocal made, inside
        if operation not in WRITES or inside or threading.get_ident() != acting:
            return really(self, operation, params)
        made += 1
        here = made == place + 1
        if here and when == "before":
            inside = True
            copy_context().run(rival)
            inside = False
        try:
            return really(self, operation, params)
        finally:
            if here and when == "after":
                inside = True
                copy_context().run(rival)
                inside = False

    with patch.object(BaseClient, "_make_api_call", call):
        act()
    return made


def together(acts: Sequence[Act]) -> None:
    """Let all act at the same time."""
    gate, faults = threading.Barrier(len(acts)), []

    def run(act: Act) -> None:
        gate.wait()
        try:
            act()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults
