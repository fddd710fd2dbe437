"""Where to take goods from: what was seen of each unit in each warehouse, and whether that was all there is."""

import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from inventory.model.reservation import Reservation
from inventory.model.stock import StockLevel
from inventory.model.unit import Line, ShortLine, Unit
from inventory.model.warehouse import Warehouse

Taken = list[tuple[StockLevel, int]]


class Place(NamedTuple):
    """One unit in one warehouse: the buckets that were looked into, and whether there are no others."""

    levels: Sequence[StockLevel] = ()
    is_whole: bool = True

    @property
    def available(self) -> int:
        """How many are free in the buckets seen."""
        return sum(level.available_quantity for level in self.levels)

    def take(self, quantity: int) -> Taken:
        """So many from these buckets: from one that has enough, any of them, else from the fullest on."""
        enough = [level for level in self.levels if level.available_quantity >= quantity]
        if enough:
            return [(random.choice(enough), quantity)]
        taken: Taken = []
        for level in sorted(self.levels, key=lambda level: -level.available_quantity):
            part = min(quantity, level.available_quantity)
            if part > 0:
                taken.append((level, part))
                quantity -= part
        return taken


class Shelf(NamedTuple):
    """What was found: the warehouses in use by priority, what lies in them, and an order's reservation."""

    warehouses: Sequence[Warehouse]
    places: dict[tuple[Unit, str], Place]
    reservation: Reservation | None = None

    @property
    def is_whole(self) -> bool:
        """Whether everything there is was seen."""
        return all(place.is_whole for place in self.places.values())

    def of(self, unit: Unit) -> list[Place]:
        """What was seen of a unit, in the order of the warehouses."""
        return [self.places[unit, warehouse.warehouse_id] for warehouse in self.warehouses]

    def available(self, unit: Unit) -> int:
        """How many of a unit can be sold."""
        return sum(place.available for place in self.of(unit))

    def decides(self, line: Line) -> bool:
        """Whether enough was seen to say where a line comes from: all buckets of each warehouse before it."""
        for place in self.of(line.unit):
            if place.available >= line.quantity:
                return True
            if not place.is_whole:
                return False
        return True

    def lacking(self, lines: Iterable[Line]) -> list[Line]:
        """The lines that not enough was seen of."""
        return [line for line in lines if line.quantity > self.available(line.unit)]

    def short(self, lines: Iterable[Line]) -> list[ShortLine]:
        """The lines that there is not enough of, and how much there is."""
        return [
            ShortLine(product_id=p, variant_id=v, requested=line.quantity, available=self.available(line.unit))
            for line in self.lacking(lines)
            for p, v in [line.unit]
        ]

    def versions(self, unit: Unit) -> dict[tuple[str, int], int]:
        """Which state of each bucket of a unit was seen."""
        return {(level.warehouse_id, level.bucket): level.version for place in self.of(unit) for level in place.levels}

    def allocate(self, line: Line) -> Taken:
        """Where to take a line from: the first warehouse that has all of it, else the warehouses in turn."""
        places = self.of(line.unit)
        whole = next((place for place in places if place.available >= line.quantity), None)
        if whole:
            return whole.take(line.quantity)
        taken, left = [], line.quantity
        for place in places:
            part = min(left, place.available)
            taken += place.take(part) if part > 0 else []
            left -= part
        return taken
