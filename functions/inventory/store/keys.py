"""Inventory's table: where each kind of thing is."""

from inventory.model.ledger import LedgerEntry
from inventory.model.reservation import Reservation, ReservationLine
from inventory.model.stock import KeptItem, StockLevel
from inventory.model.unit import Unit
from inventory.model.warehouse import Warehouse, WarehouseUse
from shop import clock
from shop.settings import DAY
from shop.table import Key, Row, Table, sharded

table = Table("inventory")

KEEP_ENDED = 90 * DAY


def warehouse_key(warehouse_id: str) -> Key:
    """Where a warehouse is."""
    return Key(f"WH#{warehouse_id}", "META")


def use_key(warehouse_id: str) -> Key:
    """Where the count of a warehouse's levels is: apart, so that it does not change the warehouse's ETag."""
    return Key(f"WH#{warehouse_id}", "USE")


def item_key(unit: Unit) -> Key:
    """Where a stock item is."""
    return Key(f"PROD#{unit.product_id}", f"ITEM#{unit.variant_id or '_'}")


def level_key(unit: Unit, warehouse_id: str, bucket: int = 0) -> Key:
    """Where the level of a unit in a bucket of a warehouse is."""
    return Key(f"PROD#{unit.product_id}", f"LEVEL#{unit.variant_id or '_'}#{of_bucket(warehouse_id, bucket)}")


def unit_at(key: Key) -> Unit:
    """The unit whose level is at this key."""
    variant = key.sk.split("#")[1]
    return Unit(key.pk.removeprefix("PROD#"), None if variant == "_" else variant)


def reservation_key(order_id: str) -> Key:
    """Where the reservation of an order is."""
    return Key(f"RES#{order_id}", "META")


def line_key(line: ReservationLine) -> Key:
    """Where a line of a reservation is."""
    return Key(f"RES#{line.order_id}", f"LINE#{line.unit}#{of_bucket(line.warehouse_id, line.bucket)}")


def ledger_key(entry: LedgerEntry) -> Key:
    """Where an entry of the ledger is."""
    return Key(of_bucket(f"TXN#{entry.unit}", entry.bucket), f"{entry.created_at}#{entry.id}")


def of_bucket(name: str, bucket: int) -> str:
    """The name of something's bucket; bucket 0 bears the plain name."""
    return f"{name}~{bucket}" if bucket else name


def _item_row(item: KeptItem) -> Row:
    low = (sharded("LOW", str(item.unit)), f"{item.available_quantity:010d}#{item.unit}") if item.is_low else None
    return Row(item_key(item.unit), gsi1=(f"INVID#{item.inventory_id}", "ITEM"), gsi2=low)


def _level_row(level: StockLevel) -> Row:
    in_warehouse = (sharded(f"WHSTOCK#{level.warehouse_id}", str(level.unit)), str(level.unit))
    return Row(level_key(level.unit, level.warehouse_id, level.bucket), gsi1=None if level.bucket else in_warehouse)


def _reservation_row(held: Reservation) -> Row:
    if held.is_open:
        due = (sharded("RESEXP", held.order_id), f"{held.expires_at}#{held.order_id}")
        return Row(reservation_key(held.order_id), gsi1=due)
    return Row(reservation_key(held.order_id), ttl=clock.ttl(held.updated_at, KEEP_ENDED))


def _line_row(line: ReservationLine) -> Row:
    when, place = f"{line.created_at}#{line.order_id}", of_bucket(line.warehouse_id, line.bucket)
    return Row(
        line_key(line),
        gsi1=(of_bucket(f"RESUNIT#{line.unit}", line.bucket), f"{line.status}#{when}#{place}"),
        gsi2=(sharded(f"RESST#{line.status}", line.order_id), f"{when}#{line.unit}#{place}"),
        ttl=None if line.status == "active" else clock.ttl(line.updated_at, KEEP_ENDED),
    )


def _ledger_row(entry: LedgerEntry) -> Row:
    when = f"{entry.created_at}#{entry.id}"
    month = sharded(f"TXTYPE#{entry.transaction_type}#{entry.created_at[:7]}", entry.id)
    reference = (f"TXREF#{entry.reference_id}", when) if entry.reference_id else None
    return Row(ledger_key(entry), gsi1=reference, gsi2=(month, when))


WAREHOUSES = table.kind(
    "warehouse",
    Warehouse,
    lambda w: Row(warehouse_key(w.warehouse_id), gsi1=("WAREHOUSES", f"{w.priority:06d}#{w.code}")),
)
USES = table.kind("warehouse_use", WarehouseUse, lambda u: Row(use_key(u.warehouse_id)))
ITEMS = table.kind("stock_item", KeptItem, _item_row)
LEVELS = table.kind("stock_level", StockLevel, _level_row)
RESERVATIONS = table.kind("reservation", Reservation, _reservation_row)
LINES = table.kind("reservation_line", ReservationLine, _line_row)
LEDGER = table.kind("inventory_transaction", LedgerEntry, _ledger_row)
