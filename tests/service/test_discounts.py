"""What is taken off an order: nothing yet, in its final place (the discount steps of the checkout)."""

import pytest

from shop.errors import Refusal
from tests.kit import perform

pytestmark = pytest.mark.usefixtures("shop")

LINES = [
    {"product_id": "MUG", "variant_id": None, "quantity": 2, "unit_price": {"amount": 1300, "currency": "EUR"}},
    {"product_id": "HAT", "variant_id": "RED", "quantity": 1, "unit_price": {"amount": 900, "currency": "EUR"}},
]
ORDER = {"order_id": "o-1", "user_id": "u-1", "currency": "EUR", "coupon_code": None, "lines": LINES}
NOTHING = {"amount": 0, "currency": "EUR"}


def test_nothing_is_taken_off_and_the_parts_add_up() -> None:
    assert perform("discounts", "hold_discounts", **ORDER) == {
        "discount_amount": NOTHING,
        "line_discounts": [NOTHING, NOTHING],
        "free_shipping": False,
        "coupon_code": None,
        "promotion_ids": [],
    }


def test_holding_again_answers_the_same() -> None:
    assert perform("discounts", "hold_discounts", **ORDER) == perform("discounts", "hold_discounts", **ORDER)


def test_a_coupon_nobody_issued_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        perform("discounts", "hold_discounts", **{**ORDER, "coupon_code": "SAVE10"})
    assert (refused.value.code, refused.value.facts) == ("coupon_invalid", {"reason": "unknown"})


def test_releasing_succeeds_whether_or_not_something_was_held() -> None:
    assert perform("discounts", "release_discounts", order_id="o-1") == {"order_id": "o-1"}
    assert perform("discounts", "release_discounts", order_id="never-held") == {"order_id": "never-held"}


def test_nonsense_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        perform("discounts", "hold_discounts", **{**ORDER, "lines": [{"product_id": "MUG", "quantity": 0}]})
    assert refused.value.code == "internal_error"
