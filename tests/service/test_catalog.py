"""Products: making, reading, changing and listing them.

R68-R75, R88; B76-B82, B87, B88, B94; AP21-AP23, AP26; B34; CAT-01, CAT-07, CAT-12.
"""

from typing import Any

import pytest

from catalog.logic import changing
from catalog.model.product import CATEGORIES_MAX, TAGS_MAX, VARIANTS_MAX, CategoryLink, Listing, Product, Tag, Variant
from catalog.store import products as shelf
from shop.money import Money
from shop.table import MAX_ACTIONS, Table, Transaction
from tests.kit import Client, admin, anyone, pending, user

pytestmark = pytest.mark.usefixtures("shop")

Json = dict[str, Any]
USD = Money(amount=1, currency="USD")


def money(amount: int, currency: str = "USD") -> Json:
    return {"amount": amount, "currency": currency}


def mug(**fields: Any) -> Json:
    return {"sku": "MUG", "name": "Mug", "price": money(1250), "status": "active", **fields}


def a_product(by: Client | None = None, **fields: Any) -> Json:
    made: Json = (by or admin()).post("/v1/products", mug(**fields)).ok(201)
    return made


def seller(name: str = "seller-1") -> Client:
    return user(name, "seller")


def support() -> Client:
    return user("support-1", "support")


def said(kind: str) -> list[Json]:
    return [detail["data"] for detail_type, detail in pending("catalog") if detail_type == kind]


def patch(product_id: str, body: Json, version: int | None = None) -> Json:
    read = version or admin().get(f"/v1/products/{product_id}").ok()["version"]
    changed: Json = admin().patch(f"/v1/products/{product_id}", body, if_match=f'"{read}"').ok(200)
    return changed


def listed(query: str = "", by: Client | None = None) -> list[str]:
    return [product["sku"] for product in (by or anyone()).get(f"/v1/products{query}").ok(200)["data"]]


WHOLE = mug(
    description="Holds\ncoffee",
    compare_at_price=None,
    weight_grams=350,
    category_ids=[],
    tags=["Kitchen", "blue", "kitchen"],
    images=[{"url": "https://img.example.com/mug.jpg", "alt_text": "Mug", "sort_order": 0, "is_primary": True}],
    variants=[
        {"sku": "MUG-R", "name": "Red", "color": "red", "size": None, "attributes": {"n": 1.5}, "price": money(1300)},
        {"sku": "MUG-B", "name": "Blue", "price_adjustment": money(0)},
    ],
)


def test_a_product_is_made_and_read_as_one_document() -> None:
    made = admin().post("/v1/products", WHOLE)
    body = made.ok(201)
    product_id = body["product_id"]
    assert made.headers["Location"] == f"/v1/products/{product_id}"
    assert {name: body[name] for name in ("sku", "name", "slug", "description", "price", "compare_at_price")} == {
        "sku": "MUG",
        "name": "Mug",
        "slug": "mug",
        "description": "Holds\ncoffee",
        "price": money(1250),
        "compare_at_price": None,
    }
    assert (body["is_on_sale"], body["currency"], body["status"], body["is_visible"]) == (False, "USD", "active", True)
    assert (body["stock_quantity"], body["stock_status"], body["weight_grams"]) == (0, "out_of_stock", 350)
    assert (body["categories"], body["tags"], body["rating"]) == ([], ["kitchen", "blue"], {"average": 0, "count": 0})
    assert body["published_at"]
    (image,) = body["images"]
    assert image["url"] == "https://img.example.com/mug.jpg"
    assert (image["alt_text"], image["sort_order"], image["is_primary"]) == ("Mug", 0, True)
    red, blue = body["variants"]
    assert {name: red[name] for name in red if name not in ("variant_id", "created_at", "updated_at")} == {
        "sku": "MUG-R",
        "name": "Red",
        "color": "red",
        "size": None,
        "attributes": {"n": 1.5},
        "price": money(1300),
        "price_adjustment": money(0),
        "effective_price": money(1300),
        "image_url": None,
        "available": True,
        "stock_quantity": 0,
        "stock_status": "out_of_stock",
    }
    assert (blue["price"], blue["effective_price"]) == (None, money(1250))
    for path in (product_id, "by-slug/mug", "by-sku/MUG", "by-sku/MUG-B"):
        for _ in ("fresh", "cached"):
            read = anyone().get(f"/v1/products/{path}")
            assert read.ok(200) == body
            assert (read.etag, read.headers["Cache-Control"]) == ('"1"', "max-age=60")
    assert anyone().get(f"/v1/products/{product_id}", if_none_match='"1"').status == 304
    assert admin().get(f"/v1/products/{product_id}").headers["Cache-Control"] == "no-store"


def test_measures_and_details_come_back_as_they_went_in() -> None:
    details: Json = {
        "brand": {"name": "Acme", "logo_url": None},
        "specifications": {
            "material": "clay",
            "care_instructions": "By hand.\nNot hot.",
            "origin": "PT",
            "weight": "about 350 g",
            "dimensions": {"length": 8.25, "width": 8, "height": 0.1, "unit": "cm"},
        },
        "attributes": {"Größe": "M", "n": -3, "list": [1.25, None, {"deep": True}]},
        "seo": {"meta_title": "Mug", "meta_description": None, "meta_keywords": ["mug"]},
        "badges": ["new"],
    }
    product_id = a_product(**details)["product_id"]
    for _ in ("fresh", "cached"):
        read = anyone().get(f"/v1/products/{product_id}").ok()
        assert {name: read[name] for name in details} == details
    assert patch(product_id, {"attributes": {}, "specifications": None, "brand": None})["specifications"] is None


def test_others_hear_of_a_new_product_with_its_variants() -> None:
    body = a_product(variants=WHOLE["variants"])
    (event,) = said("product.created")
    assert (event["product_id"], event["sku"], event["name"], event["status"]) == (
        body["product_id"],
        "MUG",
        "Mug",
        "active",
    )
    assert [(v["sku"], v["price"]) for v in event["variants"]] == [("MUG-R", money(1300)), ("MUG-B", money(1250))]


def test_a_largest_product_goes_in_at_once() -> None:
    categories = [admin().post("/v1/categories", {"name": f"C{n}"}).ok(201)["category_id"] for n in range(5)]
    body = a_product(
        product_id="prod_1",
        is_featured=True,
        variants=[{"sku": f"MUG-{n}", "price": money(n)} for n in range(20)],
        images=[{"url": f"https://img.example.com/{n}.jpg"} for n in range(20)],
        tags=[f"tag {n}" for n in range(10)],
        category_ids=categories,
    )
    assert body["product_id"] == "prod_1"
    assert [variant["sku"] for variant in body["variants"]] == [f"MUG-{n}" for n in range(20)]
    assert [image["is_primary"] for image in body["images"]] == [True] + [False] * 19
    assert [category["id"] for category in body["categories"]] == categories
    assert anyone().get("/v1/products/prod_1").ok() == body
    admin().post("/v1/products", mug(product_id="prod_1", sku="OTHER")).refused(409, "conflict")


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"sku": ""}, "/sku", "string_too_short"),
        ({"sku": "x" * 101}, "/sku", "string_too_long"),
        ({"name": None}, "/name", "string_type"),
        ({"name": "a\x00b"}, "/name", "string_pattern_mismatch"),
        ({"description": "bell\x07"}, "/description", "string_pattern_mismatch"),
        ({"slug": "Not A Slug"}, "/slug", "string_pattern_mismatch"),
        ({"price": {"amount": 12.5, "currency": "USD"}}, "/price/amount", "int_type"),
        ({"price": money(-1)}, "/price", "amount_out_of_range"),
        ({"price": money(10_000_000_000)}, "/price", "amount_out_of_range"),
        ({"price": money(1, "XXQ")}, "/price", "unknown_currency"),
        ({"compare_at_price": money(1250)}, "/compare_at_price", "not_above_price"),
        ({"compare_at_price": money(2000, "EUR")}, "/compare_at_price", "currency_mismatch"),
        ({"status": "archived"}, "/status", "literal_error"),
        ({"weight_grams": -1}, "/weight_grams", "greater_than_equal"),
        ({"colour": "red"}, "/colour", "extra_forbidden"),
        ({"product_id": "a/b"}, "/product_id", "string_pattern_mismatch"),
        ({"category_ids": ["gone"]}, "/category_ids/0", "unknown_category"),
        ({"tags": ["t"] * 11}, "/tags", "too_long"),
        ({"variants": [{"sku": "V", "price": money(1, "EUR")}]}, "/variants/0/price", "currency_mismatch"),
        (
            {"variants": [{"sku": "V", "price_adjustment": money(-1251)}]},
            "/variants/0/price_adjustment",
            "amount_out_of_range",
        ),
        (
            {"variants": [{"sku": "V", "price": money(1), "price_adjustment": money(1)}]},
            "/variants/0/price_adjustment",
            "two_prices",
        ),
        ({"variants": [{"sku": f"V{n}"} for n in range(21)]}, "/variants", "too_long"),
        ({"images": [{"url": "ftp://x"}]}, "/images/0/url", "string_pattern_mismatch"),
        ({"images": [{"url": "https://x/1", "is_primary": True}] * 2}, "/images", "one_primary"),
        ({"attributes": {"deep": [[[[[[[[[[[1]]]]]]]]]]]}}, "/attributes", "too_deep"),
        ({"attributes": {"text": "x" * 17_000}}, "/attributes", "too_long"),
        ({"attributes": {"huge": 10**40}}, "/attributes", "number_out_of_range"),
    ],
)
def test_bad_input_is_422_with_a_pointer(change: Json, pointer: str, code: str) -> None:
    answer = admin().post("/v1/products", mug(**change))
    assert answer.body["code"] in ("validation_failed", "amount_out_of_range")
    assert [(e["pointer"], e["code"]) for e in answer.refused(422, answer.body["code"])["errors"]] == [(pointer, code)]
    assert pending("catalog") == []


def test_a_product_without_a_price_says_so() -> None:
    body = mug()
    del body["price"]
    problem = admin().post("/v1/products", body).refused(422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/price", "missing")]
    made = a_product(price=None, variants=[{"sku": "V"}])
    assert (made["price"], made["currency"], made["variants"][0]["effective_price"]) == (None, "USD", None)
    priced = patch(made["product_id"], {"price": money(5)})
    assert priced["variants"][0]["effective_price"] == money(5)
    assert [(e["old_price"], e["price"]) for e in said("product.price_changed")] == [(None, money(5))] * 2


def test_broken_json_is_400() -> None:
    admin().post("/v1/products", '{"sku": "MUG",').refused(400, "malformed_json")


def test_a_sku_belongs_to_one_product_or_variant() -> None:
    a_product(variants=[{"sku": "MUG-R"}])
    admin().post("/v1/products", mug(name="Other")).refused(409, "sku_taken")
    admin().post("/v1/products", mug(sku="MUG-R", name="Other")).refused(409, "sku_taken")
    admin().post("/v1/products", mug(sku="NEW", variants=[{"sku": "MUG"}])).refused(409, "sku_taken")
    admin().post("/v1/products", mug(sku="TWICE", variants=[{"sku": "TWICE"}])).refused(409, "sku_taken")
    assert listed() == ["MUG"]
    anyone().get("/v1/products/by-sku/NEW").refused(404, "not_found")


def test_of_two_products_taking_one_sku_at_once_one_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    save, rivals = shelf.save, [mug(name="Rival", variants=[{"sku": "SAME"}])]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            admin().post("/v1/products", rivals.pop()).ok(201)
        save(*arguments)

    monkeypatch.setattr(shelf, "save", overtaken)
    admin().post("/v1/products", mug(sku="SAME", name="Slow")).refused(409, "sku_taken")
    assert anyone().get("/v1/products/by-sku/SAME").ok()["name"] == "Rival"
    assert listed() == ["MUG"]


def test_a_slug_is_made_from_the_name_and_numbered() -> None:
    assert [a_product(sku=f"S{n}", name="Ünïque Mug!")["slug"] for n in range(10)][:3] == [
        "unique-mug",
        "unique-mug-2",
        "unique-mug-3",
    ]
    assert a_product(sku="JP", name="!!!")["slug"] == "jp"
    admin().post("/v1/products", mug(sku="X", slug="unique-mug")).refused(409, "slug_taken")
    assert len(a_product(sku="LONG", name="m" * 255)["slug"]) <= 200


def test_the_same_key_makes_one_product() -> None:
    first = admin().post("/v1/products", mug(), idempotency_key="k")
    again = admin().post("/v1/products", mug(), idempotency_key="k")
    assert again.ok(201) == first.ok(201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert listed() == ["MUG"]


def test_a_repeat_after_a_crash_is_answered_with_what_the_first_made(monkeypatch: pytest.MonkeyPatch) -> None:
    write = changing.write

    def crash(*arguments: Any, **named: Any) -> Any:
        write(*arguments, **named)
        raise RuntimeError("the function died")

    for product_id in ({}, {"product_id": "given"}):
        body = mug(sku=f"SKU-{len(product_id)}", name=f"Mug {len(product_id)}", **product_id)
        with monkeypatch.context() as dying:
            dying.setattr("catalog.logic.products.write", crash)
            admin().post("/v1/products", body, idempotency_key="k" + body["sku"]).refused(500, "internal_error")
        made = admin().post("/v1/products", body, idempotency_key="k" + body["sku"]).ok(201)
        assert anyone().get(f"/v1/products/by-sku/{body['sku']}").ok() == made
    assert len(said("product.created")) == 2


def test_drafts_and_hidden_products_are_for_those_who_run_them() -> None:
    draft = a_product(seller(), status="draft")["product_id"]
    hidden = a_product(seller(), sku="HID", name="Hidden", is_visible=False)["product_id"]
    for product_id, sku in ((draft, "MUG"), (hidden, "HID")):
        for path in (product_id, f"by-sku/{sku}", f"{product_id}/variants", f"{product_id}/images"):
            anyone().get(f"/v1/products/{path}").refused(404, "not_found")
            user("buyer").get(f"/v1/products/{path}").refused(404, "not_found")
            seller("seller-2").get(f"/v1/products/{path}").refused(404, "not_found")
            for staff in (admin(), support(), seller()):
                staff.get(f"/v1/products/{path}").ok(200)
        anyone().get(f"/v1/products/{product_id}/price-history").refused(404, "not_found")
    assert listed() == []
    assert sorted(listed(by=admin())) == ["HID", "MUG"]
    assert listed("?status=DRAFT", admin()) == ["MUG"]
    assert listed("?seller=seller-1") == []
    assert sorted(listed("?seller=seller-1", seller())) == ["HID", "MUG"]
    assert listed("?seller=seller-1&status=draft", seller()) == ["MUG"]
    anyone().get("/v1/products?status=draft").refused(403, "forbidden")
    anyone().get("/v1/products/nothing").refused(404, "not_found")
    anyone().get(f"/v1/products/{'x' * 3000}").refused(404, "not_found")
    anyone().get(f"/v1/products/by-slug/{'x' * 3000}").refused(404, "not_found")


def test_a_product_moves_between_its_statuses_and_is_published_once() -> None:
    path = f"/v1/products/{a_product(status='draft')['product_id']}"

    def move(status: str, **also: Any) -> Any:
        return admin().post(f"{path}/status-changes", {"status": status, **also})

    move("inactive").refused(422, "invalid_transition")
    published = move("ACTIVE").ok(200)["published_at"]
    assert published
    anyone().get(path).ok(200)
    move("inactive").ok(200)
    anyone().get(path).refused(404, "not_found")
    assert move("active").ok(200)["published_at"] == published
    before = admin().get(path).ok()["version"]
    assert move("active").ok(200)["version"] == before
    assert move("active", is_visible=False).ok(200)["is_visible"] is False
    anyone().get(path).refused(404, "not_found")
    admin().delete(path, if_match=f'"{before}"').refused(412, "version_mismatch")
    admin().delete(path, if_match=admin().get(path).etag).ok(204)
    assert admin().get(path).ok()["status"] == "archived"
    move("active").refused(422, "invalid_transition")
    move("nowhere").refused(422, "validation_failed")
    changes = [(e["was"], e["status"], e["is_visible"]) for e in said("product.status_changed")]
    assert changes == [
        ("draft", "active", True),
        ("active", "inactive", True),
        ("inactive", "active", True),
        ("active", "active", False),
        ("active", "archived", False),
    ]


def test_a_change_needs_the_version_that_was_read() -> None:
    product_id = a_product()["product_id"]
    path = f"/v1/products/{product_id}"
    admin().patch(path, {"name": "Cup"}).refused(428, "if_match_required")
    changed = admin().patch(path, {"name": "Cup", "brand": {"name": "Acme"}}, if_match='"1"').ok(200)
    assert (changed["name"], changed["slug"], changed["brand"]["name"], changed["version"]) == ("Cup", "mug", "Acme", 2)
    admin().patch(path, {"name": "Glass"}, if_match='"1"').refused(412, "version_mismatch")
    admin().patch(path, {"name": "Glass"}, if_match='"99"').refused(412, "version_mismatch")
    assert anyone().get(path).ok() == changed
    assert patch(product_id, {"name": "Cup"})["version"] == 2
    (event,) = said("product.updated")
    assert (event["changed_fields"], event["product"]) == (["name", "brand"], changed)


def test_any_change_of_its_parts_is_a_change_of_the_product() -> None:
    path = f"/v1/products/{a_product()['product_id']}"
    admin().put(f"{path}/tags/new").ok(204)
    admin().patch(path, {"name": "Cup"}, if_match='"1"').refused(412, "version_mismatch")
    admin().patch(path, {"name": "Cup"}, if_match='"2"').ok(200)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"price": None}, "/price"),
        ({"status": "active"}, "/status"),
        ({"price": money(1, "EUR")}, "/price"),
        ({"price": money(3000)}, "/compare_at_price"),
        ({"price": money(1), "compare_at_price": None}, "/price"),
        ({"is_featured": None}, "/is_featured"),
    ],
)
def test_a_bad_change_changes_nothing(change: Json, pointer: str) -> None:
    product = a_product(compare_at_price=money(2000), variants=[{"sku": "V", "price_adjustment": money(-100)}])
    path = f"/v1/products/{product['product_id']}"
    answer = admin().patch(path, change, if_match='"1"')
    assert [e["pointer"] for e in answer.refused(422, answer.body["code"])["errors"]] == [pointer]
    assert admin().get(path).ok() == product


def test_a_new_sku_and_slug_free_the_old_ones() -> None:
    product_id = a_product()["product_id"]
    a_product(sku="TAKEN", name="Taken")
    path = f"/v1/products/{product_id}"
    admin().patch(path, {"sku": "TAKEN"}, if_match='"1"').refused(409, "sku_taken")
    admin().patch(path, {"slug": "taken"}, if_match='"1"').refused(409, "slug_taken")
    patch(product_id, {"sku": "CUP", "slug": "cup"})
    assert anyone().get("/v1/products/by-sku/CUP").ok() == anyone().get("/v1/products/by-slug/cup").ok()
    anyone().get("/v1/products/by-sku/MUG").refused(404, "not_found")
    anyone().get("/v1/products/by-slug/mug").refused(404, "not_found")
    assert a_product()["slug"] == "mug"


def test_every_price_that_is_set_is_in_the_history_with_who_and_why() -> None:
    product = a_product(variants=[{"sku": "OWN", "price": money(900)}, {"sku": "MORE", "price_adjustment": money(50)}])
    path, (own, more) = f"/v1/products/{product['product_id']}", product["variants"]
    changed = patch(product["product_id"], {"price": money(1000), "compare_at_price": money(1250), "reason": "sale"})
    assert changed["is_on_sale"]
    assert [v["effective_price"] for v in changed["variants"]] == [money(900), money(1050)]
    variant = f"{path}/variants/{own['variant_id']}"
    admin().patch(variant, {"price": money(800), "reason": "too dear"}, if_match='"2"').ok(200)
    rows = admin().get(f"{path}/price-history").ok()["data"]
    assert [(r["variant_id"], r["price"]["amount"], r["changed_by"], r["reason"]) for r in rows] == [
        (own["variant_id"], 800, "admin-1", "too dear"),
        (None, 1000, "admin-1", "sale"),
        (None, 1250, "admin-1", None),
    ]
    assert rows[1]["compare_at_price"] == money(1250)
    public = anyone().get(f"{path}/price-history").ok()["data"]
    assert [(r["price"], r["changed_by"], r["reason"]) for r in public] == [(r["price"], None, None) for r in rows]
    told = {e["variant_id"]: (e["old_price"]["amount"], e["price"]["amount"]) for e in said("product.price_changed")}
    assert told == {None: (1250, 1000), more["variant_id"]: (1300, 1050), own["variant_id"]: (900, 800)}
    assert len(said("product.price_changed")) == 3
    first = anyone().get(f"{path}/price-history?limit=2").ok()
    last = anyone().get(f"{path}/price-history?limit=2&cursor={first['next_cursor']}").ok()
    assert [r["price"]["amount"] for r in first["data"] + last["data"]] == [800, 1000, 1250]
    assert not last["has_more"]


def test_parts_have_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.model.product.VARIANTS_MAX", 1)
    monkeypatch.setattr("catalog.model.product.IMAGES_MAX", 1)
    monkeypatch.setattr("catalog.model.product.TAGS_MAX", 1)
    path = (
        f"/v1/products/{a_product(variants=[{'sku': 'V'}], tags=['t'], images=[{'url': 'https://x/1'}])['product_id']}"
    )
    admin().post(f"{path}/variants", {"sku": "W"}).refused(422, "variant_limit")
    admin().post(f"{path}/images", {"url": "https://x/2"}).refused(422, "image_limit")
    admin().put(f"{path}/tags/u").refused(422, "tag_limit")


def test_the_largest_changes_fit_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """A price that every variant follows; and a status that every tag and category follows."""
    product = Product(product_id="p", sku="P", name="P", slug="p", price=USD, currency="USD", is_featured=True)
    owner = {"product_id": "p"}
    listing = Listing(
        product=product,
        variants=[
            Variant(**owner, variant_id=f"v{n}", sku=f"V{n}", position=n, price_adjustment=USD)
            for n in range(VARIANTS_MAX)
        ],
        tags=[Tag(**owner, tag=f"t{n}", position=n, product_created_at="now") for n in range(TAGS_MAX)],
        links=[
            CategoryLink(
                **owner,
                category_id=f"c{n}",
                name="c",
                slug="c",
                position=n,
                category_version=1,
                product_created_at="now",
            )
            for n in range(CATEGORIES_MAX)
        ],
    ).settled()
    sizes: list[int] = []
    monkeypatch.setattr(Transaction, "commit", lambda self, cause: sizes.append(len(self.writes)))
    dearer = product.but(price=Money(amount=2, currency="USD"), sku="Q", slug="q", is_featured=False)
    changing.write(listing, listing.but(product=dearer), "admin-1", "why")
    changing.write(listing, listing.but(product=product.but(status="active")), "admin-1")
    assert len(sizes) == 2
    assert max(sizes) <= MAX_ACTIONS


def test_a_document_has_a_largest_size() -> None:
    many = {str(n): "é" * 150 for n in range(50)}
    variants = [{"sku": f"V{n}", "attributes": many} for n in range(12)]
    admin().post("/v1/products", mug(variants=variants)).refused(422, "document_too_large")
    product_id = a_product(variants=variants[:11])["product_id"]
    admin().post(f"/v1/products/{product_id}/variants", variants[11]).refused(422, "document_too_large")
    assert len(anyone().get(f"/v1/products/{product_id}/variants").ok()["data"]) == 11


def test_a_seller_keeps_only_their_own_products() -> None:
    made = a_product(seller())
    assert made["seller_id"] == "seller-1"
    path = f"/v1/products/{made['product_id']}"
    variant = {"sku": "V"}
    for stranger in (seller("seller-2"), seller("seller-3")):
        stranger.patch(path, {"name": "Mine"}, if_match='"1"').refused(404, "not_found")
        stranger.delete(path, if_match='"1"').refused(404, "not_found")
        stranger.post(f"{path}/status-changes", {"status": "inactive"}).refused(404, "not_found")
        stranger.post(f"{path}/variants", variant).refused(404, "not_found")
        stranger.post(f"{path}/images", {"url": "https://x/1"}).refused(404, "not_found")
        stranger.put(f"{path}/tags/t").refused(404, "not_found")
        stranger.put(f"{path}/categories/c").refused(404, "not_found")
    seller().patch(path, {"name": "Cup"}, if_match='"1"').ok(200)
    admin().patch(path, {"name": "Mug"}, if_match='"2"').ok(200)
    admins = a_product(sku="ADMINS", seller_id="seller-2")
    assert admins["seller_id"] == "seller-2"
    seller().patch(f"/v1/products/{admins['product_id']}", {"name": "x"}, if_match='"1"').refused(404, "not_found")
    problem = seller().post("/v1/products", mug(sku="S", seller_id="seller-2")).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/seller_id"
    for client, status, code in ((anyone(), 401, "unauthenticated"), (user(), 403, "forbidden")):
        client.post("/v1/products", mug(sku="S")).refused(status, code)
        client.patch(path, {"name": "x"}, if_match='"3"').refused(status, code)


def test_flags_and_badges_are_the_admins() -> None:
    path = f"/v1/products/{a_product(seller())['product_id']}"
    for flag in ({"is_featured": True}, {"badges": ["hot"]}, {"is_bestseller": True}, {"is_new_arrival": True}):
        seller().post("/v1/products", mug(sku="S", **flag)).refused(403, "forbidden")
        seller().patch(path, flag, if_match='"1"').refused(403, "forbidden")
        seller("seller-2").patch(path, flag, if_match='"1"').refused(404, "not_found")
    changed = admin().patch(path, {"is_featured": True, "badges": ["hot"]}, if_match='"1"').ok(200)
    assert (changed["is_featured"], changed["badges"]) == (True, ["hot"])
    assert listed("?featured=true") == ["MUG"]
    admin().patch(path, {"is_featured": False}, if_match='"2"').ok(200)
    assert listed("?featured=true") == []
    assert listed("?featured=false") == ["MUG"]


def test_products_are_listed_newest_first_across_all_shards() -> None:
    for n in range(12):
        a_product(sku=f"S{n:02}", name=f"Mug {n}", is_featured=n % 2 == 0, tags=["even" if n % 2 == 0 else "odd"])
    newest = [f"S{n:02}" for n in reversed(range(12))]
    for query, expected in (("", newest), ("&tag=EVEN", newest[1::2]), ("&featured=true", newest[1::2])):
        seen: list[str] = []
        cursor = ""
        while True:
            page = anyone().get(f"/v1/products?limit=5{query}{cursor}").ok()
            seen += [product["sku"] for product in page["data"]]
            if not page["has_more"]:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert seen == expected
    first = anyone().get("/v1/products?limit=5").ok()
    anyone().get(f"/v1/products?limit=5&tag=odd&cursor={first['next_cursor']}").refused(400, "invalid_cursor")
    anyone().get("/v1/products?limit=101").refused(400, "invalid_parameter")
    anyone().get("/v1/products?sort=price").refused(400, "invalid_parameter")
    anyone().get("/v1/products?color=red").refused(400, "invalid_parameter")


def test_filters_narrow_one_another() -> None:
    kitchen = admin().post("/v1/categories", {"name": "Kitchen"}).ok(201)["category_id"]
    a_product(sku="A", category_ids=[kitchen], tags=["red"], is_featured=True)
    a_product(sku="B", category_ids=[kitchen], tags=["red"])
    a_product(sku="C", tags=["red"])
    a_product(sku="D", category_ids=[kitchen], tags=["red"], status="draft")
    assert sorted(listed(f"?category={kitchen}")) == ["A", "B"]
    assert sorted(listed(f"?category={kitchen}&tag=red")) == ["A", "B"]
    assert listed(f"?category={kitchen}&tag=red&featured=true") == ["A"]
    assert listed(f"?category={kitchen}&status=draft", admin()) == ["D"]
    assert sorted(listed("?tag=red", admin())) == ["A", "B", "C", "D"]


def test_a_list_shows_what_a_shopper_looks_for() -> None:
    a_product(images=[{"url": "https://x/2", "sort_order": 2}, {"url": "https://x/1", "sort_order": 1}])
    (summary,) = anyone().get("/v1/products").ok()["data"]
    assert (summary["name"], summary["price"], summary["image_url"]) == ("Mug", money(1250), "https://x/1")
    assert "edition" not in summary
    assert "operation" not in summary


def test_a_cached_product_costs_one_read_and_no_change_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    product_id = a_product()["product_id"]
    path = f"/v1/products/{product_id}"
    calls: list[str] = []
    call = Table.call

    def counted(self: Table, what: Any) -> Any:
        calls.append("call")
        return call(self, what)

    anyone().get(path).ok()
    monkeypatch.setattr(Table, "call", counted)
    assert anyone().get(path).ok()["name"] == "Mug"
    assert calls == ["call"]
    patch(product_id, {"name": "Cup"})
    assert anyone().get(path).ok()["name"] == "Cup"
    admin().put(f"{path}/tags/new").ok(204)
    assert anyone().get(path).ok()["tags"] == ["new"]


def test_a_reader_overtaken_by_a_change_does_not_cache_what_it_read(monkeypatch: pytest.MonkeyPatch) -> None:
    product_id = a_product()["product_id"]
    path = f"/v1/products/{product_id}"
    fill, rivals = shelf.fill_cache, ["Cup"]

    def overtaken(document: Any) -> None:
        if rivals:
            patch(product_id, {"name": rivals.pop()}, version=1)
        fill(document)

    monkeypatch.setattr(shelf, "fill_cache", overtaken)
    assert anyone().get(path).ok()["name"] == "Mug"
    assert anyone().get(path).ok()["name"] == "Cup"
    assert anyone().get(path).ok()["name"] == "Cup"


def test_an_old_cache_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    import time_machine

    from shop import clock

    path = f"/v1/products/{a_product()['product_id']}"
    anyone().get(path).ok()
    finds: list[str] = []
    find = shelf.find

    def noted(product_id: str) -> Any:
        finds.append(product_id)
        return find(product_id)

    monkeypatch.setattr(shelf, "find", noted)
    with time_machine.travel(clock.epoch(clock.after(3601)), tick=True):
        anyone().get(path).ok()
        assert len(finds) == 1
        anyone().get(path).ok()
        assert len(finds) == 1


def test_two_changes_at_once_without_a_version_both_happen(monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/v1/products/{a_product()['product_id']}"
    save, rivals = shelf.save, ["first"]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            admin().put(f"{path}/tags/{rivals.pop()}").ok(204)
        save(*arguments)

    monkeypatch.setattr(shelf, "save", overtaken)
    admin().put(f"{path}/tags/second").ok(204)
    assert anyone().get(path).ok()["tags"] == ["first", "second"]


def test_of_two_changes_of_one_version_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    product_id = a_product()["product_id"]
    save, rivals = shelf.save, ["Rival"]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            patch(product_id, {"name": rivals.pop()}, version=1)
        save(*arguments)

    monkeypatch.setattr(shelf, "save", overtaken)
    admin().patch(f"/v1/products/{product_id}", {"name": "Slow"}, if_match='"1"').refused(412, "version_mismatch")
    assert anyone().get(f"/v1/products/{product_id}").ok()["name"] == "Rival"
