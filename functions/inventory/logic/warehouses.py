"""Keeping the warehouses."""

from inventory.model.warehouse import ChangeWarehouse, SeedWarehouse, Warehouse, WarehouseFields
from inventory.store import warehouses as store
from shop.errors import Refusal, conflict
from shop.ids import derived


def create(warehouse_id: str, body: WarehouseFields) -> Warehouse:
    """A new warehouse."""
    return store.add(Warehouse(warehouse_id=warehouse_id, **dict(body)))


def seed(wanted: SeedWarehouse) -> Warehouse:
    """The warehouse with this code, made when there is none."""
    made = Warehouse(warehouse_id=derived("warehouse", wanted.code), code=wanted.code, name=wanted.name)
    try:
        return store.warehouse_with(wanted.code) or store.add(made)
    except Refusal as rival:
        found = store.warehouse_with(wanted.code)
        if found is None:
            raise rival
        return found


def change(warehouse_id: str, version: int, body: ChangeWarehouse) -> Warehouse:
    """A warehouse with some fields changed."""
    before = store.warehouse(warehouse_id).at(version)
    return store.save(before.but(**body.model_dump(exclude_unset=True)), before)


def delete(warehouse_id: str, version: int) -> None:
    """Remove a warehouse in which nothing lies (409 warehouse_not_empty)."""
    warehouse = store.warehouse(warehouse_id).at(version)
    levels = store.levels_in(warehouse_id)
    if any(level.quantity for level in levels):
        raise conflict("warehouse_not_empty", "There is stock in this warehouse")
    store.remove_empty_levels(warehouse_id, levels)
    store.delete(warehouse)


def first() -> str:
    """The active warehouse that comes first."""
    places = store.open_ones(fresh=True)
    if not places:
        raise conflict("no_warehouse", "There is no active warehouse")
    return places[0].warehouse_id
