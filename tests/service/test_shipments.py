"""Parcels: made of confirmed orders, taken by carriers, seen on their way, there.

R175-R181, R186, R187, R194-R196, R310-R312; B149-B152, B129; E68-E71; SHIP-04-SHIP-06; AP51, AP52.
"""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from payments.store import bank
from shipping import store
from shipping.store import shipments
from shop import clock, settings
from tests.database import items
from tests.kit import Reply, admin, anyone, deliver, hear, pending, user
from tests.proof.machine import running
from tests.proof.shopper import Buyer, Json, a_buyer, fresh, furnished

pytestmark = pytest.mark.usefixtures("shop")

SPEAKERS = ("carts", "inventory", "orders", "payments", "shipping")
SECRET = "a-webhook-secret-of-the-carrier"


@pytest.fixture
def buyer(shop: None) -> Buyer:
    return a_buyer(furnished())


@pytest.fixture
def order(buyer: Buyer) -> Json:
    """Two mugs and a shirt, paid."""
    with running():
        placed = buyer.buy(("MUG", 2), ("SHIRT-L", 1))
    assert placed["status"] == "succeeded"
    deliver(*SPEAKERS)
    return buyer.order(placed["order_id"])


def a_carrier(code: str = "custom", **fields: Any) -> str:
    return str(admin().post("/v1/carriers", {"name": "Coach", "code": code, **fields}).ok(201)["id"])


def pack(order: Json, carrier_id: str, quantities: dict[int, int] | None = None, key: str = "", **but: Any) -> Reply:
    """A parcel of so many of the order's first, second, ... line; of everything unless told otherwise."""
    lines = order["items"]
    wanted = quantities or {number: line["quantity"] for number, line in enumerate(lines)}
    body = {
        "order_id": order["order_id"],
        "method_id": _method(),
        "carrier_id": carrier_id,
        "items": [{"order_item_id": lines[n]["order_item_id"], "quantity": q} for n, q in wanted.items()],
        "weight": 1400,
        **but,
    }
    return admin().post("/v1/shipments", body, idempotency_key=key or fresh("k"))


def _method() -> str:
    zone = admin().get("/v1/shipping-zones").ok()["data"][0]["id"]
    return str(admin().get(f"/v1/shipping-methods?zone_id={zone}").ok()["data"][0]["id"])


def seen(shipment: Json, status: str, timestamp: str | None = None, **fields: Any) -> Reply:
    body = {"status": status, "timestamp": timestamp or clock.now(), "location": "Leipzig", **fields}
    return admin().post(f"/v1/shipments/{shipment['id']}/tracking-events", body)


def at(minute: int) -> str:
    return f"2026-01-05T10:{minute:02d}:00.000Z"


def state(order: Json) -> Json:
    deliver(*SPEAKERS)
    found: Json = admin().get(f"/v1/orders/{order['order_id']}").ok(200)
    return found


def read(shipment: Json) -> Json:
    found: Json = admin().get(f"/v1/shipments/{shipment['id']}").ok(200)
    return found


def webhook(code: str, sightings: list[Json], secret: str = SECRET, age: int = 0) -> Reply:
    moment, raw = int(time.time()) - age, json.dumps(sightings)
    signed = hmac.new(secret.encode(), f"{moment}.{raw}".encode(), hashlib.sha256).hexdigest()
    headers = {"x_carrier_signature": f"t={moment},v1={signed}"}
    return anyone().post(f"/v1/carrier-webhooks/{code}", raw, **headers)


def test_a_parcel_takes_its_order_along_from_packed_to_delivered(buyer: Buyer, order: Json) -> None:
    """B129, B149, B150, E68-E70, R178, R180: one parcel with everything."""
    made = pack(order, a_carrier(), tracking_number="T-1").ok(201)
    assert (made["status"], made["tracking_number"], made["carrier"]) == ("pending", "T-1", "custom")
    assert made["destination_address"]["city"] == order["shipping_address"]["city"]
    assert state(order)["status"] == "processing"
    seen(made, "in_transit", at(1)).ok(201)
    shipped = state(order)
    assert (shipped["status"], shipped["tracking_number"]) == ("shipped", "T-1")
    assert shipped["estimated_delivery_date"] == made["estimated_delivery_date"]
    seen(made, "delivered", at(5)).ok(201)
    assert state(order)["status"] == "delivered"
    shown = buyer.client.get(f"/v1/shipments/{made['id']}").ok(200)
    assert (shown["shipped_at"], shown["delivered_at"]) == (at(1), at(5))
    assert [row["status"] for row in shown["tracking"]] == ["delivered", "in_transit"]


def test_an_order_in_two_parcels_ships_with_the_first_and_is_delivered_with_the_last(order: Json) -> None:
    """B129, B149."""
    carrier = a_carrier()
    first, second = pack(order, carrier, {0: 1}).ok(201), pack(order, carrier, {0: 1, 1: 1}).ok(201)
    seen(first, "in_transit").ok(201)
    assert state(order)["status"] == "shipped"
    seen(first, "delivered").ok(201)
    assert state(order)["status"] == "shipped"
    seen(second, "delivered").ok(201)
    assert state(order)["status"] == "delivered"
    changed = [d["data"]["all_items_shipped"] for kind, d in events("shipment.status_changed")]
    assert sorted(changed) == [False, False, True]


def events(kind: str) -> list[tuple[str, Json]]:
    rows = [row for row in items(settings.table_name("shipping"), "OBX#") if row["detail_type"]["S"] == kind]
    return [(kind, json.loads(row["detail"]["S"])) for row in rows]


def test_more_than_is_left_of_a_line_is_never_sent(order: Json) -> None:
    """B149: also not by parcels packed at the same moment."""
    carrier = a_carrier()
    pack(order, carrier, {0: 3}).refused(409, "quantity_exceeded")
    pack(order, carrier, {0: 1}).ok(201)
    replies: list[Reply] = []
    threads = [threading.Thread(target=lambda: replies.append(pack(order, carrier, {0: 1}))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409, 409, 409]
    assert len(admin().get(f"/v1/shipments?order_id={order['order_id']}").ok()["data"]) == 2


def test_the_same_request_is_the_same_parcel(order: Json) -> None:
    carrier, key = a_carrier(), fresh("k")
    first, again = pack(order, carrier, {0: 1}, key=key).ok(201), pack(order, carrier, {0: 1}, key=key)
    assert again.ok(201)["id"] == first["id"]
    assert again.headers["Idempotent-Replayed"] == "true"


def test_only_a_confirmed_order_is_sent(buyer: Buyer, order: Json) -> None:
    """B149: unknown is 404, cancelled is 409; a line that is not the order's is named."""
    carrier = a_carrier()
    pack({**order, "order_id": "nobody"}, carrier).refused(404, "not_found")
    stranger = [{"order_item_id": "stranger", "quantity": 1}]
    refused = pack(order, carrier, items=stranger).refused(422, "unknown_item")
    assert refused["errors"][0]["pointer"] == "/items/0/order_item_id"
    path = f"/v1/orders/{order['order_id']}/cancellations"
    buyer.client.post(path, {"reason": "no more"}, idempotency_key=fresh("k")).ok(202)
    deliver(*SPEAKERS)
    pack(order, carrier).refused(409, "order_not_shippable")


def test_cancelling_holds_back_what_was_packed_but_not_sent(order: Json) -> None:
    """E54, E71, B151."""
    made = pack(order, a_carrier()).ok(201)
    deliver(*SPEAKERS)
    path = f"/v1/orders/{order['order_id']}/cancellations"
    admin().post(path, {"reason": "all lines removed"}, idempotency_key=fresh("k")).ok(202)
    deliver("orders")
    held = read(made)
    assert (held["status"], held["tracking"][0]["description"]) == ("exception", "The order was cancelled")
    assert [d["data"]["shipment_id"] for kind, d in pending("shipping") if kind == "shipment.exception"] == [made["id"]]


def test_an_order_whose_payment_fails_after_packing_is_stopped_and_staff_are_told(
    buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E59, E71, B128, B149: nothing leaves until it is paid; what a carrier says meanwhile is kept, and told."""
    monkeypatch.setattr(settings, "CAPTURE_PAYMENT", "shipment")
    with running():
        placed = buyer.buy(("MUG", 2))
    deliver(*SPEAKERS)
    order = buyer.order(placed["order_id"])
    carrier = a_carrier(webhook_secret=SECRET)
    made = pack(order, carrier, {0: 1}, tracking_number="T-1").ok(201)
    assert state(order)["status"] == "processing"
    payment = admin().get(f"/v1/payments/{order['payment_id']}").ok(200)
    assert payment["captured_amount"]["amount"] == 0  # packed, and not taken yet
    bank.let_go(payment["provider_payment_id"])
    admin().post(f"/v1/payments/{order['payment_id']}/captures", {}, idempotency_key=fresh("k"))
    deliver("payments", "orders")
    told = [d["data"] for kind, d in pending("shipping") if kind == "shipment.exception"]
    assert [(one["shipment_id"], one["in_house"]) for one in told] == [(made["id"], True)]
    assert read(made)["tracking"][0]["description"] == "The order is not paid"
    seen(made, "in_transit").refused(409, "order_not_shippable")
    pack(order, carrier, {0: 1}).refused(409, "order_not_shippable")
    deliver(*SPEAKERS)
    sighting = {"tracking_number": "T-1", "status": "in_transit", "timestamp": clock.now()}
    for _ in range(2):
        webhook("custom", [sighting]).ok(200)
    (told_again,) = [d["data"] for kind, d in pending("shipping") if kind == "shipment.exception"]
    assert (told_again["in_house"], read(made)["status"]) == (True, "exception")
    assert state(order)["status"] == "processing"

    paid = {"payment_method_id": buyer.card_id}
    buyer.client.post(f"/v1/orders/{order['order_id']}/payments", paid, idempotency_key=fresh("k")).ok(202)
    deliver(*SPEAKERS)
    seen(made, "in_transit").ok(201)
    assert state(order)["status"] == "shipped"


def test_a_cancellation_may_be_heard_before_the_order(buyer: Buyer) -> None:
    """B7: in any order, and twice."""
    with running():
        placed = buyer.buy(("MUG", 1))
    told = {kind: detail for kind, detail in pending("orders") if kind == "order.confirmed"}
    order = buyer.order(placed["order_id"])
    cancel = {"reason": "no more"}
    buyer.client.post(f"/v1/orders/{order['order_id']}/cancellations", cancel, idempotency_key=fresh("k")).ok(202)
    cancelled = {kind: detail for kind, detail in pending("orders") if kind == "order.cancelled"}
    for kind, detail in [*cancelled.items(), *told.items(), *told.items(), *cancelled.items()]:
        hear(kind, detail, lambda service: service == "shipping")
    pack(order, a_carrier()).refused(409, "order_not_shippable")


def test_late_and_repeated_sightings_are_kept_but_move_nothing(order: Json) -> None:
    """B150."""
    made = pack(order, a_carrier()).ok(201)
    seen(made, "out_for_delivery", at(9)).ok(201)
    late = seen(made, "in_transit", at(3)).ok(201)
    assert seen(made, "in_transit", at(3)).ok(201)["id"] == late["id"]
    shown = read(made)
    assert (shown["status"], len(shown["tracking"])) == ("out_for_delivery", 2)
    seen(made, "delivered", at(10)).ok(201)
    seen(made, "in_transit", at(20)).ok(201)
    assert read(made)["status"] == "delivered"
    assert state(order)["status"] == "delivered"


def test_a_sighting_that_loses_a_race_is_decided_by_what_the_other_left(
    order: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B19, B150: the rival's later sighting is written between our read and our write."""
    made = pack(order, a_carrier()).ok(201)
    real, rivals = shipments.move, iter([at(30)])

    def move(*arguments: Any) -> Any:
        for moment in rivals:
            seen(made, "delivered", moment).ok(201)
        return real(*arguments)

    monkeypatch.setattr(shipments, "move", move)
    seen(made, "in_transit", at(1)).ok(201)
    assert read(made)["status"] == "delivered"
    _, (mugs, shirt) = shipments.sold(order["order_id"])
    assert sorted([(mugs.shipped, mugs.delivered), (shirt.shipped, shirt.delivered)]) == [(1, 1), (2, 2)]


def test_a_tracking_number_is_one_parcels(order: Json) -> None:
    """B151, R177, R179."""
    carrier = a_carrier()
    first = pack(order, carrier, {0: 1}, tracking_number="T-1").ok(201)
    pack(order, carrier, {0: 1}, tracking_number="T-1").refused(409, "tracking_taken")
    second = pack(order, carrier, {0: 1}).ok(201)
    read_second = admin().get(f"/v1/shipments/{second['id']}")
    path = f"/v1/shipments/{second['id']}"
    admin().patch(path, {"tracking_number": "T-1"}, if_match=read_second.etag).refused(409, "tracking_taken")
    first_etag = admin().get(f"/v1/shipments/{first['id']}").etag
    admin().patch(f"/v1/shipments/{first['id']}", {"tracking_number": "T-9"}, if_match=first_etag).ok(200)
    admin().patch(path, {"tracking_number": "T-1"}, if_match=read_second.etag).ok(200)
    assert admin().get("/v1/shipments/by-tracking-number/T-1").ok(200)["id"] == second["id"]
    admin().get("/v1/shipments/by-tracking-number/T-0").refused(404, "not_found")
    admin().patch(path, {"tracking_number": "T-2"}).refused(428, "if_match_required")


def test_parcels_are_their_customers_and_the_staffs(buyer: Buyer, order: Json) -> None:
    """R175-R177."""
    made = pack(order, a_carrier(), tracking_number="T-1").ok(201)
    stranger = user("somebody-else")
    for client in (buyer.client, user("support-1", "support")):
        assert client.get(f"/v1/shipments/{made['id']}").ok(200)["id"] == made["id"]
    assert [s["id"] for s in buyer.client.get("/v1/shipments").ok()["data"]] == [made["id"]]
    assert [s["id"] for s in admin().get("/v1/shipments?status=pending").ok()["data"]] == [made["id"]]
    assert stranger.get("/v1/shipments").ok()["data"] == []
    assert stranger.get(f"/v1/shipments?order_id={order['order_id']}").ok()["data"] == []
    stranger.get(f"/v1/shipments/{made['id']}").refused(404, "not_found")
    stranger.get("/v1/shipments/by-tracking-number/T-1").refused(404, "not_found")
    buyer.client.get(f"/v1/shipments/{made['id']}/label").refused(403, "forbidden")


def test_what_is_wrong_with_a_sighting_is_said_and_nothing_is_kept(order: Json) -> None:
    made = pack(order, a_carrier()).ok(201)
    seen(made, "lost").refused(422, "validation_failed")
    seen(made, "in_transit", "yesterday").refused(422, "validation_failed")
    seen(made, "in_transit", "2126-01-01T00:00:00.000Z").refused(422, "timestamp_in_future")
    assert read(made)["tracking"] == []
    seen({"id": "nothing"}, "in_transit").refused(404, "not_found")


def test_a_carrier_tells_by_signed_webhook(order: Json) -> None:
    """R181: repeats, strangers' parcels and old news are harmless."""
    made = pack(order, a_carrier("dhl", webhook_secret=SECRET), tracking_number="T-1").ok(201)
    told = [
        {"tracking_number": "T-1", "status": "in_transit", "timestamp": at(1)},
        {"tracking_number": "T-1", "status": "in_transit", "timestamp": at(1)},
        {"tracking_number": "not ours", "status": "delivered", "timestamp": at(2)},
    ]
    webhook("dhl", told).ok(200)
    webhook("dhl", told).ok(200)
    assert (read(made)["status"], len(read(made)["tracking"])) == ("in_transit", 1)
    webhook("dhl", told, secret="somebody else's").refused(400, "bad_signature")
    webhook("dhl", told, age=900).refused(400, "bad_signature")
    webhook("ups", told).refused(404, "not_found")
    webhook("dhl", [{"status": "delivered"}]).refused(400, "malformed_json")
    assert read(made)["status"] == "in_transit"


def test_carriers_keep_their_secrets(order: Json) -> None:
    """R186, R187, R194-R196, B152, AP51: sealed in the table, in no answer; an inactive one takes no parcel."""
    path = f"/v1/carriers/{a_carrier('ups', api_key='the-key', webhook_secret=SECRET)}"
    shown = admin().get(path)
    assert "the-key" not in json.dumps(shown.body)
    assert "secret" not in json.dumps(shown.body)
    kept = store.CARRIERS.get(store.carrier_key(path.rpartition("/")[2]))
    assert kept is not None
    assert "the-key" not in kept.model_dump_json()
    admin().post("/v1/carriers", {"name": "Twice", "code": "ups"}).refused(409, "code_taken")
    admin().post("/v1/carriers", {"name": "None", "code": "pigeon"}).refused(422, "validation_failed")
    admin().patch(path, {"is_active": False}, if_match=shown.etag).ok(200)
    pack(order, shown.body["id"]).refused(422, "carrier_inactive")
    admin().patch(path, {"name": "Old"}, if_match=shown.etag).refused(412, "version_mismatch")
    assert [c["code"] for c in admin().get("/v1/carriers").ok()["data"]] == ["ups"]
    admin().delete(path, if_match=admin().get(path).etag).ok(204)
    admin().get(path).refused(404, "not_found")
    user().get("/v1/carriers").refused(403, "forbidden")


def test_a_carrier_that_had_a_parcel_stays(order: Json) -> None:
    """R196: 409 in_use."""
    carrier = a_carrier()
    pack(order, carrier).ok(201)
    path = f"/v1/carriers/{carrier}"
    admin().delete(path, if_match=admin().get(path).etag).refused(409, "in_use")


def test_the_papers_of_a_parcel_are_pdf(order: Json) -> None:
    """R311, R312."""
    made = pack(order, a_carrier()).ok(201)
    path = f"/v1/shipments/{made['id']}"
    admin().get(f"{path}/label", accept="application/pdf").refused(409, "not_booked")
    admin().patch(path, {"tracking_number": "T-1 Zażółć"}, if_match='"1"').refused(422, "validation_failed")
    admin().patch(path, {"tracking_number": "T_1/9"}, if_match='"1"').ok(200)
    for paper in ("label", "packing-slip"):
        admin().get(f"{path}/{paper}").refused(406, "not_acceptable")
        reply = admin().get(f"{path}/{paper}", accept="application/pdf")
        assert (reply.status, reply.headers["Content-Type"]) == (200, "application/pdf")
        assert reply.body.startswith(b"%PDF-")
        assert len(reply.body) > 900


class Office(BaseHTTPRequestHandler):
    """A carrier's booking office, which remembers parcels by their key."""

    booked: dict[str, Json] = {}
    failures: list[int] = []

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.failures.pop() if self.failures else 200
        key = self.headers["Idempotency-Key"]
        if status == 200 or status == 599:
            self.booked.setdefault(key, {**told, "authorization": self.headers["Authorization"]})
        answer = json.dumps({"tracking_number": f"HTTP-{len(self.booked)}", "cost": {"amount": 420, "currency": "USD"}})
        self.send_response(503 if status == 599 else status)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def office() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Office)
    Office.booked, Office.failures = {}, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_carrier_with_an_interface_is_asked_once_for_each_parcel(order: Json, office: str) -> None:
    """R178, R310, B152: its answer was lost, so it is asked again under the same key."""
    carrier, key = a_carrier("fedex", api_endpoint=office, api_key="the-key"), fresh("k")
    Office.failures = [599]
    pack(order, carrier, {0: 1}, key=key).refused(503, "unavailable")
    made = pack(order, carrier, {0: 1}, key=key).ok(201)
    assert (made["tracking_number"], made["cost"]["amount"]) == ("HTTP-1", 420)
    assert Office.booked[made["id"]]["authorization"] == "Bearer the-key"
    assert len(Office.booked) == 1
    assert len(admin().get(f"/v1/shipments?order_id={order['order_id']}").ok()["data"]) == 1
    Office.failures = [422]
    pack(order, carrier, {0: 1}, key=(key := fresh("k"))).refused(422, "booking_refused")
    (waiting,) = [s for s in admin().get("/v1/shipments").ok()["data"] if not s["tracking_number"]]
    again = admin().post(f"/v1/shipments/{waiting['id']}/bookings").ok(200)
    assert again["tracking_number"] == "HTTP-2"


def test_a_deleted_customers_addresses_are_forgotten(buyer: Buyer, order: Json) -> None:
    """B75: what was sent stays on the books."""
    made = pack(order, a_carrier()).ok(201)
    told = {
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
        hear("user.deleted", told, lambda service: service == "shipping")
    shown = read(made)
    assert (shown["destination_address"], shown["items"]) == (None, made["items"])
