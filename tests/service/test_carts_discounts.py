"""What is taken off a cart, and why; its coupon; and the tax where it would go.

R128, R129; B111, B113, B124, B164; the estimate of R130.
"""

from typing import Any

import pytest

from shop import settings
from shop.errors import Refusal
from tests.kit import Client, admin, counted, pending, user
from tests.service.carts_kit import Json, Shelf, add, cart_of, guest, lock, money, shelf_in_place_of, tell
from tests.service.discounts_kit import coupon, hold, move, promotion


@pytest.fixture(autouse=True)
def shelf(shop: None, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = shelf_in_place_of(monkeypatch)
    shelf.put("MUG", 1000, category_ids=["kitchen"])
    shelf.put("TEA", 500, tax_class="food")
    return shelf


@pytest.fixture
def ann() -> Client:
    client = user("ann")
    add(client, "MUG", 2)
    add(client, "TEA", 1)
    return client


HOME: Json = {"country": "US", "state": "CA", "postal_code": "94107"}


def amounts(cart: Json) -> list[int]:
    names = ("subtotal", "discount_amount", "shipping_amount", "tax_amount", "total_amount")
    return [cart[name]["amount"] for name in names]


def put(client: Client, code: str) -> Json:
    cart: Json = client.put("/v1/carts/current/coupon", {"code": code}).ok(200)
    return cart


def estimate(client: Client, **said: Any) -> Json:
    cart: Json = client.put("/v1/carts/current/shipping-estimate", {**HOME, **said}).ok(200)
    return cart


def a_method(price: int = 500, **rate: Any) -> str:
    zone = admin().post("/v1/shipping-zones", {"name": "World", "type": "custom"}).ok(201)
    body = {"zone_id": zone["id"], "name": "Standard", "base_price": money(price), "estimated_days": 5}
    method = admin().post("/v1/shipping-methods", body).ok(201)
    if rate:
        admin().post(f"/v1/shipping-methods/{method['id']}/rates", rate).ok(201)
    return str(method["id"])


def taxes(*rates: tuple[str, str]) -> None:
    body = [{"country": "US", "tax_class": tax_class, "rate": rate} for tax_class, rate in rates]
    admin().post("/v1/tax-rates/imports", {"rates": body}).ok(200)


def failed(cart: Json, code: str) -> None:
    facts = {"order_id": "o-1", "user_id": "ann", "cart_id": cart["cart_id"], "checkout_id": "chk", "code": code}
    tell("checkout.failed", "chk", facts)


# What is taken off


def test_a_cart_shows_each_adjustment_with_its_reason(ann: Client) -> None:
    tiers = {"category_ids": ["kitchen"], "tiers": [{"min_quantity": 2, "discount_bps": 1000}]}
    sale = promotion(name="Two mugs", configuration=tiers)
    made = coupon("SAVE10")
    cart = put(ann, " save10 ")
    mug, tea = (item["id"] for item in cart["items"])
    assert (cart["coupon_code"], amounts(cart)) == ("SAVE10", [2500, 430, 0, 0, 2070])
    assert cart["adjustments"] == [
        {
            "type": "promotion",
            "id": sale["id"],
            "name": "Two mugs",
            "code": None,
            "reason": "volume_discount",
            "amount": money(200),
            "lines": [{"item_id": mug, "amount": money(200)}],
        },
        {
            "type": "coupon",
            "id": made["id"],
            "name": "Save",
            "code": "SAVE10",
            "reason": "percentage",
            "amount": money(230),
            "lines": [{"item_id": mug, "amount": money(180)}, {"item_id": tea, "amount": money(50)}],
        },
    ]
    assert cart_of(ann) == cart


def test_the_discount_follows_every_change(ann: Client) -> None:
    coupon("SAVE10")
    cart = put(ann, "SAVE10")
    assert amounts(cart) == [2500, 250, 0, 0, 2250]
    assert amounts(add(ann, "MUG", 1)) == [3500, 350, 0, 0, 3150]
    cart = cart_of(ann)
    mug = cart["items"][0]["id"]
    cart = ann.patch(f"/v1/carts/current/items/{mug}", {"quantity": 1}, if_match=f'"{cart["version"]}"').ok(200)
    assert amounts(cart) == [1500, 150, 0, 0, 1350]
    cart = ann.delete("/v1/carts/current/coupon").ok(200)
    assert (cart["coupon_code"], cart["adjustments"], amounts(cart)) == (None, [], [1500, 0, 0, 0, 1500])
    assert ann.delete("/v1/carts/current/coupon").ok(200)["version"] == cart["version"]


def test_a_price_the_catalog_changed_changes_the_discount(ann: Client, shelf: Shelf) -> None:
    coupon("SAVE10")
    put(ann, "SAVE10")
    shelf.put("MUG", 2000)
    said = {"product_id": "MUG", "old_price": money(1000), "price": money(2000), "changed_by": "admin"}
    tell("product.price_changed", "MUG", said)
    assert amounts(cart_of(ann)) == [4500, 450, 0, 0, 4050]


def test_reading_and_changing_a_cart_costs_carts_no_more_calls(ann: Client) -> None:
    coupon("SAVE10")
    cart = put(ann, "SAVE10")
    assert counted("carts", ann.get, f"/v1/carts/current?cart_id={cart['cart_id']}") == ["Query"]
    assert counted("carts", add, ann, "MUG") == ["GetItem", "Query", "TransactWriteItems"]


# The coupon


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"is_active": False}, "inactive"),
        ({"minimum_amount": money(9_999)}, "minimum_not_met"),
        ({"applicable_products": ["HAT"]}, "not_applicable"),
        ({"currency": "EUR"}, "currency_mismatch"),
    ],
)
def test_a_code_that_does_not_hold_is_refused_and_nothing_changes(ann: Client, said: Json, reason: str) -> None:
    coupon("GOOD")
    before = put(ann, "GOOD")
    coupon("BAD", **said)
    problem = ann.put("/v1/carts/current/coupon", {"code": "BAD"}).refused(422, "coupon_invalid")
    assert (problem["reason"], problem["errors"][0]["pointer"]) == (reason, "/code")
    assert ann.put("/v1/carts/current/coupon", {"code": "none"}).refused(422, "coupon_invalid")["reason"] == "unknown"
    assert cart_of(ann) == before


def test_a_second_code_replaces_the_first(ann: Client) -> None:
    coupon("SAVE10")
    coupon("SAVE20", discount_value=2000)
    put(ann, "SAVE10")
    cart = put(ann, "SAVE20")
    assert (cart["coupon_code"], cart["discount_amount"], len(cart["adjustments"])) == ("SAVE20", money(500), 1)


def test_nonsense_is_refused_and_who_has_no_cart_has_none(ann: Client) -> None:
    path = "/v1/carts/current/coupon"
    ann.put(path, {"code": ""}).refused(422, "validation_failed")
    ann.put(path, {"code": "X" * 51}).refused(422, "validation_failed")
    ann.put(path, {}).refused(422, "validation_failed")
    user("bob").put(path, {"code": "A"}).refused(404, "not_found")
    user("bob").delete(path).refused(404, "not_found")
    empty = guest()
    assert empty.put(path, {"code": "A"}).refused(422, "coupon_invalid")["reason"] == "unknown"


def test_a_coupon_that_no_longer_holds_is_taken_out_with_a_warning(ann: Client) -> None:
    coupon("SAVE10", minimum_amount=money(2000))
    put(ann, "SAVE10")
    cart = cart_of(ann)
    mug = cart["items"][0]["id"]
    cart = ann.patch(f"/v1/carts/current/items/{mug}", {"quantity": 1}, if_match=f'"{cart["version"]}"').ok(200)
    assert (cart["coupon_code"], amounts(cart)) == (None, [1500, 0, 0, 0, 1500])
    assert cart["warnings"] == [
        {"code": "coupon_removed", "item_id": None, "coupon_code": "SAVE10", "reason": "minimum_not_met"}
    ]
    assert add(ann, "TEA")["warnings"] == []  # read once, it is gone


@pytest.mark.parametrize("code", ["coupon_exhausted", "coupon_invalid", "price_changed"])
def test_what_a_checkout_found_shows_on_the_cart(ann: Client, code: str) -> None:
    coupon("SAVE10", usage_limit=1)
    cart = put(ann, "SAVE10")
    lock(cart)
    hold("rival", code="SAVE10", user_id="bob")
    failed(cart, code)
    shown = cart_of(ann)
    assert (shown["coupon_code"], amounts(shown)) == (None, [2500, 0, 0, 0, 2500])
    assert [warning["reason"] for warning in shown["warnings"]] == ["exhausted"]


def test_a_promotion_that_is_over_shows_after_a_failed_checkout(ann: Client) -> None:
    sale = promotion()
    assert amounts(add(ann, "TEA")) == [3000, 300, 0, 0, 2700]
    move(sale["id"], "expired")
    cart = cart_of(ann)
    assert cart["discount_amount"] == money(300)
    failed(cart, "price_changed")
    assert amounts(cart_of(ann)) == [3000, 0, 0, 0, 3000]


def test_a_checkout_takes_the_coupon_along_and_its_change_is_a_change(ann: Client) -> None:
    coupon("SAVE10")
    before = cart_of(ann)
    cart = put(ann, "SAVE10")
    with pytest.raises(Refusal) as refused:
        lock(before)
    assert refused.value.code == "cart_changed"
    assert lock(cart)["coupon_code"] == "SAVE10"
    ann.put("/v1/carts/current/coupon", {"code": "SAVE10"}).refused(409, "cart_locked")
    ann.delete("/v1/carts/current/coupon").refused(409, "cart_locked")


def test_while_discounts_is_away_the_coupon_stays_and_takes_nothing(ann: Client, shelf: Shelf) -> None:
    coupon("SAVE10")
    put(ann, "SAVE10")
    shelf.away.add("discounts")
    cart = add(ann, "MUG")
    assert (cart["coupon_code"], cart["adjustments"], amounts(cart)) == ("SAVE10", [], [3500, 0, 0, 0, 3500])
    ann.put("/v1/carts/current/coupon", {"code": "SAVE10"}).refused(503, "unavailable")
    shelf.away.clear()
    assert amounts(add(ann, "MUG")) == [4500, 450, 0, 0, 4050]


def test_a_guests_coupon_comes_along_at_sign_in() -> None:
    coupon("SAVE10")
    visitor = guest()
    add(visitor, "MUG", 2)
    put(visitor, "SAVE10")
    bob = user("bob")
    cart = bob.post("/v1/carts/current/merges", {"session_id": visitor.headers["x-cart-session"]}).ok(200)
    assert (cart["coupon_code"], amounts(cart)) == ("SAVE10", [2000, 200, 0, 0, 1800])
    told = [detail["data"]["subtotal"] for kind, detail in pending("carts") if kind == "cart.updated"]
    assert told[-1] == money(2000)


# Shipping and tax


def test_free_shipping_is_an_adjustment_of_the_shipping_alone(ann: Client) -> None:
    coupon("FREE", type="free_shipping", discount_value=None)
    cart = put(ann, "FREE")
    assert (amounts(cart), cart["adjustments"][0]["amount"]) == ([2500, 0, 0, 0, 2500], money(0))
    cart = estimate(ann, method_id=a_method())
    (adjustment,) = cart["adjustments"]
    assert (amounts(cart), adjustment["amount"], adjustment["lines"]) == ([2500, 0, 0, 0, 2500], money(500), [])
    assert cart["shipping_estimate"]["price"] == money(500)


def test_tax_is_estimated_where_the_goods_would_go(ann: Client) -> None:
    taxes(("standard", "0.1"), ("food", "0"), ("shipping", "0.05"))
    coupon("SAVE10")
    put(ann, "SAVE10")
    cart = estimate(ann)
    assert amounts(cart) == [2500, 250, 0, 180, 2430]
    cart = estimate(ann, method_id=a_method())
    assert amounts(cart) == [2500, 250, 500, 205, 2955]
    assert amounts(estimate(ann, country="FR")) == [2500, 250, 0, 0, 2250]


def test_a_gross_stores_total_holds_the_tax_already(ann: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PRICES_INCLUDE_TAX", True)
    taxes(("standard", "0.25"))
    assert amounts(estimate(ann, method_id=a_method())) == [2500, 0, 500, 600, 3000]


def test_shipping_looks_at_what_discounts_leave(ann: Client) -> None:
    """A method's free range begins at 25.00: the coupon takes the cart below it."""
    method_id = a_method(min_amount=money(2500), rate=money(0))
    assert amounts(estimate(ann, method_id=method_id)) == [2500, 0, 0, 0, 2500]
    coupon("SAVE10")
    assert amounts(put(ann, "SAVE10")) == [2500, 250, 500, 0, 2750]
    assert amounts(ann.delete("/v1/carts/current/coupon").ok(200)) == [2500, 0, 0, 0, 2500]
