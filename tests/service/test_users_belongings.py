"""What customers keep beside their profile, and what staff see (R48, R49, R55-R65; B66, B69-B74; E19, E20, E61-E63).

USER-03 to USER-07 and AP15, AP16, AP18 to AP20.
"""

import itertools
import json
import random
import uuid
from typing import Any

import pytest
import time_machine

from shop import clock, steps
from shop.errors import Transient
from shop.events import Event, auth, catalog, orders, payments, returns, reviews, search
from shop.money import Money
from tests.kit import Client, admin, anyone, app_of, counted, deliver, hear, pending, user
from users.logic import wishes as wishing
from users.store import methods as stored_methods
from users.store import preferences as stored_preferences
from users.store import wishes as stored_wishes

pytestmark = pytest.mark.usefixtures("shop")

Json = dict[str, Any]
ME = "/v1/users/me"
METHODS, PREFERENCES, WISHES = f"{ME}/payment-methods", f"{ME}/preferences", f"{ME}/wishlist-items"
VIEWED, ACTIVITIES = f"{ME}/recently-viewed-products", f"{ME}/activities"
NOON = "2026-01-31T12:00:00.000Z"


def usd(amount: int) -> Json:
    return {"amount": amount, "currency": "USD"}


def said(event: Event, version: int = 1, at: str | None = None) -> Json:
    """An event as it comes over the bus."""
    return {
        "id": str(uuid.uuid4()),
        "type": event.type,
        "version": 1,
        "occurred_at": at or clock.now(),
        "aggregate_type": event.about,
        "aggregate_id": event.aggregate_id,
        "aggregate_version": version,
        "correlation_id": "c",
        "actor": {"type": "system", "id": None},
        "data": event.model_dump(mode="json"),
    }


def say(event: Event | Json, version: int = 1, times: int = 1, at: str | None = None) -> None:
    told = said(event, version, at) if isinstance(event, Event) else event
    for _ in range(times):
        hear(told["type"], told, to=lambda service: service == "users")


def id_of(client: Client) -> str:
    assert client.caller
    return client.caller.user_id


def someone(**fields: Any) -> Client:
    """Someone whose account's creation was heard."""
    client = user()
    ann = {"email": "ann@example.com", "first_name": "Ann", "last_name": "Lee", "roles": ["customer"]}
    say(auth.UserCreated(user_id=id_of(client), **{**ann, **fields}))
    return client


def erase(client: Client) -> None:
    say(auth.UserDeleted(user_id=id_of(client)), version=9)


# --- staff


def test_staff_find_profiles_by_email_and_newest_first() -> None:
    """R48, R49, AP16, B16, B42."""
    made = []
    for number in range(5):
        with time_machine.travel(clock.epoch(NOON) + number, tick=True):
            made.append(id_of(someone(email=f"Ann.{number}@example.com")))
    for staff in (admin(), user("support-1", "support")):
        first = staff.get("/v1/users?limit=3").ok(200)
        second = staff.get(f"/v1/users?limit=3&cursor={first['next_cursor']}").ok()
        assert [row["user_id"] for row in first["data"] + second["data"]] == made[::-1]
        (found,) = staff.get("/v1/users?email=aNN.2@example.com").ok()["data"]
        assert (found["user_id"], found["email"]) == (made[2], "Ann.2@example.com")
        assert staff.get(f"/v1/users/{made[2]}").ok(200) == found
        assert {"heard", "introduced", "verified_phone", "payment_methods", "erased_at"}.isdisjoint(found)
    assert admin().get("/v1/users?email=bob@example.com").ok()["data"] == []
    admin().get("/v1/users/nobody").refused(404, "not_found")


def test_customers_do_not_see_one_another() -> None:
    """R48, R49."""
    ann = someone()
    for path in ("/v1/users", f"/v1/users/{id_of(ann)}"):
        ann.get(path).refused(403, "forbidden")
        anyone().get(path).refused(401, "unauthenticated")


# --- payment methods


def attached(client: Client, method_id: str = "pm-1", **fields: Any) -> payments.PaymentMethodAttached:
    card = {"method_type": "card", "card_type": "visa", "last4": "4242", "is_default": True}
    return payments.PaymentMethodAttached(id=method_id, user_id=id_of(client), **{**card, **fields})


def updated(client: Client, method_id: str = "pm-1", **fields: Any) -> payments.PaymentMethodUpdated:
    return payments.PaymentMethodUpdated(**attached(client, method_id, **fields).model_dump())


def detached(client: Client, method_id: str = "pm-1") -> payments.PaymentMethodDetached:
    return payments.PaymentMethodDetached(id=method_id, user_id=id_of(client))


def methods_of(client: Client) -> list[Json]:
    return list(client.get(METHODS).ok(200)["data"])


def test_payment_methods_are_shown_without_tokens_once_payments_has_them() -> None:
    """R55, B74, USER-03, E61-E63, over the real payments service."""
    ann = someone()
    card = {"type": "card", "provider": "mock", "provider_token": "tok_success", "is_default": True}
    made = [ann.post("/v1/payment-methods", card, idempotency_key=key).ok(201)["id"] for key in ("first", "second")]
    deliver("payments")
    shown = {method["id"]: method for method in methods_of(ann)}
    assert {name: method["is_default"] for name, method in shown.items()} == {made[0]: False, made[1]: True}
    assert {shown[made[0]][name] for name in ("type", "card_type", "last4")} == {"card", "visa", "4242"}
    assert all({"provider_token", "heard_version"}.isdisjoint(method) for method in shown.values())
    assert methods_of(someone(email="bob@example.com")) == []
    etag = ann.get(f"/v1/payment-methods/{made[1]}").etag
    ann.delete(f"/v1/payment-methods/{made[1]}", if_match=etag).ok(204)
    deliver("payments")
    assert [method["id"] for method in methods_of(ann)] == [made[0]]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))), ids=str)
def test_a_method_ends_as_told_last_in_whatever_order_it_is_told(order: tuple[int, ...]) -> None:
    """B7, B66: attached, made no default, made the default, detached; each twice."""
    ann = someone()
    story = [
        said(attached(ann), 1),
        said(updated(ann, is_default=False), 2),
        said(updated(ann, is_default=True), 3),
        said(detached(ann), 4),
    ]
    for number in order:
        say(story[number], times=2)
    assert methods_of(ann) == []
    assert ann.get(ME).ok()["profile_completion_score"] == 30
    for number in order:
        say(story[number])
    assert methods_of(ann) == []


def test_the_newest_word_on_a_method_counts_and_a_method_counts_once() -> None:
    """B7, B66."""
    ann, told = someone(), random.Random(7)
    story = [said(updated(ann, is_default=bool(n % 2)), n) for n in range(2, 8)] + [said(attached(ann), 1)]
    told.shuffle(story)
    for event in story:
        say(event, times=2)
    (method,) = methods_of(ann)
    assert method["is_default"] is True
    assert ann.get(ME).ok()["profile_completion_score"] == 40
    say(attached(ann, "pm-2"), 1)
    say(detached(ann, "pm-2"), 2)
    assert ann.get(ME).ok()["profile_completion_score"] == 40
    say(detached(ann), 8)
    assert ann.get(ME).ok()["profile_completion_score"] == 30


def test_a_method_told_before_the_account_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """B66; the profile is made by a rival between reading and writing."""
    ann, attach = user(), stored_methods.attach

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(stored_methods, "attach", attach)
        say(attached(ann, "pm-2"))
        attach(*arguments)

    monkeypatch.setattr(stored_methods, "attach", overtaken)
    say(attached(ann))
    ann.get(ME).refused(404, "not_found")
    say(auth.UserCreated(user_id=id_of(ann), email="ann@example.com", first_name="Ann", roles=[]))
    assert ann.get(ME).ok()["profile_completion_score"] == 25
    assert {method["id"] for method in methods_of(ann)} == {"pm-1", "pm-2"}


def test_a_complete_profile_scores_a_hundred() -> None:
    """B66."""
    ann = someone(phone="+14155550100")
    home = {"full_name": "Ann Lee", "address_line1": "1 Main St", "city": "X", "postal_code": "1", "country": "DE"}
    ann.post(f"{ME}/addresses", home).ok(201)
    say(attached(ann))
    rest = {"avatar_url": "https://example.com/a.png", "date_of_birth": "1990-01-31", "gender": "f"}
    assert ann.patch(ME, rest, if_match=ann.get(ME).etag).ok()["profile_completion_score"] == 100


# --- preferences


def test_a_preference_has_one_value_a_key() -> None:
    """R56-R58, B69, USER-04."""
    ann, bob = someone(), someone(email="bob@example.com")
    assert ann.get(PREFERENCES).ok(200) == {}
    first = ann.put(f"{PREFERENCES}/theme", {"value": "dark"}).ok(200)
    assert (first["key"], first["value"], first["version"]) == ("theme", "dark", 1)
    again = ann.put(f"{PREFERENCES}/theme", {"value": "light"}).ok(200)
    assert (again["id"], again["value"], again["version"]) == (first["id"], "light", 2)
    assert ann.put(f"{PREFERENCES}/theme", {"value": "light"}).ok(200) == again
    ann.put(f"{PREFERENCES}/gr%C3%B6%C3%9Fe", {"value": "x" * 4000}).ok(200)
    assert ann.get(PREFERENCES).ok() == {"theme": "light", "größe": "x" * 4000}
    assert bob.get(PREFERENCES).ok() == {}
    bob.delete(f"{PREFERENCES}/theme").refused(404, "not_found")
    ann.delete(f"{PREFERENCES}/theme").ok(204)
    ann.delete(f"{PREFERENCES}/theme").refused(404, "not_found")
    assert set(ann.get(PREFERENCES).ok()) == {"größe"}


@pytest.mark.parametrize(
    ("key", "body", "code"),
    [
        ("k" * 101, {"value": "x"}, "invalid_key"),
        ("a%00b", {"value": "x"}, "invalid_key"),
        ("%20", {"value": "x"}, "invalid_key"),
        ("k", {"value": "x" * 4001}, "validation_failed"),
        ("k", {"value": 1}, "validation_failed"),
        ("k", {}, "validation_failed"),
        ("k", {"value": "x", "key": "y"}, "validation_failed"),
    ],
)
def test_bad_preferences_are_422_and_nothing_is_written(key: str, body: Json, code: str) -> None:
    ann = someone()
    problem = ann.put(f"{PREFERENCES}/{key}", body).refused(422, code)
    pointer = "/key" if code == "invalid_key" or "key" in body else "/value"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert ann.get(PREFERENCES).ok() == {}


def test_there_are_at_most_a_hundred_preferences_also_for_rivals(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, add = someone(), stored_preferences.add
    for number in range(99):
        ann.put(f"{PREFERENCES}/k{number}", {"value": ""}).ok(200)

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(stored_preferences, "add", add)
        ann.put(f"{PREFERENCES}/rival", {"value": "first"}).ok(200)
        return add(*arguments)

    monkeypatch.setattr(stored_preferences, "add", overtaken)
    ann.put(f"{PREFERENCES}/last", {"value": "x"}).refused(422, "preference_limit")
    ann.put(f"{PREFERENCES}/rival", {"value": "still changes"}).ok(200)
    ann.delete(f"{PREFERENCES}/k0").ok(204)
    ann.put(f"{PREFERENCES}/last", {"value": "x"}).ok(200)
    assert len(ann.get(PREFERENCES).ok()) == 100


def test_two_who_set_the_same_preference_first_leave_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """B69."""
    ann, add = someone(), stored_preferences.add

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(stored_preferences, "add", add)
        ann.put(f"{PREFERENCES}/theme", {"value": "rival"}).ok(200)
        return add(*arguments)

    monkeypatch.setattr(stored_preferences, "add", overtaken)
    assert ann.put(f"{PREFERENCES}/theme", {"value": "mine"}).ok(200)["version"] == 2
    assert ann.get(PREFERENCES).ok() == {"theme": "mine"}


def test_currency_language_and_newsletter_are_kept() -> None:
    """B73."""
    ann = someone()
    choice = {"preferred_currency": "EUR", "preferred_language": "de-AT", "newsletter_subscribed": True}
    ann.patch(ME, choice, if_match=ann.get(ME).etag).ok(200)
    me = ann.get(ME).ok()
    assert {name: me[name] for name in choice} == choice
    (changed,) = [detail["data"]["changed"] for name, detail in pending("users") if name == "profile.updated"]
    assert changed == choice
    for bad in ({"preferred_currency": "XXX1"}, {"preferred_language": "!"}, {"newsletter_subscribed": "no"}):
        problem = ann.patch(ME, bad, if_match=ann.get(ME).etag).refused(422, "validation_failed")
        assert problem["errors"][0]["pointer"] == f"/{next(iter(bad))}"
    assert ann.get(ME).ok() == me


# --- wishes


def a_product(sku: str, price: Json | None = None, **fields: Any) -> Json:
    body = {"sku": sku, "name": sku.title(), "price": price or usd(1250), "status": "active"}
    image = {"url": f"https://img.example.com/{sku}.jpg", "alt_text": sku, "sort_order": 0, "is_primary": True}
    made: Json = admin().post("/v1/products", {**body, "images": [image], **fields}).ok(201)
    return made


def wished(client: Client) -> list[Json]:
    return list(client.get(f"{WISHES}?limit=100").ok(200)["data"])


def told_of_wishes() -> list[tuple[str, Json]]:
    return [(name, detail["data"]) for name, detail in pending("users") if name.startswith("wishlist")]


def test_a_product_is_wished_for_once() -> None:
    """R59-R62, B70, E19, E20, USER-05, AP18."""
    mug, ann, bob = a_product("MUG"), someone(), someone(email="bob@example.com")
    wish = {"product_id": mug["product_id"], "notes": "for Bob"}
    made = ann.post(WISHES, wish).ok(201)
    assert (made["product_name"], made["product_price"], made["notes"]) == ("Mug", usd(1250), "for Bob")
    assert (made["product_image_url"], made["user_id"]) == ("https://img.example.com/MUG.jpg", id_of(ann))
    assert ann.post(WISHES, {"product_id": mug["product_id"], "notes": "another"}).ok(200) == made
    assert (wished(ann), wished(bob)) == ([made], [])
    path = f"{WISHES}/{mug['product_id']}"
    noted = ann.patch(path, {"notes": None}).ok(200)
    assert (noted["notes"], noted["version"]) == (None, 2)
    assert ann.patch(path, {"notes": None}).ok(200) == noted
    bob.patch(path, {"notes": "x"}).refused(404, "not_found")
    bob.delete(path).refused(404, "not_found")
    ann.delete(path).ok(204)
    ann.delete(path).refused(404, "not_found")
    whose = {"user_id": id_of(ann), "product_id": mug["product_id"]}
    assert told_of_wishes() == [("wishlist.item_added", whose), ("wishlist.item_removed", whose)]
    assert wished(ann) == []


def test_what_comes_in_variants_is_wished_for_as_a_whole() -> None:
    """B70."""
    variants = [{"sku": "S-1", "name": "Small", "size": "S"}, {"sku": "S-2", "name": "Large", "price": usd(2100)}]
    shirt, ann = a_product("SHIRT", usd(2000), variants=variants), someone()
    made = ann.post(WISHES, {"product_id": shirt["product_id"]}).ok(201)
    assert (made["product_name"], made["product_price"], made["notes"]) == ("Shirt", usd(2000), None)


@pytest.mark.parametrize("status", ["draft", None])
def test_what_is_not_sold_is_not_wished_for(status: str | None) -> None:
    """R60: 422 product_unavailable."""
    product_id = a_product("MUG", status=status)["product_id"] if status else "nothing"
    ann = someone()
    problem = ann.post(WISHES, {"product_id": product_id}).refused(422, "product_unavailable")
    assert problem["errors"][0]["pointer"] == "/product_id"
    assert (wished(ann), told_of_wishes()) == ([], [])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"product_id": "x" * 51}, "/product_id"),
        ({"product_id": "a b"}, "/product_id"),
        ({}, "/product_id"),
        ({"product_id": "p", "notes": "x" * 1001}, "/notes"),
        ({"product_id": "p", "product_price": usd(1)}, "/product_price"),
    ],
)
def test_bad_wishes_are_422_with_a_pointer(body: Json, pointer: str) -> None:
    problem = someone().post(WISHES, body).refused(422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_a_wish_of_two_requests_at_once_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """B70."""
    mug, ann, add = a_product("MUG"), someone(), stored_wishes.add

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(stored_wishes, "add", add)
        ann.post(WISHES, {"product_id": mug["product_id"]}).ok(201)
        return add(*arguments)

    monkeypatch.setattr(stored_wishes, "add", overtaken)
    ann.post(WISHES, {"product_id": mug["product_id"]}).ok(200)
    assert len(wished(ann)) == len(told_of_wishes()) == 1


def test_everyones_copies_follow_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    """B70, E22, E24, AP18: a page of wishers at a time, news twice and shuffled."""
    monkeypatch.setattr(stored_wishes, "BATCH", 2)
    mug, plate = a_product("MUG"), a_product("PLATE")
    clients = [someone(email=f"{n}@example.com") for n in range(12)]
    for client in clients:
        for product in (mug, plate):
            client.post(WISHES, {"product_id": product["product_id"], "notes": "mine"}).ok(201)
    deliver()
    path = f"/v1/products/{mug['product_id']}"
    admin().patch(path, {"name": "Big mug"}, if_match=admin().get(path).etag).ok(200)
    admin().patch(path, {"price": usd(999)}, if_match=admin().get(path).etag).ok(200)
    deliver(times=2, shuffle=random.Random(3))
    for client in clients:
        shown = {wish["product_id"]: wish for wish in wished(client)}
        big, flat = shown[mug["product_id"]], shown[plate["product_id"]]
        assert (big["product_name"], big["product_price"], big["notes"]) == ("Big mug", usd(999), "mine")
        assert (flat["product_name"], flat["product_price"], flat["version"]) == ("Plate", usd(1250), 1)


def test_a_refreshed_copy_does_not_undo_what_its_owner_just_did(monkeypatch: pytest.MonkeyPatch) -> None:
    """B19, B70: a note is written between reading and writing the copy."""
    mug, ann, change = a_product("MUG"), someone(), stored_wishes.change
    ann.post(WISHES, {"product_id": mug["product_id"]}).ok(201)
    deliver()
    path = f"/v1/products/{mug['product_id']}"
    admin().patch(path, {"name": "Big mug"}, if_match=admin().get(path).etag).ok(200)

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(stored_wishes, "change", change)
        ann.patch(f"{WISHES}/{mug['product_id']}", {"notes": "blue"}).ok(200)
        return change(*arguments)

    monkeypatch.setattr(stored_wishes, "change", overtaken)
    deliver()
    (wish,) = wished(ann)
    assert (wish["product_name"], wish["notes"]) == ("Big mug", "blue")


def test_a_product_with_endless_wishers_is_left_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """B70: what one event does is bounded."""
    monkeypatch.setattr(wishing, "WISHES_AN_EVENT", 3)
    monkeypatch.setattr(stored_wishes, "BATCH", 1)
    mug, clients = a_product("MUG"), [someone(email=f"{n}@example.com") for n in range(6)]
    for client in clients:
        client.post(WISHES, {"product_id": mug["product_id"]}).ok(201)
    deliver()
    path = f"/v1/products/{mug['product_id']}"
    admin().patch(path, {"name": "Big mug"}, if_match=admin().get(path).etag).ok(200)
    deliver()
    assert sum(wished(client)[0]["product_name"] == "Big mug" for client in clients) == 3


def test_what_is_no_longer_sold_keeps_its_last_copies() -> None:
    """B70."""
    mug, ann = a_product("MUG"), someone()
    ann.post(WISHES, {"product_id": mug["product_id"]}).ok(201)
    path = f"/v1/products/{mug['product_id']}"
    admin().patch(path, {"name": "Gone"}, if_match=admin().get(path).etag).ok(200)
    admin().post(f"{path}/status-changes", {"status": "inactive"}).ok()
    deliver()
    assert wished(ann)[0]["product_name"] == "Mug"


# --- recently viewed


def viewed(client: Client | None, product_id: str, at: float, name: str = "Mug", price: int = 1250) -> Event:
    moment = clock.after(at, NOON)
    whose = id_of(client) if client else None
    money = Money(amount=price, currency="USD")
    return catalog.ProductViewed(product_id=product_id, user_id=whose, name=name, price=money, viewed_at=moment)


def seen(client: Client) -> list[str]:
    return [view["product_id"] for view in client.get(VIEWED).ok(200)["data"]]


@pytest.fixture
def at_noon() -> Any:
    """The clock stands an hour after NOON: views are kept for 90 days."""
    with time_machine.travel(clock.epoch(NOON) + 3600, tick=True):
        yield


@pytest.mark.usefixtures("at_noon")
def test_the_newest_fifty_products_are_kept_each_once() -> None:
    """R63, R64, B71, E31, AP19, USER-06: shuffled, twice."""
    ann, bob = someone(), someone(email="bob@example.com")
    story = [said(viewed(ann, f"p{n % 60}", n)) for n in range(80)]
    random.Random(5).shuffle(story)
    for event in story:
        say(event, times=2)
    say(viewed(None, "p99", 99))
    expected = [f"p{n}" for n in [*range(19, -1, -1), *range(59, 29, -1)]]
    assert (seen(ann), seen(bob)) == (expected, [])
    view = ann.get(VIEWED).ok()["data"][0]
    assert (view["product_name"], view["product_price"], view["user_id"]) == ("Mug", usd(1250), id_of(ann))
    ann.delete(VIEWED).ok(204)
    assert seen(ann) == []
    say(viewed(ann, "late", 80))
    assert seen(ann) == []
    say(viewed(ann, "next", 7200))
    assert seen(ann) == ["next"]
    ann.delete(VIEWED).ok(204)
    bob.delete(VIEWED).ok(204)


@pytest.mark.usefixtures("at_noon")
def test_what_was_viewed_is_shown_as_the_catalog_has_it_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """B71; as it was seen while the catalog is away, or does not sell it."""
    mug, ann = a_product("MUG", usd(1100)), someone()
    say(viewed(ann, mug["product_id"], 1, "Old mug", 900))
    say(viewed(ann, "gone", 2, "Gone", 100))
    names = [(view["product_name"], view["product_price"]) for view in ann.get(VIEWED).ok()["data"]]
    assert names == [("Gone", usd(100)), ("Mug", usd(1100))]

    def away(*_: Any) -> Json:
        raise Transient

    monkeypatch.setattr(steps, "ask", away)
    names = [(view["product_name"], view["product_price"]) for view in ann.get(VIEWED).ok()["data"]]
    assert names == [("Gone", usd(100)), ("Old mug", usd(900))]


@pytest.mark.usefixtures("at_noon")
def test_views_are_forgotten_after_ninety_days() -> None:
    """USER-06."""
    ann = someone()
    say(viewed(ann, "p1", 0))
    say(viewed(ann, "p2", 86_400))
    with time_machine.travel(clock.epoch(NOON) + 90 * 86_400 + 3600, tick=True):
        assert seen(ann) == ["p2"]


# --- activities


def done(client: Client) -> list[tuple[str, str]]:
    return [(row["activity_type"], row["entity_id"]) for row in client.get(f"{ACTIVITIES}?limit=100").ok(200)["data"]]


def ordered(client: Client, order_id: str) -> orders.OrderCreated:
    amounts = dict.fromkeys(
        ("subtotal", "discount_amount", "shipping_amount", "tax_amount", "total_amount"),
        Money(amount=1, currency="USD"),
    )
    whose = {"order_id": order_id, "order_number": "ORD-1", "user_id": id_of(client)}
    return orders.OrderCreated(**whose, status="pending", payment_status="pending", items=[], **amounts)


def test_activities_are_noted_once_and_listed_newest_first() -> None:
    """R65, B72, AP20, USER-07, E3, E7, E49, E51, E72, E87, E99."""
    ann, bob = someone(), someone(email="bob@example.com")
    moved = orders.OrderStatusChanged(
        order_id="o1", order_number="ORD-1", user_id=id_of(ann), was="pending", status="confirmed"
    )
    roles = auth.UserRolesChanged(user_id=id_of(ann), roles=["customer", "seller"])
    proven = auth.UserEmailVerified(user_id=id_of(ann), email="ann@example.com")
    opinion = reviews.ReviewCreated(review_id="v1", product_id="p1", user_id=id_of(ann), rating=5)
    back = returns.ReturnRequested(return_id="r1", rma_number="RMA-1", order_id="o1", user_id=id_of(ann), items=[])
    looked = search.SearchPerformed(search_id="s1", user_id=id_of(ann), query="mug", results_count=1)
    guest = search.SearchPerformed(search_id="s2", query="cup", results_count=0)
    story = [
        said(event, at=clock.after(number - 60))
        for number, event in enumerate(
            [ordered(ann, "o1"), moved, ordered(ann, "o2"), roles, proven, opinion, back, looked, guest]
        )
    ]
    for event in random.Random(1).sample(story, len(story)):
        say(event, times=2)
    mug = a_product("MUG")
    ann.post(WISHES, {"product_id": mug["product_id"]}).ok(201)
    ann.delete(f"{WISHES}/{mug['product_id']}").ok(204)
    assert done(ann) == [
        ("wishlist.item_removed", mug["product_id"]),
        ("wishlist.item_added", mug["product_id"]),
        ("search.performed", "s1"),
        ("return.requested", "r1"),
        ("review.created", "v1"),
        ("user.email_verified", id_of(ann)),
        ("user.roles_changed", id_of(ann)),
        ("order.created", "o2"),
        ("order.status_changed", "o1"),
        ("order.created", "o1"),
    ]
    assert done(bob) == []
    first = ann.get(f"{ACTIVITIES}?limit=5").ok()
    second = ann.get(f"{ACTIVITIES}?limit=5&cursor={first['next_cursor']}").ok()
    assert (len(first["data"]), len(second["data"]), second["has_more"]) == (5, 5, False)
    status = second["data"][3]["metadata"]
    assert status == {"order_number": "ORD-1", "was": "pending", "status": "confirmed"}
    assert "ann@example.com" not in str([first, second])


def test_activities_of_one_batch_are_noted_as_if_they_came_one_by_one() -> None:
    """B72, I6: also when one came before, one comes twice, and one is of somebody who is gone."""
    ann, bob = someone(), someone(email="bob@example.com")
    known, first, second, bobs = said(ordered(ann, "o0")), said(ordered(ann, "o1")), said(ordered(ann, "o2")), "o3"
    guest = said(search.SearchPerformed(search_id="s2", user_id=None, query="cup", results_count=0))
    assert counted("users", batch, first, second, guest, second, said(ordered(bob, bobs))) == ["TransactWriteItems"]
    assert sorted(done(ann)) == [("order.created", "o1"), ("order.created", "o2")]
    assert done(bob) == [("order.created", bobs)]
    say(known)
    say(auth.UserDeleted(user_id=id_of(bob)), 9)
    last = said(ordered(ann, "o4"))
    batch(known, last, said(ordered(bob, "o5")))
    assert sorted(activity for _, activity in done(ann)) == ["o0", "o1", "o2", "o4"]


def batch(*events: Json) -> None:
    """Let users hear events in one batch of its queue."""
    bodies = [json.dumps({"detail-type": event["type"], "detail": event}) for event in events]
    records = [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]
    assert app_of("users").events({"Records": records}, None) == {"batchItemFailures": []}


def test_activities_are_forgotten_after_180_days() -> None:
    """USER-07."""
    ann = someone()
    say(ordered(ann, "o1"))
    assert done(ann) == [("order.created", "o1")]
    with time_machine.travel(clock.epoch(clock.now()) + 181 * 86_400, tick=True):
        assert done(ann) == []


# --- erasure


def test_a_deleted_user_leaves_nothing_and_late_news_brings_nothing_back() -> None:
    """B75, E6: everything is told again, in another order, after the user is gone."""
    mug, ann, bob = a_product("MUG"), someone(phone="+14155550100"), someone(email="bob@example.com")
    home = {"full_name": "Ann Lee", "address_line1": "1 Main St", "city": "X", "postal_code": "1", "country": "DE"}
    story = [
        said(auth.UserCreated(user_id=id_of(ann), email="ann@example.com", first_name="Ann", roles=[])),
        said(auth.UserEmailChanged(user_id=id_of(ann), old_email="a@example.com", email="ann@example.com"), 2),
        said(auth.UserStatusChanged(user_id=id_of(ann), was="x", status="active", is_active=True), 3),
        said(attached(ann)),
        said(detached(ann, "pm-2"), 2),
        said(viewed(ann, mug["product_id"], 0)),
        said(ordered(ann, "o1")),
    ]
    for client in (ann, bob):
        for number in range(30):
            client.post(f"{ME}/addresses", {**home, "address_line1": f"{number} Main St"}).ok(201)
            client.put(f"{PREFERENCES}/k{number}", {"value": "x"}).ok(200)
            say(ordered(client, f"order-{number}"))
        client.post(WISHES, {"product_id": mug["product_id"]}).ok(201)
    for _ in range(2):
        for event in story:
            say(event)
            say({**event, "id": str(uuid.uuid4())})
        erase(ann)
    for event in reversed(story):
        say({**event, "id": str(uuid.uuid4())})
    ann.get(ME).refused(404, "not_found")
    admin().get(f"/v1/users/{id_of(ann)}").refused(404, "not_found")
    assert admin().get("/v1/users?email=ann@example.com").ok()["data"] == []
    assert {row["user_id"] for row in admin().get("/v1/users").ok()["data"]} == {id_of(bob)}
    for path in (f"{ME}/addresses", METHODS, WISHES, VIEWED, ACTIVITIES):
        assert ann.get(path).ok()["data"] == [], path
    assert ann.get(PREFERENCES).ok() == {}
    ann.post(f"{ME}/addresses", home).refused(404, "not_found")
    ann.put(f"{PREFERENCES}/k", {"value": "x"}).refused(404, "not_found")
    ann.post(WISHES, {"product_id": mug["product_id"]}).refused(404, "not_found")
    assert len(bob.get(f"{ME}/addresses?limit=100").ok()["data"]) == len(bob.get(PREFERENCES).ok()) == 30
    assert len(wished(bob)) == 1


def test_an_erasure_that_broke_off_is_finished_by_the_next_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    """B75."""
    from users.store import table

    ann = someone()
    for number in range(30):
        ann.put(f"{PREFERENCES}/k{number}", {"value": "x"}).ok(200)
    event, remove = said(auth.UserDeleted(user_id=id_of(ann)), 9), type(table).delete_all
    with monkeypatch.context() as dying:

        def die(self: Any, keys: Any) -> None:
            remove(self, list(keys)[:3])
            raise KeyboardInterrupt

        dying.setattr(type(table), "delete_all", die)
        with pytest.raises(KeyboardInterrupt):
            say(event)
    assert len(ann.get(PREFERENCES).ok()) == 27
    say(event)
    assert ann.get(PREFERENCES).ok() == {}


def test_who_was_never_heard_of_is_erased_before_they_come() -> None:
    """B75: the account's creation is heard after its end."""
    ann = user()
    erase(ann)
    say(auth.UserCreated(user_id=id_of(ann), email="ann@example.com", roles=[]), 1)
    ann.get(ME).refused(404, "not_found")
