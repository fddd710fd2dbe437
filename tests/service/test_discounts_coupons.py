"""Coupons as merchants keep them, and as shoppers try them.

R212-R218; B160, B161, B113, B10, B12, B13, B14, B20; DISC-01; AP56; E81.
"""

from typing import Any

import pytest
import time_machine

from shop import clock
from tests.kit import admin, anyone, app_of, user
from tests.service.carts_kit import shelf_in_place_of
from tests.service.discounts_kit import (
    ADMIN_ONLY,
    Json,
    call,
    coupon,
    evaluate,
    hold,
    line,
    money,
    promotion,
    read_coupon,
    release,
    said,
    usd,
    uses,
)

pytestmark = pytest.mark.usefixtures("shop")
FULL: Json = {
    "code": "spring-25",
    "name": "Spring",
    "description": "A quarter off, at most 50",
    "type": "PERCENTAGE",
    "discount_value": 2500,
    "minimum_amount": money(2000),
    "maximum_discount": money(5000),
    "currency": "USD",
    "usage_limit": 100,
    "usage_limit_per_user": 2,
    "starts_at": "2026-03-01T00:00:00.000Z",
    "ends_at": "2036-06-01T00:00:00.000Z",
    "applicable_products": ["MUG"],
    "applicable_categories": ["kitchen"],
    "excluded_products": ["KNIFE"],
    "metadata": {"campaign": "spring"},
}


def test_a_coupon_is_kept_as_it_was_said() -> None:
    made = admin().post("/v1/coupons", FULL, idempotency_key="k").ok(201)
    assert {**made, "missing_categories": []} == read_coupon(made["id"])
    kept = {name: made[name] for name in FULL}
    assert kept == {**FULL, "code": "SPRING-25", "type": "percentage"}
    assert (made["usage_count"], made["is_active"], made["version"]) == (0, True, 1)
    again = admin().post("/v1/coupons", FULL, idempotency_key="k")
    assert (again.body, again.headers["Location"]) == (made, f"/v1/coupons/{made['id']}")
    assert said("coupon.changed") == [
        ("coupon.changed", {"coupon_id": made["id"], "code": "SPRING-25", "is_active": True})
    ]


def test_a_code_is_one_coupons_alone_whatever_its_case() -> None:
    coupon("SAVE10")
    taken = {"code": "save10", "name": "Other", "type": "free_shipping"}
    admin().post("/v1/coupons", taken).refused(409, "code_taken")
    assert [one["code"] for one in admin().get("/v1/coupons").ok()["data"]] == ["SAVE10"]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"code": "no spaces"}, "/code", "string_pattern_mismatch"),
        ({"code": "X" * 51}, "/code", "string_pattern_mismatch"),
        ({"type": "half"}, "/type", "literal_error"),
        ({"discount_value": 0}, "/discount_value", "validation_failed"),
        ({"discount_value": 10_001}, "/discount_value", "validation_failed"),
        ({"discount_value": 12.5}, "/discount_value", "discount_value"),
        ({"discount_value": None}, "/discount_value", "validation_failed"),
        ({"discount_value": money(100)}, "/discount_value", "validation_failed"),
        ({"type": "fixed_amount"}, "/discount_value", "validation_failed"),
        ({"type": "fixed_amount", "discount_value": money(0)}, "/discount_value", "validation_failed"),
        ({"type": "fixed_amount", "discount_value": money(1, "EUR")}, "/discount_value", "currency_mismatch"),
        ({"type": "free_shipping"}, "/discount_value", "validation_failed"),
        ({"minimum_amount": money(1, "EUR")}, "/minimum_amount", "currency_mismatch"),
        ({"maximum_discount": money(-1)}, "/maximum_discount", "amount_out_of_range"),
        ({"type": "fixed_amount", "discount_value": money(5), "maximum_discount": money(1)}, "/maximum_discount", None),
        ({"usage_limit": 0}, "/usage_limit", "greater_than_equal"),
        ({"ends_at": "2026-01-01T00:00:00.000Z", "starts_at": "2026-01-01T00:00:00.000Z"}, "/ends_at", None),
        ({"starts_at": "tomorrow"}, "/starts_at", "string_pattern_mismatch"),
        ({"usage_count": 3}, "/usage_count", "extra_forbidden"),
        ({"applicable_products": ["a b"]}, "/applicable_products/0", "string_pattern_mismatch"),
    ],
)
def test_nonsense_is_refused_with_a_pointer_and_nothing_is_written(change: Json, pointer: str, code: str) -> None:
    body = {"code": "C", "name": "C", "type": "percentage", "discount_value": 1000, **change}
    problem = admin().post("/v1/coupons", body)
    assert problem.status == 422
    (error,) = problem.body["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code or "validation_failed")
    assert admin().get("/v1/coupons").ok()["data"] == []


def test_a_coupon_changes_at_the_version_that_was_read() -> None:
    path = f"/v1/coupons/{coupon()['id']}"
    admin().patch(path, {"name": "New"}).refused(428, "if_match_required")
    changed = admin().patch(path, {"name": "New", "ends_at": "2037-01-01T00:00:00.000Z"}, if_match='"1"').ok(200)
    assert (changed["name"], changed["version"], changed["discount_value"]) == ("New", 2, 1000)
    admin().patch(path, {"name": "Newer"}, if_match='"1"').refused(412, "version_mismatch")
    admin().patch(path, {"type": "free_shipping"}, if_match='"2"').refused(422, "validation_failed")
    admin().patch(path, {"discount_value": 0}, if_match='"2"').refused(422, "validation_failed")
    assert admin().patch(path, {"ends_at": None}, if_match='"2"').ok(200)["ends_at"] is None
    assert admin().get(path).ok()["version"] == 3


def test_uses_do_not_change_the_version_and_a_change_does_not_lose_them() -> None:
    made = coupon(usage_limit=3)
    hold("o-1", code="SAVE10")
    hold("o-2", code="SAVE10")
    path = f"/v1/coupons/{made['id']}"
    admin().patch(path, {"usage_limit": 1}, if_match='"1"').refused(422, "usage_limit_too_low")
    changed = admin().patch(path, {"usage_limit": 2}, if_match='"1"').ok(200)
    assert (changed["usage_count"], changed["usage_limit"], changed["version"]) == (2, 2, 2)


def test_what_no_order_used_is_removed_and_what_was_used_is_switched_off() -> None:
    unused, used = coupon("UNUSED"), coupon("USED")
    hold("o-1", code="USED")
    release("o-1")
    for made in (unused, used):
        admin().delete(f"/v1/coupons/{made['id']}", if_match='"9"').refused(412, "version_mismatch")
        admin().delete(f"/v1/coupons/{made['id']}", if_match='"1"').ok(204)
    admin().get(f"/v1/coupons/{unused['id']}").refused(404, "not_found")
    assert read_coupon(used["id"])["is_active"] is False
    assert uses(used["id"]) == [("o-1", "released")]
    admin().delete(f"/v1/coupons/{used['id']}", if_match='"2"').ok(204)
    assert read_coupon(used["id"])["version"] == 2
    coupon("UNUSED")  # the code is free again


def test_coupons_are_listed_by_whether_they_are_active() -> None:
    for number in range(3):
        coupon(f"C{number}", ends_at=f"203{number}-01-01T00:00:00.000Z", is_active=number != 1)
    coupon("OPEN")

    def codes(query: str = "") -> list[str]:
        return [one["code"] for one in admin().get(f"/v1/coupons{query}").ok(200)["data"]]

    assert codes() == ["OPEN", "C2", "C1", "C0"]
    assert codes("?is_active=true") == ["OPEN", "C2", "C0"]
    assert codes("?is_active=false") == ["C1"]
    first = admin().get("/v1/coupons?limit=2").ok()
    assert [one["code"] for one in first["data"]] == ["OPEN", "C2"]
    rest = admin().get(f"/v1/coupons?limit=2&cursor={first['next_cursor']}").ok()
    assert ([one["code"] for one in rest["data"]], rest["has_more"]) == (["C1", "C0"], False)


def test_coupons_past_their_end_are_switched_off_by_themselves() -> None:
    made = coupon(ends_at=clock.after(60))
    open_end = coupon("OPEN")
    app_of("discounts").jobs({"job": "expire_discounts"}, None)
    assert read_coupon(made["id"])["is_active"]
    with time_machine.travel(clock.epoch(clock.after(61))):
        assert evaluate(code="SAVE10")["coupon"]["reason"] == "expired"
        app_of("discounts").jobs({"job": "expire_discounts"}, None)
        app_of("discounts").jobs({"job": "expire_discounts"}, None)
        assert (read_coupon(made["id"])["is_active"], read_coupon(made["id"])["version"]) == (False, 2)
        assert read_coupon(open_end["id"])["is_active"]


@pytest.mark.parametrize(("method", "path"), ADMIN_ONLY)
def test_only_admins_keep_discounts(method: str, path: str) -> None:
    call(anyone(), method, path).refused(401, "unauthenticated")
    call(user(), method, path).refused(403, "forbidden")
    call(user("support-1", "support"), method, path).refused(403, "forbidden")


# Trying a code


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Any:
    shelf = shelf_in_place_of(monkeypatch)
    shelf.put("MUG", 1000)
    shelf.put("HAT", 2000, category_ids=["wear"])
    return shelf


def tried(code: str, *items: Json) -> Json:
    cart = {"cart_id": "x", "items": list(items) or [{"product_id": "MUG", "quantity": 2, "unit_price": money(1)}]}
    answer: Json = user("u-1").post("/v1/coupon-validations", {"code": code, "cart": cart}).ok(200)
    return answer


def test_a_code_is_tried_at_the_catalogs_prices(shelf: Any) -> None:
    coupon()
    assert tried("save10") == {"valid": True, "discount": money(200), "reason": None}
    assert tried("NONE") == {"valid": False, "discount": money(0), "reason": "unknown"}


def test_a_code_that_does_not_hold_says_why(shelf: Any) -> None:
    coupon("HATS", applicable_categories=["wear"])
    coupon("ONCE", usage_limit_per_user=1)
    assert tried("HATS")["reason"] == "not_applicable"
    assert tried("HATS", {"product_id": "HAT", "quantity": 1})["discount"] == money(200)
    hold("o-1", code="ONCE")
    assert tried("ONCE")["reason"] == "limit_per_user"


def test_a_cart_of_nothing_for_sale_takes_no_code(shelf: Any) -> None:
    coupon()
    shelf.put("KEBAB", 100, currency="EUR")
    assert tried("SAVE10", {"product_id": "GONE", "quantity": 1})["reason"] == "not_applicable"
    mixed = [{"product_id": product, "quantity": 1} for product in ("MUG", "KEBAB")]
    assert tried("SAVE10", *mixed)["reason"] == "not_applicable"


def test_trying_asks_for_a_cart_and_somebody(shelf: Any) -> None:
    anyone().post("/v1/coupon-validations", {}).refused(401, "unauthenticated")
    empty = user().post("/v1/coupon-validations", {"code": "A", "cart": {"items": []}})
    assert empty.refused(422, "validation_failed")["errors"][0]["pointer"] == "/cart/items"


def test_a_guest_may_try_a_code(shelf: Any) -> None:
    coupon(usage_limit_per_user=1)
    session_id = anyone().post("/v1/carts").ok(201)["session_id"]
    body = {"code": "SAVE10", "cart": {"items": [{"product_id": "MUG", "quantity": 1}]}}
    assert anyone().post("/v1/coupon-validations", body, x_cart_session=session_id).ok(200)["valid"]


# What carts ask


def test_a_cart_hears_what_is_taken_off_and_why() -> None:
    """R230."""
    sale = promotion()
    made = coupon()
    answer = evaluate(line(quantity=2), line("HAT", 500), code="save10")
    assert usd(answer) == [380, 95]
    assert answer["coupon"] == {"code": "save10", "valid": True, "reason": None}
    assert (answer["coupon_code"], answer["promotion_ids"]) == ("SAVE10", [sale["id"]])
    assert [
        (one["type"], one["id"], one["code"], one["name"], one["reason"], one["amount"], one["parts"])
        for one in answer["adjustments"]
    ] == [
        ("promotion", sale["id"], None, "Sale", "volume_discount", money(250), [200, 50]),
        ("coupon", made["id"], "SAVE10", "Save", "percentage", money(225), [180, 45]),
    ]


def test_a_cart_is_told_why_its_code_takes_nothing_off() -> None:
    coupon(minimum_amount=money(1001))
    answer = evaluate(code="SAVE10")
    assert (usd(answer), answer["coupon"]["reason"], answer["coupon_code"]) == ([0], "minimum_not_met", None)
    assert evaluate(code="%$")["coupon"]["reason"] == "unknown"
    assert evaluate()["coupon"] is None


def test_asking_holds_nothing() -> None:
    made = coupon(usage_limit=1)
    for _ in range(3):
        assert evaluate(code="SAVE10")["coupon"]["valid"]
    assert (read_coupon(made["id"])["usage_count"], uses(made["id"])) == (0, [])


@pytest.mark.parametrize(("currency", "price", "taken"), [("JPY", 999, 100), ("KWD", 12_345, 1_235)])
def test_a_coupon_is_of_one_currency_with_its_own_digits(currency: str, price: int, taken: int) -> None:
    coupon(currency=currency)
    goods = line(price=price, unit_price=money(price, currency))
    answer = evaluate(goods, code="SAVE10", currency=currency)
    assert answer["discount_amount"] == money(taken, currency)
    assert evaluate(code="SAVE10")["coupon"]["reason"] == "currency_mismatch"
