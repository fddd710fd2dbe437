"""What carts and checkouts ask: can this be sold, and for how much (R105; B3, B77, B79)."""

from typing import Any

import pytest

from shop.errors import Refusal
from shop.table import Table
from tests.kit import anyone, perform
from tests.service.catalog_kit import Json, a_category, a_product, money, patch

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


def test_a_line_is_told_all_that_a_cart_shows() -> None:
    kitchen = a_category()
    product = a_product(
        weight_grams=350,
        tax_class="food",
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
        "tax_class": "food",
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
    assert (line["unit_price"], len(calls)) == (money(1), 1)
    calls.clear()
    many = [wanted(product_id, variant_id) for variant_id in variants]
    unknown = [wanted(f"p{n}", f"v{n}") for n in range(30)]
    found = look_up(*many, wanted(other), *unknown)
    assert len(calls) == 1
    assert [line["product_sku"] for line in found[:21]] == [f"V{n}" for n in range(20)] + ["OTHER"]
    assert not any(line["sellable"] for line in found[21:])
