"""A checkout holds a cart, gives it back or buys it (R134-R137; B116, B120; E45, E47, E50; lock, unlock, convert)."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from carts import store
from carts.model import LOCK_TTL
from shop import clock, settings
from shop.errors import Refusal
from tests.kit import Client, app_of, counted, pending, perform, user
from tests.service.carts_kit import (
    Json,
    Shelf,
    add,
    cart_of,
    guest,
    held,
    lock,
    money,
    shelf_in_place_of,
    tell,
    unlock,
)


@pytest.fixture(autouse=True)
def shelf(shop: None, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = shelf_in_place_of(monkeypatch)
    shelf.put("MUG", 1300)
    shelf.put("HAT", 2000, variant_id="RED")
    return shelf


@pytest.fixture
def ann() -> Client:
    client = user("ann")
    add(client, "MUG", 2)
    add(client, "HAT", 1, "RED")
    return client


LOCKED = {
    "lines": [
        {"product_id": "MUG", "variant_id": None, "quantity": 2, "unit_price": money(1300)},
        {"product_id": "HAT", "variant_id": "RED", "quantity": 1, "unit_price": money(2000)},
    ],
    "currency": "USD",
    "coupon_code": None,
}


def refused(code: str, act: Callable[..., Any], *given: Any, **named: Any) -> None:
    with pytest.raises(Refusal) as refusal:
        act(*given, **named)
    assert refusal.value.code == code


def confirmed(cart: Json, order_id: str = "o-1", event_id: str = "e1", **changes: Any) -> None:
    """What orders tells when an order is confirmed."""
    amounts = dict.fromkeys(
        ("subtotal", "discount_amount", "shipping_amount", "tax_amount", "total_amount"), money(4600)
    )
    address = {"full_name": "Ann", "address_line1": "1 Main St", "city": "X", "postal_code": "1", "country": "US"}
    facts = {
        "order_id": order_id,
        "order_number": "ORD-1",
        "user_id": cart["user_id"],
        "status": "confirmed",
        "payment_status": "paid",
        "items": [],
        "cart_id": cart["cart_id"],
        "payment_method": "card",
        "shipping_address": address,
        **amounts,
    }
    tell("order.confirmed", order_id, {**facts, **changes}, event_id)


def failed(cart: Json, code: str = "payment_declined", checkout_id: str = "chk", event_id: str = "e1") -> None:
    """What orders tells when a checkout has failed."""
    facts = {"order_id": "o-1", "user_id": cart["user_id"], "cart_id": cart["cart_id"], "stage": "ChargePayment"}
    tell("checkout.failed", checkout_id, {**facts, "checkout_id": checkout_id, "code": code}, event_id)


def news(event_id: str = "e1") -> None:
    """What the catalog tells when a price changes."""
    said = {"product_id": "MUG", "old_price": money(1300), "price": money(1400), "changed_by": "admin"}
    tell("product.price_changed", "MUG", said, event_id)


# Holding


def test_a_checkout_gets_the_lines_in_their_order_and_again_the_same(ann: Client) -> None:
    cart = cart_of(ann)
    assert lock(cart) == LOCKED
    assert lock(cart) == LOCKED


def test_holding_a_cart_is_one_update_and_one_query(ann: Client) -> None:
    assert counted("carts", lock, cart_of(ann)) == ["UpdateItem", "Query"]


def test_a_locked_cart_can_be_read_but_not_changed(ann: Client) -> None:
    cart = cart_of(ann)
    lock(cart)
    path = f"/v1/carts/current/items/{cart['items'][0]['id']}"
    etag = f'"{cart["version"]}"'
    estimate = {"country": "US", "postal_code": "1"}
    ann.post("/v1/carts/current/items", {"product_id": "MUG", "quantity": 1}).refused(409, "cart_locked")
    ann.patch(path, {"quantity": 1}, if_match=etag).refused(409, "cart_locked")
    ann.delete(path, if_match=etag).refused(409, "cart_locked")
    ann.delete("/v1/carts/current").refused(409, "cart_locked")
    ann.put("/v1/carts/current/shipping-estimate", estimate).refused(409, "cart_locked")
    assert ann.post("/v1/carts").ok(200) == cart_of(ann) == cart


def test_a_cart_has_one_running_checkout(ann: Client) -> None:
    cart = cart_of(ann)
    lock(cart, "chk-1")
    refused("cart_locked", lock, cart, "chk-2")
    unlock(cart, "chk-2")
    refused("cart_locked", lock, cart, "chk-2")
    assert lock(cart, "chk-1") == LOCKED


def test_after_a_failed_checkout_the_cart_is_as_before(ann: Client) -> None:
    before = ann.get("/v1/carts/current")
    lock(before.ok())
    unlock(before.ok())
    after = ann.get("/v1/carts/current")
    assert (after.ok(), after.etag) == (before.ok(), before.etag)
    assert lock(before.ok(), "chk-2") == LOCKED
    unlock(before.ok(), "chk-2")
    assert held(add(ann, "MUG", 1)) == {"MUG": 3, "HAT": 1}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cart_version": 1}, "cart_changed"),
        ({"cart_version": 3}, "cart_changed"),
        ({"user_id": "bob"}, "cart_changed"),
        ({"cart_id": "unknown"}, "cart_changed"),
        ({"cart_version": "two"}, "internal_error"),
    ],
)
def test_a_cart_is_locked_only_as_its_owner_read_it(ann: Client, changes: Json, code: str) -> None:
    cart = cart_of(ann)
    refused(code, lock, cart, **changes)
    assert held(add(ann, "MUG", 1)) == {"MUG": 3, "HAT": 1}


def test_an_empty_cart_is_not_bought() -> None:
    bob = user("bob")
    refused("cart_empty", lock, bob.post("/v1/carts").ok(201))


def test_a_guest_cart_is_not_bought() -> None:
    visit = guest()
    cart = add(visit, "MUG")
    refused("cart_changed", lock, cart, user_id="ann")
    refused("internal_error", lock, cart)


def test_an_expired_cart_is_not_bought(ann: Client) -> None:
    cart = cart_of(ann)
    with time_machine.travel(clock.epoch(clock.after(settings.USER_CART_TTL + 1)), tick=True):
        refused("cart_changed", lock, cart)


def test_a_lock_passes_after_longer_than_any_checkout(ann: Client) -> None:
    cart = cart_of(ann)
    lock(cart)
    assert settings.RESERVATION_TTL + settings.PAYMENT_WAIT < LOCK_TTL
    with time_machine.travel(clock.epoch(clock.after(LOCK_TTL + 1)), tick=True):
        assert held(add(ann, "MUG", 1)) == {"MUG": 3, "HAT": 1}
        refused("cart_changed", lock, cart, "chk-2")
        assert lock(cart_of(ann), "chk-2")["lines"][0]["quantity"] == 3


# Giving back


def test_unlocking_succeeds_when_there_is_nothing_to_undo(ann: Client) -> None:
    cart = cart_of(ann)
    for _ in range(2):
        assert unlock(cart, "never-locked") == {"cart_id": cart["cart_id"]}
    assert unlock({"cart_id": "unknown"}) == {"cart_id": "unknown"}
    assert cart_of(ann) == cart


def test_a_lock_that_comes_after_its_own_undo_comes_to_nothing(ann: Client) -> None:
    cart = cart_of(ann)
    unlock(cart, "chk-1")
    refused("cart_changed", lock, cart, "chk-1")
    assert lock(cart, "chk-2") == LOCKED


def test_a_failed_checkout_unlocks_its_own_lock_only(ann: Client) -> None:
    cart = cart_of(ann)
    lock(cart, "chk-2")
    failed(cart, checkout_id="chk-1")
    refused("cart_locked", lock, cart, "chk-3")
    for event_id in ("e2", "e2", "e3"):
        failed(cart, checkout_id="chk-2", event_id=event_id)
    assert cart_of(ann) == cart
    assert lock(cart, "chk-3") == LOCKED


def test_a_checkout_that_failed_for_the_price_leaves_the_cart_at_the_price(ann: Client, shelf: Shelf) -> None:
    cart = cart_of(ann)
    lock(cart)
    shelf.put("MUG", 1400)
    failed(cart, "price_changed")
    after = cart_of(ann)
    assert after["subtotal"] == money(2 * 1400 + 2000)
    assert [(w["code"], w["old_price"], w["price"]) for w in after["warnings"]] == [
        ("price_changed", money(1300), money(1400))
    ]
    failed(cart, "price_changed")
    assert cart_of(ann) == after


# Races


def test_an_add_that_meets_a_lock_is_refused(ann: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    cart, save = cart_of(ann), store.save

    def rival_first(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(store, "save", save)
        lock(cart)
        return save(*given, **named)

    monkeypatch.setattr(store, "save", rival_first)
    ann.post("/v1/carts/current/items", {"product_id": "MUG", "quantity": 1}).refused(409, "cart_locked")
    unlock(cart)
    assert cart_of(ann) == cart


def test_a_lock_that_meets_an_add_is_refused(ann: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    cart, take = cart_of(ann), store.lock

    def rival_first(*given: Any) -> bool:
        monkeypatch.setattr(store, "lock", take)
        add(ann, "MUG", 1)
        return take(*given)

    monkeypatch.setattr(store, "lock", rival_first)
    refused("cart_changed", lock, cart)
    assert held(cart_of(ann)) == {"MUG": 3, "HAT": 1}


def test_a_lock_whose_obstacle_just_went_is_tried_again(ann: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    cart, take = cart_of(ann), store.lock
    lock(cart, "chk-1")

    def gone_after(*given: Any) -> bool:
        taken = take(*given)
        monkeypatch.setattr(store, "lock", take)
        unlock(cart, "chk-1")
        return taken

    monkeypatch.setattr(store, "lock", gone_after)
    assert lock(cart, "chk-2") == LOCKED


def test_news_of_a_product_neither_breaks_a_lock_nor_the_version_read(ann: Client, shelf: Shelf) -> None:
    cart = cart_of(ann)
    lock(cart, "chk-1")
    shelf.put("MUG", 1400)
    news("e1")
    refused("cart_locked", lock, cart, "chk-2")
    assert lock(cart, "chk-1")["lines"][0]["unit_price"] == money(1400)
    unlock(cart, "chk-1")
    assert cart_of(ann)["version"] == cart["version"] + 1
    assert lock(cart, "chk-2")["lines"][0]["unit_price"] == money(1400)


def test_a_lock_taken_while_news_is_written_holds(ann: Client, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    cart, save = cart_of(ann), store.save
    shelf.put("MUG", 1400)

    def rival_first(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(store, "save", save)
        lock(cart)
        return save(*given, **named)

    monkeypatch.setattr(store, "save", rival_first)
    news()
    assert cart_of(ann)["items"][0]["unit_price"] == money(1400)
    refused("cart_locked", lock, cart, "chk-2")


# Buying (B116, E45)


def test_a_bought_cart_is_gone_and_the_next_starts_empty(ann: Client) -> None:
    cart = cart_of(ann)
    lock(cart)
    confirmed(cart)
    ann.get("/v1/carts/current").refused(404, "not_found")
    ann.get(f"/v1/carts/current?cart_id={cart['cart_id']}").refused(404, "not_found")
    refused("cart_changed", lock, cart, "chk-2")
    fresh = add(ann, "MUG", 1)
    assert held(fresh) == {"MUG": 1}
    assert fresh["cart_id"] != cart["cart_id"]
    found = perform("carts", "find_cart", cart_id=cart["cart_id"])
    assert (found["status"], held(found)) == ("converted", {"MUG": 2, "HAT": 1})
    assert found["converted_at"]


def test_a_cart_is_converted_once(ann: Client) -> None:
    cart = cart_of(ann)
    lock(cart)
    for event_id in ("e1", "e1", "e2"):
        confirmed(cart, event_id=event_id)
    add(ann, "MUG", 1)
    confirmed(cart, event_id="e3")
    unlock(cart)
    failed(cart, event_id="e4")
    assert held(cart_of(ann)) == {"MUG": 1}
    told = [detail["data"] for kind, detail in pending("carts") if kind == "cart.converted"]
    assert told == [{"cart_id": cart["cart_id"], "order_id": "o-1", "user_id": "ann"}]


def test_an_order_of_another_users_cart_changes_nothing(ann: Client) -> None:
    cart = cart_of(ann)
    confirmed(cart, user_id="bob")
    confirmed(cart, cart_id="unknown", event_id="e2")
    assert cart_of(ann) == cart


def test_a_cart_converts_by_its_step_as_well(ann: Client) -> None:
    cart = cart_of(ann)
    asked = {"cart_id": cart["cart_id"], "order_id": "o-1", "user_id": "ann"}
    for _ in range(2):
        assert perform("carts", "convert_cart", **asked) == {"cart_id": cart["cart_id"]}
    refused("not_found", perform, "carts", "convert_cart", **{**asked, "user_id": "bob"})
    ann.get("/v1/carts/current").refused(404, "not_found")


def test_a_conversion_that_meets_news_of_a_product_still_happens(
    ann: Client, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    cart, save = cart_of(ann), store.save
    lock(cart)
    shelf.put("MUG", 1400)

    def rival_first(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(store, "save", save)
        news("e9")
        return save(*given, **named)

    monkeypatch.setattr(store, "save", rival_first)
    confirmed(cart)
    ann.get("/v1/carts/current").refused(404, "not_found")


# Asked by others (R134)


def test_a_step_finds_any_cart_by_its_id(ann: Client) -> None:
    cart = cart_of(ann)
    assert perform("carts", "find_cart", cart_id=cart["cart_id"]) == cart
    refused("not_found", perform, "carts", "find_cart", cart_id="unknown")


def test_the_steps_of_carts_are_those_of_the_contract() -> None:
    assert set(app_of("carts").step_doors) == {"find_cart", "lock_cart", "unlock_cart", "convert_cart"}
