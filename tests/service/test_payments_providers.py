"""PayPal and Razorpay against their recorded contracts: what is asked, what is understood, and what silence means.

R156, R158, R163, R166, R172-R173; B136, B137, B140-B143, B146; PAY-01-PAY-05.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from payments.providers.paypal import PayPal
from shop.errors import Refusal, Transient
from tests.kit import anyone
from tests.service.payments_kit import Contract, confirmed, replaying
from tests.service.test_payments import ann, charge, confirm, figures, money, payment, refund, reverse, support
from tests.service.test_payments_faults import finish_now

pytestmark = pytest.mark.usefixtures("shop")

Patch = pytest.MonkeyPatch
RUPEES = {"amount": 310_000, "currency": "INR"}


@pytest.fixture
def paypal(monkeypatch: Patch) -> Iterator[Contract]:
    PayPal._tokens.clear()
    with replaying("paypal") as contract:
        monkeypatch.setenv("PAYPAL_API", contract.address)
        yield contract


@pytest.fixture
def razorpay(monkeypatch: Patch) -> Iterator[Contract]:
    with replaying("razorpay") as contract:
        monkeypatch.setenv("RAZORPAY_API", contract.address)
        yield contract


def a_method(provider: str, method_type: str, token: str) -> str:
    body = {"type": method_type, "provider": provider, "provider_token": token}
    return str(ann().post("/v1/payment-methods", body, idempotency_key=f"{provider} {token}").ok(201)["id"])


# PayPal


def approval(contract: Contract) -> Any:
    """A payment whose payer is at PayPal."""
    return charge(a_method("paypal", "paypal", "approval"))


def event(kind: str = "CHECKOUT.ORDER.APPROVED", event_id: str = "WH-1", signed: str = "good", **resource: Any) -> Any:
    about = {"id": "5O190127TN364715T", "status": "APPROVED", "payer": {"email_address": "payer@example.com"}}
    raw = json.dumps({"id": event_id, "event_type": kind, "resource": {**about, **resource}}, separators=(", ", ":"))
    headers = {
        "paypal_auth_algo": "SHA256withRSA",
        "paypal_cert_url": "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594",
        "paypal_transmission_id": "69cd13f0-d67a-11e5-baa3-778b53f4ae55",
        "paypal_transmission_sig": signed,
        "paypal_transmission_time": "2026-01-31T09:00:00Z",
    }
    return anyone().post("/v1/webhooks/paypal", raw, **headers)


def test_a_payer_agrees_at_paypal_and_is_charged_when_the_order_stands(paypal: Contract) -> None:
    """R156, B139, B146."""
    answer = approval(paypal)
    action = answer["next_action"]
    assert (answer["status"], action["type"], action["provider"]) == ("processing", "redirect", "paypal")
    assert action["redirect_url"] == "https://www.paypal.com/checkoutnow?token=5O190127TN364715T"
    assert confirm(answer["payment_id"], "k1").ok(202)["status"] == "processing"
    paypal.state = "approved"
    assert confirm(answer["payment_id"], "k2").ok(202)["status"] == "succeeded"
    assert figures(payment()) == ("succeeded", 0, 0)
    confirmed()
    assert figures(payment()) == ("succeeded", 3100, 0)
    made = next(a for a in paypal.asked if a.path == "/v2/checkout/orders")
    assert made.body["intent"] == "AUTHORIZE"
    assert made.body["purchase_units"] == [
        {"custom_id": answer["payment_id"], "amount": {"currency_code": "USD", "value": "31.00"}}
    ]
    assert made.headers["paypal-request-id"] == f"{answer['payment_id']}-announce"
    taken = next(a for a in paypal.asked if a.path.endswith("/capture"))
    assert taken.body == {"amount": {"currency_code": "USD", "value": "31.00"}, "final_capture": True}
    assert paypal.times("POST", "/v1/oauth2/token") == 1


def test_a_vaulted_payer_need_not_be_asked(paypal: Contract) -> None:
    method = a_method("paypal", "paypal", "8kk8451t")
    assert charge(method)["status"] == "succeeded"
    assert figures(payment()) == ("succeeded", 0, 0)


@pytest.mark.parametrize(
    ("provider", "kind", "token"), [("paypal", "paypal", "gone"), ("paypal", "paypal", "../orders")]
)
def test_a_token_paypal_does_not_know_is_rejected(paypal: Contract, provider: str, kind: str, token: str) -> None:
    """R158."""
    body = {"type": kind, "provider": provider, "provider_token": token}
    ann().post("/v1/payment-methods", body, idempotency_key="k").refused(402, "method_rejected")
    assert "/../" not in paypal.asked[-1].path


def test_a_paypal_webhook_is_believed_when_paypal_says_it_is_its_own(paypal: Contract) -> None:
    """R163, B140."""
    approval(paypal)
    paypal.state = "approved"
    event(signed="forged").refused(400, "bad_signature")
    anyone().post("/v1/webhooks/paypal", "{}").refused(400, "bad_signature")
    assert payment()["status"] == "processing"
    for _ in range(2):
        assert event().ok(200) == {"received": True}
    assert figures(payment()) == ("succeeded", 0, 0)
    asked = next(a for a in paypal.asked if a.path.endswith("verify-webhook-signature")).body
    assert (asked["webhook_id"], asked["auth_algo"]) == ("8PT597110X687430LKGECATA", "SHA256withRSA")
    assert asked["webhook_event"]["event_type"] == "CHECKOUT.ORDER.APPROVED"
    assert paypal.times("POST", "/authorize") == 1


def test_a_declined_payer_fails_the_payment(paypal: Contract) -> None:
    approval(paypal)
    paypal.state = "refusing"
    event().ok(200)
    assert figures(payment()) == ("failed", 0, 0)
    assert payment()["failure_reason"].startswith("The instrument presented was either declined")


def test_an_authorization_that_has_expired_fails_the_payment(paypal: Contract) -> None:
    """E59. Before anything is packed."""
    charge(a_method("paypal", "paypal", "8kk8451t"))
    paypal.state = "expired"
    confirmed()
    assert figures(payment()) == ("failed", 0, 0)
    assert payment()["failure_reason"] == "Authorization has expired."


def test_a_paypal_order_given_up_is_voided(paypal: Contract) -> None:
    """R173."""
    charge(a_method("paypal", "paypal", "8kk8451t"))
    assert reverse()["status"] == reverse()["status"] == "cancelled"
    assert (paypal.state, paypal.times("POST", "/void")) == ("voided", 1)
    assert figures(payment()) == ("cancelled", 0, 0)


def test_a_payer_who_agrees_too_late_is_not_charged(paypal: Contract) -> None:
    """B142. What PayPal authorized for an order given up meanwhile is let go."""
    approval(paypal)
    reverse()
    paypal.state = "approved"
    event().ok(200)
    assert (payment()["status"], paypal.state) == ("cancelled", "voided")


def test_a_paypal_refund_that_takes_its_time_is_followed(paypal: Contract, monkeypatch: Patch) -> None:
    """R166, B141. The refund is `processing` until PayPal says more."""
    charge(a_method("paypal", "paypal", "8kk8451t"))
    confirmed()
    made = refund(payment()["payment_id"], "r1", 1000).ok(201)
    assert (made["status"], made["provider_refund_id"]) == ("processing", "1JU08902781691411")
    assert figures(payment()) == ("succeeded", 3100, 0)
    refund(payment()["payment_id"], "r2", 2101).refused(409, "refund_exceeds_payment")
    finish_now(monkeypatch)
    assert payment()["refunds"][0]["status"] == "processing"
    paypal.state = "refunded"
    finish_now(monkeypatch)
    assert figures(payment()) == ("succeeded", 3100, 1000)
    assert paypal.times("POST", "/refund") == 1
    assert [r["status"] for r in support().get("/v1/admin/refunds?status=succeeded").ok()["data"]] == ["succeeded"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("part", ["/v2/checkout/orders", "/authorize"])
def test_what_paypal_leaves_unanswered_is_asked_again(paypal: Contract, part: str, when: str) -> None:
    """B137."""
    method = a_method("paypal", "paypal", "8kk8451t")
    paypal.silent[part] = when
    try:
        charge(method)
    except Transient:
        assert charge(method)["status"] == "succeeded"
    assert figures(payment()) == ("succeeded", 0, 0)
    keys = {a.headers["paypal-request-id"] for a in paypal.asked if a.path.endswith(("/orders", "/authorize"))}
    assert len(keys) == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_paypal_capture_and_refund_left_unanswered_are_finished(
    paypal: Contract, monkeypatch: Patch, when: str
) -> None:
    charge(a_method("paypal", "paypal", "8kk8451t"))
    paypal.silent["/capture"] = when
    confirmed()
    assert figures(payment()) == ("succeeded", 0, 0)
    finish_now(monkeypatch)
    assert figures(payment()) == ("succeeded", 3100, 0)
    paypal.silent["/refund"] = when
    assert refund(payment()["payment_id"], "r1", 1000).ok(201)["status"] == "pending"
    finish_now(monkeypatch)
    assert payment()["refunds"][0]["status"] == "processing"
    assert paypal.state == "refunding"


# Razorpay


def upi() -> Any:
    return charge(a_method("razorpay", "upi", "gauravkumar@exampleupi"), amount=RUPEES)


def signed(raw: str, secret: str = "razorpay-secret") -> Any:
    signature = hmac.new(secret.encode(), raw.encode(), hashlib.sha256).hexdigest()
    return anyone().post("/v1/webhooks/razorpay", raw, x_razorpay_signature=signature)


def said_by_razorpay(kind: str = "payment.authorized") -> str:
    entity = {"id": "pay_N8FVRD1DzYzBh1", "order_id": "order_DBJOWzybf0sJbb", "notes": [], "status": "authorized"}
    return json.dumps({"entity": "event", "event": kind, "payload": {"payment": {"entity": entity}}})


def test_a_customer_pays_by_upi_in_razorpays_checkout(razorpay: Contract, monkeypatch: Patch) -> None:
    """B146, R163, R166. Each event is a reason to ask; a failed attempt may be followed by a better one."""
    answer = upi()
    action = answer["next_action"]
    assert (answer["status"], action["type"], action["method"]) == ("processing", "checkout", "upi")
    assert (action["provider_payment_id"], action["key_id"]) == ("order_DBJOWzybf0sJbb", "rzp_test_tradewind")
    razorpay.state = "failed"
    signed(said_by_razorpay("payment.failed")).ok(200)
    assert payment()["status"] == "processing"
    razorpay.state = "authorized"
    signed(said_by_razorpay(), "guessed").refused(400, "bad_signature")
    for _ in range(2):
        signed(said_by_razorpay()).ok(200)
    assert figures(payment()) == ("succeeded", 0, 0)
    confirmed()
    assert figures(payment()) == ("succeeded", 310_000, 0)
    path = f"/v1/payments/{payment()['payment_id']}/refunds"
    asked = {"amount": {"amount": 100_000, "currency": "INR"}}
    made = support().post(path, asked, idempotency_key="r1").ok(201)
    assert made["status"] == "processing"
    razorpay.state = "refunded"
    signed(said_by_razorpay("refund.processed")).ok(200)
    assert figures(payment()) == ("succeeded", 310_000, 100_000)
    sent = next(a for a in razorpay.asked if a.path.endswith("/refund"))
    assert sent.headers["x-refund-idempotency"] == made["refund_id"] == sent.body["notes"]["refund_id"]


def test_a_card_kept_at_razorpay_shows_its_end(razorpay: Contract) -> None:
    """R158, B143."""
    method = a_method("razorpay", "card", "cust_1Aa00000000001/token_9vdkIEoTiEUS6i")
    shown = ann().get(f"/v1/payment-methods/{method}").ok()
    assert (shown["card_type"], shown["card_funding"], shown["last4"]) == ("Visa", "debit", "1111")
    body = {"type": "upi", "provider": "razorpay", "provider_token": "nobody@nowhere"}
    ann().post("/v1/payment-methods", body, idempotency_key="k").refused(402, "method_rejected")


def test_razorpay_takes_all_or_nothing(razorpay: Contract) -> None:
    """R300."""
    paid = upi()["payment_id"]
    razorpay.state = "authorized"
    confirm(paid).ok(202)
    path = f"/v1/payments/{paid}/captures"
    part = {"amount": {"amount": 1, "currency": "INR"}}
    support().post(path, part, idempotency_key="a").refused(409, "partial_capture_unsupported")
    assert support().post(path, {}, idempotency_key="b").ok(202)["captured_amount"] == RUPEES


def test_a_razorpay_order_given_up_is_never_captured(razorpay: Contract) -> None:
    """R173. What is authorized and not captured goes back by itself."""
    paid = upi()["payment_id"]
    razorpay.state = "authorized"
    confirm(paid).ok(202)
    assert reverse()["status"] == "cancelled"
    confirmed()
    assert (figures(payment()), razorpay.state) == (("cancelled", 0, 0), "authorized")


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_razorpay_leaves_unanswered_is_asked_again(razorpay: Contract, monkeypatch: Patch, when: str) -> None:
    """B137. Orders are found by their receipt, refunds by their notes."""
    method = a_method("razorpay", "upi", "gauravkumar@exampleupi")
    razorpay.silent["/v1/orders"] = when
    with pytest.raises(Transient):
        charge(method, amount=RUPEES)
    paid = charge(method, amount=RUPEES)["payment_id"]
    assert razorpay.times("POST", "/v1/orders") == (1 if when == "after" else 2)
    razorpay.state = "authorized"
    confirm(paid).ok(202)
    razorpay.silent["/capture"] = when
    confirmed()
    finish_now(monkeypatch)
    assert figures(payment()) == ("succeeded", 310_000, 0)
    razorpay.silent["/refund"] = when
    asked = {"amount": {"amount": 100_000, "currency": "INR"}}
    reply = support().post(f"/v1/payments/{paid}/refunds", asked, idempotency_key="r1").ok(201)
    assert reply["status"] == "pending"
    finish_now(monkeypatch)
    assert payment()["refunds"][0]["status"] == "processing"
    assert razorpay.times("POST", "/refund") == (1 if when == "after" else 2)


# Either


@pytest.mark.parametrize("provider", ["stripe", "paypal", "razorpay"])
def test_a_provider_the_shop_is_not_known_to_is_off(monkeypatch: Patch, provider: str) -> None:
    """B136."""
    monkeypatch.setattr("payments.providers._secrets", lambda name: {})
    kind = "paypal" if provider == "paypal" else "card"
    body = {"type": kind, "provider": provider, "provider_token": "t"}
    ann().post("/v1/payment-methods", body, idempotency_key="k").refused(404, "not_found")
    anyone().post(f"/v1/webhooks/{provider}", "{}").refused(404, "not_found")


def test_a_provider_with_troubles_of_its_own_leaves_the_outcome_open(paypal: Contract) -> None:
    paypal.exchanges.insert(0, {"method": "POST", "path": "/v2/checkout/orders", "status": 503, "body": {}})
    with pytest.raises(Transient):
        charge(a_method("paypal", "paypal", "approval"))
    assert figures(payment()) == ("pending", 0, 0)
    assert reverse()["status"] == "cancelled"
    with pytest.raises(Refusal, match="payment_declined"):
        charge(payment()["payment_method_id"], amount=money(3100))
