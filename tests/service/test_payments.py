"""Payments.

R154-R161, R163, R165-R167, R172-R173; B134-B144, B146; E53-E54, E56-E66; AP42-AP48; PAY-01-PAY-05, PAY-07.
"""

import hashlib
import hmac
import json
import re
import time
from collections import Counter
from typing import Any

import boto3
import pytest

from shop import database, settings, telemetry
from shop import table as tables
from shop.errors import Refusal
from tests import kit
from tests.kit import Client, Reply, admin, anyone, pending, perform, user

pytestmark = pytest.mark.usefixtures("shop")

SECRET = "a-secret-for-tests"
TOKENS = ("tok_success", "tok_declined", "tok_requires_action", "tok_outcome_unknown")


def money(amount: int, currency: str = "USD") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def ann() -> Client:
    return user("ann")


def support() -> Client:
    return user("support-1", "support")


def a_method(token: str = "tok_success", **fields: Any) -> str:
    body = {"type": "card", "provider": "mock", "provider_token": token, **fields}
    return str(ann().post("/v1/payment-methods", body, idempotency_key=f"{token}{time.time_ns()}").ok(201)["id"])


def charge(method_id: str | None = None, order: str = "o1", checkout: str = "c1", **fields: Any) -> Any:
    asked = {"user_id": "ann", "amount": money(3100), "payment_method_id": method_id, "payment_method": None, **fields}
    return perform("payments", "charge_payment", checkout_id=checkout, order_id=order, **asked)


def charge_cod(order: str = "o1") -> Any:
    return charge(order=order, payment_method="cod")


def reverse(order: str = "o1") -> Any:
    return perform("payments", "reverse_payment", order_id=order)


def payment(order: str = "o1") -> Any:
    (shown,) = ann().get(f"/v1/payments?order_id={order}").ok(200)["data"]
    return shown


def refund(payment_id: str, key: str, amount: int | None = None) -> Reply:
    body = {"amount": money(amount) if amount is not None else None, "reason": "broken"}
    return support().post(f"/v1/payments/{payment_id}/refunds", body, idempotency_key=key)


def webhook(
    event: str, provider_payment_id: str, event_id: str = "evt_1", *, at: float | None = None, secret: str = SECRET
) -> Reply:
    raw = json.dumps({"id": event_id, "type": event, "data": {"provider_payment_id": provider_payment_id}})
    return anyone().post("/v1/webhooks/mock", raw, mock_signature=signature(raw, at, secret))


def signature(raw: str, at: float | None = None, secret: str = SECRET) -> str:
    moment = int(time.time() if at is None else at)
    return f"t={moment},v1={hmac.new(secret.encode(), f'{moment}.{raw}'.encode(), hashlib.sha256).hexdigest()}"


def said(*but: str) -> list[str]:
    return [kind for kind, _ in pending("payments") if not kind.startswith("payment_method.") and kind not in but]


def heard(kind: str, event_id: str, order: str = "o1") -> None:
    data: dict[str, Any] = {"order_id": order, "order_number": "ORD-1", "user_id": "ann", "items": []}
    if kind == "order.delivered":
        data["delivered_at"] = "2026-01-31T09:00:00.000Z"
    detail = {
        "id": event_id,
        "type": kind,
        "version": 1,
        "occurred_at": "2026-01-31T09:00:00.000Z",
        "aggregate_type": "order",
        "aggregate_id": order,
        "aggregate_version": 3,
        "correlation_id": "c",
        "actor": {"type": "user", "id": "ann"},
        "data": data,
    }
    kit.hear(kind, detail, lambda service: service == "payments")


def figures(shown: Any) -> tuple[str, int, int]:
    return shown["status"], shown["captured_amount"]["amount"], shown["refunded_amount"]["amount"]


def rows(kind: str) -> list[dict[str, Any]]:
    """What the table holds of a kind that no door shows yet (the audit log, webhooks)."""
    client = boto3.client("dynamodb", kit.REGION)
    found = client.scan(TableName=settings.table_name("payments"))["Items"]
    plain = [{name: tables.from_value(dict(value)) for name, value in row.items()} for row in found]
    return [row for row in plain if row["kind"] == kind]


# Charging a checkout


def test_a_good_card_pays_the_whole_amount() -> None:
    """R172, R154, B134, B139, B144, E56, E58, AP42, AP43."""
    answer = charge(a_method())
    assert (answer["status"], answer["payment_method"], answer["next_action"]) == ("succeeded", "card", None)
    shown = payment()
    assert shown["payment_id"] == answer["payment_id"]
    assert figures(shown) == ("succeeded", 3100, 0)
    assert re.fullmatch(r"PAY-\d{8}-[0-9A-Z]{6}", shown["payment_number"])
    assert (shown["provider"], shown["next_action"], shown["refunds"]) == ("mock", None, [])
    (only,) = shown["transactions"]
    assert (only["transaction_type"], only["status"], only["amount"]) == ("charge", "succeeded", money(3100))
    assert only["provider_transaction_id"] == shown["provider_payment_id"]
    assert "provider_response" not in only
    assert said() == ["payment.created", "payment.succeeded"]
    assert {row["event_type"] for row in rows("payment_audit_log")} >= {"payment.pending", "payment.succeeded"}
    assert [d["aggregate_version"] for kind, d in pending("payments") if kind.startswith("payment.")] == [1, 2]


def test_a_declined_card_pays_nothing() -> None:
    """R172, E59. The payment failed and may be followed by another (B135)."""
    with pytest.raises(Refusal, match="payment_declined"):
        charge(a_method("tok_declined"))
    assert figures(payment()) == ("failed", 0, 0)
    assert payment()["failure_reason"] == "The payment was declined"
    assert said() == ["payment.created", "payment.failed"]
    with pytest.raises(Refusal, match="payment_declined"):
        charge(payment()["payment_method_id"])
    assert said() == ["payment.created", "payment.failed"]
    assert charge(a_method(), checkout="c2")["status"] == "succeeded"
    data = ann().get("/v1/payments?order_id=o1").ok()["data"]
    assert [one["status"] for one in data] == ["succeeded", "failed"]


def test_a_card_that_needs_its_owner_waits() -> None:
    """B146, E57."""
    answer = charge(a_method("tok_requires_action"))
    action = answer["next_action"]
    assert answer["status"] == "processing"
    assert (action["type"], action["provider"]) == ("redirect", "mock")
    assert action["provider_payment_id"].startswith("mock_pay_")
    assert action["redirect_url"].startswith("https://")
    assert action["expires_at"] > payment()["created_at"]
    assert payment()["next_action"] == action
    assert payment()["transactions"][0]["status"] == "pending"
    assert charge(payment()["payment_method_id"]) == answer
    assert said() == ["payment.created", "payment.requires_action"]


def test_an_unknown_outcome_is_asked_for_and_charged_once() -> None:
    answer = charge(a_method("tok_outcome_unknown"))
    assert answer["status"] == "succeeded"
    assert figures(payment()) == ("succeeded", 3100, 0)
    assert said() == ["payment.created", "payment.succeeded"]


@pytest.mark.parametrize("token", ["tok_success", "tok_outcome_unknown"])
def test_the_same_charge_again_is_the_same_payment(token: str) -> None:
    """B135, B137."""
    method = a_method(token)
    assert charge(method) == charge(method) == charge(method)
    assert said() == ["payment.created", "payment.succeeded"]
    assert len(payment()["transactions"]) == 1


def test_an_order_has_one_live_payment() -> None:
    """B135. Neither another checkout nor another amount gets a second one."""
    method = a_method()
    charge(method)
    with pytest.raises(Refusal, match="payment_exists"):
        charge(method, checkout="c2")
    with pytest.raises(Refusal, match="payment_exists"):
        charge(method, amount=money(9900))
    assert figures(payment()) == ("succeeded", 3100, 0)


def test_cash_on_delivery_is_recorded_and_paid_at_the_door() -> None:
    """E53, E58, B128."""
    answer = charge_cod()
    assert (answer["status"], answer["payment_method"]) == ("pending", "cod")
    assert charge_cod() == answer
    assert (payment()["provider"], figures(payment())) == (None, ("pending", 0, 0))
    for event_id in ("e1", "e1", "e2"):
        heard("order.delivered", event_id)
    assert figures(payment()) == ("succeeded", 3100, 0)
    assert [t["transaction_type"] for t in payment()["transactions"]] == ["charge"]
    assert said() == ["payment.created", "payment.succeeded"]
    (given,) = [refund(payment()["payment_id"], "r1").ok(201)]
    assert given["status"] == "succeeded"
    assert figures(payment()) == ("refunded", 3100, 3100)


def test_a_delivered_order_that_was_paid_by_card_stays_as_it_is() -> None:
    charge(a_method())
    before = payment()
    heard("order.delivered", "e1")
    heard("order.delivered", "e2", order="unheard-of")
    assert payment() == before


@pytest.mark.parametrize(
    "asked",
    [
        {"payment_method": "wallet"},
        {"payment_method": None},
        {"payment_method_id": "no-such-method"},
        {"payment_method_id": "theirs", "payment_method": "cod"},
    ],
)
def test_what_cannot_pay_is_declined(asked: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="payment_declined"):
        charge(**asked)
    assert ann().get("/v1/payments?order_id=o1").ok()["data"] == []
    (noted,) = rows("payment_audit_log")
    assert (noted["event_type"], noted["success"], noted["error"]) == ("payment.refused", False, "payment_declined")


def test_someone_elses_method_does_not_pay() -> None:
    method = a_method()
    with pytest.raises(Refusal, match="payment_declined"):
        charge(method, user_id="bob")
    assert said() == []


@pytest.mark.parametrize("amount", [money(-1), {"amount": 3100}, {"amount": "31.00", "currency": "USD"}, None])
def test_a_charge_that_makes_no_sense_is_refused(amount: Any) -> None:
    with pytest.raises(Refusal, match="internal_error"):
        charge(a_method(), amount=amount)
    assert said() == []


def test_an_order_that_costs_nothing_needs_no_payment() -> None:
    """B134: a payment's amount is above 0."""
    answer = charge(a_method(), amount=money(0))
    none = {"payment_id": None, "amount": None, "captured_amount": None, "next_action": None}
    assert answer == {**none, "status": "succeeded", "payment_method": "card"}
    assert ann().get("/v1/payments?order_id=o1").ok()["data"] == []


def test_a_charge_takes_four_calls_of_the_table() -> None:
    """Read the method, record, the bank's own book, record."""
    method = a_method()
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    events = database.connection(settings.table_name("payments")).client.meta.events
    events.register("before-call.dynamodb", count)
    charge(method)
    events.unregister("before-call.dynamodb", count)
    assert calls == {"GetItem": 1, "TransactWriteItems": 2, "PutItem": 1}


def test_find_payment_tells_how_it_stands() -> None:
    nothing = dict.fromkeys(("payment_id", "amount", "captured_amount", "status", "payment_method", "next_action"))
    assert perform("payments", "find_payment", order_id="o1") == nothing
    answer = charge(a_method("tok_requires_action"))
    assert perform("payments", "find_payment", order_id="o1") == answer


# Undoing it


def test_money_taken_is_given_back() -> None:
    """R173, E64, E65."""
    charge(a_method())
    assert reverse()["status"] == "refunded"
    assert reverse()["status"] == "refunded"
    assert figures(payment()) == ("refunded", 3100, 3100)
    assert [t["transaction_type"] for t in payment()["transactions"]] == ["charge", "refund"]
    assert said() == ["payment.created", "payment.succeeded", "refund.created", "refund.succeeded"]
    assert [d["data"]["fully_refunded"] for kind, d in pending("payments") if kind == "refund.succeeded"] == [True]


def test_money_not_taken_yet_is_stopped() -> None:
    """R173, E60."""
    waiting = charge(a_method("tok_requires_action"))
    assert reverse()["status"] == "cancelled"
    assert reverse()["status"] == "cancelled"
    assert figures(payment()) == ("cancelled", 0, 0)
    assert {(t["transaction_type"], t["status"]) for t in payment()["transactions"]} == {
        ("charge", "failed"),
        ("void", "succeeded"),
    }
    assert said() == ["payment.created", "payment.requires_action", "payment.cancelled"]
    assert payment()["next_action"] is None
    assert waiting["next_action"] is not None


def test_cash_nobody_will_bring_is_cancelled() -> None:
    charge_cod()
    assert reverse()["status"] == "cancelled"
    heard("order.delivered", "e1")
    assert figures(payment()) == ("cancelled", 0, 0)
    assert said() == ["payment.created", "payment.cancelled"]


def test_a_failed_payment_needs_no_undoing() -> None:
    with pytest.raises(Refusal):
        charge(a_method("tok_declined"))
    assert reverse()["status"] == "failed"
    assert said() == ["payment.created", "payment.failed"]


def test_a_charge_that_comes_after_its_reversal_is_refused() -> None:
    """The tombstone."""
    method = a_method()
    assert reverse() == dict.fromkeys(
        ("payment_id", "amount", "captured_amount", "status", "payment_method", "next_action")
    )
    assert reverse()["payment_id"] is None
    for checkout in ("c1", "c2"):
        with pytest.raises(Refusal, match="payment_declined"):
            charge(method, checkout=checkout)
    with pytest.raises(Refusal, match="payment_declined"):
        charge_cod()
    assert ann().get("/v1/payments?order_id=o1").ok()["data"] == []
    assert said() == []


def test_a_charge_repeated_after_its_reversal_is_refused() -> None:
    method = a_method()
    charge(method)
    reverse()
    with pytest.raises(Refusal, match="payment_declined"):
        charge(method)
    assert figures(payment()) == ("refunded", 3100, 3100)


def test_a_cancelled_order_gets_its_money_back_once() -> None:
    """E54, B142."""
    charge(a_method())
    for event_id in ("e1", "e1", "e2"):
        heard("order.cancelled", event_id)
    assert figures(payment()) == ("refunded", 3100, 3100)
    assert said() == ["payment.created", "payment.succeeded", "refund.created", "refund.succeeded"]


def test_a_reversal_gives_back_only_what_is_left() -> None:
    charge(a_method())
    refund(payment()["payment_id"], "r1", 1000).ok(201)
    assert reverse()["status"] == "refunded"
    assert figures(payment()) == ("refunded", 3100, 3100)
    assert [one["amount"]["amount"] for one in payment()["refunds"]] == [1000, 2100]


# Looking at payments


def test_payments_are_their_customers_and_staff_sees_all() -> None:
    """R154, R155, AP43."""
    charge(a_method(), order="o1", checkout="c1")
    charge(a_method(), order="o2", checkout="c2")
    paid = payment("o1")["payment_id"]
    assert [one["order_id"] for one in ann().get("/v1/payments").ok()["data"]] == ["o2", "o1"]
    first = ann().get("/v1/payments?limit=1").ok()
    second = ann().get(f"/v1/payments?limit=1&cursor={first['next_cursor']}").ok()
    assert [one["order_id"] for one in first["data"] + second["data"]] == ["o2", "o1"]
    assert not second["has_more"]
    read = ann().get(f"/v1/payments/{paid}")
    assert read.ok(200) == payment("o1")
    assert read.etag == '"2"'
    assert user("bob").get("/v1/payments").ok()["data"] == []
    assert user("bob").get("/v1/payments?order_id=o1").ok()["data"] == []
    user("bob").get(f"/v1/payments/{paid}").refused(404, "not_found")
    user("bob").post(f"/v1/payments/{paid}/confirmations", {}, idempotency_key="k").refused(404, "not_found")
    ann().get("/v1/payments/gone").refused(404, "not_found")
    anyone().get("/v1/payments").refused(401, "unauthenticated")
    for staff in (support(), admin()):
        assert staff.get(f"/v1/payments/{paid}").ok(200)["user_id"] == "ann"
        assert len(staff.get("/v1/payments?order_id=o1").ok()["data"]) == 1


def confirm(payment_id: str, key: str = "k1") -> Reply:
    return ann().post(f"/v1/payments/{payment_id}/confirmations", {}, idempotency_key=key)


def test_a_confirmation_asks_the_provider_and_not_the_client() -> None:
    """R156."""
    answer = charge(a_method("tok_requires_action"))
    waiting = confirm(answer["payment_id"])
    assert waiting.ok(202)["status"] == "processing"
    assert waiting.headers["Location"] == f"/v1/payments/{answer['payment_id']}"
    ann().post(f"/v1/payments/{answer['payment_id']}/confirmations", {}).refused(400, "idempotency_key_missing")
    lie = {"status": "succeeded"}
    ann().post(f"/v1/payments/{answer['payment_id']}/confirmations", lie, idempotency_key="k2").refused(
        422, "validation_failed"
    )
    assert figures(payment()) == ("processing", 0, 0)
    webhook("payment.succeeded", answer["next_action"]["provider_payment_id"]).ok(200)
    confirm(answer["payment_id"], "k3").refused(409, "already_final")
    assert confirm(answer["payment_id"]).body == waiting.body


# Payment methods


def test_a_method_shows_everything_but_its_token() -> None:
    """R157-R159, B143, B21, E61, AP46."""
    body = {"type": "CARD", "provider": "mock", "provider_token": "tok_success", "is_default": True}
    made = ann().post("/v1/payment-methods", body, idempotency_key="k1")
    shown = made.ok(201)
    expected = {"type": "card", "provider": "mock", "card_type": "visa", "last4": "4242", "expiry_month": 12}
    assert {name: shown[name] for name in expected} == expected
    assert (shown["expiry_year"], shown["is_default"], shown["user_id"]) == (2040, True, "ann")
    assert made.headers["Location"] == f"/v1/payment-methods/{shown['id']}"
    assert ann().get(f"/v1/payment-methods/{shown['id']}").ok(200) == shown
    assert ann().get("/v1/payment-methods").ok(200)["data"] == [shown]
    assert ann().post("/v1/payment-methods", body, idempotency_key="k1").ok(201) == shown
    ann().post("/v1/payment-methods", body).refused(400, "idempotency_key_missing")
    assert len(ann().get("/v1/payment-methods").ok()["data"]) == 1
    ((kind, detail),) = pending("payments")
    assert (kind, detail["data"]["last4"], detail["data"]["is_default"]) == ("payment_method.attached", "4242", True)


def test_a_upi_id_and_a_wallet_are_methods_too() -> None:
    a_method(type="upi", upi_id="ann@bank")
    a_method(type="wallet", wallet_type="apple_pay")
    shown = {m["type"]: m for m in ann().get("/v1/payment-methods").ok()["data"]}
    assert (shown["upi"]["upi_id"], shown["upi"]["last4"]) == ("ann@bank", None)
    assert shown["wallet"]["wallet_type"] == "apple_pay"


@pytest.mark.parametrize("token", ["tok_other", "4242424242424242", "x" * 255])
def test_an_unknown_token_is_rejected(token: str) -> None:
    body = {"type": "card", "provider": "mock", "provider_token": token}
    ann().post("/v1/payment-methods", body, idempotency_key="k1").refused(402, "method_rejected")
    assert ann().get("/v1/payment-methods").ok()["data"] == []
    (noted,) = rows("payment_audit_log")
    assert (noted["event_type"], noted["success"], noted["ip_address"]) == (
        "payment_method.rejected",
        False,
        "203.0.113.7",
    )
    assert token not in str(rows("idempotency") + rows("payment_audit_log"))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"type": "cod"}, "/type"),
        ({"provider": "bank-of-nowhere"}, "/provider"),
        ({"provider_token": ""}, "/provider_token"),
        ({"card_number": "4242424242424242"}, "/card_number"),
        ({"is_default": "yes"}, "/is_default"),
        ({"upi_id": "nonsense"}, "/upi_id"),
    ],
)
def test_a_bad_method_is_422_with_a_pointer(change: dict[str, Any], pointer: str) -> None:
    body = {"type": "card", "provider": "mock", "provider_token": "tok_success", **change}
    problem = ann().post("/v1/payment-methods", body, idempotency_key="k1").refused(422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert "4242424242424242" not in str(problem)


def test_a_user_has_one_default_method() -> None:
    """B143, E62."""
    first, second = a_method(is_default=True), a_method(is_default=True)
    assert defaults() == [second]
    etag = ann().get(f"/v1/payment-methods/{first}").etag
    assert etag == '"2"'
    ann().patch(f"/v1/payment-methods/{first}", {"is_default": True}, if_match=etag).ok(200)
    assert defaults() == [first]
    ann().patch(f"/v1/payment-methods/{first}", {"is_default": False}, if_match='"3"').ok(200)
    assert defaults() == []
    third = a_method(is_default=True)
    assert defaults() == [third]


def defaults() -> list[str]:
    return [m["id"] for m in ann().get("/v1/payment-methods").ok()["data"] if m["is_default"]]


def test_a_method_changes_only_as_it_was_read() -> None:
    """R160."""
    method = a_method()
    path = f"/v1/payment-methods/{method}"
    ann().patch(path, {"expiry_month": 3}).refused(428, "if_match_required")
    changed = ann().patch(path, {"expiry_month": 3, "expiry_year": 2041}, if_match='"1"')
    assert (changed.ok(200)["expiry_month"], changed.body["expiry_year"], changed.etag) == (3, 2041, '"2"')
    ann().patch(path, {"expiry_month": 4}, if_match='"1"').refused(412, "version_mismatch")
    ann().patch(path, {"expiry_month": 13}, if_match='"2"').refused(422, "validation_failed")
    ann().patch(path, {"provider_token": "tok_success"}, if_match='"2"').refused(422, "validation_failed")
    assert ann().patch(path, {"expiry_month": None}, if_match='"2"').ok(200)["expiry_month"] == 3
    upi = a_method(type="upi")
    ann().patch(f"/v1/payment-methods/{upi}", {"expiry_year": 2041}, if_match='"1"').refused(422, "not_a_card")


def test_a_detached_method_is_gone() -> None:
    """R161, E63."""
    method = a_method(is_default=True)
    path = f"/v1/payment-methods/{method}"
    ann().delete(path).refused(428, "if_match_required")
    ann().delete(path, if_match='"9"').refused(412, "version_mismatch")
    ann().delete(path, if_match='"1"').ok(204)
    ann().get(path).refused(404, "not_found")
    assert defaults() == []
    assert pending("payments")[-1][0] == "payment_method.detached"
    assert a_method(is_default=True) == defaults()[0]


def test_someone_elses_method_is_not_found() -> None:
    path = f"/v1/payment-methods/{a_method()}"
    user("bob").get(path).refused(404, "not_found")
    user("bob").patch(path, {"expiry_month": 3}, if_match='"1"').refused(404, "not_found")
    user("bob").delete(path, if_match='"1"').refused(404, "not_found")
    assert user("bob").get("/v1/payment-methods").ok()["data"] == []
    anyone().get(path).refused(401, "unauthenticated")


def test_an_ended_session_attaches_nothing() -> None:
    kit.ENDED.add("session-of-ann")
    body = {"type": "card", "provider": "mock", "provider_token": "tok_success"}
    ann().post("/v1/payment-methods", body, idempotency_key="k1").refused(401, "session_ended")


# Refunds by staff


def test_staff_gives_back_part_and_then_the_rest() -> None:
    """R165-R167, B141, E64, E65."""
    charge(a_method())
    paid = payment()["payment_id"]
    part = refund(paid, "r1", 1000)
    assert (part.ok(201)["status"], part.body["amount"], part.body["reason"]) == ("succeeded", money(1000), "broken")
    assert re.fullmatch(r"REF-\d{8}-[0-9A-Z]{6}", part.body["refund_number"])
    assert figures(payment()) == ("succeeded", 3100, 1000)
    assert refund(paid, "r1", 1000).body == part.body
    assert figures(payment()) == ("succeeded", 3100, 1000)
    problem = refund(paid, "r2", 2101).refused(409, "refund_exceeds_payment")
    assert problem["refundable"] == money(2100)
    rest = refund(paid, "r3").ok(201)
    assert rest["amount"] == money(2100)
    assert figures(payment()) == ("refunded", 3100, 3100)
    refund(paid, "r4").refused(409, "not_refundable")
    refund(paid, "r5", 1).refused(409, "not_refundable")
    listed = support().get(f"/v1/payments/{paid}/refunds").ok(200)["data"]
    assert [one["refund_id"] for one in listed] == [part.body["refund_id"], rest["refund_id"]]
    assert support().get(part.headers["Location"]).ok(200) == part.body
    assert [d["data"]["fully_refunded"] for kind, d in pending("payments") if kind == "refund.succeeded"] == [
        False,
        True,
    ]
    assert [t["transaction_type"] for t in payment()["transactions"]] == ["charge", "refund", "refund"]
    noted = [row for row in rows("payment_audit_log") if row["event_type"] == "refund.created"]
    assert [(row["actor"]["type"], row["ip_address"]) for row in noted] == [("user", "203.0.113.7")] * 2


def test_only_money_that_was_taken_is_refunded() -> None:
    waiting = charge(a_method("tok_requires_action"))["payment_id"]
    refund(waiting, "r1", 100).refused(409, "not_refundable")
    refund("gone", "r2", 100).refused(404, "not_found")
    support().get("/v1/payments/gone/refunds").refused(404, "not_found")
    support().get(f"/v1/payments/{waiting}/refunds/gone").refused(404, "not_found")
    assert support().get(f"/v1/payments/{waiting}/refunds").ok()["data"] == []


def test_a_refund_of_a_strange_amount_is_422() -> None:
    charge(a_method())
    path = f"/v1/payments/{payment()['payment_id']}/refunds"
    for number, (amount, code, pointer) in enumerate(
        [
            (money(0), "amount_out_of_range", "/amount"),
            (money(-5), "amount_out_of_range", "/amount"),
            (money(5, "EUR"), "currency_mismatch", "/amount/currency"),
            ({"amount": 1.5, "currency": "USD"}, "validation_failed", "/amount/amount"),
        ]
    ):
        problem = support().post(path, {"amount": amount}, idempotency_key=f"r{number}").refused(422, code)
        assert problem["errors"][0]["pointer"] == pointer
    support().post(path, {}).refused(400, "idempotency_key_missing")
    assert figures(payment()) == ("succeeded", 3100, 0)


def test_customers_refund_nothing_themselves() -> None:
    charge(a_method())
    path = f"/v1/payments/{payment()['payment_id']}/refunds"
    ann().get(path).refused(403, "forbidden")
    ann().post(path, {}, idempotency_key="k").refused(403, "forbidden")
    ann().get(f"{path}/x").refused(403, "forbidden")
    anyone().post(path, {}, idempotency_key="k").refused(401, "unauthenticated")


# Webhooks


@pytest.mark.parametrize(
    ("event", "status", "captured"),
    [
        ("payment.succeeded", "succeeded", 3100),
        ("payment.failed", "failed", 0),
        ("payment.cancelled", "cancelled", 0),
    ],
)
def test_a_webhook_decides_a_waiting_payment_once(event: str, status: str, captured: int) -> None:
    """R163, B140, E58-E60, AP45, AP47."""
    provider_payment_id = charge(a_method("tok_requires_action"))["next_action"]["provider_payment_id"]
    for event_id in ("evt_1", "evt_1", "evt_2"):
        assert webhook(event, provider_payment_id, event_id).ok(200) == {"received": True}
    assert figures(payment()) == (status, captured, 0)
    assert said() == ["payment.created", "payment.requires_action", event]
    assert [row["status"] for row in rows("payment_webhook")] == ["processed", "processed"]
    assert {row["payment_id"] for row in rows("payment_webhook")} == {payment()["payment_id"]}


def test_what_is_final_stays() -> None:
    """B134: status changes only forward."""
    provider_payment_id = charge(a_method("tok_requires_action"))["next_action"]["provider_payment_id"]
    webhook("payment.succeeded", provider_payment_id, "evt_1").ok(200)
    webhook("payment.failed", provider_payment_id, "evt_2").ok(200)
    webhook("payment.cancelled", provider_payment_id, "evt_3").ok(200)
    assert figures(payment()) == ("succeeded", 3100, 0)
    assert said("payment.created", "payment.requires_action") == ["payment.succeeded"]


@pytest.mark.parametrize("given_up", [reverse, lambda: heard("order.cancelled", "e1")])
def test_money_that_comes_after_the_order_was_given_up_goes_back(given_up: Any) -> None:
    """B142."""
    provider_payment_id = charge(a_method("tok_requires_action"))["next_action"]["provider_payment_id"]
    given_up()
    for event_id in ("evt_1", "evt_1", "evt_2"):
        webhook("payment.succeeded", provider_payment_id, event_id).ok(200)
    assert figures(payment()) == ("cancelled", 3100, 3100)
    assert [one["status"] for one in payment()["refunds"]] == ["succeeded"]
    assert said() == [
        "payment.created",
        "payment.requires_action",
        "payment.cancelled",
        "refund.created",
        "refund.succeeded",
    ]
    assert reverse()["status"] == "cancelled"


def test_money_that_comes_after_it_was_declined_goes_back() -> None:
    provider_payment_id = charge(a_method("tok_requires_action"))["next_action"]["provider_payment_id"]
    webhook("payment.failed", provider_payment_id, "evt_1").ok(200)
    webhook("payment.succeeded", provider_payment_id, "evt_2").ok(200)
    assert figures(payment()) == ("failed", 3100, 3100)


def test_a_webhook_about_something_else_is_received() -> None:
    provider_payment_id = charge(a_method("tok_requires_action"))["next_action"]["provider_payment_id"]
    assert webhook("payment.succeeded", "mock_pay_unknown", "evt_1").ok(200) == {"received": True}
    assert webhook("balance.available", provider_payment_id, "evt_2").ok(200) == {"received": True}
    assert figures(payment()) == ("processing", 0, 0)
    assert {row["status"] for row in rows("payment_webhook")} == {"processed"}


def test_only_the_provider_can_sign() -> None:
    provider_payment_id = charge(a_method("tok_requires_action"))["next_action"]["provider_payment_id"]
    now = time.time()
    webhook("payment.succeeded", provider_payment_id, secret="guessed").refused(400, "bad_signature")
    webhook("payment.succeeded", provider_payment_id, at=now - 302).refused(400, "bad_signature")
    webhook("payment.succeeded", provider_payment_id, at=now + 302).refused(400, "bad_signature")
    raw = json.dumps({"id": "evt_1", "type": "payment.failed", "data": {"provider_payment_id": provider_payment_id}})
    good = signature(raw)
    tampered = raw.replace("failed", "succeeded")
    for body, given in (
        (tampered, good),
        (raw + " ", good),
        (raw, good[:-1]),
        (raw, good.replace("v1=", "v0=")),
        (raw, f"t={'9' * 5000},v1=00"),
        (raw, "t=²,v1=ü"),
        (raw, ""),
    ):
        anyone().post("/v1/webhooks/mock", body, mock_signature=given).refused(400, "bad_signature")
    anyone().post("/v1/webhooks/mock", raw).refused(400, "bad_signature")
    anyone().post("/v1/webhooks/nobody", raw, mock_signature=good).refused(404, "not_found")
    assert figures(payment()) == ("processing", 0, 0)
    assert rows("payment_webhook") == []
    webhook("payment.succeeded", provider_payment_id, at=now - 290).ok(200)
    assert figures(payment()) == ("succeeded", 3100, 0)


@pytest.mark.parametrize("raw", ["", "nonsense", "[]", '{"id": "", "type": "x", "data": {}}', '{"id": "evt_1"}'])
def test_a_signed_webhook_that_says_nothing_is_422(raw: str) -> None:
    anyone().post("/v1/webhooks/mock", raw, mock_signature=signature(raw)).refused(422, "validation_failed")
    assert rows("payment_webhook") == []


def test_a_webhook_that_is_too_long_is_413() -> None:
    raw = json.dumps({"id": "evt_1", "type": "x", "data": {"provider_payment_id": "p"}, "more": "x" * 300_000})
    anyone().post("/v1/webhooks/mock", raw, mock_signature=signature(raw)).refused(413, "payload_too_large")


# What must never be seen


def test_a_token_is_seen_nowhere(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """B21, B143: not in an answer, an event, a log line, nor in clear in the table."""
    answers: list[Any] = []
    call = Client.call

    def kept(*given: Any, **named: Any) -> Reply:
        reply = call(*given, **named)
        answers.append(reply)
        return reply

    monkeypatch.setattr(Client, "call", kept)
    monkeypatch.setattr(telemetry.logger, "propagate", True, raising=False)
    for number, token in enumerate(TOKENS):
        method = a_method(token, is_default=True)
        try:
            charge(method, order=f"o{number}", checkout=f"c{number}")
        except Refusal as refusal:
            answers.append(refusal)
        payment(f"o{number}")
        reverse(f"o{number}")
        ann().get(f"/v1/payment-methods/{method}")
    ann().get("/v1/payment-methods")
    database = boto3.client("dynamodb", kit.REGION)
    stored = database.scan(TableName=settings.table_name("payments"))["Items"]
    assert any(row["kind"]["S"] == "payment_method" and "provider_token" in row for row in stored)
    logged = [record.__dict__ for record in caplog.records]
    assert logged
    for seen in (stored, logged, [(r.body, r.headers) for r in answers if isinstance(r, Reply)], answers):
        assert "tok_" not in str(seen)
    assert "provider_token" not in str([r.body for r in answers if isinstance(r, Reply)])
    assert "provider_token" not in str(pending("payments"))


def test_a_stored_token_opens_only_for_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """B143. A row copied to another user pays nothing."""
    a_method()
    database = boto3.client("dynamodb", kit.REGION)
    name = settings.table_name("payments")
    (row,) = [r for r in database.scan(TableName=name)["Items"] if r["kind"]["S"] == "payment_method"]
    database.put_item(TableName=name, Item={**row, "PK": {"S": "USER#bob"}, "user_id": {"S": "bob"}})
    with pytest.raises(Exception, match="InvalidCiphertext"):
        charge(row["id"]["S"], user_id="bob")
    assert reverse()["status"] == "cancelled"
