"""The stock levels: what lies in each bucket of each warehouse."""

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from inventory.model.reservation import Reservation
from inventory.model.shelf import Place, Shelf
from inventory.model.stock import StockItem, StockLevel
from inventory.model.unit import Unit
from inventory.model.warehouse import Warehouse
from inventory.store.keys import ITEMS, LEVELS, item_key, level_key, reservation_key, table, use_key
from shop.errors import invalid
from shop.keeping import Kept
from shop.races import LostRace
from shop.table import Key, Transaction


class Spread(NamedTuple):
    """Over how many buckets a place is spread, and how many it has."""

    splits: int = 1
    buckets: int = 1


# What this process last saw of the places that are split. Only a hint where to look first: bucket 0 knows better.
HINTS: Kept[Spread] = Kept()


def shelf(
    units: Iterable[Unit], warehouses: Sequence[Warehouse], order_id: str | None = None, whole: bool = False
) -> Shelf:
    """What lies where, and the order's reservation. One BatchGetItem per hundred levels, strongly consistent.

    Of a unit that is split one bucket in each warehouse is looked into, any of them; of all that are known if `whole`.
    """
    asked = {(u, w.warehouse_id): _buckets(u, w.warehouse_id, whole) for u in units for w in warehouses}
    keys = [level_key(*place, bucket) for place, buckets in asked.items() for bucket in buckets]
    found = table.many(keys + ([reservation_key(order_id)] if order_id else []))
    levels = {(t.unit, t.warehouse_id, t.bucket): t for t in found if isinstance(t, StockLevel)}
    return Shelf(
        warehouses,
        {place: _place([levels.get((*place, b)) for b in buckets], buckets) for place, buckets in asked.items()},
        next((thing for thing in found if isinstance(thing, Reservation)), None),
    )


def _buckets(unit: Unit, warehouse_id: str, whole: bool) -> Sequence[int]:
    hint = HINTS.known(_name(unit, warehouse_id)) or Spread()
    return range(hint.buckets) if whole else [random.randrange(hint.splits)]


def _place(found: list[StockLevel | None], asked: Sequence[int]) -> Place:
    levels = [level for level in found if level]
    if asked[0] != 0:
        return Place(levels, is_whole=False)
    if not levels or levels[0].bucket != 0:
        return Place(levels)
    first = levels[0]
    if first.buckets > 1:
        HINTS.keep(_name(first.unit, first.warehouse_id), Spread(first.splits, first.buckets))
    return Place(levels, is_whole=first.buckets <= len(asked))


def _name(unit: Unit, warehouse_id: str) -> str:
    return f"{unit} {warehouse_id}"


def buckets(level: StockLevel) -> list[StockLevel]:
    """All buckets of the place whose bucket 0 this is. One BatchGetItem where there are more."""
    if level.buckets == 1:
        return [level]
    keys = [level_key(level.unit, level.warehouse_id, bucket) for bucket in range(level.buckets)]
    return sorted(LEVELS.many(keys), key=lambda found: found.bucket)


def of(found: Iterable[StockItem]) -> list[StockLevel]:
    """All levels of units whose places are known. One BatchGetItem per hundred."""
    return LEVELS.many(
        level_key(item.unit, place, bucket)
        for item in found
        for place in item.places or []
        for bucket in range(item.buckets)
    )


def at(keys: Iterable[Key]) -> set[Key]:
    """Those of these keys at which there is a level. One BatchGetItem per hundred."""
    return {level_key(level.unit, level.warehouse_id, level.bucket) for level in LEVELS.many(keys)}


def opened(inventory_id: str, unit: Unit, warehouse_id: str) -> StockLevel:
    """The level of a unit in a warehouse, made when there is none (422 when there is no such warehouse)."""
    found = LEVELS.get(level_key(unit, warehouse_id))
    if found:
        return found
    level = StockLevel(
        inventory_id=inventory_id, product_id=unit.product_id, variant_id=unit.variant_id, warehouse_id=warehouse_id
    )
    item = ITEMS.get(item_key(unit))
    with table.transaction() as tx:
        tx.create(LEVELS, level, LostRace())
        gone = invalid("warehouse_not_found", "There is no such warehouse", "/warehouse_id")
        tx.update(use_key(warehouse_id), Path("level_count").add(1), otherwise=gone)
        if item and item.places is not None:
            more = Path("places").set(Path("places").append([warehouse_id]))
            tx.update(item_key(unit), more, condition=Path("version") == item.version, otherwise=LostRace())
    return level


def shift(tx: Transaction, key: Key, on_hand: int, reserved: int, *more: Action) -> None:
    """Change what lies in a bucket and how many of that are reserved; LostRace when there is not so much there."""
    changes = {"quantity": on_hand, "reserved_quantity": reserved, "available_quantity": on_hand - reserved}
    scarce = "reserved_quantity" if reserved < 0 else "available_quantity"
    enough = Path(scarce) >= -changes[scarce] if changes[scarce] < 0 else None
    actions = [Path(name).add(amount) for name, amount in changes.items() if amount]
    tx.update(key, *actions, *more, condition=enough, otherwise=LostRace())


def split(level: StockLevel, splits: int) -> None:
    """Spread a unit over so many buckets of a warehouse from now on: bucket 0 says so, new ones begin empty."""
    with table.transaction() as tx:
        for bucket in range(level.buckets, splits):
            empty = {"quantity": 0, "reserved_quantity": 0, "available_quantity": 0, "last_restocked_at": None}
            made = level.but(**empty, bucket=bucket, splits=1, buckets=1, version=1, created_at=tx.now)
            tx.create(LEVELS, made, LostRace())
        tx.update(
            level_key(level.unit, level.warehouse_id),
            Path("splits").set(splits),
            Path("buckets").set(max(level.buckets, splits)),
            condition=Path("buckets") == level.buckets,
            otherwise=LostRace(),
        )


def even_out(unit: Unit, warehouse_id: str, changes: Mapping[int, int]) -> None:
    """Move free stock between the buckets of a warehouse; LostRace when it was taken meanwhile."""
    with table.transaction() as tx:
        for bucket, change in changes.items():
            shift(tx, level_key(unit, warehouse_id, bucket), change, 0)
