"""Variants, pictures, categories and tags of a product.

R76-R87; B79, B81, B82, B84, B85, B87; E22, E25-E27; CAT-02, CAT-03, CAT-05, CAT-06.
"""

from typing import Any

import pytest

from catalog.logic import changing, parts
from catalog.store import writing
from tests.kit import admin, anyone, pending
from tests.service.catalog_kit import Json, a_category, a_product, listed, money, patch, said

pytestmark = pytest.mark.usefixtures("shop")


def path_of(**fields: Any) -> str:
    return f"/v1/products/{a_product(**fields)['product_id']}"


def count(category_id: str) -> int:
    return int(anyone().get(f"/v1/categories/{category_id}").ok()["product_count"])


def test_a_variant_comes_behind_the_others() -> None:
    path = path_of(variants=[{"sku": "A"}, {"sku": "B"}])
    made = admin().post(f"{path}/variants", {"sku": "C", "variant_id": "given", "size": "L", "price": money(5)})
    body = made.ok(201)
    assert made.headers["Location"] == f"{path}/variants/given"
    assert made.etag == anyone().get(path).etag
    assert (body["effective_price"], body["size"], body["product_id"]) == (money(5), "L", path.rpartition("/")[2])
    assert [v["sku"] for v in anyone().get(path).ok()["variants"]] == ["A", "B", "C"]
    first = anyone().get(f"{path}/variants?limit=2").ok()
    rest = anyone().get(f"{path}/variants?limit=2&cursor={first['next_cursor']}").ok()
    assert [v["sku"] for v in first["data"] + rest["data"]] == ["A", "B", "C"]
    assert rest["data"] == [body]
    (event,) = said("variant.created")
    assert (event["variant_id"], event["sku"], event["price"]) == ("given", "C", money(5))
    assert said("product.updated")[0]["changed_fields"] == ["variants"]
    admin().post(f"{path}/variants", {"sku": "D", "variant_id": "given"}).refused(409, "conflict")
    admin().post(f"{path}/variants", {"sku": "A"}).refused(409, "sku_taken")
    admin().post(f"{path}/variants", {"sku": "MUG"}).refused(409, "sku_taken")
    problem = admin().post(f"{path}/variants", {"sku": "D", "price": money(1, "EUR")}).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/price"
    admin().post("/v1/products/gone/variants", {"sku": "E"}).refused(404, "not_found")
    admin().post(f"/v1/products/{'x' * 3000}/variants", {"sku": "E"}).refused(404, "not_found")


def test_a_sku_that_another_product_takes_meanwhile_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    path, save, rivals = path_of(), writing.save, ["SAME"]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            a_product(sku=rivals.pop(), name="Rival")
        save(*arguments)

    monkeypatch.setattr(writing, "save", overtaken)
    admin().post(f"{path}/variants", {"sku": "SAME"}).refused(409, "sku_taken")
    assert anyone().get(path).ok()["variants"] == []
    assert anyone().get("/v1/products/by-sku/SAME").ok()["name"] == "Rival"


def test_a_variant_made_before_a_crash_is_the_answer_to_the_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    path, change = path_of(), changing.change

    def crash(*arguments: Any, **named: Any) -> Any:
        change(*arguments, **named)
        raise RuntimeError("the function died")

    for way, body in (("variants", {"sku": "V"}), ("images", {"url": "https://x/1"})):
        with monkeypatch.context() as dying:
            dying.setattr(parts, "change", crash)
            admin().post(f"{path}/{way}", body, idempotency_key=way).refused(500, "internal_error")
        admin().post(f"{path}/{way}", body, idempotency_key=way).ok(201)
        assert len(anyone().get(path).ok()[way]) == 1


def test_a_variant_changes_and_goes_with_the_version_of_its_product() -> None:
    path = path_of(variants=[{"sku": "A", "price_adjustment": money(50)}, {"sku": "B"}])
    variant_id = anyone().get(path).ok()["variants"][0]["variant_id"]
    variant = f"{path}/variants/{variant_id}"
    admin().patch(variant, {"name": "Red"}).refused(428, "if_match_required")
    changed = admin().patch(variant, {"name": "Red", "sku": "A2", "available": False}, if_match='"1"')
    assert (changed.ok(200)["name"], changed.body["sku"], changed.body["available"]) == ("Red", "A2", False)
    assert changed.etag == '"2"'
    admin().patch(variant, {"name": "Blue"}, if_match='"1"').refused(412, "version_mismatch")
    admin().patch(f"{path}/variants/gone", {"name": "Blue"}, if_match='"2"').refused(404, "not_found")
    admin().patch(variant, {"sku": "B"}, if_match='"2"').refused(409, "sku_taken")
    admin().patch(variant, {"sku": None}, if_match='"2"').refused(422, "validation_failed")
    assert [e["changed_fields"] for e in said("variant.updated")] == [["sku", "name", "available"]]
    admin().delete(variant, if_match='"1"').refused(412, "version_mismatch")
    admin().delete(variant, if_match='"2"').ok(204)
    assert [v["sku"] for v in anyone().get(path).ok()["variants"]] == ["B"]
    assert [e["variant_id"] for e in said("variant.deleted")] == [variant_id]
    a_product(sku="A2", name="Free again")
    a_product(sku="A", name="Free long since")


def test_a_variant_has_a_price_or_an_adjustment() -> None:
    path = path_of(variants=[{"sku": "V", "price_adjustment": money(50)}])
    variant = f"{path}/variants/{anyone().get(path).ok()['variants'][0]['variant_id']}"

    def prices(body: Json) -> list[int | None]:
        changed = admin().patch(variant, body, if_match=anyone().get(path).etag).ok(200)
        shown = (changed["price"], changed["price_adjustment"], changed["effective_price"])
        return [price and price["amount"] for price in shown]

    assert prices({"price": money(900), "reason": "own"}) == [900, 0, 900]
    assert prices({"price_adjustment": money(-1250)}) == [None, -1250, 0]
    assert prices({"price": money(0)}) == [0, 0, 0]
    assert prices({"price": None}) == [None, 0, 1250]
    for body, pointer in (
        ({"price_adjustment": money(-1251)}, "/price_adjustment"),
        ({"price": money(1), "price_adjustment": money(1)}, "/price_adjustment"),
        ({"price": money(-1)}, "/price"),
    ):
        answer = admin().patch(variant, body, if_match=anyone().get(path).etag)
        assert answer.refused(422, answer.body["code"])["errors"][0]["pointer"] == pointer
    history = admin().get(f"{path}/price-history").ok()["data"]
    assert [row["price"]["amount"] for row in history] == [1250, 0, 0, 900, 1250]
    told = [(e["old_price"]["amount"], e["price"]["amount"]) for e in said("product.price_changed")]
    assert told == [(1300, 900), (900, 0), (0, 1250)]


def test_exactly_one_picture_is_primary() -> None:
    path = path_of()

    def pictures() -> list[tuple[str, bool]]:
        shown = [(i["url"], i["is_primary"]) for i in anyone().get(path).ok()["images"]]
        assert shown == [(i["url"], i["is_primary"]) for i in anyone().get(f"{path}/images").ok()["data"]]
        return shown

    def add(url: str, **fields: Any) -> str:
        made = admin().post(f"{path}/images", {"url": url, **fields})
        assert made.headers["Location"] == f"{path}/images/{made.ok(201)['id']}"
        return str(made.body["id"])

    first = add("https://x/1", sort_order=5)
    second = add("https://x/2", sort_order=1)
    assert pictures() == [("https://x/2", False), ("https://x/1", True)]
    third = add("https://x/3", sort_order=9, is_primary=True)
    assert pictures() == [("https://x/2", False), ("https://x/1", False), ("https://x/3", True)]
    assert anyone().get("/v1/products").ok()["data"][0]["image_url"] == "https://x/3"
    changed = admin().patch(f"{path}/images/{third}", {"is_primary": False, "alt_text": "Three"}).ok(200)
    assert (changed["is_primary"], changed["alt_text"]) == (False, "Three")
    assert pictures() == [("https://x/2", True), ("https://x/1", False), ("https://x/3", False)]
    admin().patch(f"{path}/images/{first}", {"is_primary": True, "sort_order": 0}).ok(200)
    assert pictures() == [("https://x/1", True), ("https://x/2", False), ("https://x/3", False)]
    admin().delete(f"{path}/images/{first}").ok(204)
    assert pictures() == [("https://x/2", True), ("https://x/3", False)]
    admin().delete(f"{path}/images/{first}").refused(404, "not_found")
    admin().delete(f"{path}/images/{third}").ok(204)
    kept = admin().patch(f"{path}/images/{second}", {"is_primary": False}).ok(200)
    assert kept["is_primary"]
    admin().post(f"{path}/images", {"url": "nowhere"}).refused(422, "validation_failed")
    admin().patch(f"{path}/images/{second}", {"url": None}).refused(422, "validation_failed")


def test_tags_are_lower_case_once_and_list_products() -> None:
    path = path_of()
    for tag in ("Summer%20Sale", "summer%20sale", "%20NEW%20"):
        admin().put(f"{path}/tags/{tag}").ok(204)
    assert anyone().get(path).ok()["tags"] == ["summer sale", "new"]
    assert listed("?tag=NEW") == ["MUG"]
    version = anyone().get(path).etag
    admin().delete(f"{path}/tags/gone").ok(204)
    assert anyone().get(path).etag == version
    admin().delete(f"{path}/tags/NEW").ok(204)
    assert anyone().get(path).ok()["tags"] == ["summer sale"]
    assert listed("?tag=new") == []
    admin().put(f"{path}/tags/{'x' * 51}").refused(400, "invalid_parameter")
    admin().put(f"{path}/tags/a%0Ab").refused(400, "invalid_parameter")


def test_a_product_is_in_many_categories_one_of_them_primary() -> None:
    kitchen, gifts = a_category(), a_category("Gifts")
    cups = a_category("Cups", parent_id=kitchen)
    path = path_of()
    for category_id in (gifts, cups, kitchen):
        admin().put(f"{path}/categories/{category_id}").ok(204)
    shown = anyone().get(path).ok()
    assert [(c["name"], c["is_primary"]) for c in shown["categories"]] == [
        ("Gifts", True),
        ("Cups", False),
        ("Kitchen", False),
    ]
    assert (shown["category"]["id"], shown["subcategory"]) == (gifts, None)
    admin().put(f"{path}/categories/{kitchen}", {"is_primary": True}).ok(204)
    shown = anyone().get(path).ok()
    assert (shown["category"], shown["subcategory"]["id"]) == (
        {"id": kitchen, "name": "Kitchen", "slug": "kitchen"},
        cups,
    )
    admin().delete(f"{path}/categories/{kitchen}").ok(204)
    admin().delete(f"{path}/categories/{kitchen}").ok(204)
    assert anyone().get(path).ok()["category"]["id"] == gifts
    admin().put(f"{path}/categories/gone").refused(404, "not_found")
    closed = a_category("Closed", is_active=False)
    admin().put(f"{path}/categories/{closed}").refused(422, "category_inactive")
    body = {"sku": "X", "name": "X", "price": money(1), "category_ids": [closed]}
    admin().post("/v1/products", body).refused(422, "category_inactive")


def test_a_category_counts_its_active_products() -> None:
    kitchen = a_category()
    path = path_of(category_ids=[kitchen])
    draft = path_of(sku="DRAFT", name="Draft", status="draft", category_ids=[kitchen])
    assert count(kitchen) == 1
    admin().post(f"{draft}/status-changes", {"status": "active"}).ok(200)
    assert count(kitchen) == 2
    admin().put(f"{path}/categories/{kitchen}", {"is_primary": True}).ok(204)
    admin().post(f"{path}/status-changes", {"status": "inactive"}).ok(200)
    assert count(kitchen) == 1
    assert listed(f"?category={kitchen}") == ["DRAFT"]
    admin().delete(f"{path}/categories/{kitchen}").ok(204)
    assert count(kitchen) == 1
    admin().delete(f"{draft}/categories/{kitchen}").ok(204)
    assert count(kitchen) == 0


def test_a_category_renamed_while_a_product_enters_it_is_copied_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen = a_category()
    path, save, rivals = path_of(), writing.save, ["Cuisine"]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            admin().patch(f"/v1/categories/{kitchen}", {"name": rivals.pop()}, if_match='"1"').ok(200)
        save(*arguments)

    monkeypatch.setattr(writing, "save", overtaken)
    admin().put(f"{path}/categories/{kitchen}").ok(204)
    assert anyone().get(path).ok()["category"]["name"] == "Cuisine"
    assert count(kitchen) == 1


def test_a_category_deleted_while_a_product_enters_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen = a_category()
    path, save, rivals = path_of(), writing.save, [kitchen]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            admin().delete(f"/v1/categories/{rivals.pop()}", if_match='"1"').ok(204)
        save(*arguments)

    monkeypatch.setattr(writing, "save", overtaken)
    admin().put(f"{path}/categories/{kitchen}").refused(404, "not_found")
    assert anyone().get(path).ok()["categories"] == []


def test_doing_the_same_again_says_nothing() -> None:
    product = a_product(tags=["t"])
    told = len(pending("catalog"))
    admin().put(f"/v1/products/{product['product_id']}/tags/T").ok(204)
    assert patch(product["product_id"], {"price": money(1250), "reason": "again"})["version"] == 1
    assert len(pending("catalog")) == told
