"""Orders whose lines staff change before they are sent (R322-R325, R146, R149; B125, B128, B149)."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
import time_machine

from inventory.store import reservations
from orders.logic import repayment
from orders.store import edits
from shipping.store import shipments
from shop import clock, settings
from tests import kit
from tests.kit import REGION, Reply, admin, deliver, pending, user
from tests.proof.machine import running
from tests.proof.shopper import Buyer, Json, a_buyer, a_coupon, fresh, furnished, money
from tests.service.test_payments_faults import crash, meanwhile
from tests.service.test_returns import ask, received, refund
from tools import invariants

pytestmark = pytest.mark.usefixtures("shop")

Patch = pytest.MonkeyPatch
ROOMS = ("carts", "discounts", "inventory", "orders", "payments", "returns", "shipping")


@pytest.fixture
def buyer(shop: None) -> Buyer:
    return a_buyer(furnished())


def bought(buyer: Buyer, *lines: tuple[str, int], **but: Any) -> Json:
    with running():
        placed = buyer.buy(*lines, **but)
    assert placed["status"] == "succeeded", placed
    hear()
    return read(placed)


def settled(order: Json) -> Json:
    """An order once all have heard of it, and nothing is wrong anywhere."""
    hear()
    assert invariants.violations(invariants.read(boto3.client("dynamodb", REGION), settings.STAGE), clock.now()) == []
    return read(order)


def read(order: Json) -> Json:
    shown: Json = admin().get(f"/v1/orders/{order['order_id']}").ok(200)
    return shown


def hear() -> None:
    """Let all that play a part in this hear what there is to hear."""
    deliver(*ROOMS, to=ROOMS.__contains__)


def change(order: Json, sku: str, quantity: int) -> Json:
    """So many of a line that is there."""
    line = next(item["order_item_id"] for item in order["items"] if item["product_sku"] == sku)
    return {"order_item_id": line, "quantity": quantity}


def adding(buyer: Buyer, sku: str, quantity: int) -> Json:
    product_id, variant_id = buyer.shelf.units[sku]
    return {"product_id": product_id, "variant_id": variant_id, "quantity": quantity}


def preview(order: Json, *changes: Json) -> Reply:
    return admin().post(f"/v1/admin/orders/{order['order_id']}/edit-previews", {"changes": list(changes)})


def edit(order: Json, *changes: Json, key: str = "", **but: Any) -> Reply:
    """What was previewed, done to the order as it was read."""
    total = but.pop("expected_total", None) or preview(order, *changes).ok(200)["total_amount"]
    body = {"changes": list(changes), "expected_total": total, "reason": "asked by phone", **but}
    path = f"/v1/admin/orders/{order['order_id']}/edits"
    return admin().post(path, body, idempotency_key=key or fresh("edit"), if_match=f'"{order["version"]}"')


def pay(buyer: Buyer, order: Json) -> Reply:
    path = f"/v1/orders/{order['order_id']}/payments"
    return buyer.client.post(path, {"payment_method_id": buyer.card_id}, idempotency_key=fresh("k"))


def pack(buyer: Buyer, order: Json) -> Reply:
    """Everything in one parcel."""
    items = [{"order_item_id": item["order_item_id"], "quantity": item["quantity"]} for item in order["items"]]
    if not (carriers := admin().get("/v1/carriers").ok(200)["data"]):
        carriers = [admin().post("/v1/carriers", {"name": "Coach", "code": "custom"}).ok(201)]
    parcel = {"order_id": order["order_id"], "method_id": buyer.shelf.method_id, "carrier_id": carriers[0]["id"]}
    return admin().post("/v1/shipments", {**parcel, "items": items, "weight": 900}, idempotency_key=fresh("k"))


def send(parcel: Json, status: str = "in_transit") -> Reply:
    seen = {"status": status, "timestamp": clock.now()}
    return admin().post(f"/v1/shipments/{parcel['id']}/tracking-events", seen)


def finish_all() -> None:
    with time_machine.travel(clock.after(2 * settings.MINUTE), tick=True):
        kit.app_of("orders").jobs({"job": "finish_edits"}, None)


def paid(buyer: Buyer, order: Json) -> list[tuple[int, int]]:
    """What was taken and given back by each payment, the first one first."""
    found = sorted(buyer.payments(order["order_id"]), key=lambda payment: str(payment["created_at"]))
    return [(one["captured_amount"]["amount"], one["refunded_amount"]["amount"]) for one in found]


def test_lines_are_added_changed_and_removed_and_the_difference_is_paid_and_given_back(buyer: Buyer) -> None:
    """R322-R325: what stays keeps its price and its part of the coupon; what is added costs what it costs today."""
    order = bought(buyer, ("MUG", 2), ("SHIRT-L", 1), code=a_coupon())
    assert order["total_amount"] == money(4640)
    wanted = [change(order, "MUG", 1), adding(buyer, "SHIRT-S", 2)]
    shown = preview(order, *wanted).ok(200)
    assert (shown["subtotal"], shown["discount_amount"]) == (money(7350), money(335))
    assert (shown["total_amount"], shown["difference"]) == (money(7515), money(2875))
    assert [part for one in shown["adjustments"] for part in one["parts"]] == [125, 210, 0]
    assert read(order)["version"] == order["version"]

    made = edit(order, *wanted, key="once").ok(201)
    assert (made["status"], made["edit_number"], made["total_amount"]) == ("applied", 1, money(7515))
    assert edit(order, *wanted, key="once", expected_total=made["total_amount"]).ok(201) == made
    dearer = settled(order)
    assert (dearer["total_amount"], dearer["amount_due"]) == (money(7515), money(2875))
    assert [(i["product_sku"], i["quantity"], i["paid_amount"]["amount"]) for i in dearer["items"]] == [
        ("MUG", 1, 1125),
        ("SHIRT-L", 1, 1890),
        ("SHIRT-S", 2, 4000),
    ]
    assert [buyer.shelf.available(sku) for sku in ("MUG", "SHIRT-L", "SHIRT-S")] == [19, 19, 18]
    row = buyer.client.get(f"/v1/orders/{order['order_id']}/status-history").ok(200)["data"][-1]
    assert (row["status"], row["previous_status"], row["reason"]) == ("confirmed", "confirmed", "asked by phone")

    pack(buyer, dearer).refused(409, "order_not_shippable")  # not before it is paid
    assert pay(buyer, dearer).ok(202)["status"] == "succeeded"
    assert settled(order)["amount_due"] is None
    pay(buyer, dearer).refused(409, "already_paid")
    assert paid(buyer, order) == [(4640, 0), (2875, 0)]

    now = read(order)
    assert edit(now, change(now, "SHIRT-S", 0)).ok(201)["difference"] == money(-4000)
    cheaper = settled(order)
    assert (cheaper["total_amount"], len(cheaper["items"])) == (money(3515), 2)
    assert paid(buyer, order) == [(4640, 1125), (2875, 2875)]  # the latest first
    assert (cheaper["payment_status"], cheaper["refunded_amount"]) == ("paid", money(0))
    path = f"/v1/admin/orders/{order['order_id']}/edits"
    listed = admin().get(path).ok(200)["data"]
    assert [one["edit_number"] for one in listed] == [2, 1]
    assert admin().get(f"{path}/{made['edit_id']}").ok(200)["items"] == dearer["items"]

    parcel = pack(buyer, cheaper).ok(201)
    hear()
    send(parcel).ok(201)
    gone = settled(order)
    assert gone["status"] == "shipped"
    preview(gone, change(gone, "MUG", 2)).refused(409, "not_editable")


def test_cash_is_asked_for_as_the_order_costs_now_and_a_cancelled_order_gives_everything_back(buyer: Buyer) -> None:
    """R322, R323: nothing is due before the parcel is there."""
    cash = bought(buyer, ("MUG", 2), payment_method="cod", payment_method_id=None)
    edit(cash, change(cash, "MUG", 3)).ok(201)
    after = settled(cash)
    assert (after["total_amount"], after["amount_due"]) == (money(4250), None)
    assert buyer.payments(cash["order_id"])[0]["amount"] == money(4250)

    order = bought(buyer, ("MUG", 1))
    edit(order, adding(buyer, "SHIRT-S", 1)).ok(201)
    pay(buyer, settled(order)).ok(202)
    settled(order)
    admin().post(f"/v1/orders/{order['order_id']}/cancellations", {}, idempotency_key=fresh("k")).ok(202)
    assert settled(order)["payment_status"] == "refunded"
    assert paid(buyer, order) == [(1750, 1750), (2000, 2000)]
    assert [buyer.shelf.available(sku) for sku in ("MUG", "SHIRT-S")] == [17, 20]


def test_what_cannot_be_is_refused_and_nothing_is_written(buyer: Buyer) -> None:
    order = bought(buyer, ("MUG", 2))
    mug, shirt = change(order, "MUG", 1), adding(buyer, "SHIRT-S", 1)
    for wrong, pointer, code in (
        ([], "/changes", "validation_failed"),
        ([{"quantity": 1}], "/changes/0", "validation_failed"),
        ([{**mug, **shirt}], "/changes/0", "validation_failed"),
        ([{**shirt, "quantity": 0}], "/changes/0", "validation_failed"),
        ([{**mug, "quantity": -1}], "/changes/0/quantity", "validation_failed"),
        ([{**mug, "price": money(1)}], "/changes/0/price", "validation_failed"),
        ([{**mug, "order_item_id": "another"}], "/changes/0/order_item_id", "unknown_item"),
        ([mug, mug], "/changes/1/order_item_id", "duplicate_item"),
        ([{**mug, "quantity": 2}], "/changes", "nothing_changed"),
        ([{**mug, "quantity": 0}], "/changes", "nothing_left"),
        ([{**shirt, "product_id": "another"}], "/changes/0", "product_unavailable"),
    ):
        refused = preview(order, *wrong).refused(422, code)
        assert refused["errors"][0]["pointer"] == pointer, wrong
    price = edit(order, mug, expected_total=money(1)).refused(422, "price_changed")
    assert price["total_amount"] == money(1750)
    path = f"/v1/admin/orders/{order['order_id']}/edits"
    body = {"changes": [mug], "expected_total": money(1750), "reason": "asked"}
    admin().post(path, body, idempotency_key=fresh("k")).refused(428, "if_match_required")
    admin().post(path, body, if_match='"2"').refused(400, "idempotency_key_missing")
    admin().post(path, body, idempotency_key=fresh("k"), if_match='"1"').refused(412, "version_mismatch")
    admin().post("/v1/admin/orders/nobody/edit-previews", {"changes": [shirt]}).refused(404, "not_found")
    admin().get(f"{path}/nobody").refused(404, "not_found")
    buyer.client.get(path).refused(403, "forbidden")
    short = edit(order, adding(buyer, "SHIRT-S", 21)).refused(409, "out_of_stock")
    assert short["lines"][0]["available"] == 20
    after = settled(order)
    assert (after["items"], after["total_amount"]) == (order["items"], order["total_amount"])
    (refused,) = user("support-1", "support").get(path).ok(200)["data"]
    assert (refused["status"], refused["failure_code"]) == ("refused", "out_of_stock")
    pack(buyer, after).ok(201)  # it was only held for a moment


CUTS: list[tuple[Any, str, str]] = [
    (owner, name, when)
    for owner, name in ((edits, "begin"), (shipments, "hold_order"), (reservations, "edit"), (edits, "finish"))
    for when in ("before", "after")
]


def test_an_edit_that_was_cut_off_is_finished_once_by_its_request_or_the_job(buyer: Buyer, monkeypatch: Patch) -> None:
    """A crash between any two writes: asked again with the same key, or minutes later."""
    order = bought(buyer, ("MUG", 1))
    for number, (owner, name, when) in enumerate(CUTS):
        wanted = [change(order, "MUG", number + 2)]
        total = preview(order, *wanted).ok(200)["total_amount"]
        key = fresh("cut")
        with monkeypatch.context() as patch:
            crash(patch, owner, name, when)
            assert edit(order, *wanted, key=key, expected_total=total).status == 500
        if number % 2:
            finish_all()
        assert edit(order, *wanted, key=key, expected_total=total).ok(201)["status"] == "applied", (name, when)
        finish_all()
        hear()
        dearer = read(order)
        assert (dearer["items"][0]["quantity"], dearer["amount_due"]["amount"]) == (number + 2, 1250 * (number + 1))
        order = dearer
    settled(order)
    assert buyer.shelf.available("MUG") == 20 - order["items"][0]["quantity"]


def cancels(buyer: Buyer, order: Json) -> None:
    admin().post(f"/v1/orders/{order['order_id']}/cancellations", {}, idempotency_key=fresh("k")).ok(202)
    hear()


def ships(buyer: Buyer, order: Json) -> None:
    send(pack(buyer, order).ok(201)).ok(201)
    hear()


RIVALS: list[tuple[Any, str, Callable[[Buyer, Json], None], tuple[int, str]]] = [
    (edits, "begin", cancels, (412, "version_mismatch")),
    (shipments, "hold_order", cancels, (409, "order_not_shippable")),
    (reservations, "edit", cancels, (409, "reservation_expired")),
    (edits, "finish", cancels, (409, "not_editable")),
    (shipments, "hold_order", ships, (409, "already_shipped")),
    (shipments, "hold_order", lambda buyer, order: finish_all(), (201, "applied")),
    (reservations, "edit", lambda buyer, order: finish_all(), (201, "applied")),
    (edits, "finish", lambda buyer, order: finish_all(), (201, "applied")),
]


def test_who_is_faster_wins_and_the_books_are_right(buyer: Buyer, monkeypatch: Patch) -> None:
    """Each rival acts just before a write of the edit: a cancellation, a parcel that leaves, the job."""
    for owner, name, rival, (status, code) in RIVALS:
        order = bought(buyer, ("MUG", 1))
        with monkeypatch.context() as patch:
            meanwhile(patch, owner, name, "before", lambda rival=rival, order=order: rival(buyer, order))  # type: ignore[misc]
            reply = edit(order, change(order, "MUG", 2))
        assert (reply.status, reply.body.get("code") or reply.body["status"]) == (status, code), (name, rival)
        after = settled(order)
        assert after["items"][0]["quantity"] == (2 if status == 201 else 1)


def test_of_two_edits_at_once_one_waits_for_the_other(buyer: Buyer, monkeypatch: Patch) -> None:
    order = bought(buyer, ("MUG", 1))
    fewer = [adding(buyer, "SHIRT-S", 1)]
    total, codes = preview(order, *fewer).ok(200)["total_amount"], []

    def rival() -> None:
        now = read(order)
        codes.append(edit(order, *fewer, expected_total=total).body["code"])
        codes.append(edit(now, *fewer, expected_total=total).body["code"])
        codes.append(pay(buyer, order).body["code"])

    meanwhile(monkeypatch, reservations, "edit", "before", rival)
    edit(order, change(order, "MUG", 2)).ok(201)
    assert codes == ["edit_in_progress", "edit_in_progress", "edit_in_progress"]
    assert len(settled(order)["items"]) == 1


def test_what_comes_back_of_an_edited_order_is_paid_back_by_all_its_payments(buyer: Buyer) -> None:
    """B157, E77: the first payment alone does not hold so much."""
    order = bought(buyer, ("MUG", 1))
    edit(order, adding(buyer, "SHIRT-S", 2)).ok(201)
    pay(buyer, settled(order)).ok(202)
    parcel = pack(buyer, settled(order)).ok(201)
    send(parcel, "delivered").ok(201)
    there = settled(order)
    assert there["status"] == "delivered"
    refund(received(ask(buyer.client, there, {0: 1, 1: 2}).ok(201))).ok()
    hear()
    assert paid(buyer, order) == [(1750, 1750), (4000, 3500)]
    assert settled(order)["refunded_amount"] == money(5250)


def test_money_paid_while_an_edit_makes_it_too_much_goes_back(buyer: Buyer, monkeypatch: Patch) -> None:
    """R146: what the customer sees as due may be less by the time it is paid."""
    order = bought(buyer, ("MUG", 1))
    edit(order, change(order, "MUG", 3)).ok(201)
    due = settled(order)

    def rival() -> None:
        edit(due, change(due, "MUG", 2)).ok(201)

    meanwhile(monkeypatch, repayment, "_catch_up", "before", rival)
    pay(buyer, due).ok(202)
    after = settled(order)
    assert (after["total_amount"], after["amount_due"]) == (money(3000), None)
    assert paid(buyer, order) == [(1750, 0), (2500, 1250)]


def test_what_was_packed_and_is_removed_is_unpacked_and_staff_are_told(buyer: Buyer) -> None:
    """B149, E71: a parcel that holds more than is ordered now is withdrawn; its other lines are packed again."""
    order = bought(buyer, ("MUG", 2), ("SHIRT-L", 1))
    parcel = pack(buyer, order).ok(201)
    packed = settled(order)
    assert packed["status"] == "processing"
    edit(packed, change(packed, "MUG", 0)).ok(201)
    deliver("orders", to=ROOMS.__contains__)
    (told,) = [detail["data"] for kind, detail in pending("shipping") if kind == "shipment.exception"]
    assert (told["shipment_id"], told["in_house"]) == (parcel["id"], True)
    after = settled(order)
    held = admin().get(f"/v1/shipments/{parcel['id']}").ok(200)
    assert (held["status"], held["withdrawn"]) == ("exception", True)
    send(held).ok(201)
    assert admin().get(f"/v1/shipments/{parcel['id']}").ok(200)["status"] == "exception"
    again = pack(buyer, after).ok(201)
    send(again).ok(201)
    assert settled(order)["status"] == "shipped"
    assert paid(buyer, order) == [(5100, 2500)]
