"""What a guest put aside becomes the user's at sign-in, once (R131; B114; E9, E43; "Carts at login": P53, P55, P57)."""

from typing import Any

import pytest

from carts import store
from carts.model import Owner
from shop import settings
from tests.kit import Client, deliver, pending, user
from tests.service.carts_kit import (
    Json,
    Shelf,
    add,
    cart_of,
    fill,
    guest,
    held,
    lock,
    money,
    session_of,
    shelf_in_place_of,
    tell,
    unlock,
)


@pytest.fixture(autouse=True)
def shelf(shop: None, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = shelf_in_place_of(monkeypatch)
    for product in ("A", "B", "C", "101", "102", "103", "202"):
        shelf.put(product, 1000)
    return shelf


def shopper(user_id: str = "", **goods: int) -> Client:
    return _filled(user(user_id or None), goods)


def visitor(**goods: int) -> Client:
    return _filled(guest(), goods)


def _filled(client: Client, goods: dict[str, int]) -> Client:
    for product, quantity in goods.items():
        add(client, product, quantity)
    return client


def merge(client: Client, session_id: str) -> Json:
    cart: Json = client.post("/v1/carts/current/merges", {"session_id": session_id}).ok(200)
    return cart


def sign_in(user_id: str, session_id: str | None, event_id: str = "e1") -> None:
    """What auth tells when a session begins."""
    said = {"user_id": user_id, "session_id": "s", "device_id": None, "cart_session_id": session_id}
    tell("user.logged_in", user_id, said, event_id)


# The four strategies


GUEST, USER = {"102": 2, "202": 1}, {"101": 1, "102": 1, "103": 1}


@pytest.mark.parametrize(
    ("case", "strategy", "theirs", "mine", "expected"),
    [
        ("P53", "guest_wins", GUEST, USER, {"101": 1, "102": 2, "103": 1, "202": 1}),
        ("P55", "user_wins", GUEST, USER, {"101": 1, "102": 1, "103": 1}),
        ("P57", "sum", {"A": 2, "B": 1}, {"A": 3}, {"A": 5, "B": 1}),
        ("sum into none", "sum", GUEST, {}, GUEST),
        ("if empty, it is not", "guest_if_user_empty", GUEST, USER, USER),
        ("if empty, it is", "guest_if_user_empty", GUEST, {}, GUEST),
        ("wins over none", "guest_wins", GUEST, {}, GUEST),
        ("user's none wins", "user_wins", GUEST, {}, {}),
        *((f"empty guest, {s}", s, {}, USER, USER) for s in ("sum", "guest_wins", "user_wins", "guest_if_user_empty")),
    ],
)
def test_how_two_carts_become_one(
    case: str,
    strategy: str,
    theirs: dict[str, int],
    mine: dict[str, int],
    expected: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "CART_MERGE", strategy)
    ann, visit = shopper("ann", **mine), visitor(**theirs)
    merged = merge(ann, session_of(visit))
    assert held(merged) == expected
    assert merged["subtotal"] == merged["total_amount"] == money(1000 * sum(expected.values()))
    again = merge(ann, session_of(visit))
    assert (held(again), again["version"]) == (expected, merged["version"])
    assert held(cart_of(ann)) == expected
    visit.get("/v1/carts/current").refused(404, "not_found")


def test_adding_up_is_the_default() -> None:
    assert settings.CART_MERGE == "sum"


def test_an_empty_guest_cart_leaves_the_users_as_it_is() -> None:
    ann = shopper(A=1)
    before = cart_of(ann)
    assert merge(ann, session_of(guest())) == before == cart_of(ann)


def test_an_empty_user_cart_that_is_there_takes_the_guests_lines_in_their_order() -> None:
    ann = user()
    cart_id = ann.post("/v1/carts").ok(201)["cart_id"]
    merged = merge(ann, session_of(visitor(C=1, A=2, B=3)))
    assert list(held(merged).items()) == [("C", 1), ("A", 2), ("B", 3)]
    assert (merged["cart_id"], merged["session_id"]) == (cart_id, None)


def test_what_can_be_done_with_a_merged_line_is_what_can_be_done_with_any() -> None:
    ann = shopper(A=1)
    merged = merge(ann, session_of(visitor(B=2)))
    path = f"/v1/carts/current/items/{merged['items'][1]['id']}"
    assert held(ann.patch(path, {"quantity": 7}, if_match=f'"{merged["version"]}"').ok(200)) == {"A": 1, "B": 7}


def test_quantities_are_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAX_LINE_QTY", 5)
    assert held(merge(shopper(A=4), session_of(visitor(A=3)))) == {"A": 5}


def test_two_full_carts_become_one_and_say_what_did_not_fit() -> None:
    ann, visit = user("ann"), guest()
    fill(Owner("user", "ann"), 60, "U")
    fill(Owner("session", session_of(visit)), 90, "G")
    merged = merge(ann, session_of(visit))
    assert list(held(merged)) == [f"U{n}" for n in range(60)] + [f"G{n}" for n in range(30)]
    assert merged["warnings"] == cart_of(ann)["warnings"] == [{"code": "cart_full", "item_id": None, "left_out": 60}]


def test_a_cart_of_ninety_lines_moves_whole_to_a_new_user() -> None:
    ann, visit = user("ann"), guest()
    fill(Owner("session", session_of(visit)), 90, "G")
    sign_in("ann", session_of(visit))
    assert len(cart_of(ann)["items"]) == 90


def test_carts_in_two_currencies_stay_two(shelf: Shelf) -> None:
    shelf.put("EURO", 700, currency="EUR")
    ann, visit = shopper("ann", A=1), visitor(EURO=1)
    body = {"session_id": session_of(visit)}
    ann.post("/v1/carts/current/merges", body).refused(422, "currency_mismatch")
    sign_in("ann", session_of(visit))
    assert (held(cart_of(ann)), held(cart_of(visit))) == ({"A": 1}, {"EURO": 1})
    ann.delete("/v1/carts/current").ok(204)
    assert merge(ann, session_of(visit))["currency"] == "EUR"


# Whose it is


def test_a_session_that_is_not_there_is_404() -> None:
    ann = shopper(A=1)
    for session_id in ("unknown", "ann", cart_of(ann)["cart_id"]):
        ann.post("/v1/carts/current/merges", {"session_id": session_id}).refused(404, "not_found")
    ann.post("/v1/carts/current/merges", {"session_id": "x" * 129}).refused(422, "validation_failed")
    ann.post("/v1/carts/current/merges").refused(422, "validation_failed")
    assert held(cart_of(ann)) == {"A": 1}


def test_a_guest_cart_that_became_another_users_is_never_taken() -> None:
    ann, bob, visit = shopper("ann"), shopper("bob", B=1), visitor(A=1)
    merge(ann, session_of(visit))
    bob.post("/v1/carts/current/merges", {"session_id": session_of(visit)}).refused(404, "not_found")
    sign_in("bob", session_of(visit))
    assert (held(cart_of(ann)), held(cart_of(bob))) == ({"A": 1}, {"B": 1})


def test_only_who_is_signed_in_merges() -> None:
    visit = visitor(A=1)
    visit.post("/v1/carts/current/merges", {"session_id": session_of(visit)}).refused(401, "unauthenticated")


def test_the_session_is_over_once_it_is_merged() -> None:
    ann, visit = user(), visitor(A=1)
    merge(ann, session_of(visit))
    visit.post("/v1/carts").refused(404, "not_found")
    visit.post("/v1/carts/current/items", {"product_id": "A", "quantity": 1}).refused(404, "not_found")
    visit.delete("/v1/carts/current").refused(404, "not_found")
    assert held(cart_of(ann)) == {"A": 1}


# By event (E9)


def test_signing_in_merges_the_session_it_names() -> None:
    ann, visit = shopper("ann", A=1), visitor(A=2, B=1)
    sign_in("ann", None)
    assert held(cart_of(ann)) == {"A": 1}
    for event_id in ("e1", "e1", "e2"):
        sign_in("ann", session_of(visit), event_id)
        assert held(cart_of(ann)) == {"A": 3, "B": 1}
    visit.get("/v1/carts/current").refused(404, "not_found")


def test_the_event_after_the_call_changes_nothing() -> None:
    ann, visit = shopper("ann", A=1), visitor(A=2)
    version = merge(ann, session_of(visit))["version"]
    sign_in("ann", session_of(visit))
    assert (held(cart_of(ann)), cart_of(ann)["version"]) == ({"A": 3}, version)


def test_signing_in_with_nothing_put_aside_changes_nothing() -> None:
    ann, visit = user("ann"), guest()
    sign_in("ann", session_of(visit))
    sign_in("ann", "unknown", "e2")
    sign_in("ann", "x" * 3000, "e3")
    ann.get("/v1/carts/current").refused(404, "not_found")
    assert cart_of(visit)["items"] == []


def test_a_merge_is_told_once() -> None:
    ann, visit = shopper("ann", A=1), visitor(B=1)
    guest_cart_id, cart_id = cart_of(visit)["cart_id"], cart_of(ann)["cart_id"]
    deliver("carts")
    sign_in("ann", session_of(visit))
    sign_in("ann", session_of(visit))
    merge(ann, session_of(visit))
    told = dict(pending("carts"))
    assert sorted(kind for kind, _ in pending("carts")) == ["cart.merged", "cart.updated"]
    assert told["cart.merged"]["data"] == {"from_cart_id": guest_cart_id, "to_cart_id": cart_id, "user_id": "ann"}
    assert told["cart.updated"]["data"]["line_count"] == 2


# Races


def _rival_before_the_write(monkeypatch: pytest.MonkeyPatch, rival: Any) -> None:
    """Let a rival act between what a merge has read and what it writes, once."""
    write = store.write_head

    def rival_first(*given: Any) -> Any:
        monkeypatch.setattr(store, "write_head", write)
        rival()
        return write(*given)

    monkeypatch.setattr(store, "write_head", rival_first)


def test_what_is_added_to_the_guest_cart_after_the_merge_started_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, visit = shopper(A=1), visitor(A=1)
    _rival_before_the_write(monkeypatch, lambda: add(visit, "C", 4))
    assert held(merge(ann, session_of(visit))) == {"A": 2, "C": 4}


def test_what_is_added_to_the_users_cart_meanwhile_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, visit = shopper(A=1), visitor(A=1)
    _rival_before_the_write(monkeypatch, lambda: add(ann, "C", 4))
    assert held(merge(ann, session_of(visit))) == {"A": 2, "C": 4}


def test_of_two_logins_of_one_user_one_merges_the_cart(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, visit = shopper("ann", A=1), visitor(A=2, B=1)
    _rival_before_the_write(monkeypatch, lambda: sign_in("ann", session_of(visit)))
    assert held(merge(ann, session_of(visit))) == {"A": 3, "B": 1}


def test_of_two_users_one_gets_the_cart(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, bob, visit = shopper("ann", A=1), shopper("bob", B=1), visitor(C=1)
    _rival_before_the_write(monkeypatch, lambda: merge(bob, session_of(visit)))
    ann.post("/v1/carts/current/merges", {"session_id": session_of(visit)}).refused(404, "not_found")
    assert (held(cart_of(ann)), held(cart_of(bob))) == ({"A": 1}, {"B": 1, "C": 1})


def test_two_guest_carts_of_one_user_are_both_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, phone, laptop = user(), visitor(A=1), visitor(A=1, B=1)
    _rival_before_the_write(monkeypatch, lambda: merge(ann, session_of(phone)))
    assert held(merge(ann, session_of(laptop))) == {"A": 2, "B": 1}


def test_a_locked_cart_takes_nothing_and_the_guests_stays() -> None:
    ann, visit = shopper("ann", A=1), visitor(B=1)
    cart = cart_of(ann)
    lock(cart)
    ann.post("/v1/carts/current/merges", {"session_id": session_of(visit)}).refused(409, "cart_locked")
    with pytest.raises(Exception, match="cart_locked"):  # the queue brings it again
        sign_in("ann", session_of(visit))
    assert held(cart_of(visit)) == {"B": 1}
    unlock(cart)
    sign_in("ann", session_of(visit))
    assert held(cart_of(ann)) == {"A": 1, "B": 1}


def test_a_merge_that_died_after_its_write_has_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, visit = shopper(A=1), visitor(B=1)

    def die(*given: Any) -> None:
        raise RuntimeError("the function ran out of time")

    with monkeypatch.context() as crash:
        crash.setattr(store, "shelve", die)
        ann.post("/v1/carts/current/merges", {"session_id": session_of(visit)}).refused(500, "internal_error")
    assert held(cart_of(ann)) == {"A": 1, "B": 1}
    assert held(merge(ann, session_of(visit))) == {"A": 1, "B": 1}
