"""Looking at the shelf: one glance as a rule, closely before anybody is told that there is not enough."""

from collections.abc import Sequence

from inventory.model.shelf import Shelf
from inventory.model.unit import Answered, Available, Line
from inventory.store import levels
from inventory.store import warehouses as places
from shop.races import LostRace


def glance(lines: Sequence[Line], order_id: str | None = None) -> Shelf:
    """What there is for these lines: enough of it to decide where each comes from, or all there is."""
    found = levels.shelf([line.unit for line in lines], places.open_ones(), order_id)
    if found.reservation or (not found.lacking(lines) and all(found.decides(line) for line in lines)):
        return found
    return look_closely(lines, order_id)


def look_closely(lines: Sequence[Line], order_id: str | None = None) -> Shelf:
    """All there is of these lines, in all warehouses of this moment. A shortage was one at one moment.

    Levels are read one by one: goods given back in one place and taken in another meanwhile would be seen in neither.
    So a shortage over several is believed when a second look finds them unchanged (LostRace when not).
    """
    units, in_use = [line.unit for line in lines], places.open_ones(fresh=True)
    found = levels.shelf(units, in_use, order_id, whole=True)
    if not found.is_whole:
        raise LostRace  # there are more buckets than this process knew: now it does
    in_doubt = [line.unit for line in found.lacking(lines) if len(found.versions(line.unit)) > 1]
    if in_doubt:
        again = levels.shelf(in_doubt, in_use, whole=True)
        if any(found.versions(unit) != again.versions(unit) for unit in in_doubt):
            raise LostRace
    return found


def look_up(lines: list[Line]) -> Answered:
    """How many there are of each unit."""
    units = [line.unit for line in lines]
    found = levels.shelf(units, places.open_ones(), whole=True)
    if found.lacking(lines) or not found.is_whole:
        found = levels.shelf(units, places.open_ones(fresh=True), whole=True)
    return Answered(
        lines=[
            Available(product_id=line.product_id, variant_id=line.variant_id, available=found.available(line.unit))
            for line in lines
        ]
    )
