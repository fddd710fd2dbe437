"""Carts beside the real catalog, inventory, shipping and notifications (B3, B110, B112, B115; E44)."""

import random

import pytest
import time_machine

from notifications.store import templates
from shop import clock
from shop.settings import DAY
from tests.kit import Client, admin, app_of, deliver, mails, perform, user
from tests.service.auth_kit import open_account
from tests.service.carts_kit import Json, add, cart_of, guest, held, lock, money

pytestmark = pytest.mark.usefixtures("shop")


def a_product(sku: str, price: int, stock: int, **fields: object) -> Json:
    body = {"sku": sku, "name": sku.title(), "price": money(price), "status": "active", "weight_grams": 350, **fields}
    product: Json = admin().post("/v1/products", body).ok(201)
    deliver()
    for unit in product["variants"] or [product]:
        found = admin().get(f"/v1/inventory-items?sku={unit['sku']}").ok(200)["data"]
        path = f"/v1/inventory-items/{found[0]['inventory_id']}/restocks"
        admin().post(path, {"quantity": stock, "reason": "delivery"}, idempotency_key=unit["sku"]).ok(201)
    deliver()
    return product


@pytest.fixture
def ann(shop: None) -> Client:
    admin().post("/v1/warehouses", {"code": "MAIN", "name": "Main"}).ok(201)
    return user("ann")


def test_what_is_in_the_catalog_can_be_put_into_a_cart(ann: Client) -> None:
    mug = a_product("MUG", 1250, 1, images=[{"url": "https://img.example.com/mug.jpg", "is_primary": True}])
    cart = add(ann, mug["product_id"], 2)
    item = cart["items"][0]
    assert (item["product_name"], item["product_sku"], item["unit_price"]) == ("Mug", "MUG", money(1250))
    assert item["product_image_url"] == "https://img.example.com/mug.jpg"
    assert cart["warnings"] == [{"code": "insufficient_stock", "item_id": item["id"], "available": 1}]


def test_variants_are_named_and_drafts_are_not_sold(ann: Client) -> None:
    tee = a_product("TEE", 1000, 5, variants=[{"sku": "TEE-R", "name": "Red", "price": money(1300)}])
    draft = admin().post("/v1/products", {"sku": "D", "name": "D", "price": money(1), "status": "draft"}).ok(201)
    path = "/v1/carts/current/items"
    ann.post(path, {"product_id": tee["product_id"], "quantity": 1}).refused(422, "variant_required")
    for product_id, variant_id in ((draft["product_id"], None), (tee["product_id"], "x"), ("unknown", None)):
        body = {"product_id": product_id, "variant_id": variant_id, "quantity": 1}
        ann.post(path, body).refused(422, "product_unavailable")
    cart = add(ann, tee["product_id"], 2, tee["variants"][0]["variant_id"])
    assert (cart["subtotal"], cart["items"][0]["product_sku"]) == (money(2600), "TEE-R")


def test_a_new_price_and_an_end_of_sale_reach_the_cart(ann: Client) -> None:
    mug = a_product("MUG", 1250, 9)
    path = f"/v1/products/{mug['product_id']}"
    before = add(ann, mug["product_id"], 2)
    read = admin().get(path)
    admin().patch(path, {"price": money(1300)}, if_match=read.etag).ok(200)
    deliver(times=2)
    cart = cart_of(ann)
    assert [(w["code"], w["old_price"], w["price"]) for w in cart["warnings"]] == [
        ("price_changed", money(1250), money(1300))
    ]
    assert cart["subtotal"] == money(2600)
    assert lock(before)["lines"][0]["unit_price"] == money(1300)
    perform("carts", "unlock_cart", cart_id=cart["cart_id"], checkout_id="chk")
    admin().post(path + "/status-changes", {"status": "inactive"}).ok()
    deliver()
    assert "product_unavailable" in [w["code"] for w in cart_of(ann)["warnings"]]
    assert held(cart_of(ann)) == {mug["product_id"]: 2}


def test_who_left_a_cart_is_reminded_of_it_once_and_nobody_else_is(ann: Client) -> None:
    """B115, E44: not the guest, nor who declined, bought, emptied it, or came back to it."""
    templates.shelf.forget()
    perform("notifications", "seed_templates")
    mug = a_product("MUG", 1250, 9)["product_id"]
    names = ("left", "declined", "bought", "emptied", "returned")
    shoppers = {name: user(open_account(f"{name}@example.com", first_name=name.title())) for name in names}
    deliver()
    carts = {name: add(shopper, mug, 2) for name, shopper in shoppers.items()}
    add(guest(), mug)
    mine = "/v1/users/me/notification-preferences/cart_abandoned/email"
    shoppers["declined"].put(mine, {"enabled": False, "frequency": "never"}).ok(200)
    sold = {"cart_id": carts["bought"]["cart_id"], "user_id": carts["bought"]["user_id"], "order_id": "o1"}
    perform("carts", "convert_cart", **sold)
    shoppers["emptied"].delete("/v1/carts/current").ok(204)
    with time_machine.travel(clock.epoch(clock.after(29 * DAY)), tick=True):
        add(shoppers["returned"], mug)
    before = len(mails())
    with time_machine.travel(clock.epoch(clock.after(31 * DAY)), tick=True):
        for _ in range(2):
            app_of("carts").jobs({"job": "expire_carts"}, None)
            deliver(times=3, shuffle=random.Random(7))
    (reminder,) = mails()[before:]
    assert reminder.destinations["ToAddresses"] == ["left@example.com"]
    assert reminder.subject == "You left something in your cart"
    for shown in ("Hello Left", "Mug", "USD 25.00", f"/products/{mug}"):
        assert shown in reminder.body
