"""Who looks at products, and how often they are looked at and bought.

R89, R90; B89, B90; AP27; E31; CAT-09, CAT-11.
"""

import uuid
from typing import Any

import pytest
import time_machine

from catalog.logic import counting
from catalog.store import views as store
from catalog.store import writing
from shop import clock
from shop.races import LostRace
from shop.settings import DAY, MINUTE
from tests.kit import Client, admin, anyone, app_of, deliver, user
from tests.service.catalog_kit import a_product, money, said, seller, tell

pytestmark = pytest.mark.usefixtures("shop")


def path_of(**fields: Any) -> str:
    return f"/v1/products/{a_product(**fields)['product_id']}"


def look(path: str, by: Client | None = None, **body: str) -> None:
    assert (by or anyone()).post(f"{path}/views", body).status == 202


def roll_up() -> None:
    app_of("catalog").jobs({"job": "roll_up_counts"}, None)


def counts(path: str) -> tuple[int, int]:
    """How often the product was viewed and bought, as is shown once it was added up."""
    roll_up()
    product = anyone().get(path).ok(200)
    return product["view_count"], product["purchase_count"]


def seen(path: str, query: str = "") -> list[str | None]:
    return [view["user_id"] for view in admin().get(f"{path}/views{query}").ok(200)["data"]]


def bought(order_id: str, *lines: tuple[str, int], event_id: str = "") -> None:
    """An order is confirmed."""
    items = [
        {
            "order_item_id": f"{order_id}-{number}",
            "product_id": product_id,
            "product_name": "Mug",
            "product_sku": "MUG",
            "quantity": quantity,
            "unit_price": money(1),
            "total_price": money(quantity),
            "discount_amount": money(0),
        }
        for number, (product_id, quantity) in enumerate(lines)
    ]
    amounts = ("subtotal", "discount_amount", "shipping_amount", "tax_amount", "total_amount")
    address = {"full_name": "A", "address_line1": "1", "city": "C", "postal_code": "1", "country": "US"}
    order = {
        "order_id": order_id,
        "order_number": "ORD-1",
        "user_id": "ann",
        "status": "confirmed",
        "payment_status": "paid",
        "items": items,
        **dict.fromkeys(amounts, money(0)),
        "cart_id": "c",
        "payment_method": "card",
        "shipping_address": address,
    }
    tell("order.confirmed", order_id, 2, order, event_id)


def test_a_view_is_told_listed_and_counted() -> None:
    path = path_of()
    look(path, user("ann"))
    look(path)
    assert seen(path) == [None, "ann"]
    assert counts(path) == (2, 0)
    (guest, ann) = sorted(said("product.viewed"), key=lambda event: event["user_id"] or "")
    assert (ann["name"], ann["price"], guest["user_id"]) == ("Mug", money(1250), None)
    (row, *_) = admin().get(f"{path}/views").ok(200)["data"]
    assert row["product_id"] == path.rpartition("/")[2]
    assert row["viewed_at"][:10] == clock.now()[:10]


def test_a_view_reaches_what_its_user_looked_at_last() -> None:
    """B89, R63."""
    product_id = a_product()["product_id"]
    ann = user("ann")
    look(f"/v1/products/{product_id}", ann)
    deliver()
    recent = ann.get("/v1/users/me/recently-viewed-products").ok(200)["data"]
    assert [(view["product_id"], view["product_name"]) for view in recent] == [(product_id, "Mug")]


def test_the_same_user_counts_once_in_half_an_hour() -> None:
    path, other = path_of(), path_of(sku="CUP", name="Cup")
    with time_machine.travel("2026-03-01T09:00:00Z", tick=False) as now:
        for _ in range(3):
            look(path, user("ann"))
        look(other, user("ann"))
        look(path, user("ben"))
        now.shift(29 * MINUTE)
        look(path, user("ann"))
        assert counts(path) == (2, 0)
        now.shift(MINUTE)
        look(path, user("ann"))
        assert counts(path) == (3, 0)
        assert counts(other) == (1, 0)
        assert (seen(path)[0], sorted(map(str, seen(path)[1:]))) == ("ann", ["ann", "ben"])


def test_a_guest_with_a_cart_counts_once_and_strangers_each_time() -> None:
    path = path_of()
    cart = str(uuid.uuid4())
    look(path, cart_session_id=cart)
    look(path, cart_session_id=cart)
    look(path, Client(headers={"x-cart-session": cart}))
    assert counts(path) == (1, 0)
    look(path)
    look(path)
    assert counts(path) == (3, 0)
    for _ in range(2):
        anyone().post(f"{path}/views", {}, idempotency_key="one look")
    assert counts(path) == (4, 0)
    assert cart not in str(said("product.viewed"))


def test_two_looks_of_one_user_at_once_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    path, note, rivals = path_of(), store.note, ["rival"]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            rivals.pop()
            look(path, user("ann"))
        note(*arguments)

    monkeypatch.setattr(store, "note", overtaken)
    look(path, user("ann"))
    assert (seen(path), counts(path)) == (["ann"], (1, 0))


def test_what_is_not_on_show_cannot_be_looked_at() -> None:
    draft = path_of(status="draft", seller_id="seller-1")
    for stranger in (anyone(), user("ann"), seller("seller-2")):
        stranger.post(f"{draft}/views").refused(404, "not_found")
    look(draft, seller())
    assert (seen(draft), said("product.viewed")) == ([], [])
    anyone().post("/v1/products/gone/views").refused(404, "not_found")
    problem = anyone().post(f"{path_of(sku='S')}/views", {"user_id": "ann"}).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/user_id"
    anyone().post(f"{draft}/views", {"cart_session_id": "x" * 201}).refused(422, "validation_failed")


def test_views_are_listed_by_day_a_page_at_a_time_for_a_month() -> None:
    path = path_of()
    with time_machine.travel("2026-03-01T23:59:00Z", tick=False) as now:
        for name in ("a", "b", "c"):
            look(path, user(name))
            now.shift(1)
        now.shift(MINUTE)
        look(path, user("d"))
        assert (seen(path), seen(path, "?day=2026-03-01"), seen(path, "?day=2026-02-28")) == (
            ["d"],
            ["c", "b", "a"],
            [],
        )
        first = admin().get(f"{path}/views?day=2026-03-01&limit=2").ok(200)
        rest = admin().get(f"{path}/views?day=2026-03-01&limit=2&cursor={first['next_cursor']}").ok(200)
        assert [view["user_id"] for view in first["data"] + rest["data"]] == ["c", "b", "a"]
        assert not rest["has_more"]
        now.shift(30 * DAY - MINUTE - 2)
        assert seen(path, "?day=2026-03-01") == ["c", "b"]
        now.shift(MINUTE)
        assert seen(path, "?day=2026-03-01") == []
    for bad in ("yesterday", "2026-02-30", "2026-3-1T"):
        admin().get(f"{path}/views?day={bad}").refused(400, "invalid_parameter")
    admin().get("/v1/products/gone/views").refused(404, "not_found")
    user("ann").get(f"{path}/views").refused(403, "forbidden")
    seller().get(f"{path}/views").refused(403, "forbidden")


def test_purchases_are_counted_by_quantity_once_per_order() -> None:
    """B90, E50."""
    mug, cup = a_product()["product_id"], a_product(sku="CUP", name="Cup")["product_id"]
    bought("o-1", (mug, 2), (mug, 3), (cup, 1), event_id="e-1")
    bought("o-1", (mug, 2), (mug, 3), (cup, 1), event_id="e-1")
    bought("o-2", (mug, 1), ("gone", 4))
    look(f"/v1/products/{mug}")
    assert counts(f"/v1/products/{mug}") == (1, 6)
    assert counts(f"/v1/products/{cup}") == (0, 1)


def test_a_largest_order_is_counted_in_one_write() -> None:
    bought("o-1", *((f"p{number}", 1) for number in range(90)))


def test_adding_up_drops_the_cache_and_disturbs_nobody_who_edits() -> None:
    path = path_of()
    assert anyone().get(path).ok(200)["view_count"] == 0
    look(path)
    assert counts(path) == (1, 0)
    admin().patch(path, {"name": "Cup"}, if_match='"1"').ok(200)
    version = anyone().get(path).ok(200)["version"]
    roll_up()
    assert anyone().get(path).ok(200)["version"] == version
    assert [event["changed_fields"] for event in said("product.updated")] == [["name"]]


def test_what_is_counted_while_it_is_added_up_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    path, save_copies, rivals = path_of(), writing.save_copies, ["a look", "an edit"]
    monkeypatch.setattr("catalog.store.views.random.randrange", lambda parts: 3)  # all counts meet in one part

    def overtaken(*arguments: Any) -> None:
        rival = rivals.pop() if rivals else None
        if rival == "an edit":
            admin().put(f"{path}/tags/new").ok(204)
        if rival == "a look":
            look(path)
        save_copies(*arguments)

    look(path)
    monkeypatch.setattr(writing, "save_copies", overtaken)
    assert counts(path) == (1, 0)
    assert rivals == []
    assert anyone().get(path).ok(200)["tags"] == ["new"]
    assert counts(path) == (2, 0)


def test_a_slower_run_does_not_bring_old_counts_back(monkeypatch: pytest.MonkeyPatch) -> None:
    path, save_copies, rivals = path_of(), writing.save_copies, ["a faster run"]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            rivals.pop()
            look(path)
            roll_up()
        save_copies(*arguments)

    look(path)
    monkeypatch.setattr(writing, "save_copies", overtaken)
    assert counts(path) == (2, 0)


def test_a_product_that_everybody_changes_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, quiet = path_of(), path_of(sku="CUP", name="Cup")
    save_copies = writing.save_copies

    def overtaken(before: Any, *arguments: Any) -> None:
        if before.sku == "MUG":
            raise LostRace
        save_copies(before, *arguments)

    look(busy)
    look(quiet)
    with monkeypatch.context() as rush:
        rush.setattr(writing, "save_copies", overtaken)
        rush.setattr("shop.races.time.sleep", lambda seconds: None)
        assert counts(quiet) == (1, 0)
    assert counts(busy) == (1, 0)


def test_a_job_that_died_is_done_again_and_what_it_has_no_time_for_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    path = path_of()
    look(path)
    with monkeypatch.context() as dying:
        dying.setattr(store, "settle", lambda part: (_ for _ in ()).throw(RuntimeError("the function died")))
        with pytest.raises(RuntimeError):
            roll_up()
    with monkeypatch.context() as slow:
        slow.setattr(counting, "PATIENCE", -1.0)
        look(path)
        assert counts(path) == (1, 0)
    assert counts(path) == (2, 0)
    assert store.due(1) == {}


def test_counts_are_spread_so_that_many_can_count_at_once() -> None:
    path = path_of()
    for _ in range(60):
        look(path)
    parts = store.parts(path.rpartition("/")[2])
    assert len(parts) > 5
    assert max(part.view_count for part in parts) < 30
    assert counts(path) == (60, 0)


def test_a_deleted_users_views_are_forgotten() -> None:
    """B75, E6."""
    path = path_of()
    look(path, user("ann"))
    look(path, user("ben"))
    for _ in range(2):
        tell("user.deleted", "ann", 9, {"user_id": "ann"})
    assert seen(path) == ["ben"]
    assert counts(path) == (2, 0)
