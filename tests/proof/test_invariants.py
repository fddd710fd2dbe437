"""The invariants see what is wrong: each is broken on purpose in a copy of a shop where all hold."""

import copy
from collections.abc import Callable

import boto3
import pytest

from shop import clock, settings
from tests.kit import REGION, admin, deliver
from tests.proof.machine import running
from tests.proof.shopper import a_buyer, a_coupon, furnished, money
from tools import invariants
from tools.invariants import Item, Tables

pytestmark = pytest.mark.usefixtures("shop")


def first(tables: Tables, service: str, pk: str, sk: str = "") -> Item:
    return next(item for item in tables[service] if item["PK"].startswith(pk) and item["SK"].startswith(sk))


def sold(tables: Tables) -> Item:
    """A level that something was sold from."""
    return next(i for i in tables["inventory"] if i["SK"].startswith("LEVEL#") and i["quantity"] != 20)


def dropped(service: str, pk: str, sk: str = "") -> Callable[[Tables], None]:
    return lambda tables: tables[service].remove(first(tables, service, pk, sk))


def event(kind: str, twice: bool = False) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        row = next(item for item in tables["orders"] if item.get("detail_type") == kind)
        (tables["orders"].append if twice else tables["orders"].remove)(row)

    return change


def dearer(order: Item) -> None:
    """Staff add one more of its first line."""
    path, line = f"/v1/admin/orders/{order['order_id']}", order["items"][0]
    changes = {"changes": [{"order_item_id": line["order_item_id"], "quantity": line["quantity"] + 1}]}
    total = admin().post(f"{path}/edit-previews", changes).ok(200)["total_amount"]
    asked = {**changes, "expected_total": total, "reason": "asked by phone"}
    admin().post(f"{path}/edits", asked, idempotency_key="edit", if_match=f'"{order["version"]}"').ok(201)


BREAKS: list[tuple[str, Callable[[Tables], None]]] = [
    ("I1", lambda t: sold(t).update(quantity=20, available_quantity=20)),
    ("I1", lambda t: sold(t).update(available_quantity=-1)),
    ("I1", dropped("inventory", "TXN#")),
    ("I1", lambda t: first(t, "inventory", "RES#", "LINE#").update(status="active")),
    ("I1", lambda t: first(t, "inventory", "PROD#", "ITEM#").update(quantity=7)),
    ("I2", lambda t: first(t, "payments", "PAY#", "META")["refunded_amount"].update(amount=9999)),
    ("I2", dropped("payments", "PAY#", "TXN#")),
    ("I2", lambda t: first(t, "payments", "MOCKBANK#").update(refunded=100)),
    ("I2", lambda t: first(t, "orders", "ORDER#", "META").update(status="cancelled")),
    ("I2", dropped("payments", "PAY#", "META")),
    ("I2", lambda t: first(t, "payments", "USER#", "CREDIT#")["balance"].update(amount=1)),
    ("I2", dropped("payments", "USER#", "CREDITTX#")),
    ("I2", dropped("payments", "USER#", "CREDIT#")),
    ("I2", lambda t: first(t, "payments", "GIFT#", "META")["balance"].update(amount=-1)),
    ("I2", dropped("payments", "GIFT#", "ENTRY#")),
    ("I3", lambda t: first(t, "orders", "ORDER#", "META")["total_amount"].update(amount=1)),
    ("I3", dropped("orders", "ORDER#", "ITEM#")),
    ("I3", dropped("orders", "ORDER#", "HIST#")),
    ("I3", lambda t: first(t, "inventory", "RES#", "META").update(status="expired")),
    ("I3", lambda t: first(t, "payments", "PAY#", "META").update(status="processing")),
    ("I3", dropped("orders", "ORDER#", "META")),
    ("I3", lambda t: first(t, "orders", "ORDER#", "ITEM#")["discount_amount"].update(amount=1)),
    ("I3", lambda t: first(t, "orders", "ORDER#", "ITEM#")["tax_amount"].update(amount=1)),
    ("I2", lambda t: first(t, "orders", "ORDER#", "META").update(amount_due=None)),
    ("I3", lambda t: first(t, "inventory", "RES#", "LINE#").update(quantity=99)),
    ("I4", lambda t: first(t, "discounts", "COUPON#", "META").update(usage_limit=0)),
    ("I4", lambda t: first(t, "discounts", "COUPON#", "META").update(usage_count=0)),
    ("I4", lambda t: first(t, "discounts", "COUPON#", "META").update(usage_limit_per_user=0)),
    ("I4", lambda t: first(t, "discounts", "COUPON#", "USER#").update(count=2)),
    ("I4", dropped("discounts", "COUPON#", "USAGE#")),
    ("I5", lambda t: first(t, "discounts", "HOLD#").update(status="reserved", due_at="2036-01-01")),
    ("I5", lambda t: first(t, "inventory", "RES#", "META").update(status="active")),
    ("I5", lambda t: first(t, "payments", "PAY#", "META").update(status="pending")),
    ("I5", lambda t: first(t, "carts", "CART#", "META").update(status="active", checkout_lock={"checkout_id": "x"})),
    ("I5", lambda t: first(t, "orders", "CHK#").update(status="awaiting_payment", waits_until="2020-01-01")),
    ("I5", lambda t: first(t, "orders", "ORDER#", "EDIT#").update(status="applying")),
    ("I6", event("order.confirmed")),
    ("I6", event("order.edited")),
    ("I6", event("order.created", twice=True)),
    ("I6", event("checkout.started")),
    ("I6", lambda t: first(t, "carts", "CART#", "META").update(status="active", checkout_lock=None)),
]  # fmt: skip


def test_each_invariant_notices_what_breaks_it() -> None:
    with running():
        buyer = a_buyer(furnished())
        order_id = buyer.buy(code=a_coupon())["order_id"]
    deliver()
    dearer(buyer.order(order_id))
    gift = admin().post("/v1/admin/gift-cards", {"amount": money(5000)}, idempotency_key="gift").ok(201)
    buyer.client.post("/v1/gift-card-redemptions", {"code": gift["code"]}, idempotency_key="gift").ok(201)
    deliver()
    good, now = invariants.read(boto3.client("dynamodb", REGION), settings.STAGE), clock.now()
    assert invariants.violations(good, now) == []
    for number, (name, break_it) in enumerate(BREAKS):
        bad = copy.deepcopy(good)
        break_it(bad)
        noticed = {violation[:2] for violation in invariants.violations(bad, now)}
        assert name in noticed, (number, name, noticed)
