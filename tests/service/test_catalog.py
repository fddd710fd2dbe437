"""Products: what can be made, and what cannot.

R69-R72; B76, B79, B80, B82; E21; CAT-01.
"""

from typing import Any

import pytest

from catalog.logic import changing
from catalog.store import writing
from tests.kit import admin, anyone, pending
from tests.service.catalog_kit import Json, a_product, listed, money, mug, patch, said

pytestmark = pytest.mark.usefixtures("shop")

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
    save, rivals = writing.save, [mug(name="Rival", variants=[{"sku": "SAME"}])]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            admin().post("/v1/products", rivals.pop()).ok(201)
        save(*arguments)

    monkeypatch.setattr(writing, "save", overtaken)
    admin().post("/v1/products", mug(sku="SAME", name="Slow")).refused(409, "sku_taken")
    assert anyone().get("/v1/products/by-sku/SAME").ok()["name"] == "Rival"
    assert listed() == ["MUG"]


def test_of_two_products_taking_one_slug_at_once_one_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other gets the next number; or is refused, when it asked for that very slug."""
    path = f"/v1/products/{a_product(sku='OTHER', name='Other')['product_id']}"
    save, rivals = writing.save, list[Json]()

    def overtaken(*arguments: Any) -> None:
        if rivals:
            a_product(**rivals.pop())
        save(*arguments)

    monkeypatch.setattr(writing, "save", overtaken)
    rivals.append({"sku": "FAST"})
    assert a_product(sku="SLOW")["slug"] == "mug-2"
    rivals.append({"sku": "FASTER", "slug": "cup"})
    admin().post("/v1/products", mug(sku="SLOWER", slug="cup")).refused(409, "slug_taken")
    rivals.append({"sku": "FASTEST", "slug": "pot"})
    admin().patch(path, {"slug": "pot"}, if_match='"1"').refused(409, "slug_taken")
    assert [anyone().get(f"/v1/products/by-slug/{slug}").ok(200)["sku"] for slug in ("mug", "cup", "pot")] == [
        "FAST",
        "FASTER",
        "FASTEST",
    ]


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


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Fish & chips, 3 < 5, AT&T", "Fish & chips, 3 < 5, AT&T"),
        ("<p>Holds <b>coffee</b> &amp; tea</p>", "<p>Holds <b>coffee</b> &amp; tea</p>"),
        ('<p onclick="x()">Hi<script>alert(1)</script></p>', "<p>Hi</p>"),
        ('<a href="javascript:alert(1)">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ("<img src=x onerror=alert(1)>", '<img src="x">'),
        ("<style>p{}</style><iframe src=//x></iframe>hello", "hello"),
        ("Hi <!-- there --> you", "Hi  you"),
    ],
)
def test_html_loses_what_could_do_harm_and_text_stays_as_it_is(given: str, kept: str) -> None:
    body = a_product(description=given, short_description=given)
    path = f"/v1/products/{body['product_id']}"
    assert (body["description"], body["short_description"]) == (kept, kept)
    patched = patch(body["product_id"], {"description": "new"}) and patch(body["product_id"], {"description": given})
    assert patched["description"] == anyone().get(path).ok(200)["description"] == kept
    assert patch(body["product_id"], {"description": kept})["version"] == patched["version"]
    category = admin().post("/v1/categories", {"name": "C", "description": given}).ok(201)
    assert category["description"] == kept


def test_html_that_grows_too_long_is_refused() -> None:
    problem = admin().post("/v1/products", mug(description="<b>" + "&" * 9_000)).refused(422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/description", "string_too_long")]


@pytest.mark.parametrize(
    "url", ["mug.jpg", "javascript:alert(1)", "https://", "https:///mug.jpg", "http://a b/c.jpg", "http://a:b/c.jpg"]
)
def test_an_address_of_a_picture_that_is_none_is_refused(url: str) -> None:
    path = f"/v1/products/{a_product(variants=[{'sku': 'V'}])['product_id']}"
    for pointer, answer in (
        ("/images/0/url", admin().post("/v1/products", mug(sku="S", images=[{"url": url}]))),
        ("/variants/0/image_url", admin().post("/v1/products", mug(variants=[{"sku": "W", "image_url": url}]))),
        ("/url", admin().post(f"{path}/images", {"url": url})),
        ("/image_url", admin().post("/v1/categories", {"name": "C", "image_url": url})),
    ):
        assert [e["pointer"] for e in answer.refused(422, "validation_failed")["errors"]] == [pointer]
