"""What every service does alike, because the kernel does it (B8, B9, B17, B30)."""

import uuid
from typing import Any

import pytest
from botocore.client import BaseClient

from shop import database, ids, settings
from shop.records import Record
from tests.kit import SERVICES, admin, app_of
from tests.proof.machine import running
from tests.proof.shopper import a_buyer, furnished

pytestmark = pytest.mark.usefixtures("shop")


def test_new_ids_are_random_uuids() -> None:
    """B8."""
    made = {ids.new_id() for _ in range(100)}
    assert len(made) == 100
    assert {uuid.UUID(each).version for each in made} == {4}


def test_everything_kept_knows_when_it_was_made_and_last_changed() -> None:
    """B9."""
    limiters = [limiter for service in SERVICES if (limiter := app_of(service).limiter)]
    kinds = [kind for limiter in limiters for kind in limiter.table.kinds.values()]
    assert len(kinds) > 80
    for kind in kinds:
        assert issubclass(kind.model, Record), kind.name
        assert {"created_at", "updated_at", "version"} <= set(kind.model.model_fields), kind.name


def test_a_service_keeps_few_connections_and_uses_them_again() -> None:
    """B30."""
    for service in SERVICES:
        table = settings.table_name(service)
        assert database.connection(table) is database.connection(table)
        assert database.connection(table).client.meta.config.max_pool_connections == 20


def test_orders_payments_and_reservations_are_read_as_they_were_last_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """B17: every read of them by id says so to DynamoDB."""
    buyer = a_buyer(furnished())
    with running():
        placed = buyer.buy()
    (payment,) = buyer.payments(placed["order_id"])
    real: Any = BaseClient._make_api_call  # type: ignore[attr-defined]
    reads: list[tuple[str, bool]] = []

    def noted(self: Any, operation: str, arguments: Any) -> Any:
        if operation in ("GetItem", "Query") and not arguments.get("IndexName"):
            reads.append((arguments["TableName"], arguments.get("ConsistentRead", False)))
        return real(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    admin().get(f"/v1/orders/{placed['order_id']}").ok(200)
    admin().get(f"/v1/payments/{payment['payment_id']}").ok(200)
    app_of("inventory").steps({"step": "find_reservation", "order_id": placed["order_id"]}, None)
    tables = [settings.table_name(service) for service in ("orders", "payments", "inventory")]
    assert {(table, strong) for table, strong in reads if table in tables} == {(table, True) for table in tables}


@pytest.mark.parametrize("given", ['a","type":"forged', "two words", "back\\slash", "", "é", "x" * 129])
def test_a_request_id_that_could_say_more_in_a_log_than_an_id_is_not_taken(given: str) -> None:
    taken = admin().get("/v1/order-statuses", x_request_id="shop:4711/a=b+c").headers["X-Request-Id"]
    ours = admin().get("/v1/order-statuses", x_request_id=given).headers["X-Request-Id"]
    assert (taken, str(uuid.UUID(ours))) == ("shop:4711/a=b+c", ours)
