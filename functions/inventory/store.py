"""Where inventory keeps its things. `<u>` is `<product_id>#<variant_id or _>`; `{s}` one of ten shards.

| thing           | PK                | SK                           |
|-----------------|-------------------|------------------------------|
| Warehouse       | WH#<id>           | META                         |
| WarehouseUse    | WH#<id>           | USE                          |
| StockItem       | PROD#<product_id> | ITEM#<variant_id or _>       |
| StockLevel      | PROD#<product_id> | LEVEL#<variant_id or _>#<wh> |
| Reservation     | RES#<order_id>    | META                         |
| ReservationLine | RES#<order_id>    | LINE#<u>#<wh>                |
| LedgerEntry     | TXN#<u>           | <created>#<id>               |

| thing           | GSI1PK / GSI1SK                               | GSI2PK / GSI2SK                                 |
|-----------------|-----------------------------------------------|-------------------------------------------------|
| Warehouse       | WAREHOUSES / <priority>#<code>                | -                                               |
| StockItem       | INVID#<id> / ITEM                             | LOW#{s} / <available>#<u> (while low)           |
| StockLevel      | WHSTOCK#<wh>#{s} / <u>                        | -                                               |
| Reservation     | RESEXP#{s} / <expires>#<order> (while open)   | -                                               |
| ReservationLine | RESUNIT#<u> / <status>#<created>#<order>#<wh> | RESST#<status>#{s} / <created>#<order>#<u>#<wh> |
| LedgerEntry     | TXREF#<reference> / <created>#<id>            | TXTYPE#<type>#<yyyy-mm>#{s} / <created>#<id>    |

Unique: SKU of a stock item in use, WH (warehouse code), LEDGER (id of an entry made by hand).
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence

from pynamodb.expressions.operand import Path

from inventory.model import (
    MOVES,
    LedgerEntry,
    Reservation,
    ReservationLine,
    Shelf,
    StockItem,
    StockLevel,
    Unit,
    Warehouse,
    WarehouseUse,
)
from shop import clock, telemetry
from shop.errors import Refusal, conflict, invalid, not_found, version_mismatch
from shop.events import Event
from shop.pages import Page, Paging
from shop.settings import DAY, MINUTE, PAGE_MAX
from shop.table import (
    GSI1,
    GSI2,
    MAX_ACTIONS,
    TABLE,
    Key,
    Row,
    Table,
    Transaction,
    owner_of,
    sharded,
    shards,
)

table = Table("inventory")

KEEP_ENDED = 90 * DAY
LAST = "\U0010ffff"


class Overtaken(Refusal):
    """A rival changed what we had read: read again and try again."""

    def __init__(self) -> None:
        super().__init__(409, "conflict", "Someone else was quicker")


def warehouse_key(warehouse_id: str) -> Key:
    """Where a warehouse is."""
    return Key(f"WH#{warehouse_id}", "META")


def use_key(warehouse_id: str) -> Key:
    """Where the count of a warehouse's levels is: apart, so that it does not change the warehouse's ETag."""
    return Key(f"WH#{warehouse_id}", "USE")


def item_key(unit: Unit) -> Key:
    """Where a stock item is."""
    return Key(f"PROD#{unit.product_id}", f"ITEM#{unit.variant_id or '_'}")


def level_key(unit: Unit, warehouse_id: str) -> Key:
    """Where the level of a unit in a warehouse is."""
    return Key(f"PROD#{unit.product_id}", f"LEVEL#{unit.variant_id or '_'}#{warehouse_id}")


def unit_at(key: Key) -> Unit:
    """The unit whose level is at this key."""
    variant = key.sk.split("#")[1]
    return Unit(key.pk.removeprefix("PROD#"), None if variant == "_" else variant)


def reservation_key(order_id: str) -> Key:
    """Where the reservation of an order is."""
    return Key(f"RES#{order_id}", "META")


def line_key(line: ReservationLine) -> Key:
    """Where a line of a reservation is."""
    return Key(f"RES#{line.order_id}", f"LINE#{line.unit}#{line.warehouse_id}")


def ledger_key(entry: LedgerEntry) -> Key:
    """Where an entry of the ledger is."""
    return Key(f"TXN#{entry.unit}", f"{entry.created_at}#{entry.id}")


def _item_row(item: StockItem) -> Row:
    low = (sharded("LOW", str(item.unit)), f"{item.available_quantity:010d}#{item.unit}") if item.is_low else None
    return Row(item_key(item.unit), gsi1=(f"INVID#{item.inventory_id}", "ITEM"), gsi2=low)


def _level_row(level: StockLevel) -> Row:
    in_warehouse = sharded(f"WHSTOCK#{level.warehouse_id}", str(level.unit))
    return Row(level_key(level.unit, level.warehouse_id), gsi1=(in_warehouse, str(level.unit)))


def _reservation_row(held: Reservation) -> Row:
    if held.is_open:
        due = (sharded("RESEXP", held.order_id), f"{held.expires_at}#{held.order_id}")
        return Row(reservation_key(held.order_id), gsi1=due)
    return Row(reservation_key(held.order_id), ttl=clock.ttl(held.updated_at, KEEP_ENDED))


def _line_row(line: ReservationLine) -> Row:
    when = f"{line.created_at}#{line.order_id}"
    return Row(
        line_key(line),
        gsi1=(f"RESUNIT#{line.unit}", f"{line.status}#{when}#{line.warehouse_id}"),
        gsi2=(sharded(f"RESST#{line.status}", line.order_id), f"{when}#{line.unit}#{line.warehouse_id}"),
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
ITEMS = table.kind("stock_item", StockItem, _item_row)
LEVELS = table.kind("stock_level", StockLevel, _level_row)
RESERVATIONS = table.kind("reservation", Reservation, _reservation_row)
LINES = table.kind("reservation_line", ReservationLine, _line_row)
LEDGER = table.kind("inventory_transaction", LedgerEntry, _ledger_row)


# Warehouses


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


def active_warehouses() -> list[Warehouse]:
    """The warehouses in use, by priority. One Query."""
    return [w for w in WAREHOUSES.query("WAREHOUSES", index=GSI1) if w.is_active]


_known: dict[str, tuple[float, list[str]]] = {}


def warehouse_ids(fresh: bool = False) -> list[str]:
    """Which warehouses there are, as known for at most a minute. Whether one is active is read with its levels."""
    until, ids = _known.get(table.name, (0.0, []))
    if fresh or not ids or until < time.monotonic():
        ids = [w.warehouse_id for w in WAREHOUSES.query("WAREHOUSES", index=GSI1)]
        _known[table.name] = (time.monotonic() + MINUTE, ids)
    return ids


def add_warehouse(warehouse: Warehouse) -> Warehouse:
    """Write a new warehouse; its code is its own (409 code_taken)."""
    key = warehouse_key(warehouse.warehouse_id)
    with table.transaction() as tx:
        tx.create(WAREHOUSES, warehouse)
        tx.create(USES, WarehouseUse(warehouse_id=warehouse.warehouse_id))
        tx.claim("WH", warehouse.code, key, _code_taken())
    _known.clear()
    return warehouse


def save_warehouse(warehouse: Warehouse, before: Warehouse) -> Warehouse:
    """Write a changed warehouse."""
    key = warehouse_key(warehouse.warehouse_id)
    with table.transaction() as tx:
        saved = tx.save(WAREHOUSES, warehouse)
        if warehouse.code != before.code:
            tx.claim("WH", warehouse.code, key, _code_taken())
            tx.unclaim("WH", before.code, key)
    return saved


def levels_in(warehouse_id: str) -> list[StockLevel]:
    """All levels of a warehouse. Ten Queries."""
    return [level for pk in shards(f"WHSTOCK#{warehouse_id}") for level in LEVELS.query(pk, index=GSI1)]


def remove_empty_levels(warehouse_id: str, levels: Sequence[StockLevel]) -> None:
    """Remove a warehouse's levels if they are empty (409 warehouse_not_empty)."""
    most = MAX_ACTIONS - 1
    for chunk in (levels[start : start + most] for start in range(0, len(levels), most)):
        with table.transaction() as tx:
            for level in chunk:
                tx.delete(level_key(level.unit, warehouse_id), Path("quantity") == 0, _not_empty())
            tx.update(use_key(warehouse_id), Path("level_count").add(-len(chunk)), otherwise=not_found("warehouse"))


def delete_warehouse(warehouse: Warehouse) -> None:
    """Remove a warehouse without levels; a level opened meanwhile keeps it (409 warehouse_not_empty)."""
    key = warehouse_key(warehouse.warehouse_id)
    with table.transaction() as tx:
        tx.delete(key, Path("version") == warehouse.version, version_mismatch())
        tx.delete(use_key(warehouse.warehouse_id), Path("level_count") == 0, _not_empty())
        tx.unclaim("WH", warehouse.code, key)
    _known.clear()


def _code_taken() -> Refusal:
    return conflict("code_taken", "Another warehouse has this code")


def _not_empty() -> Refusal:
    return conflict("warehouse_not_empty", "There is stock in this warehouse")


# Stock


def item(inventory_id: str) -> StockItem:
    """A stock item by its id, or 404."""
    found = find_item(inventory_id)
    if found is None:
        raise not_found("inventory item")
    return found


def find_item(inventory_id: str) -> StockItem | None:
    """A stock item by its id. One Query, then one GetItem since the index may lag."""
    found = ITEMS.query(f"INVID#{inventory_id}", index=GSI1)
    return ITEMS.get(item_key(found[0].unit)) if found else None


def item_with(sku: str) -> StockItem | None:
    """The stock item with this SKU, if there is one. Two GetItems."""
    key = owner_of(table, "SKU", sku)
    return ITEMS.get(key) if key else None


def low_items(paging: Paging) -> Page[StockItem]:
    """What should be ordered, the scarcest first."""
    return ITEMS.page(shards("LOW"), paging, index=GSI2, newest_first=False)


def items_in(warehouse_id: str, paging: Paging) -> Page[StockItem]:
    """The stock items that have a level in a warehouse."""
    page = LEVELS.page(shards(f"WHSTOCK#{warehouse_id}"), paging, newest_first=False)
    items = {item.unit: item for item in ITEMS.many(item_key(level.unit) for level in page.data)}
    found = [items[level.unit] for level in page.data if level.unit in items]
    return Page(data=found, has_more=page.has_more, next_cursor=page.next_cursor)


def product(product_id: str) -> tuple[list[StockItem], list[StockLevel]]:
    """The stock items of a product, then all their levels (AP28). One strongly consistent Query, in this order."""
    found = table.collection(f"PROD#{product_id}")
    return [f for f in found if isinstance(f, StockItem)], [f for f in found if isinstance(f, StockLevel)]


def shelf(units: Iterable[Unit], warehouse_ids: Iterable[str], order_id: str | None = None) -> Shelf:
    """What lies where in the warehouses in use, and the order's reservation. One BatchGetItem per hundred."""
    ids = list(warehouse_ids)
    keys = [warehouse_key(i) for i in ids] + [level_key(unit, i) for unit in units for i in ids]
    found = table.many(keys + ([reservation_key(order_id)] if order_id else []))
    places = [thing for thing in found if isinstance(thing, Warehouse) and thing.is_active]
    return Shelf(
        sorted(places, key=lambda place: (place.priority, place.code)),
        {(thing.unit, thing.warehouse_id): thing for thing in found if isinstance(thing, StockLevel)},
        next((thing for thing in found if isinstance(thing, Reservation)), None),
    )


def change_units(
    add: Iterable[StockItem], retire: Iterable[StockItem], revive: Iterable[StockItem], cause: Event
) -> None:
    """Write which units there are; the SKUs of those in use are theirs alone (409 sku_taken)."""
    taken = conflict("sku_taken", "Another unit has this SKU")
    with table.transaction(cause) as tx:
        for item in add:
            tx.create(ITEMS, item, Overtaken())
        for item in retire:
            tx.save(ITEMS, item.but(retired_at=tx.now), otherwise=Overtaken())
            tx.unclaim("SKU", item.sku, item_key(item.unit))
        for item in revive:
            tx.save(ITEMS, item.but(retired_at=None), otherwise=Overtaken())
        for item in (*(item for item in add if not item.retired_at), *revive):
            tx.claim("SKU", item.sku, item_key(item.unit), taken)


def save_item(item: StockItem, news: Iterable[Event], otherwise: Refusal | None = None) -> StockItem:
    """Write a changed stock item and tell what that means."""
    with table.transaction() as tx:
        saved = tx.save(ITEMS, item, otherwise=otherwise)
        for event in news:
            tx.say(event, saved.version)
    return saved


def open_level(inventory_id: str, unit: Unit, warehouse_id: str) -> None:
    """Make sure that a unit has a level in a warehouse (422 when there is no such warehouse)."""
    if LEVELS.get(level_key(unit, warehouse_id)):
        return
    level = StockLevel(
        inventory_id=inventory_id, product_id=unit.product_id, variant_id=unit.variant_id, warehouse_id=warehouse_id
    )
    with table.transaction() as tx:
        tx.create(LEVELS, level, Overtaken())
        gone = invalid("warehouse_not_found", "There is no such warehouse", "/warehouse_id")
        tx.update(use_key(warehouse_id), Path("level_count").add(1), otherwise=gone)


def book(entry: LedgerEntry) -> None:
    """Restock or adjust a level, once per entry id. What comes in must find its level and a unit in use."""
    amount, key = entry.quantity, level_key(entry.unit, entry.warehouse_id)
    actions = [Path("quantity").add(amount), Path("available_quantity").add(amount)]
    with table.transaction() as tx:
        tx.create(LEDGER, entry)
        tx.claim("LEDGER", entry.id, ledger_key(entry), Overtaken())
        if amount < 0:
            below = conflict("below_reserved", "There is not so much that is not reserved")
            tx.update(key, *actions, condition=Path("available_quantity") >= -amount, otherwise=below)
            return
        received = [Path("last_restocked_at").set(tx.now)] if entry.transaction_type == "restock" else []
        tx.update(key, *actions, *received, otherwise=Overtaken())
        retired = conflict("retired", "This unit is not sold any more")
        tx.update(item_key(entry.unit), *received, condition=Path("retired_at").does_not_exist(), otherwise=retired)


def booked(entry_id: str) -> LedgerEntry | None:
    """The entry made by hand under this id, if it was made. Two GetItems."""
    key = owner_of(table, "LEDGER", entry_id)
    return LEDGER.get(key) if key else None


def ledger(unit: Unit, paging: Paging, kind: str | None, since: str | None, until: str | None) -> Page[LedgerEntry]:
    """The ledger of a unit, newest first, of one type or all, between two moments."""
    low, high, pk = since or "", f"{until or ''}{LAST}", f"TXN#{unit}"
    if kind is None:
        return LEDGER.page(pk, paging, index=TABLE, low=low, high=high)
    found: list[LedgerEntry] = []
    after = paging.after
    while len(found) <= paging.limit:
        rows = LEDGER.query(pk, low=low, high=after or high, newest_first=True, limit=PAGE_MAX + 1)
        rows = [row for row in rows if ledger_key(row).sk != after]
        if not rows:
            break
        found += [row for row in rows if row.transaction_type == kind]
        after = ledger_key(rows[-1]).sk
    shown = found[: paging.limit]
    return paging.page(shown, ledger_key(shown[-1]).sk if len(found) > paging.limit else None)


# Reservations


def reservation(order_id: str) -> tuple[Reservation | None, list[ReservationLine]]:
    """What is held for an order. One strongly consistent Query."""
    found = table.collection(f"RES#{order_id}")
    header = next((thing for thing in found if isinstance(thing, Reservation)), None)
    return header, [thing for thing in found if isinstance(thing, ReservationLine)]


def due(now: str, limit: int = 100) -> list[str]:
    """The orders whose reservations are open past their time, at most so many a shard. Ten Queries."""
    return [
        held.order_id for pk in shards("RESEXP") for held in RESERVATIONS.query(pk, index=GSI1, high=now, limit=limit)
    ]


def lines_with(status: str | None, paging: Paging) -> Page[ReservationLine]:
    """The lines of all reservations, of one status or all, newest first."""
    statuses = [status] if status else ["active", "completed", "cancelled", "expired"]
    return LINES.page([pk for each in statuses for pk in shards(f"RESST#{each}")], paging, index=GSI2)


def lines_of(unit: Unit, status: str | None, paging: Paging) -> Page[ReservationLine]:
    """The lines that hold, or held, a unit."""
    return LINES.page(f"RESUNIT#{unit}", paging, prefix=f"{status}#" if status else "")


def hold(header: Reservation, lines: Sequence[ReservationLine], new: bool, news: Event | None) -> Reservation:
    """Take these lines from the shelf, all or none; Overtaken when the shelf or the header changed."""
    with table.transaction() as tx:
        if new:
            held = tx.create(RESERVATIONS, header, Overtaken())
        else:
            held = tx.save(RESERVATIONS, header, otherwise=Overtaken())
        for line in lines:
            tx.create(LINES, line, Overtaken())
            tx.create(LEDGER, _entry(line, line.warehouse_id, "reservation", line.quantity, "order_placed"))
            tx.update(
                level_key(line.unit, line.warehouse_id),
                *_by(0, line.quantity),
                condition=Path("available_quantity") >= line.quantity,
                otherwise=Overtaken(),
            )
        if news:
            tx.say(news, held.version)
    return held


def move(
    header: Reservation,
    lines: Sequence[ReservationLine],
    homes: dict[tuple[Unit, str], str],
    news: Event | None,
    cause: Event | None,
) -> Reservation:
    """Let lines follow their header's status: sold, given back, or taken back (to the warehouse `homes` names)."""
    with table.transaction(cause) as tx:
        saved = tx.save(RESERVATIONS, header, otherwise=Overtaken())
        changes = Counter[tuple[Key, str]]()
        for line in lines:
            kind, on_hand, reserved = MOVES[line.status, header.status]
            home = homes.get((line.unit, line.warehouse_id), line.warehouse_id)
            tx.save(LINES, line.but(status=header.status), Path("status") == line.status, Overtaken())
            amount = (on_hand or reserved) * line.quantity
            reason = "order_placed" if kind == "sale" else header.reason
            tx.create(LEDGER, _entry(line, home, kind, amount, reason))
            changes[level_key(line.unit, home), "on_hand"] += on_hand * line.quantity
            changes[level_key(line.unit, home), "reserved"] += reserved * line.quantity
        for key in dict.fromkeys(key for key, _ in changes):
            _shift(tx, key, changes[key, "on_hand"], changes[key, "reserved"])
        if news:
            tx.say(news, saved.version)
    return saved


def bar(header: Reservation, cause: Event | None) -> None:
    """Leave a header where none is, so that a late reserve finds it."""
    with table.transaction(cause) as tx:
        tx.create(RESERVATIONS, header, Overtaken())


def _shift(tx: Transaction, key: Key, on_hand: int, reserved: int) -> None:
    enough = Path("reserved_quantity") >= -reserved if reserved < 0 else None
    tx.update(key, *_by(on_hand, reserved), condition=enough, otherwise=Overtaken())


def _by(on_hand: int, reserved: int) -> list[object]:
    changes = {"quantity": on_hand, "reserved_quantity": reserved, "available_quantity": on_hand - reserved}
    return [Path(name).add(amount) for name, amount in changes.items() if amount]


def _entry(line: ReservationLine, warehouse_id: str, kind: str, amount: int, reason: str | None) -> LedgerEntry:
    return LedgerEntry(
        inventory_id=line.inventory_id,
        product_id=line.product_id,
        variant_id=line.variant_id,
        warehouse_id=warehouse_id,
        transaction_type=kind,
        quantity=amount,
        reason=reason,
        reference_id=line.order_id,
        created_by=whoever(),
    )


def whoever() -> str:
    """Who set this in motion."""
    actor = telemetry.actor.get()
    return actor["id"] or actor["type"] or "system"
