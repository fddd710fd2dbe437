"""What can be sold, and how many of it somebody wants."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from pydantic import Field

from shop.records import Part

QUANTITY_MAX = 1_000_000_000


class Unit(NamedTuple):
    """What can be sold: a variant, or the product itself while it has none."""

    product_id: str
    variant_id: str | None

    def __str__(self) -> str:
        return f"{self.product_id}#{self.variant_id or '_'}"


class Line(Part):
    """So many of one unit."""

    product_id: str = Field(min_length=1)
    variant_id: str | None = None
    quantity: int = Field(ge=1, le=QUANTITY_MAX)

    @property
    def unit(self) -> Unit:
        """What is wanted."""
        return Unit(self.product_id, self.variant_id)


class ShortLine(Part):
    """A line that there is not enough of."""

    product_id: str
    variant_id: str | None
    requested: int
    available: int


class LookUp(Part):
    """What someone would like to have."""

    lines: list[Line]


class Available(Part):
    """How many there are of one unit."""

    product_id: str
    variant_id: str | None
    available: int


class Answered(Part):
    """What there is of each line, in the order asked."""

    lines: list[Available]


def merged(lines: Iterable[Line]) -> list[Line]:
    """One line per unit, in the order first named."""
    wanted = Counter[Unit]()
    for line in lines:
        wanted[line.unit] += line.quantity
    return [Line(product_id=unit.product_id, variant_id=unit.variant_id, quantity=n) for unit, n in wanted.items()]
