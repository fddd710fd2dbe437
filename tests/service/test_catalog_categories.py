"""The category tree (R99-R104; B83, B84, B86; E28-E30; AP25; CAT-04)."""

from collections.abc import Callable
from typing import Any

import pytest

from catalog.logic import hearing
from catalog.store import categories as shelf
from tests.kit import admin, anyone, deliver, hear, pending, user
from tests.service.catalog_kit import Json, a_category, a_product, said

pytestmark = pytest.mark.usefixtures("shop")


def read(category_id: str) -> Json:
    found: Json = admin().get(f"/v1/categories/{category_id}").ok(200)
    return found


def change(category_id: str, **fields: Any) -> Any:
    return admin().patch(f"/v1/categories/{category_id}", fields, if_match=f'"{read(category_id)["version"]}"')


def names(query: str = "", by: Any = None) -> list[str]:
    return [category["name"] for category in (by or anyone()).get(f"/v1/categories{query}").ok(200)["data"]]


def test_a_category_is_made_and_read() -> None:
    body = {"name": "Kitchen", "description": "Pots", "sort_order": 3, "seo": {"meta_title": "Pots"}}
    made = admin().post("/v1/categories", body)
    category = made.ok(201)
    assert made.headers["Location"] == f"/v1/categories/{category['category_id']}"
    assert (category["slug"], category["level"], category["parent_id"], category["product_count"]) == (
        "kitchen",
        0,
        None,
        0,
    )
    got = anyone().get(f"/v1/categories/{category['category_id']}")
    assert (got.ok(200), got.etag) == (category, '"1"')
    assert anyone().get("/v1/categories/by-slug/kitchen").ok(200) == category
    assert "link_count" not in category
    assert a_category("Kitchen") != category["category_id"]
    anyone().get("/v1/categories/by-slug/kitchen-2").ok(200)
    admin().post("/v1/categories", {"name": "K", "slug": "kitchen"}).refused(409, "slug_taken")
    (event,) = [e for e in said("category.created") if e["slug"] == "kitchen"]
    assert event == {
        "category_id": category["category_id"],
        "name": "Kitchen",
        "slug": "kitchen",
        "parent_id": None,
        "is_active": True,
    }


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"name": ""}, "/name", "string_too_short"),
        ({"slug": "A B"}, "/slug", "string_pattern_mismatch"),
        ({"sort_order": -1}, "/sort_order", "greater_than_equal"),
        ({"colour": 1}, "/colour", "extra_forbidden"),
        ({"parent_id": "gone"}, "/parent_id", "unknown_category"),
        ({"image_url": "x"}, "/image_url", "string_pattern_mismatch"),
    ],
)
def test_bad_input_is_422_with_a_pointer(change: Json, pointer: str, code: str) -> None:
    problem = admin().post("/v1/categories", {"name": "Kitchen", **change}).refused(422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]
    assert names() == []


def test_only_the_admin_keeps_the_tree() -> None:
    category = f"/v1/categories/{a_category()}"
    for caller, status, code in ((anyone(), 401, "unauthenticated"), (user(), 403, "forbidden")):
        caller.post("/v1/categories", {"name": "x"}).refused(status, code)
        caller.patch(category, {"name": "x"}, if_match='"1"').refused(status, code)
        caller.delete(category, if_match='"1"').refused(status, code)


def test_children_are_listed_in_their_order_a_page_at_a_time() -> None:
    root = a_category("Root")
    for name, order in (("C", 1), ("A", 2), ("B", 1), ("D", 0)):
        a_category(name, parent_id=root, sort_order=order)
    hidden = a_category("Hidden", parent_id=root, is_active=False)
    assert names() == ["Root"]
    assert names(f"?parent_id={root}") == ["D", "B", "C", "A"]
    assert names(f"?parent_id={root}", admin()) == ["D", "Hidden", "B", "C", "A"]
    first = anyone().get(f"/v1/categories?parent_id={root}&limit=3").ok()
    rest = anyone().get(f"/v1/categories?parent_id={root}&limit=3&cursor={first['next_cursor']}").ok()
    assert [c["name"] for c in first["data"] + rest["data"]] == ["D", "B", "C", "A"]
    anyone().get(f"/v1/categories/{hidden}").refused(404, "not_found")
    anyone().get("/v1/categories/by-slug/hidden").refused(404, "not_found")
    admin().get(f"/v1/categories/{hidden}").ok(200)
    anyone().get("/v1/categories/gone").refused(404, "not_found")
    anyone().get(f"/v1/categories/{'x' * 3000}").refused(404, "not_found")


def test_the_whole_tree_is_one_answer() -> None:
    root = a_category("Root")
    kitchen = a_category("Kitchen", parent_id=root)
    a_category("Cups", parent_id=kitchen)
    a_category("Attic", parent_id=root, is_active=False)

    def shape(found: list[Json]) -> list[Any]:
        return [(c["name"], c["level"], shape(c["children"])) for c in found]

    assert shape(anyone().get("/v1/categories?tree=true").ok()["data"]) == [
        ("Root", 0, [("Kitchen", 1, [("Cups", 2, [])])])
    ]
    below = admin().get(f"/v1/categories?tree=true&parent_id={root}").ok()["data"]
    assert shape(below) == [("Attic", 1, []), ("Kitchen", 1, [("Cups", 2, [])])]


def test_the_tree_has_no_cycles_and_six_levels() -> None:
    chain: list[str] = []
    for n in range(6):
        chain.append(a_category(f"L{n}", parent_id=chain[-1] if chain else None))
    assert read(chain[-1])["level"] == 5
    admin().post("/v1/categories", {"name": "L6", "parent_id": chain[-1]}).refused(422, "category_too_deep")
    problem = change(chain[1], parent_id=chain[3]).refused(422, "category_cycle")
    assert problem["errors"][0]["pointer"] == "/parent_id"
    change(chain[1], parent_id=chain[1]).refused(422, "category_cycle")
    change(chain[1], parent_id="gone").refused(422, "validation_failed")
    other = a_category("Other")
    assert change(chain[1], parent_id=other).ok(200)["level"] == 1
    change(other, parent_id=chain[0]).refused(422, "category_too_deep")
    assert change(chain[3], parent_id=None).ok(200)["level"] == 0
    admin().post("/v1/categories", {"category_id": "self", "name": "S", "parent_id": "self"}).refused(
        422, "validation_failed"
    )


def test_levels_below_a_moved_category_follow() -> None:
    root, middle = a_category("Root"), a_category("Middle")
    leaf = a_category("Leaf", parent_id=a_category("Branch", parent_id=middle))
    assert read(leaf)["level"] == 2
    change(middle, parent_id=root).ok(200)
    deliver("catalog", times=2)
    assert read(leaf)["level"] == 3


def test_of_two_moves_that_would_close_a_circle_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = a_category("One"), a_category("Two")
    save, rivals = shelf.save, [(two, one)]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            moved, below = rivals.pop()
            change(moved, parent_id=below).ok(200)
        save(*arguments)

    monkeypatch.setattr(shelf, "save", overtaken)
    change(one, parent_id=two).refused(422, "category_cycle")
    assert (read(one)["parent_id"], read(two)["parent_id"]) == (None, one)


def test_a_change_needs_the_version_that_was_read() -> None:
    category = f"/v1/categories/{a_category()}"
    admin().patch(category, {"name": "Cuisine"}).refused(428, "if_match_required")
    changed = admin().patch(category, {"name": "Cuisine", "slug": "cuisine"}, if_match='"1"').ok(200)
    assert (changed["name"], changed["version"]) == ("Cuisine", 2)
    admin().patch(category, {"name": "x"}, if_match='"1"').refused(412, "version_mismatch")
    admin().patch(category, {"name": None}, if_match='"2"').refused(422, "validation_failed")
    anyone().get("/v1/categories/by-slug/kitchen").refused(404, "not_found")
    assert anyone().get("/v1/categories/by-slug/cuisine").ok() == changed
    assert admin().patch(category, {"name": "Cuisine"}, if_match='"2"').ok(200)["version"] == 2
    a_category("Taken")
    admin().patch(category, {"slug": "taken"}, if_match='"2"').refused(409, "slug_taken")
    assert [e["name"] for e in said("category.updated")] == ["Cuisine"]


def test_products_that_come_meanwhile_do_not_disturb_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen = a_category()
    save, rivals = shelf.save, [kitchen]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            a_product(category_ids=[rivals.pop()])
        save(*arguments)

    monkeypatch.setattr(shelf, "save", overtaken)
    assert admin().patch(f"/v1/categories/{kitchen}", {"name": "Cuisine"}, if_match='"1"').ok()["product_count"] == 1
    assert read(kitchen)["product_count"] == 1


def test_only_an_empty_category_can_be_deleted() -> None:
    root, kitchen = a_category("Root"), a_category()
    child = a_category("Child", parent_id=root)
    product = a_product(status="draft", category_ids=[kitchen])
    admin().delete(f"/v1/categories/{root}", if_match='"1"').refused(409, "category_not_empty")
    admin().delete(f"/v1/categories/{kitchen}", if_match='"1"').refused(409, "category_not_empty")
    admin().delete(f"/v1/categories/{child}").refused(428, "if_match_required")
    admin().delete(f"/v1/categories/{child}", if_match='"2"').refused(412, "version_mismatch")
    admin().delete(f"/v1/categories/{child}", if_match='"1"').ok(204)
    admin().delete(f"/v1/categories/{child}", if_match='"1"').refused(404, "not_found")
    admin().delete(f"/v1/categories/{root}", if_match='"1"').ok(204)
    admin().delete(f"/v1/products/{product['product_id']}/categories/{kitchen}").ok(204)
    admin().delete(f"/v1/categories/{kitchen}", if_match='"1"').ok(204)
    assert names("?tree=true", admin()) == []
    assert [e["name"] for e in said("category.deleted")] == ["Child", "Root", "Kitchen"]
    a_category()
    anyone().get("/v1/categories/by-slug/kitchen").ok(200)


def test_a_category_that_fills_while_it_is_deleted_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen, root = a_category(), a_category("Root")
    delete = shelf.delete
    rivals: list[Callable[[], Any]] = [
        lambda: a_category("Child", parent_id=root),
        lambda: a_product(category_ids=[kitchen]),
    ]

    def overtaken(*arguments: Any) -> None:
        rivals.pop()()
        delete(*arguments)

    monkeypatch.setattr(shelf, "delete", overtaken)
    admin().delete(f"/v1/categories/{kitchen}", if_match='"1"').refused(409, "category_not_empty")
    admin().delete(f"/v1/categories/{root}", if_match='"1"').refused(409, "category_not_empty")
    assert names(f"?parent_id={root}") == ["Child"]


def test_a_category_made_before_a_crash_is_the_answer_to_the_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    create = shelf.create

    def crash(*arguments: Any) -> None:
        create(*arguments)
        raise RuntimeError("the function died")

    with monkeypatch.context() as dying:
        dying.setattr(shelf, "create", crash)
        admin().post("/v1/categories", {"name": "Kitchen"}, idempotency_key="k").refused(500, "internal_error")
    made = admin().post("/v1/categories", {"name": "Kitchen"}, idempotency_key="k").ok(201)
    assert names() == ["Kitchen"]
    assert read(made["category_id"]) == made
    admin().post("/v1/categories", {"name": "K", "category_id": made["category_id"]}).refused(409, "conflict")


def test_products_follow_the_name_and_place_of_their_categories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "AT_ONCE", 2)
    root, kitchen = a_category("Root"), a_category()
    skus = [f"S{n}" for n in range(5)]
    for sku in skus:
        a_product(sku=sku, name=sku, category_ids=[root, kitchen], status="draft" if sku == "S0" else "active")
    path = f"/v1/products/{admin().get('/v1/products/by-sku/S1').ok()['product_id']}"
    change(kitchen, name="Cuisine", slug="cuisine").ok(200)
    old = pending("catalog")[-1]
    change(kitchen, parent_id=root).ok(200)
    deliver("catalog", times=2)
    for sku in skus:
        product = admin().get(f"/v1/products/by-sku/{sku}").ok()
        assert [c["name"] for c in product["categories"]] == ["Root", "Cuisine"]
        assert product["subcategory"] == {"id": kitchen, "name": "Cuisine", "slug": "cuisine"}
    version = anyone().get(path).ok()["version"]
    assert version > 1
    hear(*old)
    assert anyone().get(path).ok()["version"] == version
    admin().patch(path, {"name": "edited from what was read before"}, if_match='"1"').ok(200)
