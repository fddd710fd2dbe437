"""What carts and checkouts ask, and the stock that is shown (R105; B3, B77, B79, B88, B93; E34)."""

from typing import Any

import pytest

from catalog.store import products as shelf
from shop.errors import Refusal
from shop.table import Table
from tests.kit import admin, anyone, hear, perform, user
from tests.service.test_catalog import Json, a_product, money, patch, seller
from tests.service.test_catalog_parts import a_category

pytestmark = pytest.mark.usefixtures("shop")


def wanted(product_id: str, variant_id: str | None = None) -> Json:
    return {"product_id": product_id, "variant_id": variant_id, "quantity": 1}


def look_up(*lines: Json) -> list[Json]:
    found: list[Json] = perform("catalog", "look_up_products", lines=list(lines))["lines"]
    return found


def reason(product_id: str, variant_id: str | None = None) -> str | None:
    (line,) = look_up(wanted(product_id, variant_id))
    assert line["sellable"] is (line["reason"] is None)
    said: str | None = line["reason"]
    return said


def stock(product_id: str, variant_id: str | None, available: int, version: int, status: str = "in_stock") -> None:
    inventory_id = f"{product_id}-{variant_id}"
    heard(f"{inventory_id}-{version}", inventory_id, product_id, variant_id, available, version, status)


def heard(
    event_id: str, inventory_id: str, product_id: str, variant_id: str | None, available: int, version: int, status: str
) -> None:
    data = {
        "inventory_id": inventory_id,
        "product_id": product_id,
        "variant_id": variant_id,
        "quantity": available + 1,
        "reserved": 1,
        "available": available,
        "stock_status": status,
    }
    envelope = {
        "id": event_id,
        "type": "stock.updated",
        "version": 1,
        "occurred_at": "2026-01-31T09:00:00.000Z",
        "aggregate_type": "stock_item",
        "aggregate_id": inventory_id,
        "aggregate_version": version,
        "correlation_id": "c",
        "actor": {"type": "service", "id": "inventory"},
        "data": data,
    }
    hear("stock.updated", envelope, to=lambda service: service == "catalog")


def shown(path: str, by: Any = None) -> tuple[int, str]:
    product = (by or admin()).get(path).ok()
    return product["stock_quantity"], product["stock_status"]


def test_a_line_is_told_all_that_a_cart_shows() -> None:
    kitchen = a_category()
    product = a_product(
        weight_grams=350,
        category_ids=[kitchen],
        images=[{"url": "https://x/1"}],
        variants=[
            {"sku": "RED", "color": "red", "size": "L", "price_adjustment": money(50)},
            {"sku": "BLUE", "image_url": "https://x/blue"},
        ],
    )
    red, blue = (variant["variant_id"] for variant in product["variants"])
    line, other = look_up(wanted(product["product_id"], red), wanted(product["product_id"], blue))
    assert line == {
        "product_id": product["product_id"],
        "variant_id": red,
        "quantity": 1,
        "sellable": True,
        "reason": None,
        "product_name": "Mug",
        "product_sku": "RED",
        "product_image_url": "https://x/1",
        "size": "L",
        "color": "red",
        "unit_price": money(1300),
        "weight_grams": 350,
        "category_ids": [kitchen],
    }
    assert (other["product_image_url"], other["unit_price"]) == ("https://x/blue", money(1250))


def test_what_cannot_be_sold_says_why() -> None:
    plain = a_product(sku="PLAIN", name="Plain")["product_id"]
    draft = a_product(sku="DRAFT", name="Draft", status="draft")["product_id"]
    hidden = a_product(sku="HIDDEN", name="Hidden", is_visible=False)["product_id"]
    unpriced = a_product(sku="UNPRICED", name="Unpriced", price=None)["product_id"]
    product = a_product(variants=[{"sku": "V"}, {"sku": "W", "available": False}])
    (v, w), mug = (variant["variant_id"] for variant in product["variants"]), product["product_id"]
    assert reason(plain) is None
    assert reason(mug, v) is None
    assert reason(mug) == "variant_required"
    assert (reason(mug, w), reason(mug, "gone"), reason(plain, v)) == ("product_unavailable",) * 3
    assert (reason(draft), reason(hidden), reason(unpriced)) == ("product_unavailable",) * 3
    assert (reason("gone"), reason(""), reason("x" * 3000), reason(mug, "y" * 3000)) == ("product_unavailable",) * 4
    with pytest.raises(Refusal) as refused:
        perform("catalog", "validate_products", lines=[wanted(plain), wanted(draft), wanted(mug)])
    assert (refused.value.code, refused.value.facts["lines"]) == (
        "product_unavailable",
        [
            {"product_id": draft, "variant_id": None, "reason": "product_unavailable"},
            {"product_id": mug, "variant_id": None, "reason": "variant_required"},
        ],
    )
    asked = [wanted(mug, v), wanted(plain)]
    assert perform("catalog", "validate_products", lines=asked)["lines"] == look_up(*asked)
    with pytest.raises(Refusal, match="internal_error"):
        perform("catalog", "validate_products", lines=[{"nonsense": 1}])


def test_free_things_can_be_sold() -> None:
    assert reason(a_product(price=money(0))["product_id"]) is None


def test_one_line_and_many_cost_the_same_and_prices_are_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    product = a_product(variants=[{"sku": f"V{n}"} for n in range(20)])
    product_id, other = product["product_id"], a_product(sku="OTHER", name="Other")["product_id"]
    variants = [variant["variant_id"] for variant in product["variants"]]
    calls: list[str] = []
    call = Table.call

    def counted(self: Table, what: Any) -> Any:
        calls.append("call")
        return call(self, what)

    anyone().get(f"/v1/products/{product_id}").ok()
    patch(product_id, {"price": money(1)})
    monkeypatch.setattr(Table, "call", counted)
    (line,) = look_up(wanted(product_id, variants[0]))
    assert (line["unit_price"], len(calls)) == (money(1), 2)
    calls.clear()
    many = [wanted(product_id, variant_id) for variant_id in variants]
    unknown = [wanted(f"p{n}", f"v{n}") for n in range(60)]
    found = look_up(*many, wanted(other), *unknown)
    assert len(calls) == 2
    assert [line["product_sku"] for line in found[:21]] == [f"V{n}" for n in range(20)] + ["OTHER"]
    assert not any(line["sellable"] for line in found[21:])


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
    heard("another", "i", product_id, None, 9, 4, "in_stock")
    heard("and another", "i", product_id, None, 9, 5, "in_stock")
    assert shown(path) == (7, "in_stock")
    assert anyone().get(path).ok()["version"] == version
    stock(product_id, None, 7, 8)
    heard("late", "i", product_id, None, 9, 7, "in_stock")
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
    save, save_stock, rivals = shelf.save, shelf.save_stock, ["stock", "edit"]

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

    monkeypatch.setattr(shelf, "save", edit_overtaken)
    monkeypatch.setattr(shelf, "save_stock", stock_overtaken)
    admin().put(f"{path}/tags/old").ok(204)
    product = anyone().get(path).ok()
    assert (sorted(product["tags"]), product["stock_quantity"]) == (["new", "old"], 7)
