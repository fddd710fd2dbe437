"""Pricing a cart: what is needed for it is gathered here, the rest is the model's."""

from typing import NamedTuple

from discounts.model.coupon import Coupon
from discounts.model.holds import AskDiscounts, CouponVerdict, Evaluated
from discounts.model.lines import GUEST, Customer, started
from discounts.model.pricing import Discounts, Outcome, TaxRates, price
from discounts.providers import TaxedLine, TaxQuestion, tax_provider
from discounts.store import coupons, holds, promotions
from shop import clock, settings
from shop.money import Money


class Weighed(NamedTuple):
    """What a cart comes to, and what that was decided on."""

    outcome: Outcome
    coupon: Coupon | None
    is_first_order: bool  # something was taken off because it is


def evaluate(asked: AskDiscounts) -> Evaluated:
    """What would be taken off this cart, and what tax the rest would bear; a coupon that does not hold says why."""
    weighed = outcome(asked)
    refused = weighed.outcome.refused
    verdict = None
    if asked.coupon_code:
        verdict = CouponVerdict(code=asked.coupon_code, valid=refused is None, reason=refused)
    return Evaluated(**dict(taxed(asked, weighed.outcome)), coupon=verdict)


def outcome(asked: AskDiscounts, order_id: str | None = None) -> Weighed:
    """The cart after promotions and the coupon, as both are this moment. `order_id` is the order it may become."""
    offers, coupon, used = promotions.offers(), None, 0
    customer = _customer(asked.user_id, order_id) if any(offer.asks_who for offer in offers) else GUEST
    goods = started(asked.lines, asked.currency, customer)
    if asked.coupon_code:
        coupon = coupons.with_code(asked.coupon_code.upper())
        if coupon and coupon.usage_limit_per_user and asked.user_id:
            used = coupons.used_by(coupon.id, asked.user_id)
    found = price(goods, offers, coupon, clock.now(), used)
    if asked.coupon_code and coupon is None:
        found = found._replace(refused="unknown")
    return Weighed(found, coupon, customer.is_new and any(offer.for_first_orders for offer, _ in found.applied))


def _customer(user_id: str | None, order_id: str | None) -> Customer:
    if user_id is None:
        return GUEST
    buyer = holds.buyer(user_id)
    is_new = not buyer.has_ordered and buyer.first_order_id in (None, order_id)
    return Customer(tuple(buyer.roles), is_new)


def taxed(asked: AskDiscounts, found: Outcome) -> Discounts:
    """The outcome as it is handed on, taxed where the goods go; not yet, while that is not known."""
    included = settings.PRICES_INCLUDE_TAX
    if asked.destination is None:
        return found.discounts(TaxRates(prices_include_tax=included, lines=["0"] * len(asked.lines)))
    lines = [
        TaxedLine(
            product_id=line.product_id,
            variant_id=line.variant_id,
            tax_class=line.tax_class,
            amount=Money(amount=left, currency=asked.currency),
        )
        for line, left in zip(asked.lines, found.left.amounts, strict=True)
    ]
    rates = tax_provider().rates(TaxQuestion(destination=asked.destination, currency=asked.currency, lines=lines))
    return found.discounts(rates.model_copy(update={"prices_include_tax": included}))
