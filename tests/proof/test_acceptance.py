"""What the nearest sample of a serverless shop gets wrong, and this one does right: each probe by its name.

B14, B30, B36, B104, B112, B114, B119, B120, B129, B134, B150. After each of them every invariant holds.
"""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from carts import store as carts
from notifications.store import templates
from payments.providers.mock import Mock
from payments.store import bank
from relay import app as relay
from relay import logic as relaying
from shop import aws, clock, settings
from shop.errors import Transient
from shop.ids import new_id
from tests import kit
from tests.kit import REGION, admin, deliver, hear, mails, pending, perform, user
from tests.proof import machine
from tests.proof.machine import running
from tests.proof.shopper import Buyer, Json, Shelf, a_buyer, a_coupon, fresh, furnished, money
from tests.service.auth_kit import open_account, sign_in
from tests.service.carts_kit import add, cart_of, guest, held, session_of
from tests.service.test_orders_returned import come_back
from tests.service.test_payments_faults import crash, meanwhile
from tests.service.test_relay import Bus, records
from tests.service.test_shipments import a_carrier, at, pack, seen
from tools import invariants

Patch = pytest.MonkeyPatch


@pytest.fixture
def shelf(shop: None) -> Iterator[Shelf]:
    """A furnished shop whose books are right in the end, whatever has happened."""
    yield furnished()
    deliver()
    tables = invariants.read(boto3.client("dynamodb", REGION), settings.STAGE)
    assert invariants.violations(tables, clock.after(settings.HOUR)) == []


@pytest.fixture
def buyer(shelf: Shelf) -> Buyer:
    return a_buyer(shelf)


@pytest.fixture
def letters(shelf: Shelf, monkeypatch: Patch) -> None:
    """The shop writes to people, and to those who run it."""
    monkeypatch.setenv("OPERATIONS_MAIL", "staff@example.com")
    templates.shelf.forget()
    perform("notifications", "seed_templates")


def bought(buyer: Buyer, *lines: tuple[str, int], **but: Any) -> Json:
    """An order of two mugs and a shirt, or what is said, of which everybody has heard."""
    with running():
        placed = buyer.buy(*lines, **but)
    assert placed["status"] == "succeeded", placed
    deliver()
    return buyer.order(placed["order_id"])


def taken(buyer: Buyer, order_id: str) -> list[tuple[int, int]]:
    """What was captured and refunded of an order, by payment."""
    payments = buyer.payments(order_id)
    return [(payment["captured_amount"]["amount"], payment["refunded_amount"]["amount"]) for payment in payments]


def packed(order: Json) -> Json:
    """All of an order in a parcel that has not left."""
    parcel: Json = pack(order, a_carrier()).ok(201)
    deliver()
    assert admin().get(f"/v1/orders/{order['order_id']}").ok(200)["status"] == "processing"
    return parcel


def stopped(parcel: Json, why: str) -> None:
    """The parcel cannot leave, and staff know why."""
    deliver()
    assert admin().get(f"/v1/shipments/{parcel['id']}").ok(200)["status"] == "exception"
    seen(parcel, "in_transit").refused(409, "order_not_shippable")
    (told,) = [mail.body for mail in mails() if mail.subject == "[Tradewind] A parcel must not leave"]
    assert parcel["id"] in told
    assert why in told


def test_the_same_order_request_twice_one_payment_token(buyer: Buyer) -> None:
    wish = buyer.wish(buyer.fill())
    with running():
        first, again = (buyer.check_out(wish, key="once").ok(200) for _ in range(2))
        other_key = buyer.check_out(wish, key="another").ok(200)
    assert again == first
    assert other_key["failure_code"] in ("cart_changed", "cart_locked")
    (order,) = buyer.client.get("/v1/orders").ok(200)["data"]
    assert taken(buyer, order["order_id"]) == [(5100, 0)]


def test_two_lines_of_one_product_one_with_price_0(buyer: Buyer) -> None:
    product_id, _ = buyer.shelf.units["MUG"]
    free = {"product_id": product_id, "quantity": 1, "unit_price": money(0)}
    problem = buyer.client.post("/v1/carts/current/items", free).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/unit_price"
    (line,) = bought(buyer, ("MUG", 1), ("MUG", 2))["items"]
    assert (line["quantity"], line["unit_price"], line["total_price"]) == (3, money(1250), money(3750))


def test_negative_or_zero_quantity_no_lines(buyer: Buyer) -> None:
    product_id, _ = buyer.shelf.units["MUG"]
    for quantity in (-1, 0):
        wrong = {"product_id": product_id, "quantity": quantity}
        problem = buyer.client.post("/v1/carts/current/items", wrong).refused(422, "validation_failed")
        assert problem["errors"][0]["pointer"] == "/quantity"
    empty = buyer.client.post("/v1/carts").ok(201)
    with running():
        assert buyer.check_out(buyer.wish(empty)).ok(200)["failure_code"] == "cart_empty"
    assert buyer.client.get("/v1/orders").ok(200)["data"] == []


def test_nine_bulky_units(buyer: Buyer) -> None:
    zone = admin().get("/v1/shipping-zones").ok(200)["data"][0]["id"]
    by_weight = {"zone_id": zone, "name": "By weight", "base_price": money(500), "price_per_kg": money(200)}
    method = admin().post("/v1/shipping-methods", {**by_weight, "estimated_days": 5}).ok(201)["id"]
    nine = {"shipping_method_id": method, "expected_total": money(9 * 1250 + 500 + 630)}  # 3,150 g
    assert bought(buyer, ("MUG", 9), **nine)["shipping_amount"] == money(1130)


@pytest.mark.usefixtures("letters")
def test_every_event_twice_also_at_the_same_moment(shelf: Shelf, monkeypatch: Patch) -> None:
    def hear_at_once(*event: Any) -> None:
        for told in [pool.submit(hear, *event) for _ in range(2)]:
            if told.exception():  # whoever loses a race is told again, as by a queue
                hear(*event)

    pool = ThreadPoolExecutor(2)
    monkeypatch.setattr(kit, "hear", hear_at_once)
    buyer = a_buyer(shelf, client=user(open_account("ann@example.com")))
    order = bought(buyer, code=a_coupon())
    parcel = pack(order, a_carrier()).ok(201)
    for minute, status in enumerate(("in_transit", "delivered"), start=1):
        seen(parcel, status, at(minute)).ok(201)
    deliver()
    come_back(buyer, order, 2, 0)
    deliver()
    order = buyer.order(order["order_id"])
    assert (order["status"], order["refunded_amount"]) == ("delivered", money(2250))
    assert taken(buyer, order["order_id"]) == [(order["total_amount"]["amount"], 2250)]
    assert {sku: shelf.available(sku) for sku in shelf.units} == {
        "MUG": 18,
        "SHIRT-S": 20,
        "SHIRT-L": 19,
    }  # they are worn
    assert admin().get("/v1/coupons").ok(200)["data"][0]["usage_count"] == 1
    sent = Counter(mail.subject for mail in mails())
    assert len(sent) > 5
    assert set(sent.values()) == {1}


@pytest.mark.usefixtures("letters")
def test_payment_fails_after_packing(buyer: Buyer, monkeypatch: Patch) -> None:
    monkeypatch.setattr(settings, "CAPTURE_PAYMENT", "shipment")
    order = bought(buyer)
    parcel = packed(order)
    (payment,) = buyer.payments(order["order_id"])
    bank.let_go(payment["provider_payment_id"])
    admin().post(f"/v1/payments/{payment['payment_id']}/captures", {}, idempotency_key=fresh("k"))
    stopped(parcel, "The order is not paid")
    again = {"payment_method_id": buyer.card_id}
    buyer.client.post(f"/v1/orders/{order['order_id']}/payments", again, idempotency_key=fresh("k")).ok(202)
    deliver()
    seen(parcel, "in_transit").ok(201)
    deliver()
    assert sorted(taken(buyer, order["order_id"])) == [(0, 0), (5100, 0)]


def test_put_events_refuses_an_entry(buyer: Buyer, monkeypatch: Patch) -> None:
    with running():
        order_id = buyer.buy()["order_id"]
    bus, told = Bus(), Counter(kind for kind, _ in pending("orders"))
    monkeypatch.setenv("EVENT_BUS", "test-shop")
    monkeypatch.setattr(relaying, "client", lambda name: bus if name == "events" else aws.client(name))
    bus.refuses = {order_id}
    with pytest.raises(Transient):
        relay.stream(records("orders"), None)
    assert {kind for kind, _ in pending("orders")} == {"order.created", "order.confirmed", "order.status_changed"}
    bus.refuses = set()
    relaying.sweep(older_than=-1)
    assert Counter(entry["DetailType"] for entry in bus.taken if entry["Source"] == "shop.orders") == told
    for entry in bus.taken:
        hear(entry["DetailType"], json.loads(entry["Detail"]))


def test_20_buyers_limited_stock(shelf: Shelf) -> None:
    buyers = [a_buyer(shelf) for _ in range(20)]
    with running() as runs:
        runs.paused = True
        placed = [buyer.check_out(buyer.wish(buyer.fill(("MUG", 4))), wait=None).ok(202) for buyer in buyers]
        runs.drain_at_once()
    ended = [buyer.checkout(made["checkout_id"]) for buyer, made in zip(buyers, placed, strict=True)]
    assert Counter(made["failure_code"] for made in ended) == {None: 5, "out_of_stock": 15}
    assert shelf.available("MUG") == 0


def test_an_old_packed_event_after_delivered(buyer: Buyer) -> None:
    order = bought(buyer)
    parcel = pack(order, a_carrier()).ok(201)
    ((kind, told),) = pending("shipping")
    for minute, status in enumerate(("in_transit", "delivered"), start=1):
        seen(parcel, status, at(minute)).ok(201)
    deliver()
    delivered = buyer.order(order["order_id"])
    assert delivered["status"] == "delivered"
    for event_id in (told["id"], new_id()):
        hear(kind, {**told, "id": event_id})
    assert buyer.order(order["order_id"]) == delivered


@pytest.mark.usefixtures("letters")
def test_all_lines_removed_while_packing(buyer: Buyer) -> None:
    order = bought(buyer)
    parcel = packed(order)
    nothing = [{"order_item_id": item["order_item_id"], "quantity": 0} for item in order["items"]]
    path = f"/v1/admin/orders/{order['order_id']}/edit-previews"
    admin().post(path, {"changes": nothing}).refused(422, "nothing_left")
    path = f"/v1/orders/{order['order_id']}/cancellations"
    admin().post(path, {"reason": "nothing is left of it"}, idempotency_key=fresh("k")).ok(202)
    stopped(parcel, "The order was cancelled")


def test_crash_right_after_capture_then_retry(buyer: Buyer, monkeypatch: Patch) -> None:
    def dying(service: str, payload: Json) -> Any:
        try:
            return machine.perform(service, payload)
        except machine.Failed as failed:
            raise machine.Failed("Lambda.Unknown" if failed.error == "Crash" else failed.error) from failed

    crash(monkeypatch, Mock, "charge", "after")
    with running(perform=dying) as runs:
        placed = buyer.buy()
    (run,) = runs.runs.values()
    assert [raised.split()[:2] for raised in run.raised] == [["ChargePayment:", "Lambda.Unknown"]]
    assert (placed["status"], taken(buyer, placed["order_id"])) == ("succeeded", [(5100, 0)])


def test_order_total_raised_after_authorisation(buyer: Buyer, monkeypatch: Patch) -> None:
    monkeypatch.setattr(settings, "CAPTURE_PAYMENT", "shipment")
    order = bought(buyer)
    (payment,) = buyer.payments(order["order_id"])
    path = f"/v1/payments/{payment['payment_id']}/captures"
    more = admin().post(path, {"amount": money(5200)}, idempotency_key=fresh("more"))
    more.refused(409, "capture_exceeds_payment")
    product = f"/v1/products/{buyer.shelf.units['MUG'][0]}"
    admin().patch(product, {"price": money(9900)}, if_match=admin().get(product).etag).ok(200)
    seen(pack(order, a_carrier()).ok(201), "in_transit").ok(201)
    deliver()
    assert buyer.order(order["order_id"])["total_amount"] == money(5100)
    assert taken(buyer, order["order_id"]) == [(5100, 0)]


def test_migrate_a_guest_cart_twice(shelf: Shelf) -> None:
    ann, visit, (mug, _) = user(), guest(), shelf.units["MUG"]
    add(ann, mug, 1)
    add(visit, mug, 2)
    merged, again = (ann.post("/v1/carts/current/merges", {"session_id": session_of(visit)}).ok(200) for _ in range(2))
    assert held(merged) == {mug: 3}
    assert again == merged


def test_items_added_to_the_guest_cart_after_the_merge_started(shelf: Shelf, monkeypatch: Patch) -> None:
    ann, visit, (mug, _) = user(), guest(), shelf.units["MUG"]
    add(visit, mug, 2)
    meanwhile(monkeypatch, carts, "write_head", "before", lambda: add(visit, mug, 1))
    ann.post("/v1/carts/current/merges", {"session_id": session_of(visit)}).ok(200)
    assert held(cart_of(ann)) == {mug: 3}


def test_signed_in_on_a_new_device(shelf: Shelf) -> None:
    mug, _ = shelf.units["MUG"]
    open_account("ann@example.com")
    add(sign_in("ann@example.com"), mug, 2)
    assert held(cart_of(sign_in("ann@example.com"))) == {mug: 2}


def test_add_minus_99_to_the_cart(buyer: Buyer) -> None:
    before = buyer.fill(("MUG", 1))
    wrong = {"product_id": buyer.shelf.units["MUG"][0], "quantity": -99}
    problem = buyer.client.post("/v1/carts/current/items", wrong).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/quantity"
    assert buyer.cart() == before
