"""What is to be priced: lines in the order they were put in, and for whom."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from pydantic import Field

from shop.money import Money
from shop.records import STANDARD, Part


class Line(Part):
    """So many of one thing at its price."""

    product_id: str
    variant_id: str | None = None
    quantity: int = Field(ge=1)
    unit_price: Money
    category_ids: list[str] = []
    tax_class: str = STANDARD

    @property
    def amount(self) -> int:
        """The price of all its units, in minor units."""
        return self.unit_price.amount * self.quantity

    def is_among(self, product_ids: Sequence[str], category_ids: Sequence[str]) -> bool:
        """Whether one of these lists names it."""
        return self.product_id in product_ids or any(category in category_ids for category in self.category_ids)


class Customer(NamedTuple):
    """What promotions may ask about whoever buys; a guest is nobody in particular."""

    roles: tuple[str, ...] = ()
    is_new: bool = False  # has never ordered


GUEST = Customer()


class Left(NamedTuple):
    """What a promotion finds: the lines, what is left of each to pay, and what it may not touch.

    `closed` lines belong to another exclusive promotion; `used` units were bought or given in another buy-x-get-y.
    """

    lines: tuple[Line, ...]
    amounts: tuple[int, ...]
    currency: str
    customer: Customer = GUEST
    closed: frozenset[int] = frozenset()
    used: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        """What is left of the goods' subtotal."""
        return sum(self.amounts)

    def less(self, parts: Sequence[int]) -> "Left":
        """With so much less on each line."""
        return self._replace(amounts=tuple(left - part for left, part in zip(self.amounts, parts, strict=True)))

    def price_of(self, line: int) -> Fraction:
        """What is left of one unit's price."""
        return Fraction(self.amounts[line], self.lines[line].quantity)

    def free_units(self, line: int) -> int:
        """How many units no buy-x-get-y has used."""
        return self.lines[line].quantity - (self.used[line] if self.used else 0)


def started(lines: Sequence[Line], currency: str, customer: Customer = GUEST) -> Left:
    """Nothing taken off yet."""
    return Left(tuple(lines), tuple(line.amount for line in lines), currency, customer)
