"""Carts follow the catalog, are estimated, expire, are let go (R130; B23, B108, B112, B115; E5, E22-E27, E44; AP33)."""

import random
from typing import Any

import pytest
import time_machine

from carts import store
from carts.logic import upkeep
from carts.model import LOCK_TTL
from shop import clock, settings
from shop.settings import DAY
from tests.kit import Client, admin, app_of, pending, user
from tests.service.carts_kit import (
    Json,
    Shelf,
    add,
    cart_of,
    guest,
    held,
    lock,
    money,
    session_of,
    shelf_in_place_of,
    tell,
)


@pytest.fixture(autouse=True)
def shelf(shop: None, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = shelf_in_place_of(monkeypatch)
    shelf.put("MUG", 1000)
    shelf.put("HAT", 2000, variant_id="RED")
    shelf.put("HAT", 2100, variant_id="BLUE")
    return shelf


def later(seconds: float) -> Any:
    return time_machine.travel(clock.epoch(clock.after(seconds)), tick=True)


def news(product_id: str, price: int = 0, event_id: str = "e1", version: int = 1) -> None:
    """What the catalog tells when a price changes; carts asks for the price itself."""
    said = {"product_id": product_id, "old_price": money(1), "price": money(price), "changed_by": "admin"}
    tell("product.price_changed", product_id, said, event_id, version)


def warnings(cart: Json) -> list[Json]:
    found: list[Json] = cart["warnings"]
    return found


# Following the catalog (B112, B23)


def test_a_price_change_shows_as_old_and_new_until_the_line_is_changed(shelf: Shelf) -> None:
    ann = user()
    item_id = add(ann, "MUG", 2)["items"][0]["id"]
    shelf.put("MUG", 1200)
    news("MUG")
    cart = cart_of(ann)
    assert warnings(cart) == [
        {"code": "price_changed", "item_id": item_id, "old_price": money(1000), "price": money(1200)}
    ]
    assert (cart["items"][0]["unit_price"], cart["subtotal"]) == (money(1200), money(2400))
    assert warnings(add(ann, "HAT", 1, "RED")) == warnings(cart)
    cart = cart_of(ann)
    path, etag = f"/v1/carts/current/items/{item_id}", f'"{cart["version"]}"'
    assert warnings(ann.patch(path, {"quantity": 2}, if_match=etag).ok(200)) == []


def test_the_old_price_is_the_last_the_shopper_saw(shelf: Shelf) -> None:
    ann = user()
    add(ann, "MUG")
    for number, price in enumerate((1100, 1200)):
        shelf.put("MUG", price)
        news("MUG", event_id=f"e{number}")
    assert [(w["old_price"], w["price"]) for w in warnings(cart_of(ann))] == [(money(1000), money(1200))]
    shelf.put("MUG", 1000)
    news("MUG", event_id="e3")
    assert (warnings(cart_of(ann)), cart_of(ann)["subtotal"]) == ([], money(1000))


def test_adding_at_another_price_shows_the_change(shelf: Shelf) -> None:
    ann = user()
    add(ann, "MUG", 1)
    shelf.put("MUG", 1200)
    cart = add(ann, "MUG", 1)
    assert (cart["subtotal"], [w["old_price"] for w in warnings(cart)]) == (money(2400), [money(1000)])
    assert warnings(add(ann, "MUG", 1)) == []


def test_news_that_changes_nothing_writes_nothing(shelf: Shelf) -> None:
    ann = user()
    before = add(ann, "MUG")
    for number in range(3):
        news("MUG", 1, event_id=f"e{number}")
    assert cart_of(ann) == before


def test_news_does_not_make_a_cart_live_longer(shelf: Shelf) -> None:
    ann = user()
    before = add(ann, "MUG")
    shelf.put("MUG", 1200)
    with later(DAY):
        news("MUG")
        assert cart_of(ann)["expires_at"] == before["expires_at"]
        assert cart_of(ann)["version"] == before["version"] + 1


@pytest.mark.parametrize("seed", range(3))
def test_news_in_any_order_and_number_leads_to_the_truth(shelf: Shelf, seed: int) -> None:
    ann, visit = user(), guest()
    add(ann, "MUG")
    add(visit, "MUG", 3)
    shelf.put("MUG", 1500, product_name="Great mug")
    told = [(price, f"e{version}", version) for version, price in enumerate((1100, 1300, 1500))] * 3
    random.Random(seed).shuffle(told)
    for price, event_id, version in told:
        news("MUG", price, event_id, version)
    for client, subtotal in ((ann, 1500), (visit, 4500)):
        cart = cart_of(client)
        assert (cart["subtotal"], cart["version"]) == (money(subtotal), 2 if client is ann else 3)
        assert cart["items"][0]["product_name"] == "Great mug"


@pytest.mark.parametrize(
    ("event_type", "said"),
    [
        ("product.status_changed", {"was": "active", "status": "archived", "is_visible": False}),
        ("product.updated", {"product": {}, "changed_fields": ["name"]}),
        ("variant.updated", {"variant_id": "RED", "changed_fields": ["available"]}),
        ("variant.deleted", {"variant_id": "RED", "changed_fields": []}),
    ],
)
def test_what_is_no_longer_sold_is_flagged_and_stays(shelf: Shelf, event_type: str, said: Json) -> None:
    ann = user()
    add(ann, "HAT", 1, "BLUE")
    item_id = add(ann, "HAT", 1, "RED")["items"][1]["id"]
    shelf.refuse("HAT", "product_unavailable", "RED")
    tell(event_type, "HAT", {"product_id": "HAT", **said})
    cart = cart_of(ann)
    assert warnings(cart) == [{"code": "product_unavailable", "item_id": item_id}]
    assert (len(cart["items"]), cart["subtotal"]) == (2, money(4100))
    shelf.put("HAT", 2000, variant_id="RED")
    tell(event_type, "HAT", {"product_id": "HAT", **said}, "e2")
    assert warnings(cart_of(ann)) == []


def test_a_product_that_now_is_in_another_currency_is_not_sold_here(shelf: Shelf) -> None:
    ann = user()
    add(ann, "MUG")
    shelf.put("MUG", 900, currency="EUR")
    news("MUG")
    assert [w["code"] for w in warnings(cart_of(ann))] == ["product_unavailable"]
    assert cart_of(ann)["subtotal"] == money(1000)


def test_news_reaches_every_cart_that_holds_the_product(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PAGE", 2)
    clients = [user() for _ in range(12)]
    for client in clients:
        add(client, "MUG")
    shelf.put("MUG", 1200)
    shelf.asked.clear()
    news("MUG")
    assert {cart_of(client)["subtotal"]["amount"] for client in clients} == {1200}
    assert shelf.asked.count("look_up_products") < 12 + 1


def test_one_event_does_not_go_on_for_ever(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "CARTS_AN_EVENT", 0)
    ann = user()
    before = add(ann, "MUG")
    shelf.put("MUG", 1200)
    news("MUG")
    assert cart_of(ann) == before


def test_a_change_that_meets_news_keeps_both(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, save = user(), store.save
    add(ann, "MUG", 1)
    shelf.put("MUG", 1200)

    def rival_first(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(store, "save", save)
        add(ann, "HAT", 1, "RED")
        return save(*given, **named)

    monkeypatch.setattr(store, "save", rival_first)
    news("MUG")
    cart = cart_of(ann)
    assert (held(cart), cart["subtotal"]) == ({"MUG": 1, "HAT": 1}, money(3200))


def test_news_while_the_catalog_is_away_comes_again(shelf: Shelf) -> None:
    ann = user()
    add(ann, "MUG")
    shelf.put("MUG", 1200)
    shelf.away.add("catalog")
    with pytest.raises(Exception, match="catalog is away"):
        news("MUG")
    shelf.away.clear()
    news("MUG")
    assert cart_of(ann)["subtotal"] == money(1200)


def test_news_no_longer_reaches_a_closed_cart(shelf: Shelf) -> None:
    ann, visit = user("ann"), guest()
    add(visit, "MUG", 2)
    ann.post("/v1/carts/current/merges", {"session_id": session_of(visit)}).ok(200)
    shelf.put("MUG", 1200)
    shelf.asked.clear()
    news("MUG")
    assert cart_of(ann)["subtotal"] == money(2400)
    status("ann", False, 2)
    shelf.asked.clear()
    shelf.put("MUG", 1300)
    news("MUG", event_id="e3")
    assert shelf.asked == []


# The shipping estimate (R130)


def a_method(**fields: Any) -> str:
    zone = admin().post("/v1/shipping-zones", {"name": "World", "type": "custom"}).ok(201)["id"]
    body = {"zone_id": zone, "name": "Standard", "base_price": money(500), "estimated_days": 5, **fields}
    return str(admin().post("/v1/shipping-methods", body).ok(201)["id"])


def estimate(client: Client, **fields: Any) -> Any:
    body = {"country": "us", "state": "CA", "postal_code": "94107", **fields}
    return client.put("/v1/carts/current/shipping-estimate", body)


def totals(cart: Json) -> tuple[int, int, int, int]:
    names = ("subtotal", "shipping_amount", "tax_amount", "total_amount")
    one, two, three, four = (int(cart[name]["amount"]) for name in names)
    return one, two, three, four


def test_an_estimate_shows_what_checkout_will_compute(shelf: Shelf) -> None:
    ann, method = user(), a_method(price_per_kg=money(200))
    add(ann, "MUG", 2)
    cart = estimate(ann, method_id=method).ok(200)
    assert totals(cart) == (2000, 640, 0, 2640)
    assert cart["shipping_estimate"] == {
        "country": "US",
        "state": "CA",
        "postal_code": "94107",
        "method_id": method,
        "method_name": "Standard",
        "price": money(640),
        "estimated_days": 5,
    }
    assert cart_of(ann) == cart


def test_an_estimate_follows_the_goods(shelf: Shelf) -> None:
    ann, method = user(), a_method(price_per_item=money(10))
    cart = add(ann, "MUG", 1)
    estimate(ann, method_id=method).ok(200)
    assert totals(add(ann, "MUG", 4)) == (5000, 550, 0, 5550)
    shelf.put("MUG", 1100)
    news("MUG")
    assert totals(cart_of(ann)) == (5500, 550, 0, 6050)
    version = cart_of(ann)["version"]
    path = f"/v1/carts/current/items/{cart['items'][0]['id']}"
    cart = ann.patch(path, {"quantity": 0}, if_match=f'"{version}"').ok(200)
    assert (totals(cart), cart["shipping_estimate"]) == ((0, 0, 0, 0), None)


def test_an_estimate_is_no_change_of_what_the_cart_holds(shelf: Shelf) -> None:
    ann, method = user("ann"), a_method()
    cart = add(ann, "MUG", 1)
    assert estimate(ann, method_id=method).ok(200)["version"] == cart["version"] + 1
    assert lock(cart)["lines"][0]["quantity"] == 1


def test_a_method_that_no_longer_qualifies_is_cleared_with_a_warning(shelf: Shelf) -> None:
    ann, method = user(), a_method()
    add(ann, "MUG", 1)
    estimate(ann, method_id=method).ok(200)
    admin().delete(f"/v1/shipping-methods/{method}", if_match='"1"').ok(204)
    cart = add(ann, "MUG", 1)
    assert warnings(cart) == warnings(cart_of(ann))
    assert warnings(cart) == [{"code": "no_shipping_method", "item_id": None, "method_id": method}]
    assert (totals(cart), cart["shipping_estimate"]["method_id"]) == ((2000, 0, 0, 2000), None)
    assert warnings(add(ann, "MUG", 1)) == []


def test_while_shipping_is_away_the_cart_fills_without_an_estimate(shelf: Shelf) -> None:
    ann, method = user(), a_method()
    add(ann, "MUG", 1)
    estimate(ann, method_id=method).ok(200)
    shelf.away.add("shipping")
    assert totals(add(ann, "MUG", 1)) == (2000, 0, 0, 2000)
    estimate(ann, method_id=method).refused(503, "unavailable")


def test_an_address_alone_costs_nothing_yet(shelf: Shelf) -> None:
    ann = user()
    add(ann, "MUG", 1)
    cart = estimate(ann, state=None).ok(200)
    assert (totals(cart), cart["shipping_estimate"]["price"]) == ((1000, 0, 0, 1000), None)


def test_what_cannot_be_estimated_is_refused(shelf: Shelf) -> None:
    ann = user()
    estimate(ann).refused(404, "not_found")
    ann.post("/v1/carts").ok(201)
    estimate(ann).refused(422, "cart_empty")
    add(ann, "MUG", 1)
    estimate(ann, method_id="unknown").refused(422, "no_shipping_method")
    problem = estimate(ann, country="Mars").refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/country"
    missing = ann.put("/v1/carts/current/shipping-estimate", {"country": "US"}).refused(422, "validation_failed")
    assert missing["errors"][0]["pointer"] == "/postal_code"
    assert cart_of(ann)["shipping_estimate"] is None


# Expiry (B108, B115, E44)


def expire() -> None:
    app_of("carts").jobs({"job": "expire_carts"}, None)


def abandoned() -> list[Json]:
    return [detail["data"] for kind, detail in pending("carts") if kind == "cart.abandoned"]


@pytest.mark.parametrize(("make", "days"), [(guest, 7), (user, 30)])
def test_a_cart_lives_so_many_days_from_its_last_change(make: Any, days: int) -> None:
    client = make()
    add(client, "MUG")
    with later((days - 1) * DAY):
        add(client, "MUG")
    with later((2 * days - 1) * DAY - 60):
        assert held(cart_of(client)) == {"MUG": 2}
    with later((2 * days - 1) * DAY + 60):
        client.get("/v1/carts/current").refused(404, "not_found")


def test_a_user_whose_cart_is_past_gets_a_new_one_before_the_job_has_run() -> None:
    ann = user()
    old = add(ann, "MUG")
    with later(31 * DAY):
        ann.delete("/v1/carts/current").refused(404, "not_found")
        fresh = add(ann, "HAT", 1, "RED")
        assert (held(fresh), fresh["cart_id"] == old["cart_id"]) == ({"HAT": 1}, False)
        expire()
        assert held(cart_of(ann)) == {"HAT": 1}
        assert [left["cart_id"] for left in abandoned()] == [old["cart_id"]]


def test_a_guest_whose_cart_is_past_has_none() -> None:
    visit = guest()
    add(visit, "MUG")
    with later(8 * DAY):
        visit.post("/v1/carts").refused(404, "not_found")
        visit.post("/v1/carts/current/items", {"product_id": "MUG", "quantity": 1}).refused(404, "not_found")
        user().post("/v1/carts/current/merges", {"session_id": session_of(visit)}).refused(404, "not_found")


def test_an_abandoned_cart_with_goods_in_it_is_told_once() -> None:
    ann, visit, empty = user("ann"), guest(), guest()
    add(ann, "HAT", 2, "RED")
    add(visit, "MUG", 1)
    expire()
    assert abandoned() == []
    with later(31 * DAY):
        for _ in range(3):
            expire()
        empty.get("/v1/carts/current").refused(404, "not_found")
    told = {left["user_id"]: left for left in abandoned()}
    assert (len(abandoned()), set(told)) == (2, {"ann", None})
    assert told["ann"]["subtotal"] == money(4000)
    hat = {"product_id": "HAT", "variant_id": "RED", "product_name": "Product HAT"}
    assert told["ann"]["items"] == [{**hat, "quantity": 2, "unit_price": money(2000)}]


def test_all_that_is_past_is_found_over_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PAGE", 2)
    for _ in range(15):
        add(guest(), "MUG")
    with later(8 * DAY):
        expire()
    assert len(abandoned()) == 15


def test_a_cart_whose_owner_comes_back_this_moment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, find = user(), store.basket
    add(ann, "MUG")

    def rival_after(cart_id: str) -> Any:
        found = find(cart_id)
        monkeypatch.setattr(store, "basket", find)
        with later(-2 * DAY):  # a moment before it was past
            add(ann, "MUG")
        return found

    with later(31 * DAY):
        monkeypatch.setattr(store, "basket", rival_after)
        expire()
        assert abandoned() == []
        with later(-2 * DAY):
            assert held(cart_of(ann)) == {"MUG": 2}


def test_a_lock_that_was_left_behind_is_dropped_and_the_cart_stays() -> None:
    ann = user("ann")
    cart = add(ann, "MUG")
    lock(cart)
    expire()
    ann.delete("/v1/carts/current").refused(409, "cart_locked")
    with later(LOCK_TTL + 60):
        expire()
        assert cart_of(ann) == cart
        with pytest.raises(Exception, match="cart_changed"):
            lock(cart)  # the checkout it was left by
        assert lock(cart, "chk-2")["lines"][0]["quantity"] == 1
    assert abandoned() == []


def test_a_cart_that_is_being_bought_is_not_abandoned() -> None:
    ann = user("ann")
    cart = add(ann, "MUG")
    with later(30 * DAY - 60):
        lock(cart)
    with later(30 * DAY + 60):
        expire()
        assert abandoned() == []
    with later(30 * DAY + LOCK_TTL + 60):
        expire()
        expire()
        assert len(abandoned()) == 1


def test_nothing_of_a_cart_is_cleaned_up_before_it() -> None:
    """B24: what DynamoDB deletes by ttl is always past; a cart kept alive by its owner keeps all its items."""
    ann = user("ann")
    add(ann, "MUG")
    month = 29 * DAY
    for turn in range(1, 5):
        with later(turn * month):
            _clean_up()
            add(ann, "HAT", 1, "RED")
            assert held(cart_of(ann)) == {"MUG": 1, "HAT": turn}


def _clean_up() -> None:
    """What DynamoDB does with items whose ttl has passed."""
    import boto3

    client = boto3.client("dynamodb", "us-east-1")
    name = settings.table_name("carts")
    for row in client.scan(TableName=name)["Items"]:
        if "ttl" in row and int(row["ttl"]["N"]) < clock.epoch(clock.now()):
            client.delete_item(TableName=name, Key={"PK": row["PK"], "SK": row["SK"]})


# Users who may not buy (E5)


def status(user_id: str, is_active: bool, version: int, event_id: str = "") -> None:
    was, now = ("suspended", "active") if is_active else ("active", "suspended")
    said = {"user_id": user_id, "was": was, "status": now, "is_active": is_active}
    tell("user.status_changed", user_id, said, event_id or f"e{version}", version)


def test_who_may_not_buy_has_no_cart_and_no_lock() -> None:
    ann = user("ann")
    cart = add(ann, "MUG")
    lock(cart)
    status("ann", False, 2)
    ann.get("/v1/carts/current").refused(404, "not_found")
    assert abandoned() == []
    status("ann", True, 3)
    assert held(add(ann, "MUG")) == {"MUG": 1}


def test_old_news_of_an_account_changes_nothing() -> None:
    ann = user("ann")
    status("ann", True, 3)
    before = add(ann, "MUG")
    status("ann", False, 2)
    status("ann", False, 3, "again")
    assert cart_of(ann) == before
    status("ann", False, 4)
    ann.get("/v1/carts/current").refused(404, "not_found")
    add(ann, "MUG")
    status("ann", False, 4)
    assert held(cart_of(ann)) == {"MUG": 1}


def test_who_never_had_a_cart_may_be_suspended() -> None:
    status("bob", False, 2)
    bob = user("bob")
    bob.get("/v1/carts/current").refused(404, "not_found")
    assert held(add(bob, "MUG")) == {"MUG": 1}


def test_carts_listens_for_what_the_contract_says() -> None:
    assert set(app_of("carts").hears.handlers) == {
        "user.logged_in",
        "user.status_changed",
        "user.deleted",
        "product.price_changed",
        "product.status_changed",
        "product.updated",
        "variant.updated",
        "variant.deleted",
        "order.confirmed",
        "checkout.failed",
    }
