"""Which goods of which orders a credit note takes back, and what it takes back that was not bought here."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tools.client import Json
from tools.importing.invoices import Invoice, Sold

Goods = dict[tuple[str, int], int]  # so many of a code at a price


@dataclass
class Placed:
    """An order of a customer: the day it is of, its line of each of the goods, and how many are not taken back."""

    order: Json
    day: str
    lines: dict[tuple[str, int], str]
    left: Goods
    sent: bool = False
    cancelled: bool = False
    refunded: int = 0  # minor units that should come back
    touched: bool = field(default=False, init=False)

    @property
    def status(self) -> str:
        """How the order should stand in the end."""
        if self.cancelled:
            return "cancelled"
        return "delivered" if any(self.left.values()) else "refunded"

    def take(self, goods: Goods) -> None:
        """Take these out of what is left."""
        self.left = {name: quantity - goods.get(name, 0) for name, quantity in self.left.items()}
        self.touched = True

    def is_all(self, goods: Goods) -> bool:
        """Whether these are the whole order, of which nothing was taken back before."""
        return not self.touched and goods == self.left


class Taken(NamedTuple):
    """What of one order is taken back."""

    placed: Placed
    goods: Goods

    @property
    def amount(self) -> int:
        """What was paid for it, in minor units."""
        return sum(price * quantity for (_, price), quantity in self.goods.items())

    @property
    def is_all(self) -> bool:
        """Whether it is the whole order."""
        return self.placed.is_all(self.goods)


def match(note: Invoice, orders: Iterable[Placed]) -> tuple[list[Taken], list[tuple[Sold, str]]]:
    """What a note takes back of a customer's orders, and the lines of it that cannot be, each with the reason.

    Orders that it takes back as a whole come first, then the oldest. A line is taken back entirely or not at all: one
    that asks for more than was bought is of a purchase that the file does not know.
    """
    wanted = {goods(line): line.quantity for line in note.lines}
    standing = [placed for placed in orders if not placed.cancelled]
    standing.sort(key=lambda placed: any(wanted.get(name, 0) < left for name, left in placed.left.items()))
    found: list[Taken] = [Taken(placed, {}) for placed in standing]
    missed: list[tuple[Sold, str]] = []
    for line in note.lines:
        name, quantity = goods(line), line.quantity
        there = sum(placed.left.get(name, 0) for placed in standing)
        if there < quantity:
            missed.append((line, _why(line, standing, there)))
            continue
        for taken in found:
            some = min(quantity, taken.placed.left.get(name, 0))
            quantity -= some
            if some:
                taken.goods[name] = some
    return [taken for taken in found if taken.goods], missed


def goods(line: Sold) -> tuple[str, int]:
    """What a line is of."""
    return line.code, line.price.amount


def _why(line: Sold, orders: list[Placed], there: int) -> str:
    if there:
        return f"only {there} of an earlier order are left"
    if any(code == line.code for placed in orders for code, _ in placed.left):
        return "bought at another price"
    return "no earlier order has it"
