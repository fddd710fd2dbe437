"""What orders makes of returns: refunded when all came back, exchanged at no price.

B157, B158; E55, E78, E79; R320, R321. Bought, sent back and exchanged through the real services.
"""

from typing import Any

import boto3
import pytest

from orders import store
from orders.store import exchanges
from shop import clock, ids, steps
from shop.errors import Transient, conflict
from tests import kit
from tests.kit import admin, deliver, hear, pending, user
from tests.proof.machine import Json, running
from tests.proof.shopper import Buyer, a_buyer, fresh, furnished, money
from tools import invariants

pytestmark = pytest.mark.usefixtures("shop")

SPEAKERS = ("carts", "inventory", "orders", "payments", "returns")
ADDRESS = {"full_name": "Returns", "address_line1": "1 Dock", "city": "Leith", "postal_code": "EH6", "country": "GB"}


@pytest.fixture
def buyer(shop: None) -> Buyer:
    return a_buyer(furnished())


@pytest.fixture
def order(buyer: Buyer) -> Json:
    """Two mugs and a shirt, paid and delivered."""
    with running():
        placed = buyer.buy()
    deliver(*SPEAKERS)
    for status in ("processing", "shipped", "delivered"):
        path = f"/v1/orders/{placed['order_id']}"
        body = {"status": status, "reason": "on its way"}
        admin().post(f"/v1/admin{path[3:]}/status-changes", body, if_match=admin().get(path).etag).ok(200)
    deliver(*SPEAKERS)
    return buyer.order(placed["order_id"])


def come_back(buyer: Buyer, order: Json, *quantities: int, method: str = "original_payment") -> Json:
    """So many of each line are sent back, received as new, and paid back or exchanged; nobody has heard of it yet."""
    wanted = [
        {"order_item_id": item["order_item_id"], "quantity": quantity}
        for item, quantity in zip(order["items"], quantities, strict=False)
        if quantity
    ]
    body = {
        "order_id": order["order_id"],
        "items": wanted,
        "return_reason": "changed_mind",
        "refund_method": method,
    }
    asked = buyer.client.post("/v1/returns", body, idempotency_key=fresh("k")).ok(201)
    path = f"/v1/returns/{asked['id']}"
    approval = {"return_address": ADDRESS, "return_instructions": "In its box, please."}
    admin().post(f"{path}/approvals", approval).ok(200)
    found = [{"item_id": item["id"], "condition": "used"} for item in asked["items"]]
    admin().post(f"{path}/receipts", {"items": found}).ok(200)
    done: Json = admin().post(f"{path}/refunds", {}, idempotency_key=fresh("k")).ok(202)
    return done


def exchange(buyer: Buyer, order: Json, *quantities: int) -> str:
    """An exchange that everyone has heard of; the id of its return."""
    asked = come_back(buyer, order, *quantities, method="exchange")
    deliver(*SPEAKERS, times=2)
    return str(asked["id"])


def exchanged(return_id: str) -> Json:
    """The exchange as staff see it."""
    listed = user("support-1", "support").get("/v1/admin/exchanges").ok(200)["data"]
    (found,) = [one for one in listed if one["return_id"] == return_id]
    return dict(found)


def work() -> None:
    kit.app_of("orders").jobs({"job": "serve_exchanges"}, None)


def take(buyer: Buyer, sku: str, quantity: int) -> None:
    """So many leave the shelf."""
    (item,) = admin().get(f"/v1/inventory-items?sku={sku}").ok(200)["data"]
    path = f"/v1/inventory-items/{item['inventory_id']}/adjustments"
    admin().post(path, {"quantity": quantity, "reason": "count"}, idempotency_key=fresh("k")).ok(201)
    deliver("inventory")


def told(kind: str) -> list[Json]:
    return [detail["data"] for said, detail in pending("orders") if said == kind]


def said(kind: str, about: str, **data: Any) -> tuple[str, Json]:
    meta = {
        "id": ids.new_id(),
        "type": kind,
        "version": 1,
        "occurred_at": clock.now(),
        "aggregate_type": kind.split(".")[0],
        "aggregate_id": about,
        "aggregate_version": 1,
        "correlation_id": "c",
        "actor": {"type": "system", "id": None},
    }
    return kind, {**meta, "data": data}


def to_orders(service: str) -> bool:
    return service == "orders"


# All of it came back


def test_an_order_all_of_which_came_back_is_refunded(buyer: Buyer, order: Json) -> None:
    """B158; E79, E55: its shipping stays paid, and it is over."""
    come_back(buyer, order, 2, 1)
    deliver(*SPEAKERS, times=2)
    after = buyer.order(order["order_id"])
    assert (after["status"], after["payment_status"]) == ("refunded", "refunded")
    assert after["refunded_amount"] == money(4600)
    last = after["history"][-1]
    assert (last["previous_status"], last["changed_by"], last["reason"]) == (
        "delivered",
        "returns",
        "all_items_returned",
    )


def test_the_whole_of_it_is_told_once_in_whichever_order_the_news_come(buyer: Buyer, order: Json) -> None:
    """E55: what came back is heard of before the money is."""
    processed = {
        "return_id": "r-1",
        "rma_number": "RMA-1",
        "order_id": order["order_id"],
        "user_id": order["user_id"],
        "refund_amount": money(5100),
        "all_items_returned": True,
    }
    refunded = {
        "refund_id": "ref-1",
        "payment_id": order["payment_id"],
        "order_id": order["order_id"],
        "user_id": order["user_id"],
        "amount": money(5100),
        "fully_refunded": True,
    }
    for event in (said("return.processed", "r-1", **processed), said("refund.succeeded", "ref-1", **refunded)):
        for _ in range(2):
            hear(*event, to=to_orders)
    assert [event["amount"] for event in told("order.refunded")] == [money(5100)]
    assert buyer.order(order["order_id"])["refunded_amount"] == money(5100)
    hear(*said("return.processed", "r-2", **{**processed, "order_id": ids.new_id()}), to=to_orders)


def test_an_order_a_part_of_which_came_back_stays_delivered(buyer: Buyer, order: Json) -> None:
    come_back(buyer, order, 1, 1)
    deliver(*SPEAKERS)
    assert buyer.order(order["order_id"])["status"] == "delivered"
    come_back(buyer, order, 1)
    deliver(*SPEAKERS)
    assert buyer.order(order["order_id"])["status"] == "refunded"


# The same once more


def test_an_exchange_is_an_order_at_no_price_whose_stock_is_sold(buyer: Buyer, order: Json) -> None:
    """B157; E78, E49, E50."""
    before = buyer.shelf.available("MUG")
    return_id = exchange(buyer, order, 2)
    seen = exchanged(return_id)
    assert (seen["status"], seen["missing"]) == ("fulfilled", [])
    new = buyer.order(seen["replacement_order_id"])
    assert (new["status"], new["payment_status"], new["return_id"]) == ("confirmed", "paid", return_id)
    assert {new[name]["amount"] for name in ("subtotal", "shipping_amount", "tax_amount", "total_amount")} == {0}
    assert [(item["product_sku"], item["quantity"], item["total_price"]) for item in new["items"]] == [
        ("MUG", 2, money(0))
    ]
    assert new["order_number"] != order["order_number"]
    assert new["cart_id"] is new["checkout_id"] is None
    same = ("full_name", "address_line1", "city", "postal_code", "country")
    assert [new["shipping_address"][name] for name in same] == [order["shipping_address"][name] for name in same]
    assert [row["status"] for row in new["history"]] == ["pending", "confirmed"]
    assert buyer.shelf.available("MUG") == before - 2
    assert buyer.order(order["order_id"])["status"] == "delivered"
    assert [each["order_id"] for each in buyer.client.get("/v1/orders").ok(200)["data"]] == [
        new["order_id"],
        order["order_id"],
    ]
    database = boto3.client("dynamodb", kit.REGION)
    assert invariants.violations(invariants.read(database, "test"), clock.now()) == []


def test_an_exchange_is_sent_as_any_other_order_and_only_staff_give_it_up(buyer: Buyer, order: Json) -> None:
    new_id = exchanged(exchange(buyer, order, 1))["replacement_order_id"]
    path, keyed = f"/v1/orders/{new_id}/cancellations", {"reason": "no more"}
    buyer.client.post(path, keyed, idempotency_key=fresh("k")).refused(409, "not_cancellable")
    left = buyer.shelf.available("MUG")
    admin().post(path, keyed, idempotency_key=fresh("k")).ok(202)
    deliver(*SPEAKERS, times=2)
    assert buyer.order(new_id)["status"] == "cancelled"
    assert buyer.shelf.available("MUG") == left + 1


def test_what_is_out_of_stock_is_told_once_and_sent_when_it_is_there(buyer: Buyer, order: Json) -> None:
    """The staff see what is missing; the job tries again."""
    take(buyer, "MUG", -buyer.shelf.available("MUG"))
    asked = come_back(buyer, order, 2, method="exchange")
    deliver("returns")
    (delayed,) = told("exchange.delayed")
    assert delayed["missing"][0]["requested"] == 2
    for _ in range(2):
        work()
    assert len(told("exchange.delayed")) == 1
    waiting = exchanged(asked["id"])
    assert (waiting["status"], waiting["replacement_order_id"]) == ("waiting", None)
    assert waiting["missing"][0]["available"] == 0
    assert admin().get("/v1/admin/exchanges?status=WAITING&limit=1").ok(200)["data"] == [waiting]
    assert admin().get("/v1/admin/exchanges?status=fulfilled").ok(200)["data"] == []
    take(buyer, "MUG", 5)
    for _ in range(2):
        work()
    new = buyer.order(exchanged(asked["id"])["replacement_order_id"])
    assert new["status"] == "confirmed"
    assert buyer.shelf.available("MUG") == 3


@pytest.mark.parametrize("cut", ["reserve_stock", "commit_stock", "order", "save_with"])
def test_an_exchange_that_is_cut_off_anywhere_is_finished_by_the_job(
    buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    before = buyer.shelf.available("MUG")
    real = steps.ask

    def lost(service: str, step: str, payload: Json) -> Json:
        answer = real(service, step, payload)
        if step == cut:
            raise Transient("lost")
        return answer

    def broken(*arguments: Any) -> Any:
        raise Transient("lost")

    asked = come_back(buyer, order, 1, method="exchange")
    with monkeypatch.context() as fault:
        fault.setattr(steps, "ask", lost)
        if hasattr(exchanges, cut):
            fault.setattr(exchanges, cut, broken)
        with pytest.raises(Transient):
            deliver("returns")
    for _ in range(2):
        work()
    deliver(*SPEAKERS)
    new = buyer.order(exchanged(asked["id"])["replacement_order_id"])
    assert new["status"] == "confirmed"
    assert buyer.shelf.available("MUG") == before - 1


def test_stock_that_was_held_and_lost_is_held_under_another_name(
    buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between holding and selling that lasts longer than stock is held."""
    real = steps.ask

    def expire(service: str, step: str, payload: Json) -> Json:
        if step == "commit_stock":
            real("inventory", "release_stock", {"order_id": payload["order_id"]})
        return real(service, step, payload)

    monkeypatch.setattr(steps, "ask", expire)
    asked = come_back(buyer, order, 1, method="exchange")
    deliver("returns")
    assert exchanged(asked["id"])["attempt"] == 1
    monkeypatch.setattr(steps, "ask", real)
    work()
    deliver(*SPEAKERS)
    assert exchanged(asked["id"])["status"] == "fulfilled"


def test_stock_that_a_rival_holds_under_the_same_name_is_not_lost(
    buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goods arrive, and the job holds them, between our refusal and our look at what is held."""
    take(buyer, "MUG", -buyer.shelf.available("MUG"))
    asked = come_back(buyer, order, 1, method="exchange")
    real = steps.ask

    def rival(service: str, step: str, payload: Json) -> Json:
        if step == "find_reservation":
            monkeypatch.setattr(steps, "ask", real)
            take(buyer, "MUG", 5)
            work()
        return real(service, step, payload)

    monkeypatch.setattr(steps, "ask", rival)
    deliver("returns")
    seen = exchanged(asked["id"])
    assert (seen["status"], seen["attempt"]) == ("fulfilled", 0)
    assert buyer.shelf.available("MUG") == 4


def test_two_who_serve_an_exchange_at_once_make_one_order(
    buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = buyer.shelf.available("MUG"), exchanges.order

    def rival(*arguments: Any) -> Any:
        monkeypatch.setattr(exchanges, "order", real)
        work()
        return real(*arguments)

    asked = come_back(buyer, order, 1, method="exchange")
    monkeypatch.setattr(exchanges, "order", rival)
    deliver(*SPEAKERS)
    assert exchanged(asked["id"])["status"] == "fulfilled"
    assert len(buyer.client.get("/v1/orders").ok(200)["data"]) == 2
    assert buyer.shelf.available("MUG") == before - 1


def test_staff_may_owe_it_no_longer(buyer: Buyer, order: Json) -> None:
    """R321."""
    take(buyer, "MUG", -buyer.shelf.available("MUG"))
    return_id = exchange(buyer, order, 1)
    path = f"/v1/admin/exchanges/{return_id}/cancellations"
    buyer.client.post(path).refused(403, "forbidden")
    buyer.client.get("/v1/admin/exchanges").refused(403, "forbidden")
    admin().post(f"/v1/admin/exchanges/{ids.new_id()}/cancellations").refused(404, "not_found")
    for _ in range(2):
        assert admin().post(path).ok(200)["status"] == "cancelled"
    take(buyer, "MUG", 5)
    work()
    assert buyer.shelf.available("MUG") == 5
    assert len(buyer.client.get("/v1/orders").ok(200)["data"]) == 1


def test_what_has_become_an_order_is_given_up_as_one(buyer: Buyer, order: Json) -> None:
    return_id = exchange(buyer, order, 1)
    admin().post(f"/v1/admin/exchanges/{return_id}/cancellations").refused(409, "not_cancellable")


def test_a_cancellation_that_comes_while_stock_is_being_held_gives_it_back(
    buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staff give it up between the sale of the stock and the order."""
    before, real = buyer.shelf.available("MUG"), exchanges.order

    def rival(*arguments: Any) -> Any:
        monkeypatch.setattr(exchanges, "order", real)
        admin().post(f"/v1/admin/exchanges/{asked['id']}/cancellations").ok(200)
        return real(*arguments)

    asked = come_back(buyer, order, 1, method="exchange")
    monkeypatch.setattr(exchanges, "order", rival)
    deliver(*SPEAKERS)
    assert exchanged(asked["id"])["status"] == "cancelled"
    assert len(buyer.client.get("/v1/orders").ok(200)["data"]) == 1
    assert buyer.shelf.available("MUG") == before


@pytest.mark.parametrize("when", ["while it waits", "while it is made"])
def test_nothing_is_sent_to_who_is_forgotten(
    buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """B75: no order with a name and a street is made of an exchange whose customer has left."""
    gone = said("user.deleted", buyer.user_id, user_id=buyer.user_id)
    before, real = buyer.shelf.available("MUG"), exchanges.order

    def rival(*arguments: Any) -> Any:
        monkeypatch.setattr(exchanges, "order", real)
        for document in store.every_order(buyer.user_id):  # its exchanges are not in the index yet
            store.save_erased(whole := store.order(document.order_id), whole.erased())
        return real(*arguments)

    if when == "while it waits":
        take(buyer, "MUG", -before)
        return_id = exchange(buyer, order, 1)
        hear(*gone, to=to_orders)
        take(buyer, "MUG", before)
    else:
        return_id = come_back(buyer, order, 1, method="exchange")["id"]
        monkeypatch.setattr(exchanges, "order", rival)
        deliver(*SPEAKERS)
    work()
    deliver(*SPEAKERS)
    assert exchanged(return_id)["status"] == "cancelled"
    assert len(admin().get(f"/v1/admin/orders?user_id={buyer.user_id}").ok(200)["data"]) == 1
    assert buyer.shelf.available("MUG") == before


def test_an_exchange_for_an_order_that_never_was_changes_nothing(buyer: Buyer) -> None:
    item = {"order_item_id": "i", "product_id": "p", "quantity": 1, "condition": "new"}
    data = {"return_id": "r-1", "order_id": ids.new_id(), "user_id": buyer.user_id, "items": [item]}
    hear(*said("return.exchange_requested", "r-1", **data), to=to_orders)
    assert admin().get("/v1/admin/exchanges").ok(200)["data"] == []


def test_one_exchange_that_fails_stops_no_other(buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    take(buyer, "MUG", -buyer.shelf.available("MUG"))
    first, second = exchange(buyer, order, 1), exchange(buyer, order, 1)
    take(buyer, "MUG", 5)
    real = steps.ask

    def broken(service: str, step: str, payload: Json) -> Json:
        if step == "reserve_stock" and payload["order_id"] == ids.derived("exchange", first, "0"):
            raise conflict("conflict", "broken")
        return real(service, step, payload)

    monkeypatch.setattr(steps, "ask", broken)
    work()
    assert [exchanged(return_id)["status"] for return_id in (first, second)] == ["waiting", "fulfilled"]
