"""Whatever happens, the books balance (B95, B98-B102, B104, B105, invariant I1; INV-06)."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from shop.errors import Refusal
from shop.settings import table_name
from tests import kit
from tests.kit import REGION, admin
from tests.service.inventory_kit import (
    a_unit,
    a_warehouse,
    adjust,
    by_sku,
    commit,
    hear,
    line,
    order_cancelled,
    release,
    reserve,
    restock,
    returned,
    sweep,
)
from tools import invariants

PRODUCTS, PLACES, ORDERS = ["a", "b"], ["NEAR", "FAR"], ["o1", "o2", "o3"]
ON_HAND = {"restock", "sale", "adjustment", "return"}
RESERVED = {"reservation", "release", "sale"}

pytestmark = pytest.mark.usefixtures("opened")


def refused(codes: set[str], call: Any, *arguments: Any, **more: Any) -> None:
    try:
        call(*arguments, **more)
    except Refusal as refusal:
        if refusal.code not in codes:
            raise


class Books(RuleBasedStateMachine):
    """Two units in two warehouses, three orders, and everything that may happen to them in any order."""

    @initialize()
    def open(self) -> None:
        kit.empty()
        self.clock = time_machine.travel("2026-01-31T09:00:00Z", tick=False)
        self.now = self.clock.start()
        self.places = {code: a_warehouse(code, number) for number, code in enumerate(PLACES)}
        self.units = {product_id: a_unit(product_id) for product_id in PRODUCTS}

    def teardown(self) -> None:
        if hasattr(self, "clock"):
            self.clock.stop()

    @rule(product=st.sampled_from(PRODUCTS), place=st.sampled_from(PLACES), quantity=st.integers(1, 5))
    def restock(self, product: str, place: str, quantity: int) -> None:
        restock(self.units[product], quantity, self.places[place])

    @rule(
        product=st.sampled_from(PRODUCTS), place=st.sampled_from(PLACES), quantity=st.integers(1, 4), up=st.booleans()
    )
    def adjust(self, product: str, place: str, quantity: int, up: bool) -> None:
        reply = adjust(self.units[product], quantity if up else -quantity, self.places[place])
        assert reply.status == 201 or reply.body["code"] == "below_reserved"

    @rule(order=st.sampled_from(ORDERS), quantities=st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(any))
    def reserve(self, order: str, quantities: tuple[int, int]) -> None:
        wanted = [line(n, product) for product, n in zip(PRODUCTS, quantities, strict=True) if n]
        refused({"out_of_stock", "reservation_expired"}, reserve, order, *wanted)

    @rule(order=st.sampled_from(ORDERS))
    def commit(self, order: str) -> None:
        refused({"reservation_expired"}, commit, order)

    @rule(order=st.sampled_from(ORDERS), reverse=st.booleans())
    def release(self, order: str, reverse: bool) -> None:
        release(order, reverse_committed=reverse)

    @rule(order=st.sampled_from(ORDERS))
    def cancel(self, order: str) -> None:
        hear(order_cancelled(order))

    @rule(seconds=st.sampled_from([60, 1000, 2000]))
    def expire(self, seconds: int) -> None:
        self.now.shift(seconds)
        sweep()

    @rule(product=st.sampled_from(PRODUCTS), splits=st.integers(1, 4))
    def split(self, product: str, splits: int) -> None:
        admin().put(f"/v1/inventory-items/{self.units[product]}/splits", {"splits": splits}).ok(200)

    @rule(product=st.sampled_from(PRODUCTS), quantity=st.integers(1, 3), condition=st.sampled_from(["new", "used"]))
    def take_back(self, product: str, quantity: int, condition: str) -> None:
        hear(returned((product, None, quantity, condition)))

    @rule()
    def project(self) -> None:
        kit.project("inventory")

    @invariant()
    def balance(self) -> None:
        if not hasattr(self, "units"):
            return
        active = admin().get("/v1/reservations?status=active&limit=100").ok()["data"]
        for product_id, inventory_id in self.units.items():
            entries = admin().get(f"/v1/inventory-items/{inventory_id}/transactions?limit=100").ok()["data"]
            seen = admin().get(f"/v1/inventory/products/{product_id}").ok()
            for place in seen["warehouses"]:
                own = [entry for entry in entries if entry["warehouse_id"] == place["warehouse_id"]]
                held = [each for each in active if each["product_id"] == product_id]
                assert place["quantity"] == sum(e["quantity"] for e in own if e["transaction_type"] in ON_HAND)
                reserved = sum(e["quantity"] for e in own if e["transaction_type"] in RESERVED)
                lines = sum(each["quantity"] for each in held if each["warehouse_id"] == place["warehouse_id"])
                assert place["reserved_quantity"] == reserved == lines
                assert place["available_quantity"] == place["quantity"] - reserved >= 0
            assert seen["available"] == sum(place["available_quantity"] for place in seen["warehouses"])
        assert list(invariants.stock(books())) == []


def books() -> invariants.Shop:
    """The inventory's table alone; the totals of its items follow later."""
    tables: invariants.Tables = {service: [] for service in invariants.SERVICES}
    stage = table_name("").removesuffix("-")
    shop = invariants.Shop({**tables, **invariants.read(boto3.client("dynamodb", REGION), stage, ["inventory"])}, "")
    shop.items.clear()
    return shop


@pytest.fixture
def _emptied() -> Iterator[None]:
    yield
    kit.empty()


@pytest.mark.usefixtures("_emptied")
def test_the_ledger_sums_to_the_stock_and_reservations_to_what_is_reserved() -> None:
    budget = settings(
        max_examples=8,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    run_state_machine_as_test(Books, settings=budget)


def test_totals_follow_in_the_end() -> None:
    kit.empty()
    place = a_warehouse()
    inventory_id = a_unit("a", 9, place)
    reserve("o1", line(4, "a"))
    reserve("o2", line(2, "a"))
    commit("o1")
    adjust(inventory_id, -1)
    kit.project("inventory")
    item = by_sku("A")
    assert (item["quantity"], item["reserved_quantity"], item["available_quantity"]) == (4, 2, 2)
