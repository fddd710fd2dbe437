"""After the sale on a local cloud: a coupon bought with, a parcel sent, and all of it brought back for its money."""

import uuid
from collections.abc import Callable

import httpx
import pytest

from shop import clock
from tools.client import Client, Json, Refused, until
from tools.demo.stories import Scene

pytestmark = pytest.mark.cloud

DOCK = {"full_name": "Returns", "address_line1": "1 Dock", "city": "Leith", "postal_code": "EH6 6JH", "country": "GB"}


def sent(admin: Client, order: Json) -> Json:
    """A parcel with all of an order, seen on its way and there."""
    carrier = next(admin.all("/v1/carriers"), None) or admin.post("/v1/carriers", {"name": "Coach", "code": "custom"})
    zone = next(admin.all("/v1/shipping-zones"))
    method = next(admin.all("/v1/shipping-methods", zone_id=zone["id"]))
    parcel = {
        "order_id": order["order_id"],
        "method_id": method["id"],
        "carrier_id": carrier["id"],
        "items": [{"order_item_id": item["order_item_id"], "quantity": item["quantity"]} for item in order["items"]],
        "weight": 900,
        "tracking_number": f"COACH-{uuid.uuid4().hex[:8]}",
    }
    shipment = once_known(lambda: admin.post("/v1/shipments", parcel), "order_not_shippable")
    for status in ("in_transit", "delivered"):
        admin.post(f"/v1/shipments/{shipment['id']}/tracking-events", {"status": status, "timestamp": clock.now()})
    return shipment


def test_what_was_bought_with_a_coupon_comes_back_for_what_was_paid(scene: Scene) -> None:
    """B113, B129, B149, B153, B157, B158, B105, B163: the whole way, each service hearing the others."""
    wish, admin = scene.shelf[0]._replace(quantity=2), scene.admin
    shopper = scene.someone_with("returner", [wish])
    currency = shopper.client.get("/v1/carts/current")["currency"]
    coupon = {"name": "Ten off", "type": "percentage", "discount_value": 1000, "currency": currency, "usage_limit": 1}
    coupon |= {"starts_at": "2020-01-01T00:00:00.000Z", "ends_at": "2099-01-01T00:00:00.000Z"}
    code = f"TEN{uuid.uuid4().hex[:6].upper()}"
    admin.post("/v1/coupons", {**coupon, "code": code})
    cart = shopper.client.put("/v1/carts/current/coupon", {"code": code.lower()})
    assert cart["discount_amount"]["amount"] == round(cart["subtotal"]["amount"] / 10)

    checkout = shopper.check_out(shopper.offer())
    assert checkout["status"] == "succeeded", checkout
    order = shopper.order(checkout["order_id"])
    assert order["discount_amount"] == cart["discount_amount"]
    shipment = sent(admin, order)
    label = httpx.get(
        f"{scene.stack.api_url}/v1/shipments/{shipment['id']}/label",
        headers={"Authorization": f"Bearer {admin.token}", "Accept": "application/pdf"},
    )
    assert (label.status_code, label.content[:5]) == (200, b"%PDF-")
    until(lambda: shopper.order(order["order_id"])["status"] == "delivered")

    items = [{"order_item_id": item["order_item_id"], "quantity": item["quantity"]} for item in order["items"]]
    ask = {"order_id": order["order_id"], "items": items, "return_reason": "changed_mind"}
    stock = available(scene, wish.product_id, wish.variant_id)
    back = once_known(lambda: shopper.client.post("/v1/returns", ask), "order_not_delivered")
    place = f"/v1/returns/{back['id']}"
    admin.post(f"{place}/approvals", {"return_address": DOCK, "return_instructions": "In its box."})
    came = [{"item_id": item["id"], "condition": "new"} for item in back["items"]]
    admin.post(f"{place}/receipts", {"items": came})
    admin.post(f"{place}/refunds")
    done = until(lambda: (found := admin.get(place))["status"] == "processed" and found)
    paid = order["subtotal"]["amount"] - order["discount_amount"]["amount"] + order["tax_amount"]["amount"]
    assert done["refunds"][0]["amount"]["amount"] == paid
    (payment,) = shopper.client.get("/v1/payments", order_id=order["order_id"])["data"]
    assert payment["refunded_amount"]["amount"] == paid
    assert until(lambda: available(scene, wish.product_id, wish.variant_id) == stock + 2)


def once_known(ask: Callable[[], Json], not_yet: str) -> Json:
    """What is asked, again until the service asked has heard of the order."""

    def attempt() -> Json | None:
        try:
            return ask()
        except Refused as refused:
            if refused.code != not_yet:
                raise
            return None

    return until(attempt)


def available(scene: Scene, product_id: str, variant_id: str | None) -> int:
    """How many are on the shelf; staff see all of them."""
    query = {"variant_id": variant_id} if variant_id else {}
    return int(scene.admin.get(f"/v1/inventory/products/{product_id}", **query)["available"])
