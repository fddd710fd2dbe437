"""Orders once they stand (R142-R145, R149-R153; B125-B128, B130, B132, B133; E51-E55, E65; AP34, AP36-AP39).

Read through the API; bought over the real machine and the real services; ORD-01-ORD-04, ORD-06.
"""

from typing import Any

import pytest

from orders import store
from orders.logic import orders as logic
from shop import clock, ids
from shop.errors import Refusal
from tests import kit
from tests.kit import Client, Reply, admin, anyone, deliver, pending, perform, user
from tests.proof.machine import Json, running
from tests.proof.shopper import Buyer, a_buyer, fresh, furnished, money

pytestmark = pytest.mark.usefixtures("shop")

SPEAKERS = ("carts", "inventory", "orders", "payments")


@pytest.fixture
def buyer(shop: None) -> Buyer:
    return a_buyer(furnished())


def support() -> Client:
    return user("support-1", "support")


def bought(buyer: Buyer, *lines: tuple[str, int], **but: Any) -> Json:
    with running():
        placed = buyer.buy(*lines, **but)
    assert placed["status"] == "succeeded"
    deliver(*SPEAKERS)
    return buyer.order(placed["order_id"])


def cash(buyer: Buyer) -> Json:
    return bought(buyer, payment_method_id=None, payment_method="cod")


def cancel(client: Client, order: Json, reason: str | None = "changed my mind") -> Reply:
    path = f"/v1/orders/{order['order_id']}/cancellations"
    return client.post(path, {"reason": reason} if reason else {}, idempotency_key=fresh("k"))


def move(order: Json, status: str, client: Client | None = None, **fields: Any) -> Reply:
    client = client or admin()
    etag = client.get(f"/v1/orders/{order['order_id']}").etag
    body = {"status": status, "reason": "packed", **fields}
    return client.post(f"/v1/admin/orders/{order['order_id']}/status-changes", body, if_match=etag)


def told(kind: str) -> list[Json]:
    return [detail["data"] for said, detail in pending("orders") if said == kind]


def refund_event(order: Json, amount: int, fully: bool, event_id: str = "") -> tuple[str, Json]:
    data = {
        "refund_id": ids.new_id(),
        "payment_id": order["payment_id"],
        "order_id": order["order_id"],
        "user_id": order["user_id"],
        "amount": money(amount),
        "fully_refunded": fully,
    }
    meta = {
        "id": event_id or ids.new_id(),
        "type": "refund.succeeded",
        "version": 1,
        "occurred_at": clock.now(),
        "aggregate_type": "refund",
        "aggregate_id": data["refund_id"],
        "aggregate_version": 1,
        "correlation_id": "c",
        "actor": {"type": "system", "id": None},
    }
    return "refund.succeeded", {**meta, "data": data}


def only_orders(service: str) -> bool:
    return service == "orders"


# Reading


def test_an_order_is_its_customers_and_staffs(buyer: Buyer) -> None:
    order = bought(buyer)
    paths = [
        f"/v1/orders/{order['order_id']}",
        f"/v1/orders/by-number/{order['order_number']}",
        f"/v1/orders/{order['order_id']}/status-history",
    ]
    for path in paths:
        user().get(path).refused(404, "not_found")
        anyone().get(path).refused(401, "unauthenticated")
        support().get(path).ok(200)
    assert buyer.client.get(paths[1]).ok(200) == order
    rows = buyer.client.get(paths[2]).ok(200)["data"]
    assert [row["status"] for row in rows] == ["pending", "confirmed"]
    assert rows[0]["changed_by"] == buyer.user_id
    buyer.client.get("/v1/orders/by-number/ORD-20260131-000000").refused(404, "not_found")
    buyer.client.get(f"/v1/orders/{ids.new_id()}").refused(404, "not_found")
    reply = buyer.client.get(paths[0])
    assert buyer.client.get(paths[0], if_none_match=reply.etag).status == 304


def test_own_orders_come_newest_first_by_pages_and_status(buyer: Buyer) -> None:
    """R142; AP36."""
    made = [bought(buyer, ("MUG", 1)) for _ in range(3)]
    newest_first = [order["order_id"] for order in reversed(made)]
    listed = buyer.client.get("/v1/orders").ok(200)["data"]
    assert [order["order_id"] for order in listed] == newest_first
    assert not {"items", "shipping_address", "history"} & set(listed[0])
    cancel(buyer.client, made[1]).ok(202)
    confirmed = buyer.client.get("/v1/orders?status=confirmed&limit=1").ok(200)
    assert [order["order_id"] for order in confirmed["data"]] == newest_first[:1]
    query = f"/v1/orders?status=confirmed&limit=1&cursor={confirmed['next_cursor']}"
    rest = buyer.client.get(query).ok(200)
    assert ([order["order_id"] for order in rest["data"]], rest["has_more"]) == (newest_first[2:], False)
    assert user().get("/v1/orders").ok(200)["data"] == []
    buyer.client.get("/v1/orders?status=lost").refused(400, "invalid_parameter")


def test_staff_list_orders_by_status_day_product_and_customer(buyer: Buyer) -> None:
    """R150; AP37-AP39."""
    other = a_buyer(buyer.shelf)
    mug, shirt, theirs = bought(buyer, ("MUG", 1)), bought(buyer, ("SHIRT-S", 1), ("SHIRT-L", 1)), bought(other)
    cancel(buyer.client, mug).ok(202)

    def listed(query: str) -> list[str]:
        return [order["order_id"] for order in admin().get(f"/v1/admin/orders{query}").ok(200)["data"]]

    mug_id, shirt_id, theirs_id = (order["order_id"] for order in (mug, shirt, theirs))
    product_id = buyer.shelf.units["SHIRT-S"][0]
    today = mug["created_at"][:10]
    assert listed("") == [theirs_id, shirt_id, mug_id]
    assert listed("?status=cancelled") == [mug_id]
    assert listed(f"?user_id={buyer.user_id}") == [shirt_id, mug_id]
    assert listed(f"?user_id={buyer.user_id}&status=confirmed") == [shirt_id]
    assert listed(f"?product_id={product_id}") == [theirs_id, shirt_id]
    assert listed(f"?product_id={product_id}&user_id={other.user_id}") == [theirs_id]
    assert listed(f"?day={today}") == [theirs_id, shirt_id, mug_id]
    assert listed(f"?day={today}&status=cancelled") == [mug_id]
    assert listed("?day=2020-01-01") == []
    first = support().get("/v1/admin/orders?limit=2").ok(200)
    rest = support().get(f"/v1/admin/orders?limit=2&cursor={first['next_cursor']}").ok(200)
    assert [order["order_id"] for order in first["data"] + rest["data"]] == [theirs_id, shirt_id, mug_id]
    buyer.client.get("/v1/admin/orders").refused(403, "forbidden")
    admin().get("/v1/admin/orders?day=yesterday").refused(400, "invalid_parameter")


def test_a_product_twice_in_one_order_is_listed_once_on_every_page(buyer: Buyer) -> None:
    made = [bought(buyer, ("SHIRT-S", 1), ("SHIRT-L", 1)) for _ in range(3)]
    product_id = buyer.shelf.units["SHIRT-S"][0]
    seen: list[str] = []
    query = f"/v1/admin/orders?product_id={product_id}&limit=1"
    page = admin().get(query).ok(200)
    while page["data"]:
        seen += [order["order_id"] for order in page["data"]]
        page = admin().get(f"{query}&cursor={page['next_cursor']}").ok(200) if page["has_more"] else {"data": []}
    assert list(dict.fromkeys(seen)) == [order["order_id"] for order in reversed(made)]


def test_the_seven_statuses_have_fixed_ids(buyer: Buyer) -> None:
    """R152."""
    rows = anyone().get("/v1/order-statuses").ok(200)["data"]
    names = ["pending", "confirmed", "processing", "shipped", "delivered", "cancelled", "refunded"]
    assert [row["name"] for row in rows] == names
    assert bought(buyer)["status_id"] == rows[1]["id"]
    assert len({row["id"] for row in rows}) == 7


def test_other_services_may_ask_for_an_order(buyer: Buyer) -> None:
    """R153."""
    order = bought(buyer)
    found = perform("orders", "find_order", order_id=order["order_id"])
    assert [item["product_sku"] for item in found["items"]] == ["MUG", "SHIRT-L"]
    with pytest.raises(Refusal, match="not_found"):
        perform("orders", "find_order", order_id="gone")


# Giving up


def test_a_cancelled_order_gives_back_stock_and_money(buyer: Buyer) -> None:
    """R145; B127; E54, E55, E65."""
    order = bought(buyer)
    cancelled = cancel(buyer.client, order).ok(202)
    assert (cancelled["status"], cancelled["payment_status"]) == ("cancelled", "paid")
    assert cancelled["history"][-1]["reason"] == "changed my mind"
    assert cancelled["history"][-1]["changed_by"] == buyer.user_id
    assert sorted(kind for kind, _ in pending("orders")) == ["order.cancelled", "order.status_changed"]
    assert told("order.cancelled")[0]["payment_id"] == order["payment_id"]
    deliver(*SPEAKERS, times=2)
    after = buyer.order(order["order_id"])
    assert (after["status"], after["payment_status"], after["refunded_amount"]) == (
        "cancelled",
        "refunded",
        money(5100),
    )
    assert after["cancelled_at"] == cancelled["cancelled_at"]
    assert {buyer.shelf.available(sku) for sku in buyer.shelf.units} == {20}
    cancel(buyer.client, order).refused(409, "not_cancellable")


def test_a_cancelled_cash_order_stays_unpaid(buyer: Buyer) -> None:
    order = cash(buyer)
    cancel(buyer.client, order).ok(202)
    deliver(*SPEAKERS)
    after = buyer.order(order["order_id"])
    assert (after["status"], after["payment_status"], after["refunded_amount"]) == ("cancelled", "pending", money(0))


def test_who_may_still_cancel_depends_on_how_far_it_is(buyer: Buyer) -> None:
    order = bought(buyer, ("MUG", 1))
    cancel(user(), order).refused(404, "not_found")
    buyer.client.post(f"/v1/orders/{order['order_id']}/cancellations", {}).refused(400, "idempotency_key_missing")
    cancel(buyer.client, order, "x" * 256).refused(422, "validation_failed")
    move(order, "processing").ok(200)
    cancel(buyer.client, order).refused(409, "not_cancellable")
    assert cancel(support(), order).ok(202)["status"] == "cancelled"
    shipped = bought(buyer, ("MUG", 1))
    move(shipped, "processing").ok(200)
    move(shipped, "shipped").ok(200)
    cancel(support(), shipped).refused(409, "not_cancellable")


def test_a_cancellation_that_is_overtaken_is_judged_again(buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    """B19: staff begin to pack between the customer's read and write."""
    order = bought(buyer)
    real = store.save_move

    def rival(*arguments: Any) -> Any:
        monkeypatch.setattr(store, "save_move", real)
        move(order, "processing").ok(200)
        return real(*arguments)

    monkeypatch.setattr(store, "save_move", rival)
    cancel(buyer.client, order).refused(409, "not_cancellable")
    assert buyer.order(order["order_id"])["status"] == "processing"
    assert not told("order.cancelled")


def left(order: Json) -> tuple[str, Json]:
    """Its parcel is on its way, as shipping tells it."""
    data = {
        "shipment_id": ids.new_id(),
        "order_id": order["order_id"],
        "user_id": order["user_id"],
        "was": "pending",
        "status": "in_transit",
        "tracking_number": "TRACK-1",
        "all_items_shipped": True,
    }
    _, event = refund_event(order, 0, fully=False)
    about = {"type": "shipment.status_changed", "aggregate_type": "shipment", "aggregate_id": data["shipment_id"]}
    return "shipment.status_changed", {**event, **about, "data": data}


def test_an_order_that_leaves_while_it_is_cancelled_is_sent(buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    """B127, B129: the parcel leaves between the customer's read and write."""
    order = bought(buyer)
    real = store.save_move

    def rival(*arguments: Any) -> Any:
        monkeypatch.setattr(store, "save_move", real)
        kit.hear(*left(order), to=only_orders)
        return real(*arguments)

    monkeypatch.setattr(store, "save_move", rival)
    cancel(buyer.client, order).refused(409, "not_cancellable")
    after = buyer.order(order["order_id"])
    assert (after["status"], after["tracking_number"]) == ("shipped", "TRACK-1")
    assert not told("order.cancelled")


def test_an_order_that_is_cancelled_while_it_leaves_stays_cancelled(
    buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B127, B129: the customer is faster than the news that it left."""
    order = bought(buyer)
    real = store.save_move

    def rival(*arguments: Any) -> Any:
        monkeypatch.setattr(store, "save_move", real)
        cancel(buyer.client, order).ok(202)
        return real(*arguments)

    monkeypatch.setattr(store, "save_move", rival)
    event = left(order)
    for _ in range(2):
        kit.hear(*event, to=only_orders)
    after = buyer.order(order["order_id"])
    assert (after["status"], after["tracking_number"]) == ("cancelled", None)
    assert [row["status"] for row in after["history"]] == ["pending", "confirmed", "cancelled"]
    assert not told("order.shipped")


# Moves by staff


def test_only_the_allowed_moves_are_possible(buyer: Buyer) -> None:
    """R151; B125, B126; E51-E53."""
    order = bought(buyer)
    for status in ("pending", "confirmed", "shipped", "delivered", "refunded"):
        move(order, status).refused(422, "invalid_transition")
    for status in ("processing", "shipped", "delivered"):
        assert move(order, status.upper(), notes="shelf 3").ok(200)["status"] == status
    after = buyer.order(order["order_id"])
    assert after["shipped_at"]
    assert after["delivered_at"]
    assert [row["notes"] for row in after["history"]] == [None] * 5
    staff = admin().get(f"/v1/orders/{order['order_id']}").ok(200)
    assert [row["notes"] for row in staff["history"]] == [None, None, "shelf 3", "shelf 3", "shelf 3"]
    moves = [(event["was"], event["status"]) for event in told("order.status_changed")]
    assert moves == [("confirmed", "processing"), ("processing", "shipped"), ("shipped", "delivered")]
    assert [len(told(f"order.{kind}")) for kind in ("shipped", "delivered")] == [1, 1]
    assert len(told("order.delivered")[0]["items"]) == 2
    move(order, "cancelled").refused(422, "invalid_transition")
    assert move(order, "refunded").ok(200)["status"] == "refunded"


def test_a_move_needs_the_version_that_was_read_a_reason_and_staff(buyer: Buyer) -> None:
    order = bought(buyer)
    path, body = f"/v1/admin/orders/{order['order_id']}/status-changes", {"status": "processing", "reason": "packed"}
    admin().post(path, body).refused(428, "if_match_required")
    admin().post(path, body, if_match='"1"').refused(412, "version_mismatch")
    admin().post(path, {"status": "processing"}, if_match='"2"').refused(422, "validation_failed")
    admin().post(path, {**body, "status": "lost"}, if_match='"2"').refused(422, "validation_failed")
    buyer.client.post(path, body, if_match='"2"').refused(403, "forbidden")
    unknown = f"/v1/admin/orders/{ids.new_id()}/status-changes"
    admin().post(unknown, body, if_match='"2"').refused(404, "not_found")
    assert support().post(path, body, if_match='"2"').ok(200)["version"] == 3


def test_cash_is_paid_on_delivery(buyer: Buyer) -> None:
    """B128."""
    order = cash(buyer)
    for status in ("processing", "shipped", "delivered"):
        move(order, status).ok(200)
    assert buyer.order(order["order_id"])["payment_status"] == "paid"
    deliver(*SPEAKERS, times=2)
    assert buyer.order(order["order_id"])["payment_status"] == "paid"
    assert [payment["status"] for payment in buyer.payments(order["order_id"])] == ["succeeded"]


# Money going back


def test_refunds_add_up_once_each(buyer: Buyer) -> None:
    """E65; B6."""
    order = bought(buyer)
    part = refund_event(order, 2000, fully=False)
    for _ in range(3):
        kit.hear(*part, to=only_orders)
    after = buyer.order(order["order_id"])
    assert (after["refunded_amount"], after["payment_status"]) == (money(2000), "paid")
    rest = refund_event(order, 3100, fully=True)
    for _ in range(2):
        kit.hear(*rest, to=only_orders)
    after = buyer.order(order["order_id"])
    assert (after["refunded_amount"], after["payment_status"]) == (money(5100), "refunded")
    assert [event["amount"] for event in told("order.refunded")] == [money(5100)]


def test_a_refund_of_an_order_that_never_was_changes_nothing(buyer: Buyer) -> None:
    order = bought(buyer)
    kit.hear(*refund_event({**order, "order_id": ids.new_id()}, 100, fully=True), to=only_orders)
    assert buyer.order(order["order_id"]) == order
    assert not told("order.refunded")


def test_a_refund_by_staff_reaches_the_order(buyer: Buyer) -> None:
    order = bought(buyer)
    path, wish = f"/v1/payments/{order['payment_id']}/refunds", {"amount": money(100), "reason": "late"}
    admin().post(path, wish, idempotency_key=fresh("k")).ok(201)
    deliver(*SPEAKERS)
    after = buyer.order(order["order_id"])
    assert (after["refunded_amount"], after["payment_status"], after["status"]) == (money(100), "paid", "confirmed")


def test_an_order_is_changed_again_and_again_until_it_gives_up(buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    order = bought(buyer)
    real, times = store.save_move, iter(range(100))

    def rival(*arguments: Any) -> Any:
        next(times)
        kit.hear(*refund_event(order, 1, fully=False), to=only_orders)
        return real(*arguments)

    monkeypatch.setattr(store, "save_move", rival)
    cancel(buyer.client, order).refused(412, "version_mismatch")
    assert next(times) == logic.TRIES + 1
