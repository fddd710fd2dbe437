"""Store credit and gift cards: ledgers that add up, spent once whoever races (B145).

R162, R172-R173, R301-R306; E67; PAY-08-PAY-11.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine

from payments.store import credit
from payments.store import gifts as stored_gifts
from payments.store import payments as store
from shop import clock, settings
from shop.errors import Refusal
from tests.kit import REGION, Client, Reply, admin, anyone, deliver, pending, user
from tests.proof.machine import running
from tests.proof.shopper import a_buyer, furnished
from tests.service.payments_kit import confirmed, told
from tests.service.test_payments import (
    a_method,
    ann,
    charge,
    figures,
    money,
    payment,
    reverse,
    rows,
    said,
    support,
)
from tests.service.test_payments import refund as refund_some
from tests.service.test_payments_faults import Crash, crash, finish_now, meanwhile
from tools import invariants

pytestmark = pytest.mark.usefixtures("shop")

Patch = pytest.MonkeyPatch


def a_card(amount: int = 5000, key: str = "k1", **fields: Any) -> Any:
    return admin().post("/v1/admin/gift-cards", {"amount": money(amount), **fields}, idempotency_key=key).ok(201)


def redeem(code: str, key: str = "redeem-1", who: Client | None = None) -> Reply:
    return (who or ann()).post("/v1/gift-card-redemptions", {"code": code}, idempotency_key=key)


def with_credit(amount: int = 5000) -> None:
    redeem(a_card(amount)["code"]).ok(201)


def balance(who: Client | None = None) -> int:
    """What the customer has, which must be the sum of its entries."""
    shown = (who or ann()).get("/v1/store-credits?limit=100").ok(200)
    total = sum(entry["amount"]["amount"] for entry in shown["data"])
    assert [account["balance"]["amount"] for account in shown["balances"]] == ([total] if shown["balances"] else [])
    return int(total)


def on_card(gift_card_id: str) -> int:
    """What a gift card holds, which must be the sum of its entries."""
    shown = admin().get(f"/v1/admin/gift-cards/{gift_card_id}").ok(200)
    assert shown["balance"]["amount"] == sum(entry["amount"]["amount"] for entry in shown["entries"])
    return int(shown["balance"]["amount"])


def refund(key: str, amount: int | None = None, to: str = "original_payment") -> Any:
    body = {"amount": money(amount) if amount else None, "refund_method": to}
    return support().post(f"/v1/payments/{payment()['payment_id']}/refunds", body, idempotency_key=key)


# Store credit


def test_store_credit_is_given_by_a_refund_and_listed() -> None:
    """R162, R166, E67."""
    charge(a_method())
    made = refund("r1", 1200, "store_credit").ok(201)
    assert (made["status"], made["credit_amount"], made["refund_method"]) == ("succeeded", money(1200), "store_credit")
    assert figures(payment()) == ("succeeded", 3100, 1200)
    shown = ann().get("/v1/store-credits").ok(200)
    assert [account["balance"] for account in shown["balances"]] == [money(1200)]
    assert [(e["amount"], e["reason"], e["reference_id"]) for e in shown["data"]] == [
        (money(1200), "refund", made["refund_id"])
    ]
    heard = [d["data"] for kind, d in pending("payments") if kind == "store_credit.changed"]
    assert [(t["amount"], t["balance"], t["reason"]) for t in heard] == [(money(1200), money(1200), "refund")]
    assert heard[0]["reference"] == made["refund_id"]
    refund("r2", 1901, "store_credit").refused(409, "refund_exceeds_payment")
    assert user("bob").get("/v1/store-credits").ok()["data"] == []
    user("bob").get("/v1/store-credits?user_id=ann").refused(404, "not_found")
    assert len(support().get("/v1/store-credits?user_id=ann&currency=USD").ok()["data"]) == 1
    anyone().get("/v1/store-credits").refused(401, "unauthenticated")


def test_store_credit_pays_all_of_an_order() -> None:
    """R172, B145."""
    with_credit()
    for _ in range(2):
        answer = charge(payment_method="wallet")
        assert (answer["status"], answer["payment_method"]) == ("succeeded", "wallet")
    assert (balance(), figures(payment())) == (1900, ("succeeded", 3100, 0))
    assert payment()["credit_amount"] == money(3100)
    assert refund("r1", 1000).ok(201)["credit_amount"] == money(1000)
    assert balance() == 2900
    assert reverse()["status"] == "refunded"
    assert reverse()["status"] == "refunded"
    assert balance() == 5000


def test_a_card_pays_what_store_credit_does_not() -> None:
    """R172, B139, B141. What was paid by card goes back to the card first."""
    with_credit(1000)
    answer = charge(a_method(), payment_method="wallet")
    assert (answer["status"], answer["payment_method"], balance()) == ("succeeded", "card", 0)
    assert [(t["transaction_type"], t["provider"], t["amount"]["amount"]) for t in payment()["transactions"]] == [
        ("charge", "mock", 2100),
        ("charge", None, 1000),
    ]
    assert refund("r1", 600).ok(201)["credit_amount"] == money(0)
    assert refund("r2", 2000).ok(201)["credit_amount"] == money(500)
    assert refund("r3").ok(201)["credit_amount"] == money(500)
    assert (balance(), figures(payment())) == (1000, ("refunded", 3100, 3100))


def test_what_store_credit_cannot_pay_is_declined() -> None:
    with_credit(1000)
    with pytest.raises(Refusal, match="payment_declined"):
        charge(payment_method="wallet")
    with pytest.raises(Refusal, match="payment_declined"):
        charge(payment_method="wallet", amount=money(500, "EUR"))
    assert balance() == 1000
    assert said("store_credit.changed") == []


@pytest.mark.parametrize("token", ["tok_declined", "tok_requires_action"])
def test_credit_comes_back_when_the_card_does_not_pay(token: str) -> None:
    """B142."""
    with_credit(1000)
    try:
        charge(a_method(token), payment_method="wallet")
        assert balance() == 0
    except Refusal:
        pass
    reverse()
    reverse()
    assert (balance(), figures(payment())[1:]) == (1000, (0, 0))


SPENDING = [(store, "begin", "before"), (store, "begin", "after"), (store, "move", "before"), (store, "move", "after")]


@pytest.mark.parametrize(("owner", "name", "when"), SPENDING)
def test_a_charge_of_credit_cut_off_is_finished_or_undone(monkeypatch: Patch, owner: Any, name: str, when: str) -> None:
    with_credit()
    crash(monkeypatch, owner, name, when)
    with pytest.raises(Crash):
        charge(payment_method="wallet")
    assert charge(payment_method="wallet")["status"] == "succeeded"
    assert (balance(), figures(payment())) == (1900, ("succeeded", 3100, 0))
    crash(monkeypatch, owner, name, when)
    with pytest.raises(Crash):
        charge(payment_method="wallet", order="o2", checkout="c2", amount=money(1000))
    reverse("o2")
    finish_now(monkeypatch)
    assert balance() == 1900


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", ["balance", "book"])
def test_credit_is_not_spent_twice_by_two_orders_at_once(monkeypatch: Patch, name: str, when: str) -> None:
    """B145."""
    with_credit(4000)
    answers: list[str] = []

    def rival() -> None:
        answers.append(charge(payment_method="wallet", order="o2", checkout="c2")["status"])

    meanwhile(monkeypatch, credit, name, when, rival)
    with pytest.raises(Refusal, match="payment_declined"):
        charge(payment_method="wallet")
    assert (answers, balance()) == (["succeeded"], 900)


@pytest.mark.parametrize("name", ["promise", "finish_refund"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_two_refunds_to_credit_at_once_never_exceed_the_payment(monkeypatch: Patch, name: str, when: str) -> None:
    """B141."""
    charge(a_method())
    replies: list[Reply] = []
    meanwhile(monkeypatch, store, name, when, lambda: replies.append(refund("rival", 2000, "store_credit")))
    replies.append(refund("r1", 2000, "store_credit"))
    assert sorted(reply.status for reply in replies) == [201, 409]
    assert (balance(), figures(payment())) == (2000, ("succeeded", 3100, 2000))


def test_a_refund_to_credit_is_not_seen_through_twice(monkeypatch: Patch) -> None:
    charge(a_method())
    crash(monkeypatch, store, "finish_refund", "after")
    refund("r1", 700, "store_credit").refused(500, "internal_error")
    finish_now(monkeypatch)
    assert refund("r1", 700, "store_credit").ok(201)["status"] == "succeeded"
    assert balance() == 700


def returned(amount: int, to: str = "store_credit", refund_id: str = "rr1", event_id: str = "e1") -> None:
    about = {"return_id": "ret1", "return_refund_id": refund_id, "payment_id": None, "order_id": "o1"}
    data = {**about, "user_id": "ann", "amount": money(amount), "refund_method": to}
    told("return.refund_requested", data, event_id)


@pytest.mark.parametrize("to", ["store_credit", "original_payment"])
def test_a_return_is_paid_back_once(to: str) -> None:
    """E77, E65, B157."""
    charge(a_method())
    for event_id in ("e1", "e1", "e2"):
        returned(1200, to, event_id=event_id)
    assert (balance(), figures(payment())) == (1200 if to == "store_credit" else 0, ("succeeded", 3100, 1200))
    (only,) = [d["data"] for kind, d in pending("payments") if kind == "refund.succeeded"]
    assert (only["return_id"], only["refund_id"]) == ("ret1", "rr1")


def test_a_return_that_cannot_be_paid_back_is_told_so() -> None:
    """E66."""
    charge(a_method())
    for event_id in ("e1", "e2"):
        returned(3101, event_id=event_id)
    (only,) = [d["data"] for kind, d in pending("payments") if kind == "refund.failed"]
    assert (only["return_id"], only["error"]) == ("ret1", "refund_exceeds_payment")
    assert (balance(), figures(payment())) == (0, ("succeeded", 3100, 0))
    returned(3100, refund_id="rr2", event_id="e3")
    assert (balance(), figures(payment())) == (3100, ("refunded", 3100, 3100))


# Gift cards


def test_a_gift_card_is_issued_with_a_code_that_is_shown_once() -> None:
    """R301-R303, PAY-10."""
    made = a_card(note="for Bob")
    code = made["code"]
    assert len(code.replace("-", "")) == 16
    assert (made["balance"], made["status"], made["last4"]) == (money(5000), "active", code[-4:])
    assert a_card(note="for Bob") == made
    listed = admin().get("/v1/admin/gift-cards?status=active").ok(200)["data"]
    assert [card["gift_card_id"] for card in listed] == [made["gift_card_id"]]
    assert admin().get("/v1/admin/gift-cards?status=disabled").ok()["data"] == []
    shown = admin().get(f"/v1/admin/gift-cards/{made['gift_card_id']}").ok(200)
    assert [(e["reason"], e["amount"]) for e in shown["entries"]] == [("issued", money(5000))]
    assert "code" not in shown
    seen = str(rows("gift_card") + rows("gift_card_entry") + rows("idempotency") + rows("payment_audit_log"))
    assert code not in seen
    assert code.replace("-", "") not in seen
    admin().get("/v1/admin/gift-cards/none").refused(404, "not_found")
    support().post("/v1/admin/gift-cards", {"amount": money(1)}, idempotency_key="x").refused(403, "forbidden")
    ann().get("/v1/admin/gift-cards").refused(403, "forbidden")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": money(0)}, "/amount"),
        ({"amount": None}, "/amount"),
        ({"expires_at": "2020-01-01T00:00:00.000Z"}, "/expires_at"),
        ({"expires_at": "tomorrow"}, "/expires_at"),
        ({"code": "AAAA"}, "/code"),
    ],
)
def test_a_gift_card_that_makes_no_sense_is_422(change: Any, pointer: str) -> None:
    body = {"amount": money(5000), **change}
    reply = admin().post("/v1/admin/gift-cards", body, idempotency_key="k")
    problem = reply.refused(422, reply.body["code"])
    assert problem["errors"][0]["pointer"] == pointer
    assert admin().get("/v1/admin/gift-cards").ok()["data"] == []


def test_an_issue_cut_off_is_finished_by_its_repeat(monkeypatch: Patch) -> None:
    crash(monkeypatch, stored_gifts, "issue", "after")
    body = {"amount": money(5000)}
    admin().post("/v1/admin/gift-cards", body, idempotency_key="k1").refused(500, "internal_error")
    made = a_card()
    assert redeem(made["code"]).ok(201)["amount"] == money(5000)
    assert len(admin().get("/v1/admin/gift-cards").ok()["data"]) == 1


def test_who_knows_a_code_sees_what_is_on_the_card() -> None:
    """R305. However it is typed."""
    code = a_card()["code"]
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    found = ann().post("/v1/gift-card-balances", {"code": typed}).ok(200)
    assert found == {"last4": code[-4:], "status": "active", "balance": money(5000), "expires_at": None}
    ann().post("/v1/gift-card-balances", {"code": "0" * 16}).refused(404, "not_found")
    ann().post("/v1/gift-card-balances", {"code": "short"}).refused(422, "validation_failed")
    anyone().post("/v1/gift-card-balances", {"code": code}).refused(401, "unauthenticated")


def test_a_card_is_redeemed_into_store_credit_once() -> None:
    """R306, E67, PAY-08, PAY-09, PAY-11."""
    made = a_card()
    first = redeem(made["code"]).ok(201)
    assert (first["amount"], first["reason"]) == (money(5000), "gift_card")
    assert redeem(made["code"]).ok(201) == first
    redeem(made["code"], "redeem-2").refused(409, "gift_card_empty")
    redeem(made["code"], "redeem-3", user("bob")).refused(409, "gift_card_empty")
    assert (balance(), balance(user("bob")), on_card(made["gift_card_id"])) == (5000, 0, 0)
    assert [kind for kind, _ in pending("payments")] == ["store_credit.changed"]
    assert made["code"].replace("-", "") not in str(rows("idempotency"))


@pytest.mark.parametrize("when", ["before", "after"])
def test_two_redeem_one_card_at_once(monkeypatch: Patch, when: str) -> None:
    made = a_card()
    replies: list[Reply] = []
    meanwhile(monkeypatch, stored_gifts, "redeem", when, lambda: replies.append(redeem(made["code"], "r", user("bob"))))
    replies.append(redeem(made["code"]))
    assert sorted(reply.status for reply in replies) == [201, 409]
    assert balance() + balance(user("bob")) == 5000
    assert on_card(made["gift_card_id"]) == 0


def test_a_redemption_cut_off_is_finished_by_its_repeat(monkeypatch: Patch) -> None:
    made = a_card()
    crash(monkeypatch, stored_gifts, "redeem", "after")
    redeem(made["code"]).refused(500, "internal_error")
    assert redeem(made["code"]).ok(201)["amount"] == money(5000)
    assert (balance(), on_card(made["gift_card_id"])) == (5000, 0)


def test_a_card_that_was_stopped_or_has_ended_is_not_spent() -> None:
    """R304."""
    stopped = a_card(key="a")
    path = f"/v1/admin/gift-cards/{stopped['gift_card_id']}"
    admin().patch(path, {"status": "disabled"}).refused(428, "if_match_required")
    changed = admin().patch(path, {"status": "DISABLED"}, if_match='"1"')
    assert (changed.ok(200)["status"], changed.etag) == ("disabled", '"2"')
    admin().patch(path, {"status": "active"}, if_match='"1"').refused(412, "version_mismatch")
    redeem(stopped["code"], "a").refused(409, "gift_card_ended")
    admin().patch(path, {"status": "active", "note": None}, if_match='"2"').ok(200)
    redeem(stopped["code"], "b").ok(201)
    soon = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    ends = a_card(key="b", expires_at=soon)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        shown = ann().post("/v1/gift-card-balances", {"code": ends["code"]}).ok()
        assert (shown["status"], shown["balance"]) == ("expired", money(5000))
        redeem(ends["code"], "c").refused(409, "gift_card_ended")
        method = {"type": "wallet", "provider": "gift_card", "provider_token": ends["code"]}
        ann().post("/v1/payment-methods", method, idempotency_key="m").refused(402, "method_rejected")


def test_a_card_pays_an_order_as_a_means_of_payment() -> None:
    """R172, R173, B143."""
    made = a_card(4000)
    method = a_method(made["code"], type="wallet", provider="gift_card", wallet_type="gift_card")
    assert ann().get(f"/v1/payment-methods/{method}").ok()["last4"] == made["last4"]
    for _ in range(2):
        assert charge(method)["status"] == "succeeded"
    assert (on_card(made["gift_card_id"]), figures(payment())) == (900, ("succeeded", 3100, 0))
    with pytest.raises(Refusal, match="payment_declined"):
        charge(method, order="o2", checkout="c2")
    confirmed()
    refund_some(payment()["payment_id"], "r1", 1000).ok(201)
    assert on_card(made["gift_card_id"]) == 1900
    assert reverse()["status"] == reverse()["status"] == "refunded"
    assert on_card(made["gift_card_id"]) == 4000


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_card_is_not_spent_twice_at_once(monkeypatch: Patch, when: str) -> None:
    made = a_card(4000)
    method = a_method(made["code"], type="wallet", provider="gift_card")
    answers: list[str] = []

    def rival() -> None:
        try:
            answers.append(charge(method, order="o2", checkout="c2")["status"])
        except Refusal as refusal:
            answers.append(refusal.code)

    meanwhile(monkeypatch, stored_gifts, "book", when, rival)
    try:
        answers.append(charge(method)["status"])
    except Refusal as refusal:
        answers.append(refusal.code)
    assert sorted(answers) == ["payment_declined", "succeeded"]
    assert on_card(made["gift_card_id"]) == 900


def test_a_card_charged_after_its_order_was_given_up_keeps_its_money(monkeypatch: Patch) -> None:
    """B142."""
    made = a_card(4000)
    method = a_method(made["code"], type="wallet", provider="gift_card")
    meanwhile(monkeypatch, stored_gifts, "book", "before", reverse)
    with pytest.raises(Refusal, match="payment_declined"):
        charge(method)
    assert (on_card(made["gift_card_id"]), payment()["status"]) == (4000, "cancelled")


# At checkout


@pytest.mark.parametrize(("by_card", "pays"), [(False, 10_000), (True, 1000)])
def test_a_checkout_is_paid_by_store_credit_alone_or_with_a_card(by_card: bool, pays: int) -> None:
    """R138, R172. The order shows by what it was paid, and its cancellation brings everything back."""
    buyer = a_buyer(furnished())
    redeem(a_card(pays)["code"], who=buyer.client).ok(201)
    with running():
        method = buyer.card_id if by_card else None
        placed = buyer.buy(payment_method="wallet", payment_method_id=method)
    assert placed["status"] == "succeeded"
    order = buyer.order(placed["order_id"])
    assert (order["payment_status"], order["payment_method"]) == ("paid", "card" if by_card else "wallet")
    assert balance(buyer.client) == pays - min(pays, order["total_amount"]["amount"])
    with running():
        path = f"/v1/orders/{order['order_id']}/cancellations"
        buyer.client.post(path, {"reason": "changed my mind"}, idempotency_key="c").ok(202)
        deliver()
    assert buyer.order(order["order_id"])["payment_status"] == "refunded"
    assert balance(buyer.client) == pays
    now, read = clock.now(), invariants.read(boto3.client("dynamodb", REGION), settings.STAGE)
    assert invariants.violations(read, now) == []
