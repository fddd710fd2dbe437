"""After the sale on a local cloud: a coupon bought with, a parcel sent, and all of it brought back for its money."""

import uuid

import httpx
import pytest

from tools.client import until
from tools.demo.after_sale import Warehouse
from tools.demo.stories import Scene

pytestmark = pytest.mark.cloud


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
    warehouse = Warehouse(admin)
    shipment = warehouse.send(order)
    label = httpx.get(
        f"{scene.stack.api_url}/v1/shipments/{shipment['id']}/label",
        headers={"Authorization": f"Bearer {admin.token}", "Accept": "application/pdf"},
    )
    assert (label.status_code, label.content[:5]) == (200, b"%PDF-")
    until(lambda: shopper.order(order["order_id"])["status"] == "delivered")

    stock = available(scene, wish.product_id, wish.variant_id)
    everything = {item["order_item_id"]: item["quantity"] for item in order["items"]}
    done = warehouse.take_back(shopper.client, order, everything, "a change of mind")
    paid = order["subtotal"]["amount"] - order["discount_amount"]["amount"] + order["tax_amount"]["amount"]
    assert done["refunds"][0]["amount"]["amount"] == paid
    (payment,) = shopper.client.get("/v1/payments", order_id=order["order_id"])["data"]
    assert payment["refunded_amount"]["amount"] == paid
    assert until(lambda: available(scene, wish.product_id, wish.variant_id) == stock + 2)


def available(scene: Scene, product_id: str, variant_id: str | None) -> int:
    """How many are on the shelf; staff see all of them."""
    query = {"variant_id": variant_id} if variant_id else {}
    return int(scene.admin.get(f"/v1/inventory/products/{product_id}", **query)["available"])
