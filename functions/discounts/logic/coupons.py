"""Keeping coupons, and saying what a code would take off a cart."""

from typing import Any

from discounts.logic import pricing
from discounts.model.coupon import ChangeCoupon, Coupon, CouponFields
from discounts.model.holds import AskDiscounts, CouponValidation, ShownItem, ValidateCoupon
from discounts.model.lines import Line
from discounts.store import coupons as store
from shop import settings, steps
from shop.auth import Caller
from shop.errors import invalid
from shop.money import zero
from shop.races import LostRace, until_won


def create(coupon_id: str, body: CouponFields) -> Coupon:
    """A new coupon."""
    said = {name: value for name, value in dict(body).items() if value is not None}
    return store.create(Coupon(id=coupon_id, **said).checked())


def change(coupon_id: str, version: int, body: ChangeCoupon) -> Coupon:
    """A coupon with some fields changed; its uses, which go on meanwhile, are left as they are."""
    return until_won(lambda: _change(store.coupon(coupon_id).at(version), body.model_dump(exclude_unset=True)))


def _change(before: Coupon, changes: dict[str, Any]) -> Coupon:
    after = before.but(**changes).checked()
    if after.usage_limit is not None and after.usage_limit < after.usage_count:
        raise invalid("usage_limit_too_low", f"It was used {after.usage_count} times", "/usage_limit")
    return before if after == before else store.change(before, after)


def delete(coupon_id: str, version: int) -> None:
    """Remove a coupon; one that any order used stays, and is no longer active."""

    def attempt() -> None:
        coupon = store.coupon(coupon_id).at(version)
        if not store.is_used(coupon_id):
            store.delete(coupon)
        elif coupon.is_active:
            store.change(coupon, coupon.but(is_active=False))

    until_won(attempt)


def expire(now: str) -> int:
    """Coupons whose time is over are no longer active. How many."""
    over = store.past(now)
    for coupon in over:
        try:
            store.change(coupon, coupon.but(is_active=False))
        except LostRace:  # its merchant was faster; the next round looks again
            continue
    return len(over)


def validate(asked: ValidateCoupon, caller: Caller) -> CouponValidation:
    """Whether a code would take something off this cart at the catalog's prices, and how much (B160)."""
    lines = _sold(asked.cart.items)
    currency = lines[0].unit_price.currency if lines else settings.DEFAULT_CURRENCY
    if not lines or any(line.unit_price.currency != currency for line in lines):
        return CouponValidation(valid=False, discount=zero(currency), reason="not_applicable")
    cart = AskDiscounts(user_id=caller.user_id or None, currency=currency, coupon_code=asked.code, lines=lines)
    outcome = pricing.outcome(cart).outcome
    off = zero(currency).model_copy(update={"amount": sum(outcome.coupon_parts)})
    return CouponValidation(valid=outcome.refused is None, discount=off, reason=outcome.refused)


def _sold(items: list[ShownItem]) -> list[Line]:
    """The lines that are for sale, as the catalog has them now."""
    said = steps.ask("catalog", "look_up_products", {"lines": [item.model_dump() for item in items]})
    known = zip(said["lines"], items, strict=True)
    return [Line.model_validate({**line, "quantity": item.quantity}) for line, item in known if line["sellable"]]
