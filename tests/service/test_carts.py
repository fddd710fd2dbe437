"""Guests' and users' carts: open, read, fill, change, empty.

R122-R127; B107-B111, B117; E42; AP32; CART-01, CART-02.
"""

import pytest

from carts import store
from carts.model import Owner
from shop import settings
from shop.auth import Caller
from tests.kit import Client, anyone, counted, pending, user
from tests.service.carts_kit import (
    Json,
    Shelf,
    add,
    cart_of,
    fill,
    guest,
    held,
    money,
    session_of,
    shelf_in_place_of,
)


@pytest.fixture(autouse=True)
def shelf(shop: None, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = shelf_in_place_of(monkeypatch)
    shelf.put("MUG", 1300)
    shelf.put("HAT", 2000)
    shelf.put("TEE", 1500, variant_id="RED")
    return shelf


# Opening (R122, B107)


def test_a_guest_gets_a_cart_with_a_session_id_of_our_making() -> None:
    opened = anyone().post("/v1/carts")
    cart = opened.ok(201)
    assert (cart["user_id"], cart["status"], cart["items"], cart["warnings"]) == (None, "active", [], [])
    assert len(cart["session_id"]) >= 32
    assert cart["subtotal"] == cart["total_amount"] == money(0)
    assert (opened.etag, opened.headers["Location"]) == ('"1"', "/v1/carts/current")
    assert anyone().post("/v1/carts").ok(201)["session_id"] != cart["session_id"]


def test_asking_again_answers_the_cart_there_is() -> None:
    client = guest()
    assert client.post("/v1/carts").ok(200)["session_id"] == session_of(client)
    ann = user()
    first = ann.post("/v1/carts").ok(201)
    again = ann.post("/v1/carts")
    assert again.ok(200) == first
    assert again.etag == '"1"'
    assert (first["session_id"], first["user_id"]) == (None, ann.caller.user_id if ann.caller else "")


def test_two_requests_at_once_open_one_cart(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, save = user(), store.save
    rivals: list[Json] = []

    def rival_first(*given: object, **named: object) -> object:
        monkeypatch.setattr(store, "save", save)
        rivals.append(ann.post("/v1/carts").ok(201))
        return save(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "save", rival_first)
    assert ann.post("/v1/carts").ok(200) == rivals[0]


def test_a_session_id_is_never_the_clients_choice() -> None:
    for made_up in ("mine", "x" * 5000, "user#1", "🛒"):
        stranger = Client(headers={"x-cart-session": made_up})
        stranger.post("/v1/carts").refused(404, "not_found")
        stranger.get("/v1/carts/current").refused(404, "not_found")
        stranger.post("/v1/carts/current/items", {"product_id": "MUG", "quantity": 1}).refused(404, "not_found")


def test_a_session_id_longer_than_any_is_nobodys_also_with_a_key() -> None:
    stranger, body = Client(headers={"x-cart-session": "x" * 5000}), {"product_id": "MUG", "quantity": 1}
    stranger.post("/v1/carts/current/items", body, idempotency_key="k1").refused(404, "not_found")
    stranger.post("/v1/carts", {}, idempotency_key="k1").refused(404, "not_found")


def test_one_guests_key_does_not_open_anothers_cart() -> None:
    """Keys of callers we know nothing else about count for their address only."""
    first = anyone().post("/v1/carts", {}, idempotency_key="1").ok(201)
    assert anyone().post("/v1/carts", {}, idempotency_key="1").ok(201) == first
    elsewhere = Caller(ip_address="198.51.100.1")
    assert elsewhere.principal != Caller(ip_address="203.0.113.7").principal


def test_neither_token_nor_session_is_401() -> None:
    anyone().get("/v1/carts/current").refused(401, "unauthenticated")
    anyone().post("/v1/carts/current/items", {"product_id": "MUG", "quantity": 1}).refused(401, "unauthenticated")


def test_with_a_token_the_session_is_ignored() -> None:
    theirs = guest()
    add(theirs, "MUG")
    ann = user()
    ann.headers = dict(theirs.headers)
    ann.get("/v1/carts/current").refused(404, "not_found")
    assert ann.post("/v1/carts").ok(201)["user_id"]


def test_unknown_fields_and_parameters_are_refused() -> None:
    problem = anyone().post("/v1/carts", {"session_id": "mine"}).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/session_id"
    user().get("/v1/carts/current?colour=red").refused(400, "invalid_parameter")


# Reading (R123, AP32, B117)


def test_a_cart_shows_its_lines_and_totals_in_the_order_added() -> None:
    client = guest()
    for product, quantity in (("TEE", 1), ("HAT", 2), ("MUG", 3)):
        add(client, product, quantity, "RED" if product == "TEE" else None)
    cart = cart_of(client)
    assert [(i["product_id"], i["quantity"], i["total_price"]) for i in cart["items"]] == [
        ("TEE", 1, money(1500)),
        ("HAT", 2, money(4000)),
        ("MUG", 3, money(3900)),
    ]
    tee = cart["items"][0]
    assert (tee["variant_id"], tee["product_name"], tee["product_sku"]) == ("RED", "Product TEE", "SKU-TEE")
    assert tee["product_image_url"] == "https://img.example.com/TEE.jpg"
    assert cart["subtotal"] == cart["total_amount"] == money(9400)
    assert cart["discount_amount"] == cart["shipping_amount"] == cart["tax_amount"] == money(0)
    assert (cart["coupon_code"], cart["shipping_estimate"], cart["currency"]) == (None, None, "USD")


def test_what_is_kept_for_ourselves_does_not_show() -> None:
    cart = add(guest(), "MUG")
    kept = {"checkout_lock", "released_checkout", "recent_operations", "merged_by", "owner_kept_until", "PK", "ttl"}
    assert not kept & set(cart)
    assert not {"position", "keep_until", "available", "weight_grams", "old_price"} & set(cart["items"][0])


def test_a_read_is_one_query_and_one_get_more_without_the_id() -> None:
    client = guest()
    cart_id = cart_of(client)["cart_id"]
    assert counted("carts", cart_of, client) == ["GetItem", "Query"]
    assert counted("carts", client.get, f"/v1/carts/current?cart_id={cart_id}") == ["Query"]


def test_an_add_is_one_transaction_however_many_lines_there_are() -> None:
    ann = user("ann")
    add(ann, "MUG")
    few = counted("carts", add, ann, "HAT")
    fill(Owner("user", "bob"), 30)
    assert counted("carts", add, user("bob"), "HAT") == few == ["GetItem", "Query", "TransactWriteItems"]


def test_someone_elses_cart_is_404_also_by_its_id() -> None:
    mine, ann = guest(), user()
    cart_id = cart_of(mine)["cart_id"]
    ann.post("/v1/carts").ok(201)
    for stranger in (ann, guest(), user("admin-1", "admin")):
        stranger.get(f"/v1/carts/current?cart_id={cart_id}").refused(404, "not_found")
        stranger.delete(f"/v1/carts/current?cart_id={cart_id}").refused(404, "not_found")
    mine.get("/v1/carts/current?cart_id=unknown").refused(404, "not_found")


def test_a_user_without_a_cart_has_none() -> None:
    user().get("/v1/carts/current").refused(404, "not_found")
    user().delete("/v1/carts/current").refused(404, "not_found")


def test_an_unchanged_cart_is_not_sent_again() -> None:
    client = guest()
    etag = client.post("/v1/carts").etag
    assert client.get("/v1/carts/current", if_none_match=etag).status == 304
    add(client, "MUG")
    assert client.get("/v1/carts/current", if_none_match=etag).status == 200


# Adding (R125, B109, B110)


def test_adding_makes_a_users_cart_and_raises_what_is_there() -> None:
    ann = user()
    first = ann.post("/v1/carts/current/items", {"product_id": "MUG", "quantity": 2})
    assert held(first.ok(201)) == {"MUG": 2}
    assert (first.etag, first.headers["Location"]) == ('"1"', "/v1/carts/current")
    again = add(ann, "MUG", 3)
    assert (held(again), again["version"]) == ({"MUG": 5}, 2)
    assert again["items"][0]["id"] == first.body["items"][0]["id"]
    assert again["subtotal"] == money(6500)


def test_variants_are_lines_of_their_own(shelf: Shelf) -> None:
    shelf.put("TEE", 1600, variant_id="BLUE")
    client = guest()
    add(client, "TEE", 1, "RED")
    cart = add(client, "TEE", 1, "BLUE")
    assert [(i["variant_id"], i["unit_price"]) for i in cart["items"]] == [("RED", money(1500)), ("BLUE", money(1600))]


@pytest.mark.parametrize(
    ("said", "code", "pointer"),
    [
        ({"sellable": False, "reason": "product_unavailable"}, "product_unavailable", "/product_id"),
        ({"sellable": False, "reason": "variant_required"}, "variant_required", "/variant_id"),
        ({"sellable": True, "unit_price": None}, "product_unavailable", "/product_id"),
    ],
)
def test_what_is_not_sold_is_refused(shelf: Shelf, said: Json, code: str, pointer: str) -> None:
    shelf.goods["GONE", None] = said
    problem = user().post("/v1/carts/current/items", {"product_id": "GONE", "quantity": 1}).refused(422, code)
    assert problem["errors"][0]["pointer"] == pointer
    user().post("/v1/carts/current/items", {"product_id": "unknown", "quantity": 1}).refused(422, "product_unavailable")


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"quantity": 0}, "/quantity", "greater_than_equal"),
        ({"quantity": -99}, "/quantity", "greater_than_equal"),
        ({"quantity": "2"}, "/quantity", "int_type"),
        ({"quantity": 1.5}, "/quantity", "int_type"),
        ({"product_id": "no/slash"}, "/product_id", "string_pattern_mismatch"),
        ({"unit_price": money(1)}, "/unit_price", "extra_forbidden"),
    ],
)
def test_bad_input_is_422_with_a_pointer(change: Json, pointer: str, code: str) -> None:
    body = {"product_id": "MUG", "quantity": 1, **change}
    problem = user().post("/v1/carts/current/items", body).refused(422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


def test_a_line_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAX_LINE_QTY", 5)
    ann = user()
    ann.post("/v1/carts/current/items", {"product_id": "MUG", "quantity": 10**30}).refused(422, "quantity_limit")
    cart = add(ann, "MUG", 3)
    ann.post("/v1/carts/current/items", {"product_id": "MUG", "quantity": 3}).refused(422, "quantity_limit")
    path = f"/v1/carts/current/items/{cart['items'][0]['id']}"
    ann.patch(path, {"quantity": 6}, if_match='"1"').refused(422, "quantity_limit")
    assert held(cart_of(ann)) == {"MUG": 3}


def test_a_cart_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAX_CART_LINES", 2)
    ann = user()
    add(ann, "MUG")
    add(ann, "HAT")
    tee = {"product_id": "TEE", "variant_id": "RED", "quantity": 1}
    ann.post("/v1/carts/current/items", tee).refused(422, "cart_full")
    assert held(add(ann, "HAT")) == {"MUG": 1, "HAT": 2}


def test_a_full_cart_of_ninety_lines_can_be_filled_and_emptied() -> None:
    ann = user("ann")
    fill(Owner("user", "ann"), settings.MAX_CART_LINES)
    cart = cart_of(ann)
    assert cart["subtotal"] == money(9000)
    assert list(held(cart)) == [f"P{number}" for number in range(90)]
    ann.post("/v1/carts/current/items", {"product_id": "MUG", "quantity": 1}).refused(422, "cart_full")
    ann.delete("/v1/carts/current").ok(204)
    assert cart_of(ann)["items"] == []


def test_a_cart_is_in_the_currency_of_its_first_line(shelf: Shelf) -> None:
    shelf.put("EURO", 700, currency="EUR")
    ann = user()
    cart = add(ann, "EURO", 2)
    assert (cart["currency"], cart["subtotal"], cart["shipping_amount"]) == ("EUR", money(1400, "EUR"), money(0, "EUR"))
    ann.post("/v1/carts/current/items", {"product_id": "MUG", "quantity": 1}).refused(422, "currency_mismatch")
    ann.delete("/v1/carts/current").ok(204)
    assert add(ann, "MUG")["currency"] == "USD"


def test_a_cart_never_comes_to_more_than_an_order_may(shelf: Shelf) -> None:
    shelf.put("YACHT", 9_999_999_999)
    ann = user()
    add(ann, "YACHT", 100)
    problem = ann.post("/v1/carts/current/items", {"product_id": "YACHT", "quantity": 1})
    problem.refused(422, "amount_out_of_range")
    assert held(cart_of(ann)) == {"YACHT": 100}


def test_a_very_long_image_address_is_not_copied(shelf: Shelf) -> None:
    shelf.put("BIG", product_image_url="https://img.example.com/" + "x" * 600)
    assert add(guest(), "BIG")["items"][0]["product_image_url"] is None


def test_the_same_key_adds_once() -> None:
    ann, body = user(), {"product_id": "MUG", "quantity": 2}
    first = ann.post("/v1/carts/current/items", body, idempotency_key="k1")
    again = ann.post("/v1/carts/current/items", body, idempotency_key="k1")
    assert again.ok(201) == first.ok(201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert held(cart_of(ann)) == {"MUG": 2}


def test_a_keyed_add_that_died_before_its_answer_was_kept_adds_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, body = user(), {"product_id": "MUG", "quantity": 2}
    with monkeypatch.context() as crash:
        crash.setattr("shop.idempotency.Memory.finish", _die)
        ann.post("/v1/carts/current/items", body, idempotency_key="k1").refused(500, "internal_error")
    add(ann, "MUG", 1)
    monkeypatch.setattr("shop.idempotency.ABANDONED", -1)
    assert held(ann.post("/v1/carts/current/items", body, idempotency_key="k1").ok(201)) == {"MUG": 3}


def _die(*given: object) -> None:
    raise RuntimeError("the function ran out of time")


def test_two_adds_at_once_both_count(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, save = user(), store.save
    add(ann, "MUG", 1)

    def rival_first(*given: object, **named: object) -> object:
        monkeypatch.setattr(store, "save", save)
        add(ann, "MUG", 10)
        add(ann, "HAT", 1)
        return save(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "save", rival_first)
    cart = add(ann, "MUG", 100)
    assert held(cart) == {"MUG": 111, "HAT": 1}
    assert cart["subtotal"] == money(111 * 1300 + 2000)


def test_a_first_add_that_meets_another_first_add_shares_one_cart(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, save = user(), store.save

    def rival_first(*given: object, **named: object) -> object:
        monkeypatch.setattr(store, "save", save)
        add(ann, "HAT", 1)
        return save(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "save", rival_first)
    assert held(add(ann, "MUG", 1)) == {"HAT": 1, "MUG": 1}
    assert held(cart_of(ann)) == {"HAT": 1, "MUG": 1}


def test_a_cart_that_never_comes_to_rest_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = user()

    def overtaken(*given: object, **named: object) -> None:
        raise store.Overtaken()

    monkeypatch.setattr(store, "save", overtaken)
    monkeypatch.setattr("carts.logic.asking.time.sleep", lambda seconds: None)
    ann.post("/v1/carts/current/items", {"product_id": "MUG", "quantity": 1}).refused(503, "unavailable")


def test_without_the_catalog_nothing_is_added(shelf: Shelf) -> None:
    shelf.away.add("catalog")
    ann = user()
    ann.post("/v1/carts/current/items", {"product_id": "MUG", "quantity": 1}).refused(503, "unavailable")
    ann.get("/v1/carts/current").refused(404, "not_found")


# Stock hints


def test_a_line_that_asks_for_more_than_there_is_warns(shelf: Shelf) -> None:
    shelf.stock["MUG", None] = 3
    ann = user()
    assert add(ann, "MUG", 3)["warnings"] == []
    cart = add(ann, "MUG", 1)
    item_id = cart["items"][0]["id"]
    warning = {"code": "insufficient_stock", "item_id": item_id, "available": 3}
    assert cart["warnings"] == cart_of(ann)["warnings"] == [warning]
    path = f"/v1/carts/current/items/{item_id}"
    assert ann.patch(path, {"quantity": 2}, if_match=f'"{cart["version"]}"').ok(200)["warnings"] == []


def test_the_next_write_asks_again_for_what_was_short(shelf: Shelf) -> None:
    shelf.stock["MUG", None] = 0
    ann = user()
    assert [w["code"] for w in add(ann, "MUG")["warnings"]] == ["insufficient_stock"]
    shelf.stock["MUG", None] = 5
    assert add(ann, "HAT")["warnings"] == []


def test_without_inventory_a_cart_fills_without_hints(shelf: Shelf) -> None:
    shelf.away.add("inventory")
    cart = add(user(), "MUG", 2)
    assert (held(cart), cart["warnings"]) == ({"MUG": 2}, [])


# Changing and removing (R126, R127, R124)


def test_a_line_takes_another_quantity_and_zero_removes_it() -> None:
    ann = user()
    add(ann, "MUG", 1)
    cart = add(ann, "HAT", 1)
    mug, hat = (f"/v1/carts/current/items/{item['id']}" for item in cart["items"])
    changed = ann.patch(mug, {"quantity": 4}, if_match=f'"{cart["version"]}"')
    assert held(changed.ok(200)) == {"MUG": 4, "HAT": 1}
    assert changed.body["subtotal"] == money(4 * 1300 + 2000)
    gone = ann.patch(mug, {"quantity": 0}, if_match=changed.etag)
    assert held(gone.ok(200)) == {"HAT": 1}
    last = ann.delete(hat, if_match=gone.etag)
    assert (last.ok(200)["items"], last.body["subtotal"]) == ([], money(0))
    assert held(cart_of(ann)) == {}


def test_changes_need_the_version_that_was_read() -> None:
    ann = user()
    cart = add(ann, "MUG")
    path = f"/v1/carts/current/items/{cart['items'][0]['id']}"
    add(ann, "MUG")
    for call in (ann.patch, lambda path, body, **h: ann.delete(path, **h)):
        call(path, {"quantity": 9}).refused(428, "if_match_required")
        call(path, {"quantity": 9}, if_match='"1"').refused(412, "version_mismatch")
        call(path, {"quantity": 9}, if_match="nonsense").refused(412, "version_mismatch")
    assert held(cart_of(ann)) == {"MUG": 2}


def test_a_change_that_meets_another_is_412(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = user()
    cart = add(ann, "MUG")
    path, save = f"/v1/carts/current/items/{cart['items'][0]['id']}", store.save

    def rival_first(*given: object, **named: object) -> object:
        monkeypatch.setattr(store, "save", save)
        add(ann, "MUG", 1)
        return save(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "save", rival_first)
    ann.patch(path, {"quantity": 9}, if_match='"1"').refused(412, "version_mismatch")
    assert held(cart_of(ann)) == {"MUG": 2}


def test_a_line_that_is_not_there_is_404() -> None:
    ann, other = user(), user()
    add(ann, "MUG")
    theirs = add(other, "MUG")["items"][0]["id"]
    for item_id in ("unknown", theirs):
        path = f"/v1/carts/current/items/{item_id}"
        ann.patch(path, {"quantity": 2}, if_match='"1"').refused(404, "not_found")
        ann.delete(path, if_match='"1"').refused(404, "not_found")
    ann.patch("/v1/carts/current/items/x", {"quantity": -1}, if_match='"1"').refused(422, "validation_failed")


def test_emptying_a_cart_keeps_the_cart() -> None:
    client = guest()
    add(client, "MUG")
    add(client, "HAT")
    client.delete("/v1/carts/current").ok(204)
    cart = cart_of(client)
    assert (cart["items"], cart["subtotal"], cart["version"]) == ([], money(0), 4)
    client.delete("/v1/carts/current").ok(204)
    assert cart_of(client)["version"] == 4
    assert held(add(client, "HAT")) == {"HAT": 1}


# Telling (E42)


def test_each_change_is_told_once() -> None:
    ann = user("ann")
    cart = add(ann, "MUG", 2)
    add(ann, "HAT")
    ann.delete("/v1/carts/current").ok(204)
    told = [(kind, detail["data"], detail["aggregate_version"]) for kind, detail in pending("carts")]
    facts = {"cart_id": cart["cart_id"], "owner": "user:ann"}
    assert told == [
        ("cart.updated", {**facts, "line_count": 1, "subtotal": money(2600)}, 1),
        ("cart.updated", {**facts, "line_count": 2, "subtotal": money(4600)}, 2),
        ("cart.updated", {**facts, "line_count": 0, "subtotal": money(0)}, 3),
    ]


def test_what_was_refused_is_not_told() -> None:
    ann = user()
    ann.post("/v1/carts/current/items", {"product_id": "unknown", "quantity": 1}).refused(422, "product_unavailable")
    assert pending("carts") == []


def test_a_token_speaks_for_its_user_on_a_public_route() -> None:
    forged = Client(headers={"authorization": "Bearer nonsense"})
    forged.post("/v1/carts").refused(401, "unauthenticated")
    ann = Client(Caller(user_id="ann", roles=["customer"], session_id="session-of-ann"))
    assert ann.post("/v1/carts").ok(201)["user_id"] == "ann"
