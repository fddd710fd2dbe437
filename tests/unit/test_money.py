"""Money adds up exactly, splits exactly, and rounds half up (money.md; B11, B12, B124)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shop.money import Money, Price, exponent, from_decimal, rounded, spread, to_decimal, total


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**10), min_size=1, max_size=90))
def test_parts_always_add_up(amount: int, weights: list[int]) -> None:
    parts = spread(amount, weights)
    assert sum(parts) == amount
    assert len(parts) == len(weights)


@given(st.integers(0, 10**9), st.lists(st.integers(1, 10**6), min_size=1, max_size=20))
def test_no_part_is_a_unit_away_from_its_exact_share(amount: int, weights: list[int]) -> None:
    for part, weight in zip(spread(amount, weights), weights, strict=True):
        assert abs(Decimal(part) - Decimal(amount) * weight / sum(weights)) < 1


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_a_negative_amount_mirrors_its_positive(amount: int, weights: list[int]) -> None:
    assert spread(-amount, weights) == [-part for part in spread(amount, weights)]


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (10, [0, 0, 0, 0], [3, 3, 2, 2]),
        (5, [1, 0, 1], [3, 0, 2]),
        (0, [3, 4], [0, 0]),
        (7, [], []),
    ],
)
def test_ties_go_to_the_earlier_part_and_zero_weights_share_equally(
    amount: int, weights: list[int], parts: list[int]
) -> None:
    assert spread(amount, weights) == parts


@pytest.mark.parametrize(
    ("exact", "whole"), [("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1), ("2.4999", 2), ("349.65", 350)]
)
def test_a_computed_amount_is_rounded_half_up(exact: str, whole: int) -> None:
    assert rounded(Decimal(exact)) == whole


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("GBP", 2)])
def test_currencies_have_their_own_digits(currency: str, digits: int) -> None:
    assert exponent(currency) == digits
    money = from_decimal(Decimal(12), currency)
    assert money.amount == 12 * 10**digits
    assert to_decimal(money) == 12


def test_more_digits_than_the_currency_has_are_refused() -> None:
    with pytest.raises(ValueError, match="more digits"):
        from_decimal(Decimal("1.005"), "USD")


def test_different_currencies_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        total([Money(amount=1, currency="USD"), Money(amount=1, currency="EUR")], "USD")


@pytest.mark.parametrize("amount", [-1, 10_000_000_000, 12.5, "12", True, None])
def test_a_price_is_an_integer_within_its_bounds(amount: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Price).validate_python({"amount": amount, "currency": "USD"})
