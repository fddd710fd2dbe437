"""The fault matrix: every step and undo of checkout, under every fault, run and compensated, over the real services.

A cell is one checkout in which one thing goes wrong. It must end in success or in a complete undo, with every invariant
intact. PROOF=full runs every cell, otherwise a fixed few run: each state once. The matrix is printed at the end.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import boto3
import pytest
import time_machine

from shop import clock, settings
from tests.kit import REGION, admin, app_of, deliver
from tests.proof.machine import Fault, Faults, Kind, definition, running
from tests.proof.shopper import Buyer, Json, a_buyer, a_coupon, furnished, webhook
from tools import invariants

pytestmark = pytest.mark.usefixtures("shop")

STATES = definition()["States"]
UNDOS = ["CancelOrder", "ReversePayment", "ReleaseStock", "ReleaseDiscounts", "UnlockCart", "FailCheckout"]
STEPS = [name for name, state in STATES.items() if state["Type"] == "Task" and name not in UNDOS]
BEHIND_CHARGE = STEPS[STEPS.index("ChargePayment") + 1 :]
# What breaks, and what the customer's card does meanwhile: with another card than a good one, the state runs twice.
FAULTS: dict[str, tuple[Kind, str]] = {
    "raises before": ("before", "tok_success"),
    "raises after": ("after", "tok_success"),
    "times out": ("timeout", "tok_success"),
    "runs twice": ("twice", "tok_success"),
    "declined": ("twice", "tok_declined"),
    "outcome unknown": ("twice", "tok_outcome_unknown"),
}
MODES = ("run", "compensate")
SPEAKERS = ("carts", "discounts", "inventory", "orders", "payments")
SWEEPERS = {
    "orders": ["expire_payments", "reap_checkouts"],
    "payments": ["finish_payments"],
    "inventory": ["expire_reservations"],
    "carts": ["expire_carts"],
    "discounts": ["sweep_holds"],
}


@dataclass(frozen=True)
class Cell:
    """One state, what goes wrong there, and whether its run goes on or is cut off there and compensated.

    An undo runs because the order could not be confirmed: in the run itself, or in the compensation of one cut off.
    """

    state: str
    fault: str
    mode: str

    def __str__(self) -> str:
        return f"{self.state}-{self.fault}-{self.mode}".replace(" ", "_")

    @property
    def quick(self) -> bool:
        """Whether it is one of the few: each state once, with the faults and the modes in turn."""
        place = [*STEPS, *UNDOS].index(self.state)
        return (self.fault, self.mode) == (list(FAULTS)[place % len(FAULTS)], MODES[place // len(FAULTS) % 2])

    @property
    def token(self) -> str:
        """The customer's card. Only one that needs its customer comes to SuspendCheckout."""
        return "tok_requires_action" if self.state == "SuspendCheckout" else FAULTS[self.fault][1]

    @property
    def reachable(self) -> bool:
        """Whether the run comes to this state: nothing behind the charge is reached with a card that is declined."""
        declined = self.token == "tok_declined"
        undone_here = self.state == "CancelOrder" and self.mode == "run"
        return not (declined and (self.state in BEHIND_CHARGE or undone_here))

    def faults(self) -> Faults:
        """What to inject."""
        kind = FAULTS[self.fault][0]
        if self.state not in UNDOS:
            first = [Fault("timeout")] if kind == "timeout" and self.mode == "compensate" else []
            return {self.state: [*first, Fault(kind, cut=self.mode == "compensate")]}
        if self.mode == "run":
            return {"ConfirmOrder": [Fault("before")], self.state: [Fault(kind)]}
        if self.token != "tok_declined":
            return {"ConfirmOrder": [Fault("before", cut=True)], self.state: [Fault(kind)]}
        faults = {"ReversePayment": [Fault("before", cut=True)]}
        faults.setdefault(self.state, []).append(Fault(kind))
        return faults


EVERY = [Cell(state, fault, mode) for state in [*STEPS, *UNDOS] for fault in FAULTS for mode in MODES]
CELLS = EVERY if os.environ.get("PROOF") == "full" else [cell for cell in EVERY if cell.quick]


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_checkout_succeeds_or_is_undone_whatever_breaks(
    cell: Cell, record_property: Callable[[str, object], None]
) -> None:
    """Proof 1 of reliability: B118, B119; I1 to I6."""
    record_property("cell", [cell.state, cell.fault, cell.mode])
    shelf = furnished()
    buyer = a_buyer(shelf, cell.token)
    before = {sku: shelf.available(sku) for sku in shelf.units}
    with running(cell.faults()) as machine:
        placed = buyer.buy(code=a_coupon())
        deliver(*SPEAKERS)
        if cell.state == "SuspendCheckout":
            answer_customer(cell, placed)
        sweep()
        ended = judge(buyer, placed, before)
    record_property("ended", ended)
    visited = {state for run in machine.runs.values() for state in run.path}
    assert (cell.state in visited) == cell.reachable


def answer_customer(cell: Cell, placed: Json) -> None:
    """The customer's step: it goes well, or badly, or is never taken."""
    (bank,) = [row for row in read_tables()["payments"] if row["PK"].startswith("MOCKBANK#")]
    if cell.fault != "outcome unknown":
        kind = "payment.failed" if cell.fault == "declined" else "payment.succeeded"
        webhook(kind, bank["provider_payment_id"]).ok(200)
    deliver(*SPEAKERS)


def sweep() -> None:
    """An hour later all sweepers have run, and everybody has heard of everything."""
    with time_machine.travel(clock.epoch(clock.now()) + timedelta(hours=1).total_seconds(), tick=True):
        for service, jobs in SWEEPERS.items():
            for job in jobs:
                app_of(service).jobs({"job": job}, None)
        deliver(*SPEAKERS)


def read_tables() -> invariants.Tables:
    return invariants.read(boto3.client("dynamodb", REGION), settings.STAGE)


def judge(buyer: Buyer, placed: Json, before: dict[str, int]) -> str:
    """How it ended: everything is as if it had gone well, or as if it had never been."""
    checkout = buyer.checkout(placed["checkout_id"])
    assert invariants.violations(read_tables(), clock.after(settings.HOUR)) == []
    gone = {sku: stock - buyer.shelf.available(sku) for sku, stock in before.items()}
    (coupon,) = admin().get("/v1/coupons").ok(200)["data"]
    assert coupon["usage_count"] == int(checkout["status"] == "succeeded")
    if checkout["status"] == "succeeded":
        assert buyer.order(checkout["order_id"])["status"] == "confirmed"
        assert gone == {"MUG": 2, "SHIRT-S": 0, "SHIRT-L": 1}
        return "success"
    assert checkout["status"] == "failed"
    assert not any(gone.values())
    order = buyer.client.get(f"/v1/orders/{checkout['order_id']}")
    assert order.status == 404 or order.body["status"] == "cancelled"
    return "undone"
