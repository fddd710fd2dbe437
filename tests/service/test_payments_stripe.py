"""Stripe, for real against its stand-in: authorized, captured, refunded, stopped, asked after silence.

R156, R158, R163, R166, R172-R173, R300; B136, B137, B146; PAY-01-PAY-05.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import httpx
import pytest
import stripe

from shop import settings
from shop.errors import Refusal, Transient
from tests.kit import anyone
from tests.service.payments_kit import LocalStripe, confirmed, localstripe, sent
from tests.service.test_payments import ann, charge, confirm, figures, money, payment, refund, reverse, said, support
from tests.service.test_payments_faults import finish_now

pytestmark = pytest.mark.usefixtures("shop")

Patch = pytest.MonkeyPatch
NO_LINE: Exception = stripe.APIConnectionError("no line")  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalStripe]:
    with localstripe() as running:
        yield running


@pytest.fixture
def bank(server: LocalStripe, monkeypatch: Patch) -> LocalStripe:
    """Stripe, empty, and where the shop asks for it."""
    server.call("DELETE", "/_config/data")
    monkeypatch.setenv("STRIPE_API", server.address)
    return server


def a_card(bank: LocalStripe, number: str = "4242424242424242") -> str:
    body = {"type": "card", "provider": "stripe", "provider_token": bank.card(number)}
    return str(ann().post("/v1/payment-methods", body, idempotency_key=body["provider_token"]).ok(201)["id"])


def silence(patch: Patch, part: str, when: str) -> None:
    """Let the line go dead once, before Stripe hears of a request or before we hear its answer."""
    real = stripe.RequestsClient.request
    calls = iter((True,))

    def request(self: Any, method: str, url: str, *given: Any, **named: Any) -> Any:
        dead = method == "post" and part in url and next(calls, False)
        if dead and when == "before":
            raise NO_LINE
        answer = real(self, method, url, *given, **named)
        if dead:
            raise NO_LINE
        return answer

    patch.setattr(stripe.RequestsClient, "request", request)


def test_a_card_is_kept_for_a_customer_of_stripes(bank: LocalStripe) -> None:
    """R158, B143."""
    shown = ann().get(f"/v1/payment-methods/{a_card(bank)}").ok()
    assert (shown["card_type"], shown["card_funding"], shown["last4"]) == ("visa", "credit", "4242")
    assert (shown["expiry_month"], shown["expiry_year"], shown["provider"]) == (12, 2040, "stripe")
    assert not {"provider_customer_id", "provider_token"} & set(shown)


@pytest.mark.parametrize("token", ["pm_unknown", "4000000000000002"])
def test_a_card_stripe_does_not_take_is_rejected(bank: LocalStripe, token: str) -> None:
    body = {
        "type": "card",
        "provider": "stripe",
        "provider_token": token if token.startswith("pm_") else bank.card(token),
    }
    ann().post("/v1/payment-methods", body, idempotency_key="k").refused(402, "method_rejected")
    bad = {**body, "type": "upi"}
    ann().post("/v1/payment-methods", bad, idempotency_key="k2").refused(422, "validation_failed")


def test_money_is_authorized_at_checkout_and_taken_at_confirmation(bank: LocalStripe) -> None:
    """E50, B139."""
    assert charge(a_card(bank))["status"] == "succeeded"
    assert figures(payment()) == ("succeeded", 0, 0)
    assert bank.intents()[0]["status"] == "requires_capture"
    assert bank.intents()[0]["metadata"] == {"payment_id": payment()["payment_id"]}
    for _ in range(2):
        confirmed()
    assert figures(payment()) == ("succeeded", 3100, 0)
    assert [i["status"] for i in bank.intents()] == ["succeeded"]
    assert [(t["transaction_type"], t["amount"]["amount"]) for t in payment()["transactions"]] == [
        ("authorization", 3100),
        ("capture", 3100),
    ]
    assert said() == ["payment.created", "payment.succeeded"]


def test_a_shop_may_wait_for_the_first_parcel(bank: LocalStripe, monkeypatch: Patch) -> None:
    """E68."""
    monkeypatch.setattr(settings, "CAPTURE_PAYMENT", "shipment")
    charge(a_card(bank))
    confirmed()
    assert figures(payment()) == ("succeeded", 0, 0)
    sent()
    sent(event_id="sent-2")
    assert figures(payment()) == ("succeeded", 3100, 0)


def test_a_card_that_is_declined_fails_the_payment(bank: LocalStripe) -> None:
    with pytest.raises(Refusal, match="payment_declined"):
        charge(a_card(bank, "4000000000000341"))
    assert figures(payment()) == ("failed", 0, 0)
    assert payment()["failure_reason"] == "Your card was declined."


@pytest.mark.parametrize(("passes", "status"), [(True, "succeeded"), (False, "failed")])
def test_3d_secure_waits_for_the_cards_owner(bank: LocalStripe, passes: bool, status: str) -> None:
    """B146, R156."""
    answer = charge(a_card(bank, "4000002500003155"))
    action = answer["next_action"]
    assert (answer["status"], action["type"], action["provider"]) == ("processing", "stripe_sdk", "stripe")
    assert confirm(answer["payment_id"], "k1").ok(202)["status"] == "processing"
    bank.authenticate(action["provider_payment_id"], action["client_secret"], passes)
    reply = confirm(answer["payment_id"], "k2")
    assert reply.status == (202 if passes else 402)
    assert payment()["status"] == status
    assert len(bank.intents()) == 1


@pytest.mark.parametrize("number", ["4242424242424242", "4000002500003155"])
def test_what_was_only_authorized_is_stopped_and_not_refunded(bank: LocalStripe, number: str) -> None:
    """R173, B142."""
    charge(a_card(bank, number))
    assert reverse()["status"] == reverse()["status"] == "cancelled"
    assert bank.intents()[0]["status"] == "canceled"
    assert bank.refunds() == []
    assert figures(payment()) == ("cancelled", 0, 0)
    assert "void" in [t["transaction_type"] for t in payment()["transactions"]]
    confirmed()
    assert figures(payment()) == ("cancelled", 0, 0)


def test_staff_takes_a_part_and_gives_back_no_more_than_that(bank: LocalStripe) -> None:
    """R300, R166, B141."""
    charge(a_card(bank))
    path = f"/v1/payments/{payment()['payment_id']}/captures"
    support().post(path, {"amount": money(3101)}, idempotency_key="a").refused(409, "capture_exceeds_payment")
    support().post(path, {"amount": money(5, "EUR")}, idempotency_key="b").refused(422, "currency_mismatch")
    support().post(path, {"amount": money(0)}, idempotency_key="c").refused(422, "amount_out_of_range")
    ann().post(path, {}, idempotency_key="d").refused(403, "forbidden")
    refund(payment()["payment_id"], "r0", 1).refused(409, "not_refundable")
    taken = support().post(path, {"amount": money(2000)}, idempotency_key="e").ok(202)
    assert taken["captured_amount"] == money(2000)
    support().post(path, {}, idempotency_key="f").refused(409, "not_capturable")
    paid = payment()["payment_id"]
    refund(paid, "r1", 2001).refused(409, "refund_exceeds_payment")
    assert refund(paid, "r2", 500).ok(201)["status"] == "succeeded"
    assert refund(paid, "r3").ok(201)["amount"] == money(1500)
    assert figures(payment()) == ("refunded", 2000, 2000)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("part", ["/payment_intents", "/confirm"])
def test_a_charge_whose_answer_is_lost_is_asked_for(
    bank: LocalStripe, monkeypatch: Patch, part: str, when: str
) -> None:
    """B137. The stand-in knows no keys: only asking keeps a confirmation from being made twice."""
    card = a_card(bank)
    silence(monkeypatch, part, when)
    try:
        charge(card)
    except Transient:
        assert charge(card)["status"] == "succeeded"
    assert figures(payment()) == ("succeeded", 0, 0)
    assert [i["status"] for i in bank.intents()].count("requires_capture") == 1
    assert [i["id"] for i in bank.intents() if i["status"] == "requires_capture"] == [payment()["provider_payment_id"]]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_capture_whose_answer_is_lost_is_finished_by_the_job(
    bank: LocalStripe, monkeypatch: Patch, when: str
) -> None:
    charge(a_card(bank))
    silence(monkeypatch, "/capture", when)
    confirmed()
    assert figures(payment()) == ("succeeded", 0, 0)
    finish_now(monkeypatch)
    finish_now(monkeypatch)
    assert figures(payment()) == ("succeeded", 3100, 0)
    assert len(bank.intents()) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_refund_whose_answer_is_lost_is_made_once(bank: LocalStripe, monkeypatch: Patch, when: str) -> None:
    charge(a_card(bank))
    confirmed()
    silence(monkeypatch, "/refunds", when)
    assert refund(payment()["payment_id"], "r1", 1000).ok(201)["status"] == "pending"
    finish_now(monkeypatch)
    assert figures(payment()) == ("succeeded", 3100, 1000)
    assert [r["amount"] for r in bank.refunds()] == [1000]


def test_a_reversal_in_the_middle_of_a_capture_gives_the_money_back(bank: LocalStripe, monkeypatch: Patch) -> None:
    """B142."""
    charge(a_card(bank))
    silence(monkeypatch, "/capture", "after")
    confirmed()
    assert reverse()["status"] == "refunded"
    assert figures(payment()) == ("refunded", 3100, 3100)
    assert [r["amount"] for r in bank.refunds()] == [3100]


def test_stripes_own_webhooks_are_believed_by_their_signature_alone(bank: LocalStripe) -> None:
    """R163, B140. What Stripe's stand-in signs and sends is what the shop is told."""
    came: Queue[tuple[str, str]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            came.put((raw, self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        hook = {"url": f"http://127.0.0.1:{listening.server_port}/", "secret": "whsec_tradewind"}
        httpx.post(f"{bank.address}/_config/webhooks/shop", json=hook).raise_for_status()
        charge(a_card(bank))
        intent = payment()["provider_payment_id"]
        bank.call("POST", f"/v1/payment_intents/{intent}/capture", {})  # by somebody at Stripe's dashboard
        raw, signature = came.get(timeout=10)
        while json.loads(raw)["type"] != "payment_intent.succeeded":
            raw, signature = came.get(timeout=10)
        listening.shutdown()
    for bad in ("", "t=1,v1=00", signature[:-1] + ("0" if signature[-1] != "0" else "1")):
        anyone().post("/v1/webhooks/stripe", raw, stripe_signature=bad).refused(400, "bad_signature")
    assert figures(payment()) == ("succeeded", 0, 0)
    for _ in range(2):
        assert anyone().post("/v1/webhooks/stripe", raw, stripe_signature=signature).ok(200) == {"received": True}
    assert figures(payment()) == ("succeeded", 3100, 0)
    assert [t["transaction_type"] for t in payment()["transactions"]] == ["authorization", "capture"]
