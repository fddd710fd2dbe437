"""What is on the shelf: telling it, and changing it by hand."""

from collections import Counter
from collections.abc import Iterable, Mapping

from inventory.logic import projection, warehouses
from inventory.model.buckets import shares
from inventory.model.ledger import Adjust, LedgerEntry, Restock, StockChange
from inventory.model.shelf import Place
from inventory.model.stock import (
    PUBLIC_MAX,
    Availability,
    ChangeItem,
    StockItem,
    StockLevel,
    WarehouseStock,
)
from inventory.model.warehouse import Warehouse
from inventory.store import items, ledger, levels
from inventory.store import warehouses as places
from shop.errors import conflict, not_found
from shop.races import LostRace, until_won


def restock(entry_id: str, inventory_id: str, body: Restock) -> LedgerEntry:
    """Goods came in."""
    return until_won(lambda: _change(entry_id, inventory_id, "restock", body, body.quantity))


def adjust(entry_id: str, inventory_id: str, body: Adjust) -> LedgerEntry:
    """Somebody counted; what is reserved stays (409 below_reserved)."""
    return until_won(lambda: _change(entry_id, inventory_id, "adjustment", body, body.quantity))


def _change(entry_id: str, inventory_id: str, kind: str, body: StockChange, quantity: int) -> LedgerEntry:
    item = items.item(inventory_id)
    return book(
        LedgerEntry(
            id=entry_id,
            inventory_id=inventory_id,
            product_id=item.product_id,
            variant_id=item.variant_id,
            warehouse_id=body.warehouse_id or warehouses.first(),
            transaction_type=kind,
            quantity=quantity,
            reason=body.reason,
            notes=body.notes,
        )
    )


def book(entry: LedgerEntry) -> LedgerEntry:
    """Change what lies in a warehouse, over its buckets; once, however often this is tried."""
    done = ledger.booked(entry.id)
    if done:
        return done
    level = levels.opened(entry.inventory_id, entry.unit, entry.warehouse_id)
    ledger.book(entry, shares(entry.quantity, level.splits) if entry.quantity > 0 else _taken(entry, level))
    return entry


def _taken(entry: LedgerEntry, level: StockLevel) -> Mapping[int, int]:
    """From which buckets goods go that nobody reserved."""
    found = levels.buckets(level)
    if Place(found).available < -entry.quantity:
        if len(found) > 1 and levels.buckets(level) != found:
            raise LostRace  # they were read one by one
        raise conflict("below_reserved", "There is not so much that is not reserved")
    return {bucket.bucket: -part for bucket, part in Place(found).take(-entry.quantity)}


def change_item(inventory_id: str, version: int, body: ChangeItem) -> StockItem:
    """Another reorder level or quantity, whatever was sold since this version (412 if somebody has edited it)."""

    def attempt() -> StockItem:
        before = items.item(inventory_id).at(version)
        after = before.but(**body.model_dump(exclude_unset=True), edition=before.version + 1)
        return items.save(after, projection.crossings(before, after))

    return until_won(attempt)


def availability(product_id: str, variant_id: str | None, staff: bool) -> Availability:
    """How many of a product, or of one variant, can be bought: exactly what lies in active warehouses."""
    found, all_levels = items.product(product_id)
    sold = [item for item in found if not item.retired_at]
    if variant_id is not None:
        sold = [item for item in sold if item.variant_id == variant_id]
    elif any(item.variant_id for item in sold):
        sold = [item for item in sold if item.variant_id]
    if not sold:
        raise not_found("product in stock")
    there = [level for item in sold for level in item.own(all_levels)]
    known = places.warehouses_at({level.warehouse_id for level in there})
    counts = Counter({item.variant_id: 0 for item in sold})
    for level in there:
        if level.warehouse_id in known and known[level.warehouse_id].is_active:
            counts[level.variant_id] += level.available_quantity
    available = counts.total()
    return Availability(
        product_id=product_id,
        variant_id=variant_id,
        available=available if staff else min(available, PUBLIC_MAX),
        stock_status=_best({item.status(counts[item.variant_id]) for item in sold}),
        warehouses=_where(there, known) if staff else None,
    )


def _best(statuses: set[str]) -> str:
    return next(status for status in ("in_stock", "low_stock", "out_of_stock") if status in statuses)


def _where(found: Iterable[StockLevel], known: Mapping[str, Warehouse]) -> list[WarehouseStock]:
    """What lies in each warehouse; its buckets are one."""
    together: dict[tuple[str, str | None], list[StockLevel]] = {}
    for level in found:
        if level.warehouse_id in known:
            together.setdefault((level.warehouse_id, level.variant_id), []).append(level)
    shown = [
        WarehouseStock(
            warehouse_id=warehouse_id,
            code=known[warehouse_id].code,
            name=known[warehouse_id].name,
            is_active=known[warehouse_id].is_active,
            variant_id=variant_id,
            location=buckets[0].location,
            quantity=sum(level.quantity for level in buckets),
            reserved_quantity=sum(level.reserved_quantity for level in buckets),
            available_quantity=sum(level.available_quantity for level in buckets),
        )
        for (warehouse_id, variant_id), buckets in together.items()
    ]
    return sorted(shown, key=lambda stock: (known[stock.warehouse_id].priority, stock.code))
