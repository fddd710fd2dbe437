"""Paying again after a failed payment, and orders nobody pays (R146; B127, B128, B135; E54, E58, E59)."""

from typing import Any

import pytest
import time_machine

from orders.logic import orders, repayment
from orders.store import unpaid
from payments.store import bank
from shop import clock, ids, settings, steps
from shop.errors import Transient
from tests import kit
from tests.kit import Client, Reply, admin, anyone, deliver, hear, pending, user
from tests.proof.machine import Json, running
from tests.proof.shopper import Buyer, a_buyer, fresh, furnished, money, webhook

pytestmark = pytest.mark.usefixtures("shop")

SPEAKERS = ("carts", "inventory", "orders", "payments")


@pytest.fixture
def buyer(shop: None, monkeypatch: pytest.MonkeyPatch) -> Buyer:
    monkeypatch.setattr(settings, "CAPTURE_PAYMENT", "shipment")
    return a_buyer(furnished())


def bought(buyer: Buyer, **but: Any) -> Json:
    with running():
        placed = buyer.buy(**but)
    assert placed["status"] == "succeeded"
    deliver(*SPEAKERS)
    return buyer.order(placed["order_id"])


def lose(order: Json) -> None:
    """The bank does not stand by its word when the money is to be taken."""
    payment = admin().get(f"/v1/payments/{order['payment_id']}").ok(200)
    bank.let_go(payment["provider_payment_id"])
    admin().post(f"/v1/payments/{order['payment_id']}/captures", {}, idempotency_key=fresh("k"))


@pytest.fixture
def order(buyer: Buyer) -> Json:
    """An order that stands, and whose payment failed."""
    order = bought(buyer)
    lose(order)
    deliver(*SPEAKERS, times=2)
    after = buyer.order(order["order_id"])
    assert (after["status"], after["payment_status"]) == ("confirmed", "failed")
    return after


def card(buyer: Buyer, token: str) -> str:
    body = {"type": "card", "provider": "mock", "provider_token": token}
    return str(buyer.client.post("/v1/payment-methods", body, idempotency_key=fresh("card")).ok(201)["id"])


def pay(buyer: Buyer, order: Json, method: str = "", key: str = "", client: Client | None = None) -> Reply:
    body = {"payment_method_id": method or buyer.card_id}
    path = f"/v1/orders/{order['order_id']}/payments"
    return (client or buyer.client).post(path, body, idempotency_key=key or fresh("k"))


def statuses(buyer: Buyer, order: Json) -> list[str]:
    return [payment["status"] for payment in buyer.payments(order["order_id"])]


def said(kind: str, order: Json, payment_id: str) -> tuple[str, Json]:
    data = {"payment_id": payment_id, "order_id": order["order_id"], "user_id": order["user_id"]}
    meta = {
        "id": ids.new_id(),
        "type": kind,
        "version": 1,
        "occurred_at": clock.now(),
        "aggregate_type": "payment",
        "aggregate_id": payment_id,
        "aggregate_version": 2,
        "correlation_id": "c",
        "actor": {"type": "system", "id": None},
    }
    return kind, {**meta, "data": {**data, "amount": order["total_amount"]}}


def to_orders(service: str) -> bool:
    return service == "orders"


def later(seconds: float) -> time_machine.travel:
    return time_machine.travel(clock.after(seconds), tick=True)


def test_an_order_whose_payment_failed_is_paid_again(buyer: Buyer, order: Json) -> None:
    """R146; B128, B135: retry after failure makes a new payment, whose money is taken at once."""
    reply = pay(buyer, order)
    paid = reply.ok(202)
    assert paid["order_id"] == order["order_id"]
    assert reply.headers["Location"] == f"/v1/payments/{paid['payment_id']}"
    assert paid["payment_id"] != order["payment_id"]
    deliver(*SPEAKERS, times=2)
    after = buyer.order(order["order_id"])
    assert (after["status"], after["payment_status"]) == ("confirmed", "paid")
    assert after["payment_id"] == paid["payment_id"]
    payments = {payment["payment_id"]: payment for payment in buyer.payments(order["order_id"])}
    assert payments[order["payment_id"]]["status"] == "failed"
    assert payments[paid["payment_id"]]["captured_amount"] == order["total_amount"]
    pay(buyer, order).refused(409, "already_paid")


def test_only_an_unpaid_order_of_ones_own_is_paid_and_only_with_ones_own_card(buyer: Buyer, order: Json) -> None:
    stranger = a_buyer(buyer.shelf)
    pay(stranger, order).refused(404, "not_found")
    pay(buyer, order, client=user("support-1", "support")).refused(404, "not_found")
    pay(buyer, order, client=anyone()).refused(401, "unauthenticated")
    pay(buyer, {"order_id": ids.new_id()}).refused(404, "not_found")
    pay(buyer, order, stranger.card_id).refused(402, "payment_declined")
    path, key = f"/v1/orders/{order['order_id']}/payments", fresh("k")
    buyer.client.post(path, {"payment_method_id": buyer.card_id}).refused(400, "idempotency_key_missing")
    for wrong in ({}, {"payment_method_id": ""}, {"payment_method_id": 7}):
        refused = buyer.client.post(path, wrong, idempotency_key=fresh("k")).refused(422, "validation_failed")
        assert refused["errors"][0]["pointer"] == "/payment_method_id"
    buyer.client.post(path, {"payment_method_id": "x", "amount": money(1)}, idempotency_key=key).refused(
        422, "validation_failed"
    )
    assert statuses(buyer, order) == ["failed"]


def test_what_is_paid_pending_or_given_up_is_not_paid_again(buyer: Buyer) -> None:
    paid = bought(buyer)
    pay(buyer, paid).refused(409, "already_paid")
    cash = bought(buyer, payment_method_id=None, payment_method="cod")
    pay(buyer, cash).refused(409, "payment_exists")
    path = f"/v1/orders/{paid['order_id']}/cancellations"
    buyer.client.post(path, {"reason": "no"}, idempotency_key=fresh("k")).ok(202)
    pay(buyer, paid).refused(409, "conflict")


def test_a_declined_card_leaves_the_order_unpaid_and_another_may_be_tried(buyer: Buyer, order: Json) -> None:
    pay(buyer, order, card(buyer, "tok_declined")).refused(402, "payment_declined")
    deliver(*SPEAKERS, times=2)
    assert buyer.order(order["order_id"])["payment_status"] == "failed"
    pay(buyer, order).ok(202)
    deliver(*SPEAKERS)
    assert buyer.order(order["order_id"])["payment_status"] == "paid"
    assert sorted(statuses(buyer, order)) == ["failed", "failed", "succeeded"]


@pytest.mark.parametrize("ending", ["succeeded", "failed"])
def test_a_payment_that_asks_the_customer_first_ends_as_the_provider_says(
    buyer: Buyer, order: Json, ending: str
) -> None:
    """E58, E59, after `next_action`."""
    begun = pay(buyer, order, card(buyer, "tok_requires_action")).ok(202)
    assert begun["status"] == "processing"
    assert buyer.order(order["order_id"])["payment_status"] == "pending"
    pay(buyer, order).refused(409, "payment_exists")
    webhook(f"payment.{ending}", begun["next_action"]["provider_payment_id"]).ok(200)
    deliver(*SPEAKERS, times=2)
    after = buyer.order(order["order_id"])
    assert after["payment_status"] == {"succeeded": "paid", "failed": "failed"}[ending]
    assert after["payment_id"] == begun["payment_id"]


def test_two_payments_at_once_are_one(buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    """B135: the second comes between the first one's look at the order and its charge."""
    real = steps.ask
    rival: list[Any] = []

    def ask(service: str, step: str, payload: Json) -> Json:
        if step == "charge_payment" and not rival:
            rival.append(None)
            rival[0] = pay(buyer, order)
        return real(service, step, payload)

    monkeypatch.setattr(steps, "ask", ask)
    pay(buyer, order).refused(409, "already_paid")
    assert rival[0].ok(202)["status"] == "succeeded"
    deliver(*SPEAKERS)
    assert sorted(statuses(buyer, order)) == ["failed", "succeeded"]
    assert buyer.order(order["order_id"])["payment_status"] == "paid"


def test_a_charge_whose_answer_was_lost_is_found_by_its_key(
    buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same key again finds the payment that was made, and never makes another."""
    real, key = steps.ask, fresh("k")

    def cut_off(service: str, step: str, payload: Json) -> Json:
        answer = real(service, step, payload)
        if step == "charge_payment":
            raise Transient("lost")
        return answer

    monkeypatch.setattr(steps, "ask", cut_off)
    pay(buyer, order, key=key).refused(503, "unavailable")
    monkeypatch.setattr(steps, "ask", real)
    paid = pay(buyer, order, key=key).ok(202)
    assert buyer.order(order["order_id"])["payment_id"] == paid["payment_id"]
    assert sorted(statuses(buyer, order)) == ["failed", "succeeded"]


def test_a_charge_nobody_came_back_for_is_learnt_from_its_event(
    buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E58 of a payment the order does not know yet."""
    monkeypatch.setattr(repayment, "_follow", lambda *arguments: (_ for _ in ()).throw(RuntimeError("cut off")))
    pay(buyer, order).refused(500, "internal_error")
    monkeypatch.undo()
    deliver(*SPEAKERS, times=2)
    after = buyer.order(order["order_id"])
    (paid,) = [p for p in buyer.payments(order["order_id"]) if p["status"] == "succeeded"]
    assert (after["payment_status"], after["payment_id"]) == ("paid", paid["payment_id"])
    assert paid["captured_amount"] == order["total_amount"]


def test_late_news_of_the_first_payment_changes_nothing(buyer: Buyer, order: Json) -> None:
    """B7: events come late and in any order."""
    hear(*said("payment.succeeded", order, order["payment_id"]), to=to_orders)
    assert buyer.order(order["order_id"])["payment_status"] == "failed"
    pay(buyer, order).ok(202)
    for kind in ("payment.failed", "payment.succeeded", "payment.cancelled"):
        hear(*said(kind, order, order["payment_id"]), to=to_orders)
    assert buyer.order(order["order_id"])["payment_status"] == "paid"
    hear(*said("payment.failed", {**order, "order_id": ids.new_id()}, order["payment_id"]), to=to_orders)


def test_an_order_nobody_pays_is_given_up_and_its_stock_is_free(buyer: Buyer, order: Json) -> None:
    """B127; E54: after UNPAID_ORDER_TTL, not before."""
    assert buyer.shelf.available("MUG") == 18
    kit.app_of("orders").jobs({"job": "expire_unpaid"}, None)
    assert buyer.order(order["order_id"])["status"] == "confirmed"
    with later(settings.UNPAID_ORDER_TTL + 1):
        for _ in range(2):
            kit.app_of("orders").jobs({"job": "expire_unpaid"}, None)
        deliver(*SPEAKERS, times=2)
        after = buyer.order(order["order_id"])
    assert (after["status"], after["payment_status"]) == ("cancelled", "failed")
    assert (after["history"][-1]["changed_by"], after["history"][-1]["reason"]) == ("expiry", "payment_expired")
    assert buyer.shelf.available("MUG") == 20
    pay(buyer, order).refused(409, "conflict")


def test_what_was_paid_again_or_is_on_its_way_is_not_given_up(buyer: Buyer, order: Json) -> None:
    pay(buyer, order).ok(202)
    shipped = bought(buyer)
    for status in ("processing", "shipped"):
        path = f"/v1/orders/{shipped['order_id']}"
        body = {"status": status, "reason": "packed"}
        admin().post(f"/v1/admin{path[3:]}/status-changes", body, if_match=admin().get(path).etag).ok(200)
    lose(shipped)
    deliver(*SPEAKERS)
    assert buyer.order(shipped["order_id"])["payment_status"] == "failed"
    with later(settings.UNPAID_ORDER_TTL + 1):
        kit.app_of("orders").jobs({"job": "expire_unpaid"}, None)
        assert buyer.order(order["order_id"])["status"] == "confirmed"
        assert buyer.order(shipped["order_id"])["status"] == "shipped"
        pay(buyer, shipped).ok(202)


def test_who_is_just_paying_is_given_the_time_for_it(buyer: Buyer, order: Json) -> None:
    with later(settings.UNPAID_ORDER_TTL - 60):
        begun = pay(buyer, order, card(buyer, "tok_requires_action")).ok(202)
    with later(settings.UNPAID_ORDER_TTL + 60):
        kit.app_of("orders").jobs({"job": "expire_unpaid"}, None)
        assert buyer.order(order["order_id"])["status"] == "confirmed"
    with later(settings.UNPAID_ORDER_TTL + settings.PAYMENT_WAIT + 60):
        kit.app_of("orders").jobs({"job": "expire_unpaid"}, None)
        deliver(*SPEAKERS)
        assert buyer.order(order["order_id"])["status"] == "cancelled"
        webhook("payment.succeeded", begun["next_action"]["provider_payment_id"]).ok(200)
        deliver(*SPEAKERS)
    kept = [p["captured_amount"]["amount"] - p["refunded_amount"]["amount"] for p in buyer.payments(order["order_id"])]
    assert sum(kept) == 0


def test_a_payment_that_overtakes_the_expiry_saves_the_order(
    buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The customer pays between the job's read and its write."""
    real, name = orders.move, "orders.logic.repayment.move"

    def rival(*arguments: Any) -> Any:
        monkeypatch.setattr(name, real)
        pay(buyer, order).ok(202)
        return real(*arguments)

    with later(settings.UNPAID_ORDER_TTL + 1):
        monkeypatch.setattr(name, rival)
        kit.app_of("orders").jobs({"job": "expire_unpaid"}, None)
    after = buyer.order(order["order_id"])
    assert (after["status"], after["payment_status"]) == ("confirmed", "paid")
    assert "order.cancelled" not in [kind for kind, _ in pending("orders")]


def test_one_order_that_cannot_be_given_up_stops_no_other(
    buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = bought(buyer)
    lose(other)
    deliver(*SPEAKERS)
    real = unpaid.find

    def broken(order_id: str) -> Any:
        if order_id == order["order_id"]:
            raise RuntimeError("broken")
        return real(order_id)

    monkeypatch.setattr(unpaid, "find", broken)
    with later(settings.UNPAID_ORDER_TTL + 1):
        kit.app_of("orders").jobs({"job": "expire_unpaid"}, None)
    assert buyer.order(order["order_id"])["status"] == "confirmed"
    assert buyer.order(other["order_id"])["status"] == "cancelled"
