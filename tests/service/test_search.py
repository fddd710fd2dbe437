"""Finding products (R273, R274; SRCH-01, SRCH-04; AP65-AP67; B183-B186), as they are (B77, B78, B86, B93, B170)."""

import random
from typing import Any

import pytest
import time_machine

from search.engine.reading import Found, Reader
from search.model.asking import Search
from search.store import documents
from tests import kit
from tests.service.search_kit import Json, a_product, batch, carry, money, names, search_for

pytestmark = pytest.mark.usefixtures("shop")

HEART, LANTERN, BAG = "WHITE HANGING HEART T-LIGHT HOLDER", "MOROCCAN LANTERN BRASS", "LUNCH BAG DAISY CHAIN"


def change(product: Json, **fields: Any) -> None:
    path = f"/v1/products/{product['product_id']}"
    kit.admin().patch(path, fields, if_match=kit.admin().get(path).etag).ok(200)


def status(product: Json, status: str, **fields: Any) -> None:
    kit.admin().post(f"/v1/products/{product['product_id']}/status-changes", {"status": status, **fields}).ok(200)


def a_category(name: str, **fields: Any) -> str:
    made: str = kit.admin().post("/v1/categories", {"name": name, **fields}).ok(201)["category_id"]
    return made


def event(type_: str, about: str, version: int, data: Json, event_id: str = "") -> tuple[str, Json]:
    return type_, {
        "id": event_id or f"{type_}-{about}-{version}",
        "type": type_,
        "version": 1,
        "occurred_at": "2026-01-31T09:00:00.000Z",
        "aggregate_type": "thing",
        "aggregate_id": about,
        "aggregate_version": version,
        "correlation_id": "c",
        "actor": {"type": "system"},
        "data": data,
    }


def stock(product: Json, status: str, version: int, variant_id: str | None = None) -> tuple[str, Json]:
    unit = {"inventory_id": f"i-{variant_id}", "product_id": product["product_id"], "variant_id": variant_id}
    counts = {"quantity": 1, "reserved": 0, "available": 1}
    return event("stock.updated", f"i-{variant_id}", version, {**unit, **counts, "stock_status": status})


def rating(product: Json, average: float, version: int) -> tuple[str, Json]:
    data = {"product_id": product["product_id"], "average": average, "count": version}
    return event("rating.updated", product["product_id"], version, data)


def test_what_was_made_is_found_and_shown_as_it_is() -> None:
    brand = {"name": "Acme", "logo_url": "https://img.example.com/acme.png"}
    images = [{"url": "https://img.example.com/heart.jpg"}]
    kitchen = a_category("Kitchen")
    made = a_product(
        HEART, tags=["gift"], brand=brand, images=images, category_ids=[kitchen], compare_at_price=money(900)
    )
    carry()
    found = search_for("hanging heart")
    (hit,) = found["data"]
    assert (found["total"], found["has_more"], found["next_cursor"]) == (1, False, None)
    same = ("product_id", "sku", "name", "slug", "price", "compare_at_price", "is_on_sale", "currency", "tags", "brand")
    assert {name: hit[name] for name in same} == {name: made[name] for name in same}
    assert (hit["image_url"], hit["stock_status"]) == (images[0]["url"], "out_of_stock")
    assert (hit["category"]["name"], hit["created_at"]) == ("Kitchen", made["created_at"])
    assert "description" not in hit


def test_a_shop_in_which_nothing_was_ever_made_finds_nothing() -> None:
    carry()
    assert search_for("heart")["total"] == search_for()["total"] == 0
    assert kit.anyone().get("/v1/search/suggestions?prefix=hea").ok(200)["data"] == []


def test_names_count_more_than_tags_and_tags_more_than_descriptions() -> None:
    a_product("WALL SIGN", sku="1", description="With a lantern on it, and a heart.")
    a_product("GLASS JAR", sku="2", tags=["lantern"])
    a_product("PAPER LANTERN", sku="3")
    carry()
    assert names("lantern") == ["PAPER LANTERN", "GLASS JAR", "WALL SIGN"]


def test_brand_and_category_are_searched_too() -> None:
    a_product("MUG", sku="1", brand={"name": "Lovebird & Söhne"})
    a_product("CUP", sku="2", category_ids=[a_category("Breakfast things")])
    carry()
    assert names("sohne") == ["MUG"]
    assert names("breakfast") == ["CUP"]


def test_only_what_is_active_and_visible_is_found() -> None:
    """B184."""
    goods = {name: a_product(name) for name in ("HEART ONE", "HEART TWO", "HEART THREE", "HEART FOUR")}
    a_product("HEART DRAFT", status="draft")
    carry()
    assert len(names("heart")) == 4
    status(goods["HEART ONE"], "inactive")
    status(goods["HEART TWO"], "active", is_visible=False)
    path = f"/v1/products/{goods['HEART THREE']['product_id']}"
    kit.admin().delete(path, if_match=kit.admin().get(path).etag).ok(204)
    carry()
    assert names("heart") == names() == ["HEART FOUR"]
    status(goods["HEART ONE"], "active")
    status(goods["HEART TWO"], "active", is_visible=True)
    carry()
    assert sorted(names("heart")) == ["HEART FOUR", "HEART ONE", "HEART TWO"]


def test_a_change_is_found_and_what_was_is_not() -> None:
    made = a_product(HEART)
    carry()
    change(made, name=LANTERN, price=money(700))
    carry()
    assert names("heart") == []
    (hit,) = search_for("lantern")["data"]
    assert (hit["name"], hit["price"]) == (LANTERN, money(700))


def test_a_category_that_is_renamed_is_found_by_its_new_name() -> None:
    kitchen = a_category("Kitchen")
    a_product("SPOON", category_ids=[kitchen])
    carry()
    path = f"/v1/categories/{kitchen}"
    kit.admin().patch(path, {"name": "Cookery"}, if_match=kit.admin().get(path).etag).ok(200)
    carry()
    assert names("cookery") == ["SPOON"]
    assert names("kitchen") == []
    assert [c["name"] for c in search_for()["facets"]["categories"]] == ["Cookery"]


def test_news_may_come_twice_and_in_any_order() -> None:
    made = [a_product(f"HEART {number}") for number in range(4)]
    for product in made:
        change(product, name=f"LANTERN {product['name'][-1]}")
        change(product, price=money(100))
    told = kit.pending("catalog") * 2
    random.Random(7).shuffle(told)
    heard = [one for one in told if one[0] in ("product.created", "product.updated")]
    assert batch(*heard[:9]) == batch(*heard[9:]) == {"batchItemFailures": []}
    assert names("heart") == []
    found = search_for("lantern", sort="name")["data"]
    assert [(hit["name"], hit["price"]) for hit in found] == [(f"LANTERN {n}", money(100)) for n in range(4)]


def test_stock_and_rating_that_come_before_the_product_are_not_lost() -> None:
    made = a_product(HEART)
    batch(stock(made, "in_stock", 3), rating(made, 4.5, 2))
    assert names("heart") == names() == []
    carry()
    (hit,) = search_for("heart")["data"]
    assert (hit["stock_status"], hit["rating"]) == ("in_stock", {"average": 4.5, "count": 2})
    assert names(in_stock="true", min_rating="4.5") == [HEART]


def test_older_news_of_stock_and_rating_changes_nothing() -> None:
    """B93, B170."""
    made = a_product(HEART)
    carry()
    batch(stock(made, "in_stock", 5), rating(made, 4, 5))
    batch(stock(made, "out_of_stock", 4), rating(made, 1, 4), stock(made, "in_stock", 5), rating(made, 4, 5))
    (hit,) = search_for("heart")["data"]
    assert (hit["stock_status"], hit["rating"]["average"]) == ("in_stock", 4)
    batch(stock(made, "out_of_stock", 6))
    assert names("heart", in_stock="true") == []
    assert names("heart", in_stock="false") == [HEART]


def test_a_product_is_in_stock_while_any_variant_is() -> None:
    made = a_product(HEART, variants=[{"sku": "RED"}, {"sku": "BLUE"}])
    red, blue = (variant["variant_id"] for variant in made["variants"])
    carry()
    batch(stock(made, "in_stock", 2, red), stock(made, "low_stock", 2, blue), stock(made, "in_stock", 9, "of old"))
    assert search_for("heart")["data"][0]["stock_status"] == "in_stock"
    batch(stock(made, "out_of_stock", 3, red))
    assert search_for("heart")["data"][0]["stock_status"] == "low_stock"
    batch(stock(made, "out_of_stock", 3, blue))
    assert search_for("heart")["data"][0]["stock_status"] == "out_of_stock"


def test_stock_follows_the_shelf() -> None:
    kit.perform("inventory", "seed_warehouse", code="MAIN", name="Main")
    made = a_product(HEART)
    carry()
    (item,) = kit.admin().get(f"/v1/inventory-items?sku={made['sku']}").ok()["data"]
    path = f"/v1/inventory-items/{item['inventory_id']}/restocks"
    kit.admin().post(path, {"quantity": 50, "reason": "delivery"}, idempotency_key="k").ok(201)
    carry()
    assert search_for("heart")["data"][0]["stock_status"] == "in_stock"


def test_a_product_without_a_price_of_its_own_has_its_cheapest_variants() -> None:
    a_product(HEART, price=None, variants=[{"sku": "A", "price": money(900)}, {"sku": "B", "price": money(700)}])
    carry()
    assert search_for(max_price=700)["data"][0]["price"] == money(700)
    assert names(max_price=699) == []


@pytest.fixture
def shelf() -> dict[str, str]:
    """A few products of every kind; the ids of their categories."""
    kitchen = a_category("Kitchen")
    ids = {"kitchen": kitchen, "cups": a_category("Cups & mugs", parent_id=kitchen), "garden": a_category("Garden")}
    goods: list[Json] = [
        {"name": "RED CUP", "price": money(300), "category_ids": [ids["kitchen"], ids["cups"]], "tags": ["red", "cup"]},
        {"name": "BLUE CUP", "price": money(500), "category_ids": [ids["kitchen"], ids["cups"]], "tags": ["cup"]},
        {"name": "APRON", "price": money(800), "category_ids": [ids["kitchen"]], "brand": {"name": "Ana and Co"}},
        {"name": "SPADE", "price": money(2000), "category_ids": [ids["garden"]], "is_featured": True},
        {"name": "RAKE", "price": money(1500), "compare_at_price": money(1900), "brand": {"name": "Ana and Co"}},
    ]
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False) as clock:
        made = []
        for body in goods:
            made.append(a_product(**body))
            clock.shift(60)
    carry()
    batch(stock(made[0], "in_stock", 2), stock(made[3], "low_stock", 2))
    batch(rating(made[0], 3.25, 3), rating(made[1], 4.5, 4), rating(made[2], 4.5, 9))
    return ids


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"category": "kitchen"}, "APRON, BLUE CUP, RED CUP"),
        ({"category": "cups-mugs"}, "BLUE CUP, RED CUP"),
        ({"subcategory": "cups-mugs"}, "BLUE CUP, RED CUP"),
        ({"subcategory": "kitchen"}, ""),
        ({"brand": "ANA and co"}, "APRON, RAKE"),
        ({"brand": "ana"}, ""),
        ({"min_price": 500, "max_price": 1500}, "APRON, BLUE CUP, RAKE"),
        ({"min_price": 900, "max_price": 100}, ""),
        ({"min_rating": "4.5"}, "APRON, BLUE CUP"),
        ({"min_rating": "3.26"}, "APRON, BLUE CUP"),
        ({"tag": "RED"}, "RED CUP"),
        ({"featured": "true"}, "SPADE"),
        ({"featured": "false", "on_sale": "false"}, "APRON, BLUE CUP, RED CUP"),
        ({"on_sale": "true"}, "RAKE"),
        ({"in_stock": "true"}, "RED CUP, SPADE"),
        ({"q": "cup", "in_stock": "true"}, "RED CUP"),
        ({"q": "cup", "category": "garden"}, ""),
        ({"category": "kitchen", "tag": "cup", "min_rating": "1", "max_price": 400}, "RED CUP"),
    ],
)
def test_filters_narrow_what_is_found(shelf: dict[str, str], asked: Json, wanted: str) -> None:
    found = search_for(**asked)
    assert ", ".join(sorted(hit["name"] for hit in found["data"])) == wanted
    assert found["total"] == len(found["data"])


def test_a_category_is_named_by_its_id_too(shelf: dict[str, str]) -> None:
    assert sorted(names(category=shelf["cups"])) == ["BLUE CUP", "RED CUP"]


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [
        ("price", "RED CUP, BLUE CUP, APRON, RAKE, SPADE"),
        ("-price", "SPADE, RAKE, APRON, BLUE CUP, RED CUP"),
        ("newest", "RAKE, SPADE, APRON, BLUE CUP, RED CUP"),
        ("relevance", "RAKE, SPADE, APRON, BLUE CUP, RED CUP"),
        ("NAME", "APRON, BLUE CUP, RAKE, RED CUP, SPADE"),
    ],
)
def test_what_is_found_comes_in_the_order_asked_for(shelf: dict[str, str], sort: str, wanted: str) -> None:
    """B186."""
    assert ", ".join(names(sort=sort)) == wanted


def test_by_rating_many_opinions_count_more_than_few(shelf: dict[str, str]) -> None:
    assert names(sort="rating")[:3] == ["APRON", "BLUE CUP", "RED CUP"]
    assert names("cup", sort="rating") == ["BLUE CUP", "RED CUP"]


def test_what_is_found_is_counted_by_kind(shelf: dict[str, str]) -> None:
    facets = search_for()["facets"]
    assert [(c["name"], c["slug"], c["id"], c["count"]) for c in facets["categories"]] == [
        ("Kitchen", "kitchen", shelf["kitchen"], 3),
        ("Cups & mugs", "cups-mugs", shelf["cups"], 2),
        ("Garden", "garden", shelf["garden"], 1),
    ]
    assert facets["brands"] == [{"name": "Ana and Co", "count": 2}]
    assert facets["tags"] == [{"name": "cup", "count": 2}, {"name": "red", "count": 1}]
    assert facets["ratings"] == [{"min_rating": n, "count": c} for n, c in ((4, 2), (3, 3), (2, 3), (1, 3))]
    assert facets["price"] == {"min": 300, "max": 2000}
    assert (facets["featured"], facets["on_sale"], facets["in_stock"]) == (1, 1, 2)
    fewer = search_for("cup", max_price=400)["facets"]
    assert (fewer["price"], fewer["tags"][0]["count"], fewer["brands"]) == ({"min": 300, "max": 300}, 1, [])


def test_pages_follow_one_another_without_gaps() -> None:
    for number in range(7):
        a_product(f"HEART {number}", price=money(100 + number))
    carry()
    seen: list[str] = []
    asked: Json = {"sort": "price", "limit": 3}
    page = search_for("heart", **asked)
    while True:
        assert page["total"] == 7
        seen += [hit["name"] for hit in page["data"]]
        if not page["has_more"]:
            break
        page = search_for("heart", **asked, cursor=page["next_cursor"])
    assert seen == [f"HEART {number}" for number in range(7)]
    assert page["next_cursor"] is None


def test_a_page_may_lie_across_two_blocks_of_hits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.logic.searching.BLOCK", 4)
    monkeypatch.setattr("search.logic.searching.HITS_MAX", 10)
    for number in range(12):
        a_product(f"HEART {number}", price=money(100 + number))
    carry()
    first = search_for("heart", sort="price", limit=3)
    second = search_for("heart", sort="price", limit=3, cursor=first["next_cursor"])
    third = search_for("heart", sort="price", limit=4, cursor=second["next_cursor"])
    seen = [hit["price"]["amount"] for page in (first, second, third) for hit in page["data"]]
    assert seen == list(range(100, 110))
    assert (third["total"], third["has_more"]) == (12, False)


def test_a_cursor_fits_only_the_search_it_came_from() -> None:
    for number in range(3):
        a_product(f"HEART {number}")
    carry()
    cursor = search_for("heart", limit=1)["next_cursor"]
    for other in (f"q=hearts&limit=1&cursor={cursor}", f"q=heart&in_stock=true&cursor={cursor}", "cursor=nonsense"):
        kit.anyone().get(f"/v1/search/products?{other}").refused(400, "invalid_cursor")


@pytest.mark.parametrize(
    "query",
    ["sort=best", "limit=0", "limit=101", "min_price=-1", "min_price=1.5", "min_rating=6", "featured=maybe", "x=1"],
)
def test_what_cannot_be_asked_is_refused_by_name(query: str) -> None:
    refused = kit.anyone().get(f"/v1/search/products?{query}").refused(400, "invalid_parameter")
    assert refused["errors"][0]["pointer"] == "?" + query.partition("=")[0]


def test_a_query_that_is_too_long_is_refused() -> None:
    refused = kit.anyone().get(f"/v1/search/products?q={'x' * 201}").refused(422, "query_too_long")
    assert refused["errors"][0]["pointer"] == "?q"
    kit.anyone().get(f"/v1/search/products?q={'x' * 200}").ok(200)


def test_suggestions_want_three_letters() -> None:
    a_product(HEART)
    carry()
    kit.anyone().get("/v1/search/suggestions?prefix=he").refused(400, "invalid_parameter")
    kit.anyone().get("/v1/search/suggestions").refused(400, "invalid_parameter")
    told = kit.anyone().get("/v1/search/suggestions?prefix=hea").ok(200)
    assert told == {"data": [HEART], "has_more": False, "next_cursor": None}


def test_what_was_found_lately_is_not_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """B185."""
    a_product(HEART)
    carry()
    found = search_for("hanging  HEART ")
    monkeypatch.setattr("search.engine.reading.Reader.search", lambda *_: pytest.fail("it was looked for"))
    assert search_for("Hanging heart")["data"] == found["data"]
    assert search_for("hanging heart")["facets"] == found["facets"]


def test_what_was_hidden_since_is_dropped_though_it_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """B185."""
    made, _ = a_product(HEART), a_product("HEART SIGN")
    carry()
    assert len(names("heart")) == 2
    status(made, "active", is_visible=False)
    monkeypatch.setattr("search.logic.indexing.publish", lambda: None)  # the index lags
    carry()
    assert names("heart") == ["HEART SIGN"]


def test_a_new_index_is_asked_again() -> None:
    a_product(HEART)
    carry()
    assert names("heart") == [HEART]
    a_product("HEART SIGN")
    carry()
    assert len(names("heart")) == 2


def test_what_was_found_half_an_hour_ago_is_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """SRCH-04."""
    a_product(HEART)
    carry()
    asked: list[str] = []
    real = Reader.search

    def search(self: Reader, query: Search, *where: int) -> Found:
        asked.append(query.words)
        return real(self, query, *where)

    monkeypatch.setattr(Reader, "search", search)
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False) as clock:
        search_for("heart")
        clock.shift(30 * 60 - 1)
        search_for("heart")
        assert asked == ["heart"]
        clock.shift(2)
        search_for("heart")
        assert asked == ["heart", "heart"]


def test_two_who_learn_of_a_product_at_once_both_do(monkeypatch: pytest.MonkeyPatch) -> None:
    made = a_product(HEART)
    carry()
    real, rivals = documents.write, [rating(made, 5, 7)]

    def write(*args: Any) -> None:
        if rivals:
            batch(rivals.pop())
        real(*args)

    monkeypatch.setattr(documents, "write", write)
    batch(stock(made, "in_stock", 9))
    (hit,) = search_for("heart")["data"]
    assert (hit["stock_status"], hit["rating"]["average"]) == ("in_stock", 5)
