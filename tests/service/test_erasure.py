"""A deleted user leaves nothing of the person in any service, and all of what was sold and paid (E6, B75, B68)."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from notifications.store import templates as notified
from shop import clock, settings
from shop.errors import Refusal
from shop.events import auth
from shop.settings import DAY
from shop.table import Table, Transaction
from tests.kit import REGION, SERVICES, admin, app_of, deliver, hear, perform
from tests.proof.machine import StepFunctions, running
from tests.proof.machine import perform as perform_step
from tests.proof.shopper import Buyer, Json, Shelf, a_buyer, fresh, furnished, webhook

pytestmark = pytest.mark.usefixtures("shop")

EMAIL, FIRST, LAST, PHONE = "anneliese@leeuwenhoek.example", "Anneliese", "Leeuwenhoek", "+31155550199"
STREET, FLOOR, NOTES, CITY = "7 Kloosterstraat", "Achterhuis", "ring at the Zonnebloem side", "Naarden"
PERSON = (EMAIL, FIRST, LAST, PHONE, STREET, "Kloosterstraat", FLOOR, "Zonnebloem", CITY)
HOME = {
    "type": "both",
    "first_name": FIRST,
    "last_name": LAST,
    "phone": PHONE,
    "address_line1": STREET,
    "address_line2": FLOOR,
    "city": CITY,
    "state": "CA",
    "postal_code": "94107",
    "country": "US",
}
HERE = "203.0.113.7"  # where the kit's clients call from
STEPS = {
    "lock_cart",
    "resolve_addresses",
    "validate_products",
    "hold_discounts",
    "price_checkout",
    "reserve_stock",
    "charge_payment",
    "create_order",
    "commit_stock",
    "confirm_order",
    "send_order_confirmation",
}


def said(event: auth.UserCreated | auth.UserDeleted, version: int) -> Json:
    """What auth says, as it comes over the bus."""
    return {
        "id": str(uuid.uuid4()),
        "type": event.type,
        "version": 1,
        "occurred_at": clock.now(),
        "aggregate_type": "user",
        "aggregate_id": event.user_id,
        "aggregate_version": version,
        "correlation_id": "c",
        "actor": {"type": "user", "id": event.user_id},
        "data": event.model_dump(mode="json"),
    }


def anneliese(shelf: Shelf, token: str = "tok_success") -> Buyer:
    """Someone with an account, a profile, an address and a card."""
    buyer = Buyer(shelf)
    account = {"email": EMAIL, "first_name": FIRST, "last_name": LAST, "phone": PHONE, "roles": ["customer"]}
    tell(said(auth.UserCreated(user_id=buyer.user_id, **account), 1))
    card = {"type": "card", "provider": "mock", "provider_token": token, "is_default": True}
    buyer.address_id = buyer.client.post("/v1/users/me/addresses", HOME).ok(201)["address_id"]
    buyer.card_id = buyer.client.post("/v1/payment-methods", card, idempotency_key=fresh("card")).ok(201)["id"]
    return buyer


def two_orders(buyer: Buyer) -> list[str]:
    """Two orders of one customer; everyone has heard of them."""
    made = []
    for _ in range(2):
        made.append(buyer.buy(notes=NOTES)["order_id"])
        deliver()
    return made


def deletion(buyer: Buyer) -> Json:
    return said(auth.UserDeleted(user_id=buyer.user_id), 9)


def tell(event: Json, *services: str) -> None:
    """Let services hear what auth says: these, or all."""
    hear(event["type"], event, to=lambda service: service in (services or SERVICES))


@pytest.fixture
def shelf(shop: None) -> Shelf:
    """A furnished shop that writes mails."""
    shelf = furnished()
    notified.shelf.forget()
    perform("notifications", "seed_templates")
    return shelf


@pytest.fixture
def machine() -> Iterator[StepFunctions]:
    with running() as fake:
        yield fake


def rows(*services: str) -> list[Json]:
    """All that these services' tables, or all tables, hold longer than the thirty days an erasure may take."""
    month = clock.ttl(clock.now(), 30 * DAY)
    client, found = boto3.client("dynamodb", REGION), []
    for service in services or SERVICES:
        for page in client.get_paginator("scan").paginate(TableName=settings.table_name(service)):
            for row in page["Items"]:
                if int(row.get("ttl", {"N": month + 1})["N"]) > month:
                    found.append(row)
                else:
                    assert row["kind"]["S"] not in ("checkout", "notification", "cart", "address"), row
    return found


def left_of(words: tuple[str, ...], *services: str) -> list[str]:
    """The rows in which a word is still found."""
    texts = [json.dumps(row, ensure_ascii=False, default=str).lower() for row in rows(*services)]
    return [text for text in texts if any(word.lower() in text for word in words)]


# --- all of it


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("others_news", ["before", "after"])
def test_nothing_of_a_deleted_buyer_is_left_in_any_table(shelf: Shelf, others_news: str) -> None:
    """B75: whether what the services told each other about the purchase is heard before the deletion or after it."""
    ann, bob = anneliese(shelf), a_buyer(shelf)
    wish = {"product_id": shelf.units["MUG"][0], "notes": f"for {FIRST}"}
    ann.client.post("/v1/users/me/wishlist-items", wish).ok(201)
    ann.client.put("/v1/users/me/preferences/greeting", {"value": f"Hello {FIRST}"}).ok(200)
    failed = ann.buy(expected_total={"amount": 1, "currency": "USD"}, notes=NOTES)
    bought = [ann.buy(notes=NOTES), bob.buy()]
    assert [checkout["status"] for checkout in (failed, *bought)] == ["failed", "succeeded", "succeeded"]
    if others_news == "before":
        deliver()
        ann.fill()
    assert {word for word in PERSON if left_of((word,))} == set(PERSON)
    goods, kept = ann.order(bought[0]["order_id"]), bob.order(bought[1]["order_id"])
    for _ in range(2):
        tell(deletion(ann))
    deliver()
    assert left_of(PERSON) == []
    assert [text for text in left_of((HERE,), "payments") if ann.user_id in text] == []
    order = admin().get(f"/v1/orders/{goods['order_id']}").ok(200)
    same = ("order_number", "user_id", "items", "subtotal", "total_amount", "payment_id", "created_at")
    assert {name: order[name] for name in same} == {name: goods[name] for name in same}
    (payment,) = admin().get(f"/v1/payments?order_id={goods['order_id']}").ok()["data"]
    assert (payment["amount"], payment["user_id"]) == (goods["total_amount"], ann.user_id)
    after = bob.order(bought[1]["order_id"])
    assert (after["shipping_address"], after["notes"]) == (kept["shipping_address"], "ring twice")
    assert (after["status"], bob.client.get("/v1/payment-methods").ok()["data"][0]["id"]) == ("confirmed", bob.card_id)


# --- each service by itself


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("service", ["users", "carts", "orders", "payments", "notifications"])
def test_an_erasure_that_dies_after_each_write_is_finished_by_redelivery(shelf: Shelf, service: str) -> None:
    """B75, B6: every delivery comes one write further."""
    ann = anneliese(shelf)
    for _ in range(2):
        ann.buy(notes=NOTES)
        deliver()
    ann.fill()
    assert left_of((*PERSON, ann.user_id), service)
    event, deliveries = deletion(ann), 1
    while True:
        try:
            with dying_after_a_write():
                tell(event, service)
            break
        except Died:
            deliveries += 1
            assert deliveries < 60
    assert deliveries > 2
    assert left_of(PERSON, service) == []
    before = rows(service)
    tell(event, service)
    assert rows(service) == before


class Died(BaseException):
    """The process ends."""


@contextmanager
def dying_after_a_write() -> Iterator[None]:
    send, write_all = Transaction._send, Table._write_all

    def send_and_die(self: Transaction) -> Any:
        answer = send(self)
        if answer is None:
            raise Died
        return answer

    def write_and_die(self: Table, waiting: list[dict[str, Any]]) -> None:
        write_all(self, waiting)
        raise Died

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Transaction, "_send", send_and_die)
        patched.setattr(Table, "_write_all", write_and_die)
        yield


@pytest.mark.usefixtures("machine")
def test_orders_keep_goods_amounts_and_the_place_that_taxes_them(shelf: Shelf) -> None:
    """B75; R145: what a customer or staff wrote goes, and what has not been sent yet is given up."""
    ann = anneliese(shelf)
    sent, open_order = two_orders(ann)
    for status in ("processing", "shipped"):
        path = f"/v1/admin/orders/{sent}/status-changes"
        etag = admin().get(f"/v1/orders/{sent}").etag
        body = {"status": status, "reason": "packed", "notes": f"spoke with {FIRST}"}
        admin().post(path, body, if_match=etag).ok()
    tell(deletion(ann))
    deliver()
    for order_id, status in ((sent, "shipped"), (open_order, "cancelled")):
        order = admin().get(f"/v1/orders/{order_id}").ok(200)
        assert (order["status"], order["notes"], len(order["items"])) == (status, None, 2)
        assert {row["notes"] for row in order["history"]} == {None}
        for address in (order["shipping_address"], order["billing_address"]):
            shown = {name: address[name] for name in (*HOME, "full_name") if name != "type"}
            kept = {"country": "US", "state": "CA", "postal_code": "941"}
            erased = {"full_name": "(erased)", "address_line1": "(erased)"}
            assert shown == {**dict.fromkeys(shown), **kept, **erased}
    assert [row["reason"] for row in admin().get(f"/v1/orders/{open_order}").ok()["history"]][-1] == "account_deleted"
    (payment,) = admin().get(f"/v1/payments?order_id={open_order}").ok()["data"]
    assert payment["status"] == "refunded"
    assert admin().get(f"/v1/payments?order_id={sent}").ok()["data"][0]["status"] == "succeeded"


@pytest.mark.usefixtures("machine")
def test_a_reason_of_the_customers_own_is_erased_and_that_of_staff_stays(shelf: Shelf) -> None:
    """B75."""
    ann = anneliese(shelf)
    own, theirs = two_orders(ann)
    key = {"idempotency_key": fresh("k")}
    ann.client.post(f"/v1/orders/{own}/cancellations", {"reason": f"{FIRST} moved away"}, **key).ok(202)
    admin().post(f"/v1/orders/{theirs}/cancellations", {"reason": "out of clay"}, **key).ok(202)
    tell(deletion(ann), "orders")
    reasons = [admin().get(f"/v1/orders/{order}").ok()["history"][-1]["reason"] for order in (own, theirs)]
    assert reasons == [None, "out of clay"]


@pytest.mark.usefixtures("machine")
def test_payments_stay_and_what_they_were_paid_with_goes(shelf: Shelf) -> None:
    """B75, B143, E63: tokens are deleted, audit rows keep their ids and drop the address."""
    ann = anneliese(shelf)
    order_id = ann.buy()["order_id"]
    before = admin().get(f"/v1/payments?order_id={order_id}").ok()["data"]
    deliver()
    assert ann.client.get("/v1/users/me/payment-methods").ok()["data"] != []
    audits = [row for row in rows("payments") if row["kind"]["S"] == "payment_audit_log"]
    assert any("ip_address" in row for row in audits)
    tell(deletion(ann), "payments")
    assert ann.client.get("/v1/payment-methods").ok()["data"] == []
    ann.client.get(f"/v1/payment-methods/{ann.card_id}").refused(404, "not_found")
    assert admin().get(f"/v1/payments?order_id={order_id}").ok()["data"] == before
    after = [row for row in rows("payments") if row["kind"]["S"] == "payment_audit_log"]
    assert len(after) == len(audits) + 1
    assert not any("ip_address" in row for row in after if row.get("user_id") == {"S": ann.user_id})
    assert "provider_token" not in json.dumps(rows("payments"), default=str)
    deliver()
    assert ann.client.get("/v1/users/me/payment-methods").ok()["data"] == []


@pytest.mark.usefixtures("machine")
def test_every_cart_of_a_deleted_user_is_dropped(shelf: Shelf) -> None:
    """B75: the live one and those of before; a guest's is nobody's."""
    ann = anneliese(shelf)
    bought = ann.buy()
    deliver()
    live = ann.fill()
    tell(deletion(ann), "carts")
    ann.client.get("/v1/carts/current").refused(404, "not_found")
    for cart_id in (bought["cart_id"], live["cart_id"]):
        with pytest.raises(Refusal, match="not_found"):
            perform("carts", "find_cart", cart_id=cart_id)
    deliver()
    assert left_of((ann.user_id,), "carts") == []


@pytest.mark.usefixtures("machine")
def test_mails_keep_their_cause_and_nothing_of_whom_they_were_for(shelf: Shelf) -> None:
    """B75, B7: what is heard late is never written to anybody, and no cause notifies twice."""
    ann = anneliese(shelf)
    order_id = ann.buy()["order_id"]
    order = admin().get(f"/v1/orders/{order_id}").ok()
    first = perform("notifications", "send_order_confirmation", **order)
    assert first["status"] == "sent"
    tell(deletion(ann), "notifications")
    assert perform("notifications", "send_order_confirmation", **order)["status"] == "sent"
    another = {**order, "order_id": "another"}
    assert perform("notifications", "send_order_confirmation", **another)["status"] == "suppressed"
    tell(said(auth.UserCreated(user_id=ann.user_id, email=EMAIL, first_name=FIRST, roles=[]), 10), "notifications")
    assert left_of(PERSON, "notifications") == []
    app_of("notifications").jobs({"job": "send_due"}, None)
    assert left_of(PERSON, "notifications") == []


# --- while a checkout runs


@pytest.mark.parametrize("step", sorted(STEPS))
def test_a_checkout_that_runs_while_its_customer_is_erased_leaves_nothing(shelf: Shelf, step: str) -> None:
    """B75, B118: all services hear of it just before this step; money and stock go back."""
    ann = anneliese(shelf)
    before = {sku: shelf.available(sku) for sku in shelf.units}
    told: list[str] = []

    def interrupted(service: str, payload: Json) -> Any:
        if payload["step"] == step and not told:
            told.append(step)
            tell(deletion(ann))
        return perform_step(service, payload)

    with running(perform=interrupted):
        cart = ann.fill()
        placed = ann.check_out(ann.wish(cart, notes=NOTES)).ok()
        deliver()
    assert told == [step]
    assert left_of(PERSON) == []
    assert {sku: shelf.available(sku) for sku in shelf.units} == before
    for payment in admin().get(f"/v1/payments?order_id={placed['order_id']}").ok()["data"]:
        assert payment["captured_amount"] == payment["refunded_amount"]
    order = admin().get(f"/v1/orders/{placed['order_id']}")
    assert order.status == 404 or order.body["status"] == "cancelled"
    ended = admin().get(f"/v1/checkouts/{placed['checkout_id']}").ok()["status"]
    assert ended == ("succeeded" if step == "send_order_confirmation" else "failed")


def test_a_checkout_that_waits_for_its_customer_is_undone(shelf: Shelf) -> None:
    """B75: also when the payment comes through after all."""
    ann = anneliese(shelf, "tok_requires_action")
    before = {sku: shelf.available(sku) for sku in shelf.units}
    with running():
        placed = ann.buy(notes=NOTES)
        assert placed["status"] == "awaiting_payment"
        tell(deletion(ann))
        deliver()
        webhook("payment.succeeded", placed["next_action"]["provider_payment_id"]).ok(200)
        deliver()
    assert left_of(PERSON) == []
    assert {sku: shelf.available(sku) for sku in shelf.units} == before
    checkout = admin().get(f"/v1/checkouts/{placed['checkout_id']}").ok()
    assert (checkout["status"], checkout["failure_code"]) == ("failed", "cancelled_by_customer")
    (payment,) = admin().get(f"/v1/payments?order_id={placed['order_id']}").ok()["data"]
    assert payment["captured_amount"] == payment["refunded_amount"]
