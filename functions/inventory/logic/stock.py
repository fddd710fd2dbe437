"""What is on the shelf: telling it, and changing it by hand."""

from collections.abc import Iterable

from inventory import store
from inventory.logic import projection, warehouses
from inventory.logic.rivals import again
from inventory.model import (
    PUBLIC_MAX,
    Adjust,
    Answered,
    Availability,
    Available,
    ChangeItem,
    LedgerEntry,
    Line,
    Restock,
    Shelf,
    StockChange,
    StockItem,
    StockLevel,
    Warehouse,
    WarehouseStock,
)
from shop.errors import not_found


def restock(entry_id: str, inventory_id: str, body: Restock) -> LedgerEntry:
    """Goods came in."""
    return again(lambda: _book(entry_id, inventory_id, "restock", body, body.quantity))


def adjust(entry_id: str, inventory_id: str, body: Adjust) -> LedgerEntry:
    """Somebody counted; what is reserved stays (409 below_reserved)."""
    return again(lambda: _book(entry_id, inventory_id, "adjustment", body, body.quantity))


def _book(entry_id: str, inventory_id: str, kind: str, body: StockChange, quantity: int) -> LedgerEntry:
    done = store.booked(entry_id)
    if done:
        return done
    item = store.item(inventory_id)
    entry = LedgerEntry(
        id=entry_id,
        inventory_id=inventory_id,
        product_id=item.product_id,
        variant_id=item.variant_id,
        warehouse_id=body.warehouse_id or warehouses.first(),
        transaction_type=kind,
        quantity=quantity,
        reason=body.reason,
        notes=body.notes,
        created_by=store.whoever(),
    )
    store.open_level(inventory_id, item.unit, entry.warehouse_id)
    store.book(entry)
    return entry


def change_item(inventory_id: str, version: int, body: ChangeItem) -> StockItem:
    """Another reorder level or quantity."""
    before = store.item(inventory_id).at(version)
    after = before.but(**body.model_dump(exclude_unset=True))
    return store.save_item(after, projection.crossings(before, after))


def shelf(lines: Iterable[Line], order_id: str | None = None) -> Shelf:
    """What there is for these lines. A shortage is only believed with a fresh list of warehouses."""
    lines = list(lines)
    units = [line.unit for line in lines]
    known = store.warehouse_ids()
    found = store.shelf(units, known, order_id)
    if found.reservation is None and found.short(lines):
        fresh = store.warehouse_ids(fresh=True)
        if fresh != known:
            return store.shelf(units, fresh, order_id)
    return found


def look_up(lines: list[Line]) -> Answered:
    """How many there are of each unit."""
    found = shelf(lines)
    return Answered(
        lines=[
            Available(product_id=line.product_id, variant_id=line.variant_id, available=found.available(line.unit))
            for line in lines
        ]
    )


def availability(product_id: str, variant_id: str | None, staff: bool) -> Availability:
    """How many of a product, or of one variant, can be bought: exactly what lies in active warehouses."""
    items, levels = store.product(product_id)
    sold = [item for item in items if not item.retired_at]
    if variant_id is not None:
        sold = [item for item in sold if item.variant_id == variant_id]
    elif any(item.variant_id for item in sold):
        sold = [item for item in sold if item.variant_id]
    if not sold:
        raise not_found("product in stock")
    own = {item.variant_id for item in sold}
    levels = [level for level in levels if level.variant_id in own]
    places = store.warehouses_at({level.warehouse_id for level in levels})
    counts = {item.variant_id: 0 for item in sold}
    for level in levels:
        if level.warehouse_id in places and places[level.warehouse_id].is_active:
            counts[level.variant_id] += level.available_quantity
    available = sum(counts.values())
    return Availability(
        product_id=product_id,
        variant_id=variant_id,
        available=available if staff else min(available, PUBLIC_MAX),
        stock_status=_best({item.status(counts[item.variant_id]) for item in sold}),
        warehouses=_where(levels, places) if staff else None,
    )


def _best(statuses: set[str]) -> str:
    return next(status for status in ("in_stock", "low_stock", "out_of_stock") if status in statuses)


def _where(levels: list[StockLevel], places: dict[str, Warehouse]) -> list[WarehouseStock]:
    found = [(places[level.warehouse_id], level) for level in levels if level.warehouse_id in places]
    found.sort(key=lambda pair: (pair[0].priority, pair[0].code))
    return [
        WarehouseStock(
            warehouse_id=place.warehouse_id,
            code=place.code,
            name=place.name,
            is_active=place.is_active,
            variant_id=level.variant_id,
            location=level.location,
            quantity=level.quantity,
            reserved_quantity=level.reserved_quantity,
            available_quantity=level.available_quantity,
        )
        for place, level in found
    ]
