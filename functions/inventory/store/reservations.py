"""The reservations: taking stock from the shelf for an order, and what becomes of it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pynamodb.expressions.operand import Path

from inventory.model.ledger import LedgerEntry
from inventory.model.reservation import MOVES, Reservation, ReservationLine
from inventory.model.stock import StockItem
from inventory.store.keys import LEDGER, LINES, RESERVATIONS, level_key, of_bucket, table
from inventory.store.levels import shift
from shop.events import Event
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import GSI1, GSI2, Key, shards

Home = tuple[str, int]  # a warehouse and a bucket of it


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


def lines_of(item: StockItem, status: str | None, paging: Paging) -> Page[ReservationLine]:
    """The lines that hold, or held, a unit. One Query a bucket."""
    pks = [of_bucket(f"RESUNIT#{item.unit}", bucket) for bucket in range(item.buckets)]
    return LINES.page(pks, paging, prefix=f"{status}#" if status else "")


def hold(
    header: Reservation, lines: Sequence[tuple[ReservationLine, int]], new: bool, news: Event | None
) -> Reservation:
    """Take so many for each of these lines from the shelf, all or none; LostRace when shelf or header changed."""
    with table.transaction() as tx:
        if new:
            held = tx.create(RESERVATIONS, header, LostRace())
        else:
            held = tx.save(RESERVATIONS, header, otherwise=LostRace())
        for line, more in lines:
            if line.quantity == more:
                tx.create(LINES, line, LostRace())
            else:
                tx.save(LINES, line, Path("status") == "active", LostRace())
            home = line.warehouse_id, line.bucket
            tx.create(LEDGER, _entry(line, home, "reservation", more, "order_placed"))
            shift(tx, level_key(line.unit, *home), 0, more)
        if news:
            tx.say(news, held.version)
    return held


def move(
    header: Reservation,
    lines: Sequence[ReservationLine],
    homes: Mapping[str, Home],
    news: Event | None,
    cause: Event | None,
) -> Reservation:
    """Let lines follow their header's status: sold, given back, or taken back (where `homes` says, by line id)."""
    with table.transaction(cause) as tx:
        saved = tx.save(RESERVATIONS, header, otherwise=LostRace())
        changes = Counter[tuple[Key, str]]()
        for line in lines:
            kind, on_hand, reserved = MOVES[line.status, header.status]
            home = homes.get(line.id, (line.warehouse_id, line.bucket))
            tx.save(LINES, line.but(status=header.status), Path("status") == line.status, LostRace())
            amount = (on_hand or reserved) * line.quantity
            reason = "order_placed" if kind == "sale" else header.reason
            tx.create(LEDGER, _entry(line, home, kind, amount, reason))
            changes[level_key(line.unit, *home), "on_hand"] += on_hand * line.quantity
            changes[level_key(line.unit, *home), "reserved"] += reserved * line.quantity
        for key in dict.fromkeys(key for key, _ in changes):
            shift(tx, key, changes[key, "on_hand"], changes[key, "reserved"])
        if news:
            tx.say(news, saved.version)
    return saved


def edit(header: Reservation, changes: Sequence[tuple[ReservationLine, int]], homes: Mapping[str, Home]) -> Reservation:
    """Sell so many more of a line, or take so many back (negative), all at once with the header that says so.

    A line that is new has its whole quantity as its change; one of which nothing is left is cancelled.
    """
    with table.transaction() as tx:
        saved = tx.save(RESERVATIONS, header, otherwise=LostRace())
        for line, change in changes:
            if change == line.quantity and line.version == 1:
                tx.create(LINES, line, LostRace())
            else:
                tx.save(LINES, line, otherwise=LostRace())
            home = homes.get(line.id, (line.warehouse_id, line.bucket))
            if change > 0:
                tx.create(LEDGER, _entry(line, home, "reservation", change, "order_edited"))
                tx.create(LEDGER, _entry(line, home, "sale", -change, "order_edited"))
            else:
                tx.create(LEDGER, _entry(line, home, "return", -change, "order_edited"))
        for key, change in _by_level(changes, homes).items():
            shift(tx, key, -change, 0)
    return saved


def _by_level(changes: Sequence[tuple[ReservationLine, int]], homes: Mapping[str, Home]) -> Counter[Key]:
    sums = Counter[Key]()
    for line, change in changes:
        sums[level_key(line.unit, *homes.get(line.id, (line.warehouse_id, line.bucket)))] += change
    return sums


def decide(header: Reservation) -> Reservation:
    """What was decided about a reservation, where nothing of it moves."""
    with table.transaction() as tx:
        return tx.save(RESERVATIONS, header, otherwise=LostRace())


def bar(header: Reservation, cause: Event | None) -> None:
    """Leave a header where none is, so that a late reserve finds it."""
    with table.transaction(cause) as tx:
        tx.create(RESERVATIONS, header, LostRace())


def _entry(line: ReservationLine, home: Home, kind: str, amount: int, reason: str | None) -> LedgerEntry:
    warehouse_id, bucket = home
    return LedgerEntry(
        inventory_id=line.inventory_id,
        product_id=line.product_id,
        variant_id=line.variant_id,
        warehouse_id=warehouse_id,
        bucket=bucket,
        transaction_type=kind,
        quantity=amount,
        reason=reason,
        reference_id=line.order_id,
    )
