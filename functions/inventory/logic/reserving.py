"""Holding stock for an order.

A reservation of more than thirty pieces takes several transactions. Its header then goes first: it says where the lines
are going, and each chunk moves it along by its version, so that two runs never work on the same reservation unnoticed
and whoever comes next (a repeat, an undo, the sweeper) can finish what a crash left.
"""

from collections.abc import Iterable, Sequence

from inventory.logic import looking, settling
from inventory.logic.settling import chunks, reserved, too_late
from inventory.model.reservation import Held, Reservation, ReservationLine, Reserve, allocations
from inventory.model.shelf import Shelf
from inventory.model.unit import Line, ShortLine, Unit, merged
from inventory.store import reservations as store
from shop import clock, settings
from shop.errors import Refusal, conflict, not_found
from shop.events import inventory as said
from shop.races import LostRace, until_won


def reserve(wanted: Reserve) -> Held:
    """Hold all lines of an order, or none (409 out_of_stock). Asked again, the first answer."""
    return until_won(lambda: _reserve(wanted))


def _reserve(wanted: Reserve) -> Held:
    lines = merged(wanted.lines)
    shelf = looking.glance(lines, wanted.order_id)
    if shelf.reservation:
        return _reserve_again(shelf.reservation.order_id)
    short = shelf.short(lines)
    if short:
        raise out_of_stock(short)
    until = clock.after(wanted.ttl_seconds or settings.RESERVATION_TTL)
    header = Reservation(order_id=wanted.order_id, status="reserving", settled=False, lines=lines, expires_at=until)
    return _take(header, [], lines, shelf, new=True)


def _reserve_again(order_id: str) -> Held:
    header, held = store.reservation(order_id)
    if header is None:
        raise LostRace
    if header.status == "reserving":
        return _reserve_rest(header, held)
    if header.short:
        settling.settle(header, held)
        raise out_of_stock(header.short)
    if header.status == "completed" or header.is_held(clock.now()):
        return _held(header, held)
    raise too_late()


def _reserve_rest(header: Reservation, held: list[ReservationLine]) -> Held:
    """Go on with what a crash or a rival interrupted; when there is not enough any more, give back the first part."""
    missing = header.missing(held)
    shelf = looking.glance(missing)
    short = shelf.short(missing)
    if not short:
        return _take(header, held, missing, shelf)
    wanted = {line.unit: line.quantity for line in header.lines}
    short = [
        line.model_copy(update={"requested": whole, "available": line.available + whole - line.requested})
        for line in short
        for whole in [wanted[Unit(line.product_id, line.variant_id)]]
    ]
    settling.settle(settling.towards(header, "cancelled", "out_of_stock").but(short=short), held)
    raise out_of_stock(short)


def _take(
    header: Reservation, held: Sequence[ReservationLine], missing: list[Line], shelf: Shelf, new: bool = False
) -> Held:
    lines = {(line.unit, line.warehouse_id, line.bucket): line for line in held}
    taken = []
    for level, more in (piece for line in missing for piece in shelf.allocate(line)):
        place = level.unit, level.warehouse_id, level.bucket
        lines[place] = line = (
            lines[place].but(quantity=lines[place].quantity + more)
            if place in lines
            else ReservationLine(
                inventory_id=level.inventory_id,
                order_id=header.order_id,
                product_id=level.product_id,
                variant_id=level.variant_id,
                warehouse_id=level.warehouse_id,
                bucket=level.bucket,
                quantity=more,
                expires_at=header.expires_at,
            )
        )
        taken.append((line, more))
    created = said.ReservationCreated(order_id=header.order_id, lines=reserved(header), expires_at=header.expires_at)
    for chunk, last in chunks(taken):
        header = header.but(status="active" if last else "reserving", settled=last)
        header = store.hold(header, chunk, new, created if last else None)
        new = False
    return _held(header, lines.values())


def find(order_id: str) -> Held:
    """What is held for an order, or 404."""
    header, lines = store.reservation(order_id)
    if header is None:
        raise not_found("reservation")
    return _held(header, lines)


def _held(header: Reservation, lines: Iterable[ReservationLine]) -> Held:
    return Held(
        order_id=header.order_id,
        status=header.status,
        expires_at=header.expires_at,
        allocations=allocations(lines),
    )


def out_of_stock(short: list[ShortLine]) -> Refusal:
    """409: there is not so much."""
    return conflict("out_of_stock", "There is not enough of some lines", lines=[line.model_dump() for line in short])
