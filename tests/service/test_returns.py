"""What customers send back: asked for, judged, sent, looked at, paid for.

R201-R211; B153-B159, B75; E72-E80; RET-01-RET-07; AP53-AP55.
"""

import threading
from typing import Any

import pytest

from returns import store
from shop import clock, settings
from tests.kit import Client, Reply, admin, deliver, hear, pending, user
from tests.proof.machine import running
from tests.proof.shopper import Buyer, Json, a_buyer, fresh, furnished, money

pytestmark = pytest.mark.usefixtures("shop")

SPEAKERS = ("carts", "inventory", "orders", "returns")
ADDRESS = {"full_name": "Returns", "address_line1": "1 Dock", "city": "Leith", "postal_code": "EH6", "country": "GB"}
APPROVAL = {"return_address": ADDRESS, "return_instructions": "In its box, please."}


@pytest.fixture
def buyer(shop: None) -> Buyer:
    return a_buyer(furnished())


@pytest.fixture
def order(buyer: Buyer) -> Json:
    """Two mugs and a shirt, paid and delivered."""
    return delivered(buyer, ("MUG", 2), ("SHIRT-L", 1))


def bought(buyer: Buyer, *lines: tuple[str, int]) -> Json:
    with running():
        placed = buyer.buy(*lines)
    assert placed["status"] == "succeeded"
    deliver(*SPEAKERS, "payments")
    return buyer.order(placed["order_id"])


def delivered(buyer: Buyer, *lines: tuple[str, int]) -> Json:
    order = bought(buyer, *lines)
    for status in ("processing", "shipped", "delivered"):
        etag = admin().get(f"/v1/orders/{order['order_id']}").etag
        body = {"status": status, "reason": "on its way"}
        admin().post(f"/v1/admin/orders/{order['order_id']}/status-changes", body, if_match=etag).ok(200)
    deliver(*SPEAKERS)
    return buyer.order(order["order_id"])


def ask(client: Client, order: Json, quantities: dict[int, int] | None = None, key: str = "", **but: Any) -> Reply:
    """A return of so many of the order's first, second, ... line."""
    wanted = quantities or {0: 1}
    items = [{"order_item_id": order["items"][n]["order_item_id"], "quantity": q} for n, q in wanted.items()]
    body = {"order_id": order["order_id"], "items": items, "return_reason": "changed_mind", **but}
    return client.post("/v1/returns", body, idempotency_key=key or fresh("k"))


def step(asked: Json, verb: str, body: Json | None = None, client: Client | None = None, **headers: str) -> Reply:
    return (client or admin()).post(f"/v1/returns/{asked['id']}/{verb}", body or {}, **headers)


def received(asked: Json, **found: Any) -> Json:
    """Approved, and come back as new."""
    step(asked, "approvals", APPROVAL).ok(200)
    items = [{"item_id": item["id"], "condition": "new", **found} for item in asked["items"]]
    looked_at: Json = step(asked, "receipts", {"items": items}).ok(200)
    return looked_at


def refund(asked: Json, key: str = "") -> Reply:
    return step(asked, "refunds", idempotency_key=key or fresh("k"))


def answered(asked: Json, kind: str, **data: Any) -> None:
    """What payments would tell of the refund that was asked for last."""
    (wanted,) = [d["data"] for said, d in pending("returns") if said == "return.refund_requested"][-1:]
    told = {
        "id": fresh("event"),
        "type": kind,
        "version": 1,
        "occurred_at": clock.now(),
        "aggregate_type": "refund",
        "aggregate_id": "r",
        "aggregate_version": 1,
        "correlation_id": "c",
        "actor": {"type": "service", "id": "payments"},
        "data": {
            "refund_id": f"pay-{wanted['return_refund_id']}",
            "payment_id": "p-1",
            "order_id": wanted["order_id"],
            "user_id": wanted["user_id"],
            "amount": wanted["amount"],
            "return_id": wanted["return_id"],
            **data,
        },
    }
    for _ in range(2):
        hear(kind, told, lambda service: service == "returns")


def read(asked: Json, client: Client | None = None) -> Json:
    found: Json = (client or admin()).get(f"/v1/returns/{asked['id']}").ok(200)
    return found


def told(kind: str) -> list[Json]:
    return [detail["data"] for said, detail in pending("returns") if said == kind]


def test_a_return_goes_its_way_from_the_wish_to_the_money(buyer: Buyer, order: Json) -> None:
    """B153-B158, E72, E73, E75-E77, E79: one of two mugs."""
    asked = ask(buyer.client, order, return_notes="the wrong blue").ok(201)
    assert asked["rma_number"].startswith("RMA-")
    assert (asked["status"], asked["refund_amount"]) == ("pending", money(1250))
    approved = step(asked, "approvals", APPROVAL).ok(200)
    assert approved["authorization"]["return_address"]["city"] == "Leith"
    assert approved["authorization"]["rma_number"] == asked["rma_number"]
    etag = buyer.client.get(f"/v1/returns/{asked['id']}").etag
    path = f"/v1/returns/{asked['id']}/authorization"
    buyer.client.patch(path, {"tracking_number": "BACK-1"}).refused(428, "if_match_required")
    sent = buyer.client.patch(path, {"tracking_number": "BACK-1"}, if_match=etag).ok(200)
    assert (sent["status"], sent["authorization"]["tracking_number"]) == ("in_transit", "BACK-1")
    items = [{"item_id": asked["items"][0]["id"], "condition": "used"}]
    assert step(asked, "receipts", {"items": items}).ok(200)["items"][0]["condition"] == "used"
    key = fresh("k")
    assert refund(asked, key).ok(202)["refund_status"] == "pending"
    assert refund(asked, key).headers["Idempotent-Replayed"] == "true"
    refund(asked).refused(409, "already_refunded")
    answered(asked, "refund.succeeded", fully_refunded=False)
    done = read(asked, buyer.client)
    assert (done["status"], done["refunds"][0]["status"]) == ("processed", "succeeded")
    assert [change["status"] for change in done["history"]] == [
        "pending",
        "approved",
        "in_transit",
        "received",
        "processed",
    ]
    (processed,) = told("return.processed")
    assert (processed["refund_amount"], processed["all_items_returned"]) == (money(1250), False)
    assert step(asked, "closures").ok(200)["status"] == "closed"
    (came,) = told("return.received")
    assert came["items"][0]["condition"] == "used"


def test_only_what_was_delivered_in_time_to_oneself_is_returned(
    buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B153."""
    waiting = bought(buyer, ("MUG", 1))
    ask(buyer.client, waiting).refused(409, "order_not_delivered")
    ask(user("stranger"), waiting).refused(404, "not_found")
    ask(user("stranger"), order).refused(404, "not_found")
    ask(buyer.client, {**order, "order_id": "nothing"}).refused(404, "not_found")
    monkeypatch.setattr(settings, "RETURN_WINDOW", -1)
    ask(buyer.client, order).refused(409, "return_window_closed")


def test_never_more_comes_back_than_was_bought(buyer: Buyer, order: Json) -> None:
    """B153, AP55: also not by wishes made at the same moment."""
    ask(buyer.client, order, {0: 3}).refused(409, "quantity_exceeded")
    replies: list[Reply] = []
    threads = [threading.Thread(target=lambda: replies.append(ask(buyer.client, order, {0: 1}))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [201, 201, 409, 409, 409, 409]


def test_a_wish_given_up_may_be_made_again(buyer: Buyer, order: Json) -> None:
    """R204, R207, B155: rejected, cancelled or run out, the quantity is free again."""
    first = ask(buyer.client, order, {0: 2}).ok(201)
    ask(buyer.client, order).refused(409, "quantity_exceeded")
    assert step(first, "rejections", {"reason": "worn"}).ok(200)["status"] == "rejected"
    second = ask(buyer.client, order, {0: 2}).ok(201)
    step(second, "cancellations", client=user("stranger")).refused(404, "not_found")
    assert step(second, "cancellations", client=buyer.client).ok(200)["status"] == "closed"
    step(second, "cancellations", client=buyer.client).refused(409, "too_late")
    third = ask(buyer.client, order, {0: 2}).ok(201)
    step(third, "approvals", APPROVAL).ok(200)
    step(third, "cancellations", client=buyer.client).refused(409, "too_late")
    ask(buyer.client, order).refused(409, "quantity_exceeded")


def test_an_approval_runs_out(buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    """B154, B155: unless the goods are on their way."""
    monkeypatch.setattr(settings, "RMA_TTL", -1)
    idle, sent = ask(buyer.client, order).ok(201), ask(buyer.client, order).ok(201)
    for asked in (idle, sent):
        step(asked, "approvals", APPROVAL).ok(200)
    path = f"/v1/returns/{sent['id']}"
    etag = buyer.client.get(path).etag
    buyer.client.patch(f"{path}/authorization", {"tracking_number": "BACK-1"}, if_match=etag).ok(200)
    for _ in range(2):
        job("expire_authorizations")
    assert (read(idle)["status"], read(sent)["status"]) == ("closed", "in_transit")
    assert ask(buyer.client, order).ok(201)["status"] == "pending"


def job(name: str) -> None:
    from returns.app import app

    app.jobs({"job": name}, None)


def test_staff_may_give_back_less_and_say_why(buyer: Buyer, order: Json) -> None:
    """B156, R208."""
    asked = ask(buyer.client, order, {0: 2}).ok(201)
    item = asked["items"][0]["id"]
    looked = {"item_id": item, "condition": "damaged", "refund_amount": money(1000)}
    step(asked, "receipts", {"items": [looked]}).refused(422, "invalid_transition")
    step(asked, "approvals", APPROVAL).ok(200)
    for wrong, code in (
        ({"items": [looked]}, "note_missing"),
        ({"items": [{**looked, "refund_amount": money(2501), "note": "n"}]}, "amount_out_of_range"),
        ({"items": [{**looked, "refund_amount": money(1, "EUR"), "note": "n"}]}, "currency_mismatch"),
        ({"items": [{**looked, "item_id": "other"}]}, "unknown_item"),
        ({"items": [{**looked, "condition": "eaten"}]}, "validation_failed"),
    ):
        step(asked, "receipts", wrong).refused(422, code)
    assert read(asked)["status"] == "approved"
    got = step(asked, "receipts", {"items": [{**looked, "note": "a chip"}]}).ok(200)
    assert (got["refund_amount"], got["items"][0]["note"]) == (money(1000), "a chip")
    assert refund(asked).ok(202)["refund_amount"] == money(1000)
    assert told("return.refund_requested")[0]["amount"] == money(1000)


def test_units_given_back_one_by_one_come_to_what_was_paid(buyer: Buyer, order: Json) -> None:
    """money.md: whatever the order in which they are asked for, judged and given up."""
    line = store.LINES.get(store.line_key(order["order_id"], order["items"][0]["order_item_id"]))
    assert line is not None
    with store.table.transaction() as tx:  # as if a discount had left an amount that two do not share evenly
        tx.put(store.LINES, line.but(paid={"amount": 2001, "currency": "USD"}))
    first, second = ask(buyer.client, order).ok(201), ask(buyer.client, order).ok(201)
    step(first, "rejections", {"reason": "a slip"}).ok(200)
    third = ask(buyer.client, order).ok(201)
    for asked in (third, second):
        received(asked)
        refund(asked).ok(202)
    amounts = [d["amount"]["amount"] for d in told("return.refund_requested")]
    assert sorted(amounts) == [1000, 1001]


def test_a_refund_that_failed_is_asked_for_again(buyer: Buyer, order: Json) -> None:
    """B158, E66."""
    asked = ask(buyer.client, order).ok(201)
    received(asked)
    refund(asked).ok(202)
    answered(asked, "refund.failed", error="the bank said no")
    failed = read(asked)
    assert (failed["status"], failed["refund_status"]) == ("received", "failed")
    refund(asked).ok(202)
    answered(asked, "refund.succeeded", fully_refunded=False)
    assert [r["status"] for r in read(asked)["refunds"]] in (["failed", "succeeded"], ["succeeded", "failed"])
    first, second = told("return.refund_requested")
    assert first["amount"] == second["amount"]
    assert first["return_refund_id"] != second["return_refund_id"]


def test_a_whole_order_that_came_back_is_told(buyer: Buyer, order: Json) -> None:
    """E79: once the last of it is paid for."""
    for quantities, everything in (({0: 1}, False), ({0: 1, 1: 1}, True)):
        asked = ask(buyer.client, order, quantities).ok(201)
        received(asked)
        refund(asked).ok(202)
        answered(asked, "refund.succeeded", fully_refunded=everything)
        assert told("return.processed")[-1]["all_items_returned"] is everything


def test_an_exchange_gives_goods_instead_of_money(buyer: Buyer, order: Json) -> None:
    """B157, E78."""
    asked = ask(buyer.client, order, refund_method="exchange").ok(201)
    received(asked)
    assert refund(asked).ok(202)["status"] == "processed"
    (wanted,) = told("return.exchange_requested")
    assert wanted["items"][0]["quantity"] == 1
    assert told("return.refund_requested") == []
    assert told("return.processed")[0]["refund_amount"] == money(0)


def test_what_is_wrong_with_a_wish_is_said_and_nothing_is_kept(buyer: Buyer, order: Json) -> None:
    item = {"order_item_id": order["items"][0]["order_item_id"], "quantity": 1}
    for wrong, pointer in (
        ({"items": []}, "/items"),
        ({"items": [{**item, "quantity": 0}]}, "/items/0/quantity"),
        ({"items": [{**item, "quantity": -1}]}, "/items/0/quantity"),
        ({"items": [item, item]}, "/items/1/order_item_id"),
        ({"items": [{**item, "order_item_id": "other"}]}, "/items/0/order_item_id"),
        ({"return_reason": "mood"}, "/return_reason"),
        ({"refund_method": "cash"}, "/refund_method"),
        ({"return_notes": "x" * 10_001}, "/return_notes"),
    ):
        refused = ask(buyer.client, order, **wrong)
        assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, pointer)
    body = {"order_id": order["order_id"], "items": [item], "return_reason": "other"}
    buyer.client.post("/v1/returns", body).refused(400, "idempotency_key_missing")
    assert buyer.client.get("/v1/returns").ok()["data"] == []


def test_returns_are_their_customers_and_the_staffs(buyer: Buyer, order: Json) -> None:
    """R201, R203, R206: by status, order and RMA number."""
    asked, stranger = ask(buyer.client, order).ok(201), user("stranger")
    stranger.get(f"/v1/returns/{asked['id']}").refused(404, "not_found")
    assert stranger.get(f"/v1/returns?rma_number={asked['rma_number']}").ok()["data"] == []
    for client, query in (
        (buyer.client, ""),
        (buyer.client, "?status=pending"),
        (buyer.client, f"?order_id={order['order_id']}"),
        (admin(), "?status=pending"),
        (user("support-1", "support"), f"?rma_number={asked['rma_number']}"),
    ):
        assert [r["id"] for r in client.get(f"/v1/returns{query}").ok()["data"]] == [asked["id"]]
    assert admin().get("/v1/returns?status=closed").ok()["data"] == []
    step(asked, "approvals", APPROVAL, client=buyer.client).refused(403, "forbidden")
    step(asked, "refunds", client=buyer.client, idempotency_key="k").refused(403, "forbidden")


def test_what_is_sent_back_is_followed(buyer: Buyer, order: Json) -> None:
    """R205, R211, B159: one number is one return's; the same sighting twice is one."""
    first, second = ask(buyer.client, order).ok(201), ask(buyer.client, order).ok(201)
    seen = {"status": "in_transit", "timestamp": "2026-01-05T10:00:00.000Z", "location": "Leith"}
    step(first, "tracking-events", seen).refused(409, "not_approved")
    for asked, code in ((first, 200), (second, 409)):
        step(asked, "approvals", APPROVAL).ok(200)
        path = f"/v1/returns/{asked['id']}"
        etag = buyer.client.get(path).etag
        sent = buyer.client.patch(f"{path}/authorization", {"tracking_number": "BACK-1"}, if_match=etag)
        assert sent.status == code
    for _ in range(2):
        step(first, "tracking-events", seen).ok(201)
    assert len(read(first)["tracking"]) == 1


def test_two_who_judge_at_once_do_not_both_succeed(buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    """B19: the rival approves between our read and our write."""
    asked = ask(buyer.client, order).ok(201)
    real, rivals = store.save_move, iter([APPROVAL])

    def save_move(*arguments: Any) -> Any:
        for approval in rivals:
            step(asked, "approvals", approval).ok(200)
        return real(*arguments)

    monkeypatch.setattr(store, "save_move", save_move)
    step(asked, "rejections", {"reason": "no"}).refused(422, "invalid_transition")
    assert read(asked)["status"] == "approved"


def test_a_deleted_customers_words_are_forgotten(buyer: Buyer, order: Json) -> None:
    """B75."""
    asked = ask(buyer.client, order, return_notes="my grandmother gave it").ok(201)
    gone = {
        "id": "e-1",
        "type": "user.deleted",
        "version": 1,
        "occurred_at": clock.now(),
        "aggregate_type": "user",
        "aggregate_id": buyer.user_id,
        "aggregate_version": 9,
        "correlation_id": "c",
        "actor": {"type": "user", "id": buyer.user_id},
        "data": {"user_id": buyer.user_id},
    }
    for _ in range(2):
        hear("user.deleted", gone, lambda service: service == "returns")
    assert (read(asked)["return_notes"], read(asked)["items"]) == (None, asked["items"])
