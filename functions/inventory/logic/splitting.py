"""Hot units: their stock is spread over buckets, so that many may buy at once."""

from collections.abc import Iterable
from contextlib import suppress

from inventory.model.buckets import evened
from inventory.model.stock import ChangeSplits, KeptItem, StockLevel
from inventory.store import items, levels
from shop.errors import Transient
from shop.races import until_won


def change_splits(inventory_id: str, body: ChangeSplits) -> KeptItem:
    """Over how many buckets a unit is spread from now on. The stock itself follows with the table's stream."""
    return until_won(lambda: _change_splits(inventory_id, body.splits))


def _change_splits(inventory_id: str, splits: int) -> KeptItem:
    item = items.item(inventory_id)
    if item.splits != splits:
        item = items.save(item.but(splits=splits, buckets=max(item.buckets, splits)))
    _, found = items.product(item.product_id)
    for level in item.own(found):
        _follow(item, level)
    return item


def _follow(item: KeptItem, level: StockLevel) -> bool:
    """Let a place be split as its item says; whether it was not yet."""
    if level.bucket or level.splits == item.splits:
        return False
    levels.split(level, item.splits)
    return True


def tidy(item: KeptItem, found: Iterable[StockLevel]) -> None:
    """Let the places of a unit be split as it is, and none of their buckets be dry while others are not.

    Only the follower of the stream moves stock, so that it never counts while it moves. When somebody was faster,
    or keeps the rows too busy, there is nothing to do: what they write is in the stream, too, and brings us here again.
    """
    places: dict[str, list[StockLevel]] = {}
    for level in item.own(found):
        places.setdefault(level.warehouse_id, []).append(level)
    for warehouse_id, buckets in places.items():
        with suppress(Transient):
            if not any(_follow(item, level) for level in buckets):
                changes = evened({level.bucket: level.available_quantity for level in buckets}, item.splits)
                if changes:
                    levels.even_out(item.unit, warehouse_id, changes)
