"""What a checkout asks to be taken off, and what is."""

from pydantic import Field

from shop.money import Currency, Money
from shop.records import Part


class OrderedLine(Part):
    """So many of one thing at its price."""

    product_id: str
    variant_id: str | None = None
    quantity: int = Field(ge=1)
    unit_price: Money
    category_ids: list[str] = []


class HoldDiscounts(Part):
    """An order about to be paid."""

    order_id: str
    user_id: str
    currency: Currency
    coupon_code: str | None = None
    lines: list[OrderedLine]


class Discounts(Part):
    """What is taken off: the parts of the lines, in their order, add up to the whole."""

    discount_amount: Money
    line_discounts: list[Money]
    free_shipping: bool = False
    coupon_code: str | None = None
    promotion_ids: list[str] = []


class OrderRef(Part):
    """Which order."""

    order_id: str
