"""What staff sees of the money, and what is forgotten with a customer.

R154, R164, R168-R171; B75, B138, B140, B144; E6; AP42-AP44, AP47, AP48; PAY-05, PAY-07, PLT-03.
"""

from collections import Counter
from typing import Any

import pytest

from payments.logic import webhooks as logic
from payments.store import webhooks
from shop import clock, settings
from shop import database as tables
from tests.kit import Client, admin, anyone, user
from tests.service.payments_kit import told
from tests.service.test_payments import a_method, ann, charge, payment, refund, reverse, rows, support, webhook
from tests.service.test_payments_faults import Crash, crash, meanwhile

pytestmark = pytest.mark.usefixtures("shop")

Patch = pytest.MonkeyPatch
TODAY = clock.now()[:10]


def walked(who: Client, path: str, **filters: str) -> list[Any]:
    """All of a list, one thing a page."""
    found: list[Any] = []
    cursor = ""
    while True:
        query = "&".join(f"{name}={value}" for name, value in {**filters, "limit": "1", **_at(cursor)}.items())
        page = who.get(f"{path}?{query}").ok(200)
        found += page["data"]
        if not page["has_more"]:
            return found
        cursor = page["next_cursor"]


def _at(cursor: str) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}


def three_payments() -> list[str]:
    """One that succeeded, one that waits, one that was given back."""
    made = []
    for number, token in enumerate(("tok_success", "tok_requires_action", "tok_success")):
        made.append(charge(a_method(token), order=f"o{number}", checkout=f"c{number}")["payment_id"])
    reverse("o2")
    return made


def test_staff_lists_payments_by_status_and_day() -> None:
    """R164, AP44."""
    paid, waits, back = three_payments()

    def ids(**filters: str) -> list[str]:
        return [p["payment_id"] for p in walked(support(), "/v1/admin/payments", **filters)]

    assert ids() == ids(day=TODAY) == [back, waits, paid]
    assert ids(status="SUCCEEDED") == ids(status="succeeded", day=TODAY) == [paid]
    assert ids(status="processing") == [waits]
    assert ids(status="refunded") == [back]
    assert ids(status="succeeded", day="2020-01-01") == ids(day="2020-01-01") == []
    support().get("/v1/admin/payments?status=lost").refused(400, "invalid_parameter")
    support().get("/v1/admin/payments?day=today").refused(400, "invalid_parameter")
    ann().get("/v1/admin/payments").refused(403, "forbidden")
    anyone().get("/v1/admin/payments").refused(401, "unauthenticated")


def test_staff_lists_refunds_by_status() -> None:
    """R168, AP44."""
    charge(a_method())
    for key in ("r1", "r2"):
        refund(payment()["payment_id"], key, 100).ok(201)
    shown = walked(support(), "/v1/admin/refunds", status="succeeded")
    assert [r["amount"]["amount"] for r in shown] == [100, 100]
    assert walked(support(), "/v1/admin/refunds") == shown
    assert walked(support(), "/v1/admin/refunds", status="failed") == []
    ann().get("/v1/admin/refunds").refused(403, "forbidden")


def test_a_list_of_payments_is_one_read() -> None:
    """R154, AP42, AP43. With everything that was done about each."""
    three_payments()
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    events = tables.connection(settings.table_name("payments")).client.meta.events
    events.register("before-call.dynamodb", count)
    shown = ann().get("/v1/payments").ok(200)["data"]
    events.unregister("before-call.dynamodb", count)
    assert calls == {"Query": 1}
    assert [([t["transaction_type"] for t in p["transactions"]], len(p["refunds"])) for p in shown] == [
        (["charge", "refund"], 1),
        (["charge"], 0),
        (["charge"], 0),
    ]
    assert all(ann().get(f"/v1/payments/{p['payment_id']}").ok() == p for p in shown)


def test_the_audit_log_is_read_by_day_payment_and_user() -> None:
    """R170, AP48, B144."""
    charge(a_method())
    paid = payment()["payment_id"]
    refund(paid, "r1", 100).ok(201)
    refund(paid, "r2", 9999).refused(409, "refund_exceeds_payment")
    kinds = [row["event_type"] for row in walked(admin(), "/v1/admin/payment-audit-logs", payment_id=paid)]
    assert kinds == [
        "refund.refused",
        "refund.succeeded",
        "refund.created",
        "payment.succeeded",
        "payment.pending",
    ]
    day = admin().get(f"/v1/admin/payment-audit-logs?day={TODAY}&limit=100").ok(200)["data"]
    assert admin().get("/v1/admin/payment-audit-logs?limit=100").ok()["data"] == day
    assert {row["event_type"] for row in day} == {*kinds, "payment_method.attached"}
    of_ann = admin().get("/v1/admin/payment-audit-logs?user_id=ann").ok()["data"]
    assert "payment_method.attached" in [row["event_type"] for row in of_ann]
    assert admin().get("/v1/admin/payment-audit-logs?day=2020-01-01").ok()["data"] == []
    support().get("/v1/admin/payment-audit-logs").refused(403, "forbidden")


def failed_webhook(patch: Patch) -> str:
    """A webhook that could not be acted on; the provider's payment id."""
    known = str(charge(a_method("tok_requires_action"))["next_action"]["provider_payment_id"])
    crash(patch, logic, "_act", "before")
    webhook("payment.succeeded", known).refused(500, "internal_error")
    return known


def test_a_webhook_that_failed_is_listed_and_acted_on_again(monkeypatch: Patch) -> None:
    """R169, R171, B140, AP47."""
    failed_webhook(monkeypatch)
    (shown,) = walked(admin(), "/v1/admin/payment-webhooks", status="failed")
    assert (shown["provider"], shown["provider_event_id"], shown["event_type"]) == (
        "mock",
        "evt_1",
        "payment.succeeded",
    )
    path = "/v1/admin/payment-webhooks/mock/evt_1/replays"
    support().post(path).refused(403, "forbidden")
    admin().post("/v1/admin/payment-webhooks/mock/none/replays").refused(404, "not_found")
    for _ in range(2):
        again = admin().post(path).ok(202)
        assert (again["status"], again["error"], again["payment_id"]) == ("processed", None, payment()["payment_id"])
    assert (payment()["status"], payment()["captured_amount"]["amount"]) == ("succeeded", 3100)
    assert walked(admin(), "/v1/admin/payment-webhooks", status="failed") == []
    assert len(walked(admin(), "/v1/admin/payment-webhooks")) == 1
    assert "webhook.replayed" in [row["event_type"] for row in rows("payment_audit_log")]
    ann().get("/v1/admin/payment-webhooks").refused(403, "forbidden")


def test_a_key_is_kept_with_the_payment_it_was_for() -> None:
    """B138, PLT-03."""
    charge(a_method())
    paid = payment()["payment_id"]
    refund(paid, "r1", 100).ok(201)
    kept = [row for row in rows("idempotency") if row.get("payment_id")]
    assert [row["payment_id"] for row in kept] == [paid]
    assert clock.now() < kept[0]["expires_at"] <= clock.after(settings.IDEMPOTENCY_TTL)


def forgotten(event_id: str = "gone-1") -> None:
    told("user.deleted", {"user_id": "ann", "email": "ann@example.com"}, event_id)


def test_what_providers_told_of_a_customer_is_forgotten_with_them(monkeypatch: Patch) -> None:
    """E6, B75. Amounts and what was done stay; what was said does not, and is not acted on again."""
    known = charge(a_method("tok_requires_action"))["next_action"]["provider_payment_id"]
    webhook("payment.succeeded", known).ok(200)
    kept = payment()
    crash(monkeypatch, webhooks, "empty", "after")
    with pytest.raises(Crash):
        forgotten()
    forgotten()
    forgotten("gone-2")
    (shown,) = admin().get("/v1/admin/payment-webhooks").ok()["data"]
    assert (shown["payload"], shown["status"], shown["payment_id"]) == ("", "processed", kept["payment_id"])
    admin().post("/v1/admin/payment-webhooks/mock/evt_1/replays").refused(409, "webhook_erased")
    assert ann().get("/v1/payment-methods").ok()["data"] == []
    assert not [row for row in rows("payment_audit_log") if row.get("user_id") == "ann" and row.get("ip_address")]
    assert support().get(f"/v1/payments/{kept['payment_id']}").ok()["amount"] == kept["amount"]
    assert user("bob").get("/v1/payments").ok()["data"] == []


def test_a_replay_does_not_bring_back_what_was_forgotten_meanwhile(monkeypatch: Patch) -> None:
    known = charge(a_method("tok_requires_action"))["next_action"]["provider_payment_id"]
    webhook("payment.succeeded", known).ok(200)
    meanwhile(monkeypatch, webhooks, "replayed", "before", forgotten)
    admin().post("/v1/admin/payment-webhooks/mock/evt_1/replays").refused(409, "webhook_erased")
    (shown,) = admin().get("/v1/admin/payment-webhooks").ok()["data"]
    assert shown["payload"] == ""
