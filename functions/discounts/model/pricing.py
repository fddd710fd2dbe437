"""What a cart comes to: promotions, then the coupon, then tax, each with its reason."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from pydantic import Field

from discounts.model.coupon import Coupon, Reason
from discounts.model.lines import Left
from discounts.model.offers import Applied, Offer, apply
from shop.money import Money, taxed
from shop.records import Part


class Adjustment(Part):
    """What one promotion or coupon takes off, and why. `parts` are minor units by line, in their order.

    The shipping has no line, and what it costs is not known here: its adjustment has no amount and no parts.
    """

    type: Literal["promotion", "coupon"]
    id: str
    name: str
    code: str | None = None
    reason: str
    amount: Money | None = None
    parts: list[int] = []


class TaxRates(Part):
    """The rates at which each line, and the shipping, is taxed: fractions such as 0.2, as text."""

    prices_include_tax: bool = False
    lines: list[str] = []
    shipping: str = "0"


class Taxes(TaxRates):
    """The rates, and what the lines come to at them."""

    amounts: list[Money] = []


class Discounts(Part):
    """What is taken off, and what tax the rest bears: the parts of the lines, in their order, add up to the whole."""

    discount_amount: Money
    line_discounts: list[Money]
    free_shipping: bool = False
    coupon_code: str | None = None
    promotion_ids: list[str] = []
    adjustments: list[Adjustment] = []
    tax: Taxes = Field(default_factory=Taxes)


class Outcome(NamedTuple):
    """A cart after its discounts: what was applied, and what is left of each line."""

    before: Left
    left: Left
    applied: Applied
    coupon: Coupon | None = None
    coupon_parts: tuple[int, ...] = ()
    refused: Reason | None = None

    @property
    def promotion_amounts(self) -> dict[str, int]:
        """What each promotion that applies takes off the goods, by its id."""
        return {offer.promotion.id: saving.amount for offer, saving in self.applied}

    @property
    def free_shipping(self) -> bool:
        """Whether something takes the shipping off."""
        by_coupon = self.coupon is not None and self.coupon.type == "free_shipping"
        return by_coupon or any(saving.free_shipping for _, saving in self.applied)

    @property
    def adjustments(self) -> list[Adjustment]:
        """Everything that is taken off, in the order it is."""
        found = []
        for offer, saving in self.applied:
            whose = {"type": "promotion", "id": offer.promotion.id, "name": offer.promotion.name}
            found += [self._adjustment(whose, reason, parts) for reason, parts in saving.reasons]
            if saving.free_shipping:
                found.append(Adjustment.model_validate({**whose, "reason": "free_shipping"}))
        if self.coupon:
            whose = {"type": "coupon", "id": self.coupon.id, "name": self.coupon.name, "code": self.coupon.code}
            parts = () if self.coupon.type == "free_shipping" else self.coupon_parts
            found.append(self._adjustment(whose, self.coupon.type, parts))
        return found

    def _adjustment(self, whose: dict[str, str], reason: str, parts: Sequence[int]) -> Adjustment:
        amount = Money(amount=sum(parts), currency=self.left.currency) if parts else None
        return Adjustment.model_validate({**whose, "reason": reason, "amount": amount, "parts": list(parts)})

    def discounts(self, rates: TaxRates) -> Discounts:
        """All of it as the machine hands it on, taxed at these rates."""
        currency = self.left.currency
        off = [was - left for was, left in zip(self.before.amounts, self.left.amounts, strict=True)]
        taxes = [
            taxed(left, Decimal(rate), rates.prices_include_tax)
            for left, rate in zip(self.left.amounts, rates.lines, strict=True)
        ]
        return Discounts(
            discount_amount=Money(amount=sum(off), currency=currency),
            line_discounts=[Money(amount=part, currency=currency) for part in off],
            free_shipping=self.free_shipping,
            coupon_code=self.coupon.code if self.coupon else None,
            promotion_ids=[offer.promotion.id for offer, _ in self.applied],
            adjustments=self.adjustments,
            tax=Taxes(**dict(rates), amounts=[Money(amount=tax, currency=currency) for tax in taxes]),
        )


def price(
    goods: Left, offers: Sequence[Offer], coupon: Coupon | None = None, now: str = "", used_by_user: int = 0
) -> Outcome:
    """Take off promotions, then the coupon from what they leave; one that does not hold takes nothing, and says why."""
    applied, left = apply([offer for offer in offers if offer.promotion.runs(now)], goods)
    if coupon is None:
        return Outcome(goods, left, applied)
    reason = coupon.why_not(left, now, used_by_user)
    if reason:
        return Outcome(goods, left, applied, refused=reason)
    parts = coupon.take(left).parts
    return Outcome(goods, left.less(parts), applied, coupon, parts)
