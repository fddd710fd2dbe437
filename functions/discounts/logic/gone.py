"""Telling those who keep coupons and promotions which of their categories are no more.

They are not taken out: who means one category and would be left with none would mean everything.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from discounts.model.coupon import Coupon
from discounts.model.gone import (
    CouponView,
    GoneCategory,
    MissingCategory,
    PromotionView,
    RuleView,
    categories_in,
)
from discounts.model.promotion import Promotion, Rule
from discounts.store import gone as store

if TYPE_CHECKING:
    from shop.events.catalog import CategoryDeleted


def on_category_deleted(event: "CategoryDeleted") -> None:
    """E30. Remember it, for whoever looks at what names it."""
    store.keep(GoneCategory(category_id=event.category_id, name=event.name), event)


def coupon(found: Coupon) -> CouponView:
    """A coupon as admins see it."""
    (missing,) = _missing([found])
    return CouponView(**dict(found), missing_categories=missing)


def promotion(found: Promotion) -> PromotionView:
    """A promotion as admins see it."""
    (missing,) = _missing([found])
    return PromotionView(**dict(found), missing_categories=missing)


def rules(found: Sequence[Rule]) -> list[RuleView]:
    """Rules as admins see them."""
    return [
        RuleView(**dict(rule), missing_categories=missing) for rule, missing in zip(found, _missing(found), strict=True)
    ]


def _missing(things: Sequence[Coupon | Promotion | Rule]) -> list[list[MissingCategory]]:
    named = [list(dict.fromkeys(categories_in(thing.model_dump()))) for thing in things]
    gone = store.among(category_id for ids in named for category_id in ids)
    return [[MissingCategory(category_id=one, name=gone[one].name) for one in ids if one in gone] for ids in named]
