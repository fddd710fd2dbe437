"""The warehouses, and whether anything has a level in them."""

from collections.abc import Iterable, Iterator, Sequence

from pynamodb.expressions.operand import Path

from inventory.model.stock import StockLevel
from inventory.model.warehouse import Warehouse, WarehouseUse
from inventory.store.keys import LEVELS, USES, WAREHOUSES, level_key, table, use_key, warehouse_key
from shop.errors import Refusal, conflict, not_found, version_mismatch
from shop.keeping import Kept
from shop.pages import Page, Paging
from shop.table import GSI1, MAX_ACTIONS, owner_of, shards

# Every reservation in the shop wants to know them: read each time, they would be its hottest row.
KNOWN: Kept[list[Warehouse]] = Kept(seconds=5)


def warehouse(warehouse_id: str) -> Warehouse:
    """A warehouse, or 404."""
    found = WAREHOUSES.get(warehouse_key(warehouse_id))
    if found is None:
        raise not_found("warehouse")
    return found


def warehouse_with(code: str) -> Warehouse | None:
    """The warehouse with this code, if there is one. Two GetItems."""
    key = owner_of(table, "WH", code)
    return WAREHOUSES.get(key) if key else None


def warehouses(paging: Paging) -> Page[Warehouse]:
    """All warehouses by priority."""
    return WAREHOUSES.page("WAREHOUSES", paging, newest_first=False)


def warehouses_at(warehouse_ids: Iterable[str]) -> dict[str, Warehouse]:
    """Those of these warehouses that exist. One BatchGetItem."""
    return {w.warehouse_id: w for w in WAREHOUSES.many(warehouse_key(i) for i in warehouse_ids)}


def open_ones(fresh: bool = False) -> list[Warehouse]:
    """The warehouses in use, by priority, as known for at most five seconds. One Query, now and then."""
    if fresh:
        KNOWN.forget()
    return KNOWN.get(table.name, lambda: [w for w in WAREHOUSES.query("WAREHOUSES", index=GSI1) if w.is_active])


def add(warehouse: Warehouse) -> Warehouse:
    """Write a new warehouse; its code is its own (409 code_taken)."""
    key = warehouse_key(warehouse.warehouse_id)
    with table.transaction() as tx:
        tx.create(WAREHOUSES, warehouse)
        tx.create(USES, WarehouseUse(warehouse_id=warehouse.warehouse_id))
        tx.claim("WH", warehouse.code, key, _code_taken())
    KNOWN.forget()
    return warehouse


def save(warehouse: Warehouse, before: Warehouse) -> Warehouse:
    """Write a changed warehouse."""
    key = warehouse_key(warehouse.warehouse_id)
    with table.transaction() as tx:
        saved = tx.save(WAREHOUSES, warehouse)
        if warehouse.code != before.code:
            tx.claim("WH", warehouse.code, key, _code_taken())
            tx.unclaim("WH", before.code, key)
    KNOWN.forget()
    return saved


def levels_in(warehouse_id: str) -> list[StockLevel]:
    """The level of each unit in a warehouse; of split ones their bucket 0. Ten Queries."""
    return [level for pk in shards(f"WHSTOCK#{warehouse_id}") for level in LEVELS.query(pk, index=GSI1)]


def remove_empty_levels(warehouse_id: str, levels: Sequence[StockLevel]) -> None:
    """Remove a warehouse's levels, each with its buckets, if they are empty (409 warehouse_not_empty)."""
    for chunk in _chunks(levels):
        with table.transaction() as tx:
            for level in chunk:
                # The index may lag behind: with more buckets than it tells of, all stay.
                as_seen = (Path("quantity") == 0) & (Path("buckets") == level.buckets)
                tx.delete(level_key(level.unit, warehouse_id), as_seen, _not_empty())
                for bucket in range(1, level.buckets):
                    tx.delete(level_key(level.unit, warehouse_id, bucket), Path("quantity") == 0, _not_empty())
            tx.update(use_key(warehouse_id), Path("level_count").add(-len(chunk)), otherwise=not_found("warehouse"))


def _chunks(levels: Sequence[StockLevel]) -> Iterator[list[StockLevel]]:
    """As many as fit one transaction; a unit's buckets stay together, and one write is the count's."""
    chunk: list[StockLevel] = []
    for level in levels:
        if sum(each.buckets for each in chunk) + level.buckets > MAX_ACTIONS - 1:
            yield chunk
            chunk = []
        chunk.append(level)
    if chunk:
        yield chunk


def delete(warehouse: Warehouse) -> None:
    """Remove a warehouse without levels; a level opened meanwhile keeps it (409 warehouse_not_empty)."""
    key = warehouse_key(warehouse.warehouse_id)
    with table.transaction() as tx:
        tx.delete(key, Path("version") == warehouse.version, version_mismatch())
        tx.delete(use_key(warehouse.warehouse_id), Path("level_count") == 0, _not_empty())
        tx.unclaim("WH", warehouse.code, key)
    KNOWN.forget()


def _code_taken() -> Refusal:
    return conflict("code_taken", "Another warehouse has this code")


def _not_empty() -> Refusal:
    return conflict("warehouse_not_empty", "There is stock in this warehouse")
