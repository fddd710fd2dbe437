"""What a product shows of what others keep: its stock, and what reviewers think (B88, B93; E34, E91)."""

import json
from typing import Any

import pytest

from catalog.app import app
from catalog.store import writing
from tests.kit import admin, anyone, pending, user
from tests.service.catalog_kit import a_product, listen, news, seller, stock, tell, together

pytestmark = pytest.mark.usefixtures("shop")


def shown(path: str, by: Any = None) -> tuple[int, str]:
    product = (by or admin()).get(path).ok()
    return product["stock_quantity"], product["stock_status"]


def test_stock_follows_what_inventory_says_and_the_cache_is_dropped() -> None:
    product_id = a_product(seller())["product_id"]
    path = f"/v1/products/{product_id}"
    assert shown(path) == (0, "out_of_stock")
    stock(product_id, None, 120, 2)
    assert shown(path) == shown(path, seller()) == (120, "in_stock")
    for public in (anyone(), user()):
        assert shown(path, public) == (99, "in_stock")
    assert anyone().get("/v1/products").ok()["data"][0]["stock_quantity"] == 99
    stock(product_id, None, 3, 3, "low_stock")
    assert shown(path, anyone()) == (3, "low_stock")


def test_duplicates_and_old_news_of_stock_change_nothing() -> None:
    product_id = a_product()["product_id"]
    path = f"/v1/products/{product_id}"
    stock(product_id, None, 7, 5)
    version = anyone().get(path).ok()["version"]
    stock(product_id, None, 7, 5)
    listen(news(product_id, None, 9, 4, event_id="another"), news(product_id, None, 9, 5, event_id="and another"))
    assert shown(path) == (7, "in_stock")
    assert anyone().get(path).ok()["version"] == version
    stock(product_id, None, 7, 8)
    listen(news(product_id, None, 9, 7, event_id="late"))
    assert (shown(path), anyone().get(path).ok()["version"]) == ((7, "in_stock"), version)


def test_a_product_shows_the_sum_and_the_best_of_its_variants() -> None:
    product = a_product(variants=[{"sku": "A"}, {"sku": "B"}])
    product_id, (a, b) = product["product_id"], [v["variant_id"] for v in product["variants"]]
    path = f"/v1/products/{product_id}"
    stock(product_id, None, 50, 1)
    assert shown(path) == (0, "out_of_stock")
    stock(product_id, a, 2, 1, "low_stock")
    assert shown(path) == (2, "low_stock")
    stock(product_id, b, 120, 1)
    assert shown(path) == (122, "in_stock")
    public = anyone().get(path).ok()["variants"]
    assert [(v["stock_quantity"], v["stock_status"]) for v in public] == [(2, "low_stock"), (99, "in_stock")]
    admin().delete(f"{path}/variants/{b}", if_match=anyone().get(path).etag).ok(204)
    assert shown(path) == (2, "low_stock")
    stock(product_id, b, 9, 2)
    stock("gone", None, 9, 1)
    assert shown(path) == (2, "low_stock")


def test_stock_does_not_disturb_who_edits() -> None:
    product_id = a_product()["product_id"]
    path = f"/v1/products/{product_id}"
    stock(product_id, None, 7, 1)
    assert anyone().get(path).etag == '"2"'
    assert anyone().get(path, if_none_match='"1"').status == 200
    admin().patch(path, {"name": "Cup"}, if_match='"1"').ok(200)
    admin().patch(path, {"name": "Glass"}, if_match='"2"').refused(412, "version_mismatch")
    assert shown(path) == (7, "in_stock")


def test_stock_and_an_edit_at_once_both_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    product_id = a_product()["product_id"]
    path = f"/v1/products/{product_id}"
    save, save_stock, rivals = writing.save, writing.save_stock, ["stock", "edit"]

    def edit_overtaken(*arguments: Any) -> None:
        if "stock" in rivals:
            rivals.remove("stock")
            stock(product_id, None, 7, 1)
        save(*arguments)

    def stock_overtaken(*arguments: Any) -> None:
        if rivals == ["edit"]:
            rivals.remove("edit")
            admin().put(f"{path}/tags/new").ok(204)
        save_stock(*arguments)

    monkeypatch.setattr(writing, "save", edit_overtaken)
    monkeypatch.setattr(writing, "save_stock", stock_overtaken)
    admin().put(f"{path}/tags/old").ok(204)
    product = anyone().get(path).ok()
    assert (sorted(product["tags"]), product["stock_quantity"]) == (["new", "old"], 7)


def test_what_is_heard_together_shows_as_if_it_were_heard_one_by_one() -> None:
    """A known unit, one that is told of three times and out of order, variants, what is not known, and duplicates."""
    mug, cup = a_product()["product_id"], a_product(sku="CUP")["product_id"]
    shirt = a_product(sku="SHIRT", variants=[{"sku": "S"}, {"sku": "M"}])
    shirt_id, (small, medium) = shirt["product_id"], [v["variant_id"] for v in shirt["variants"]]
    for product_id, variant_id in ((mug, None), (cup, None), (shirt_id, None), (shirt_id, small), (shirt_id, medium)):
        stock(product_id, variant_id, 100, 1)
    versions = {each: admin().get(f"/v1/products/{each}").ok()["version"] for each in (mug, cup, shirt_id)}
    events = [
        *(news(mug, None, left, version) for version, left in ((3, 97), (2, 98), (4, 96))),
        *(news(shirt_id, name, left, 2) for name, left in ((None, 50), (small, 60), (medium, 70))),
        news(cup, None, 3, 2, "low_stock"),
        *(news(mug, "gone", 9, 1), news("gone", None, 9, 1), news(mug, None, 100, 1)),
    ]
    for _ in range(2):
        together(*events)
        assert [shown(f"/v1/products/{each}") for each in (mug, cup, shirt_id)] == [
            (96, "in_stock"),
            (3, "low_stock"),
            (130, "in_stock"),
        ]
        public = anyone().get(f"/v1/products/{shirt_id}").ok()
        assert [v["stock_quantity"] for v in public["variants"]] == [60, 70]
        assert {each: admin().get(f"/v1/products/{each}").ok()["version"] - was for each, was in versions.items()} == {
            mug: 1,
            cup: 1,
            shirt_id: 1,
        }


def test_what_cannot_be_read_holds_up_nothing_that_is_heard_with_it() -> None:
    mug, cup = a_product()["product_id"], a_product(sku="CUP")["product_id"]
    stock(mug, None, 100, 1)
    stock(cup, None, 100, 1)
    broken = {**news(mug, None, 1, 9), "data": {}}
    bodies = [
        *("{", json.dumps({"detail-type": "stock.updated", "detail": broken})),
        *(json.dumps({"detail-type": "stock.updated", "detail": news(each, None, 90, 2)}) for each in (mug, cup)),
    ]
    records = [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]
    failed = [{"itemIdentifier": "m0"}, {"itemIdentifier": "m1"}]
    assert app.events({"Records": records}, None) == {"batchItemFailures": failed}
    assert [shown(f"/v1/products/{each}") for each in (mug, cup)] == [(90, "in_stock"), (90, "in_stock")]


def test_who_is_faster_than_what_is_heard_together_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    mug, cup = a_product()["product_id"], a_product(sku="CUP")["product_id"]
    for product_id in (mug, cup):
        stock(product_id, None, 100, 1)
    save_stocks = writing.save_stocks

    def overtaken(changes: Any) -> None:
        stock(mug, None, 90, 2)
        admin().put(f"/v1/products/{cup}/tags/new").ok(204)
        save_stocks(changes)

    monkeypatch.setattr(writing, "save_stocks", overtaken)
    together(news(mug, None, 80, 3), news(cup, None, 70, 2))
    assert [shown(f"/v1/products/{each}") for each in (mug, cup)] == [(80, "in_stock"), (70, "in_stock")]
    assert anyone().get(f"/v1/products/{cup}").ok()["tags"] == ["new"]


def rated(product_id: str, average: float, count: int, version: int, event_id: str = "") -> None:
    tell(
        "rating.updated", product_id, version, {"product_id": product_id, "average": average, "count": count}, event_id
    )


def test_a_rating_is_shown_at_once_everywhere() -> None:
    """B88, E91."""
    product_id = a_product()["product_id"]
    path = f"/v1/products/{product_id}"
    anyone().get(path).ok(200)
    rated(product_id, 4.33, 3, 1)
    assert anyone().get(path).ok(200)["rating"] == {"average": 4.33, "count": 3}
    assert anyone().get("/v1/products").ok(200)["data"][0]["rating"] == {"average": 4.33, "count": 3}
    admin().patch(path, {"name": "Cup"}, if_match='"1"').ok(200)
    assert anyone().get(path).ok(200)["rating"]["count"] == 3
    assert "rating_version" not in admin().get(path).ok(200)


def test_duplicates_and_old_news_of_ratings_change_nothing() -> None:
    product_id = a_product()["product_id"]
    path = f"/v1/products/{product_id}"
    rated(product_id, 5, 2, 7, "once")
    version = anyone().get(path).ok(200)["version"]
    rated(product_id, 5, 2, 7, "once")
    rated(product_id, 1, 1, 6)
    rated("gone", 1, 1, 1)
    assert (anyone().get(path).ok(200)["rating"], anyone().get(path).ok(200)["version"]) == (
        {"average": 5, "count": 2},
        version,
    )
    assert [kind for kind, _ in pending("catalog")] == ["product.created"]


def test_a_rating_and_an_edit_at_once_both_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    product_id = a_product()["product_id"]
    path = f"/v1/products/{product_id}"
    save_copies, rivals = writing.save_copies, ["edit"]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            admin().put(f"{path}/tags/{rivals.pop()}").ok(204)
        save_copies(*arguments)

    monkeypatch.setattr(writing, "save_copies", overtaken)
    rated(product_id, 4, 1, 1)
    product = anyone().get(path).ok(200)
    assert (product["tags"], product["rating"]) == (["edit"], {"average": 4, "count": 1})
