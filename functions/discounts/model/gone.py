"""Categories that are no more, and what still names them: it means no line any more, and its keeper is told so."""

from collections.abc import Iterator
from typing import Any

from discounts.model.coupon import Coupon
from discounts.model.promotion import Promotion, Rule
from shop.records import Part, Record

NAMING = ("category_ids", "applicable_categories")


class GoneCategory(Record):
    """A category that was deleted."""

    category_id: str
    name: str


class MissingCategory(Part):
    """A category that is named and is no more."""

    category_id: str
    name: str


class CouponView(Coupon):
    """A coupon, with the categories it names in vain."""

    missing_categories: list[MissingCategory] = []


class PromotionView(Promotion):
    """A promotion, with the categories its configuration names in vain."""

    missing_categories: list[MissingCategory] = []


class RuleView(Rule):
    """A rule, with the categories it names in vain."""

    missing_categories: list[MissingCategory] = []


def categories_in(said: Any) -> Iterator[str]:
    """Every category that something said of a coupon, a promotion or a rule names."""
    if isinstance(said, dict):
        for name, value in said.items():
            yield from value if name in NAMING else categories_in(value)
    elif isinstance(said, list):
        for value in said:
            yield from categories_in(value)
