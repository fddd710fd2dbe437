"""People and staff do whatever comes to mind, in any order, and time jumps: the books are right after every step.

A hypothesis machine over carts, checkouts, cancels, returns, restocks and clock jumps (I1 to I5). PROOF=full takes at
least 2,000 steps, 500 from each of four seeds; otherwise some sixty are taken. The seeds are fixed.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import hypothesis.strategies as st
import pytest
import time_machine
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from shop import clock
from shop.settings import STAGE
from tests import kit
from tests.kit import REGION, admin, app_of, deliver
from tests.proof.machine import StepFunctions, running
from tests.proof.shopper import Buyer, Json, a_buyer, a_coupon, fresh, furnished, webhook
from tests.proof.test_fault_matrix import SWEEPERS
from tools import invariants

pytestmark = pytest.mark.usefixtures("shop")

FULL = os.environ.get("PROOF") == "full"
SEEDS, EXAMPLES, STEPS = (range(20, 24), 20, 40) if FULL else (range(20, 21), 3, 20)
CARDS = ("tok_success", "tok_declined", "tok_requires_action", "tok_outcome_unknown")
GOODS = ("MUG", "SHIRT-S", "SHIRT-L")
ADDRESS = {"full_name": "Returns", "address_line1": "1 Dock", "city": "Leith", "postal_code": "EH6", "country": "GB"}
# What may be refused is refused with one of these; anything else is a fault.
REFUSALS = {404, 409, 412, 422}
taken: list[str] = []  # the steps of all runs


class Shopping(RuleBasedStateMachine):
    """Two customers, the staff, and the clock."""

    def __init__(self) -> None:
        super().__init__()
        kit.empty()
        self.moment = clock.epoch(clock.now())
        self.travel: Any = None
        self.running: Any = None
        self.machine: StepFunctions
        self.orders: list[tuple[Buyer, str]] = []
        self.returns: list[tuple[Buyer, Json]] = []

    @initialize()
    def open(self) -> None:
        self.shelf = furnished()
        self.running = running()
        self.machine = self.running.__enter__()
        self.buyers = [a_buyer(self.shelf, card) for card in CARDS]
        self.code = a_coupon(usage_limit=5, usage_limit_per_user=2)

    def teardown(self) -> None:
        try:
            if self.running:
                self.jump(1)
                self.check(settled=True)
        finally:
            if self.travel:
                self.travel.stop()
            if self.running:
                self.running.__exit__(None, None, None)

    def check(self, settled: bool = False) -> None:
        """The invariants hold; that nothing dangles only once all is settled."""
        tables = invariants.read(boto3.client("dynamodb", REGION), STAGE)
        found = invariants.violations(tables, clock.now())
        assert [broken for broken in found if settled or not broken.startswith("I5")] == []

    def done(self, what: str) -> None:
        taken.append(what)
        deliver()
        self.check()

    @rule(who=st.integers(0, 3), sku=st.sampled_from(GOODS), quantity=st.integers(-1, 30))
    def put_into_cart(self, who: int, sku: str, quantity: int) -> None:
        product_id, variant_id = self.shelf.units[sku]
        wish = {"product_id": product_id, "variant_id": variant_id, "quantity": quantity}
        said = self.buyers[who].client.post("/v1/carts/current/items", wish)
        assert said.status == 201 or said.status in REFUSALS, said
        self.done("put into cart")

    @rule(who=st.integers(0, 3), coupon=st.booleans(), cod=st.booleans(), lie=st.booleans())
    def check_out(self, who: int, coupon: bool, cod: bool, lie: bool) -> None:
        buyer = self.buyers[who]
        if coupon:
            buyer.client.put("/v1/carts/current/coupon", {"code": self.code})
        cart = buyer.client.get("/v1/carts/current")
        if cart.status == 200 and cart.body["items"]:
            but: Json = {"payment_method_id": None, "payment_method": "cod"} if cod else {}
            wish = buyer.wish(cart.body, **but)
            wish["cart_version"] += 7 * lie
            said = buyer.check_out(wish)
            assert said.status < 300 or said.status in REFUSALS, said
            if said.status < 300:
                shown = buyer.checkout(said.body["checkout_id"])
                self.orders.append((buyer, shown["order_id"]))
        self.done("check out")

    @rule(said=st.sampled_from(["payment.succeeded", "payment.failed", "payment.cancelled"]))
    def bank_speaks(self, said: str) -> None:
        for row in invariants.read(boto3.client("dynamodb", REGION), STAGE, ["payments"])["payments"]:
            if row["PK"].startswith("MOCKBANK#") and row["status"] not in ("succeeded", "failed", "cancelled"):
                webhook(said, row["provider_payment_id"])
        self.done("bank speaks")

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 1000))
    def cancel(self, which: int) -> None:
        buyer, order_id = self.orders[which % len(self.orders)]
        path = f"/v1/orders/{order_id}/cancellations"
        said = buyer.client.post(path, {"reason": "changed my mind"}, idempotency_key=fresh("k"))
        assert said.status < 300 or said.status in REFUSALS, said
        self.done("cancel")

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 1000), status=st.sampled_from(["processing", "shipped", "delivered", "cancelled"]))
    def move(self, which: int, status: str) -> None:
        _, order_id = self.orders[which % len(self.orders)]
        order = admin().get(f"/v1/orders/{order_id}")
        if order.status == 200:
            say = {"status": status, "reason": "as it goes"}
            said = admin().post(f"/v1/admin/orders/{order_id}/status-changes", say, if_match=order.etag)
            assert said.status < 300 or said.status in REFUSALS, said
        self.done("move")

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 1000), quantity=st.integers(1, 3))
    def send_back(self, which: int, quantity: int) -> None:
        buyer, order_id = self.orders[which % len(self.orders)]
        order = buyer.client.get(f"/v1/orders/{order_id}")
        if order.status == 200:
            item = {"order_item_id": order.body["items"][0]["order_item_id"], "quantity": quantity}
            wish = {"order_id": order_id, "items": [item], "return_reason": "changed_mind"}
            said = buyer.client.post("/v1/returns", wish, idempotency_key=fresh("k"))
            assert said.status < 300 or said.status in REFUSALS, said
            if said.status < 300:
                self.returns.append((buyer, said.body))
        self.done("send back")

    @precondition(lambda self: self.returns)
    @rule(which=st.integers(0, 1000), verb=st.sampled_from(["approvals", "receipts", "refunds", "cancellations"]))
    def judge_return(self, which: int, verb: str) -> None:
        buyer, asked = self.returns[which % len(self.returns)]
        bodies: dict[str, Json] = {
            "approvals": {"return_address": ADDRESS, "return_instructions": "In its box."},
            "receipts": {"items": [{"item_id": item["id"], "condition": "new"} for item in asked["items"]]},
        }
        client = buyer.client if verb == "cancellations" else admin()
        said = client.post(f"/v1/returns/{asked['id']}/{verb}", bodies.get(verb, {}), idempotency_key=fresh("k"))
        assert said.status < 300 or said.status in REFUSALS, said
        self.done("judge return")

    @rule(sku=st.sampled_from(GOODS), quantity=st.integers(1, 20))
    def restock(self, sku: str, quantity: int) -> None:
        (item,) = admin().get(f"/v1/inventory-items?sku={sku}").ok(200)["data"]
        arrived = {"quantity": quantity, "reason": "delivery"}
        path = f"/v1/inventory-items/{item['inventory_id']}/restocks"
        admin().post(path, arrived, idempotency_key=fresh("k")).ok(201)
        self.done("restock")

    @rule(hours=st.sampled_from([0.1, 0.6, 1, 30]))
    def jump(self, hours: float) -> None:
        if self.travel:
            self.travel.stop()
        self.moment = clock.epoch(clock.now()) if not self.travel else self.moment
        self.moment += int(timedelta(hours=hours).total_seconds())
        self.travel = time_machine.travel(self.moment, tick=True)
        self.travel.start()
        for service, jobs in SWEEPERS.items():
            for job in jobs:
                app_of(service).jobs({"job": job}, None)
        self.done("jump")


@pytest.mark.parametrize("drawn", SEEDS)
def test_whatever_people_do_the_books_are_right(drawn: int, record_property: Callable[[str, object], None]) -> None:
    """Proof 4 of reliability: B124; I1 to I5."""
    taken.clear()
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(drawn)(Shopping), settings=chosen)
    assert len(taken) >= (500 if FULL else 30)
    record_property("counted", {"steps": len(taken), "histories": EXAMPLES})
