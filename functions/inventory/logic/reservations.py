"""Holding stock for an order until it is sold, given back or nobody came for it.

A reservation of more than thirty lines takes several transactions. Its header then goes first: it says where the lines
are going, and each chunk moves it along by its version, so that two runs never work on the same reservation unnoticed
and whoever comes next (a repeat, an undo, the sweeper) can finish what a crash left.
"""

from collections.abc import Sequence
from typing import TypeVar

from inventory import store
from inventory.logic import stock, warehouses
from inventory.logic.rivals import again
from inventory.model import (
    MOVES,
    Allocation,
    HeaderStatus,
    Held,
    Line,
    Release,
    Reservation,
    ReservationLine,
    Reserve,
    Settled,
    Shelf,
    ShortLine,
    Unit,
    merged,
)
from shop import clock, settings, telemetry
from shop.errors import Refusal, conflict, not_found
from shop.events import Event
from shop.events.inventory import (
    ReservationCompleted,
    ReservationCreated,
    ReservationExpired,
    ReservationReleased,
    ReservedLine,
)
from shop.events.orders import OrderCancelled

T = TypeVar("T")

CHUNK = 30  # lines that fit one transaction: three writes each, the header and two events


def reserve(wanted: Reserve) -> Held:
    """Hold all lines of an order, or none (409 out_of_stock). Asked again, the first answer."""
    return again(lambda: _reserve(wanted))


def _reserve(wanted: Reserve) -> Held:
    lines = merged(wanted.lines)
    shelf = stock.shelf(lines, wanted.order_id)
    if shelf.reservation:
        return _reserve_again(shelf.reservation.order_id)
    short = shelf.short(lines)
    if short:
        raise _out_of_stock(short)
    until = clock.after(wanted.ttl_seconds or settings.RESERVATION_TTL)
    header = Reservation(order_id=wanted.order_id, status="reserving", settled=False, lines=lines, expires_at=until)
    return _take(header, [], lines, shelf, new=True)


def _reserve_again(order_id: str) -> Held:
    header, held = store.reservation(order_id)
    if header is None:
        raise store.Overtaken()
    if header.status == "reserving":
        return _reserve_rest(header, held)
    if header.short:
        _settle(header, held)
        raise _out_of_stock(header.short)
    if header.status == "completed" or header.is_held(clock.now()):
        return _held(header, held)
    raise _too_late()


def _reserve_rest(header: Reservation, held: list[ReservationLine]) -> Held:
    """Go on with what a crash or a rival interrupted; when there is not enough any more, give back the first part."""
    missing = header.missing(held)
    shelf = stock.shelf(missing)
    short = shelf.short(missing)
    if not short:
        return _take(header, held, missing, shelf)
    wanted = {line.unit: line.quantity for line in header.lines}
    short = [
        line.model_copy(update={"requested": whole, "available": line.available + whole - line.requested})
        for line in short
        for whole in [wanted[Unit(line.product_id, line.variant_id)]]
    ]
    _settle(_towards(header, "cancelled", "out_of_stock").but(short=short), held)
    raise _out_of_stock(short)


def _take(
    header: Reservation, held: list[ReservationLine], missing: list[Line], shelf: Shelf, new: bool = False
) -> Held:
    taken = [
        ReservationLine(
            inventory_id=level.inventory_id,
            order_id=header.order_id,
            product_id=level.product_id,
            variant_id=level.variant_id,
            warehouse_id=level.warehouse_id,
            quantity=quantity,
            expires_at=header.expires_at,
        )
        for line in missing
        for level, quantity in shelf.allocate(line)
    ]
    created = ReservationCreated(order_id=header.order_id, lines=_reserved(header), expires_at=header.expires_at)
    for chunk, last in _chunks(taken):
        header = header.but(status="active" if last else "reserving", settled=last)
        header = store.hold(header, chunk, new, created if last else None)
        new = False
    return _held(header, held + taken)


def find(order_id: str) -> Held:
    """What is held for an order, or 404."""
    header, lines = store.reservation(order_id)
    if header is None:
        raise not_found("reservation")
    return _held(header, lines)


def commit(order_id: str) -> Settled:
    """The stock is sold. Too late when it expired or was given back (409 reservation_expired)."""
    return again(lambda: _commit(order_id))


def _commit(order_id: str) -> Settled:
    header, lines = store.reservation(order_id)
    if header and header.is_held(clock.now()):
        header = _towards(header, "completed")
    if header is None or header.status != "completed":
        raise _too_late()
    return _settle(header, lines)


def release(wanted: Release, cause: Event | None = None) -> Settled:
    """Give the stock back, also what was sold if that is to be reversed. Without a reservation, none can come later."""
    return again(lambda: _release(wanted, cause))


def _release(wanted: Release, cause: Event | None) -> Settled:
    header, lines = store.reservation(wanted.order_id)
    if header is None:
        now = clock.now()
        barred = Reservation(order_id=wanted.order_id, status="cancelled", expires_at=now, reason=wanted.reason)
        store.bar(barred, cause)
        return _settled(barred)
    if header.status in ("reserving", "active") or (header.status == "completed" and wanted.reverse_committed):
        header = _towards(header, "cancelled", wanted.reason)
    return _settle(header, lines, cause)


def on_order_cancelled(event: OrderCancelled) -> None:
    """The stock of a cancelled order comes back, once."""
    release(Release(order_id=event.order_id, reverse_committed=True, reason="order_cancelled"), cause=event)


def expire_due() -> None:
    """Give back what nobody came for in time, and finish what a crash left. One that fails does not stop the others."""
    failed = 0
    for order_id in store.due(clock.now()):
        try:
            expire(order_id)
        except Exception:
            telemetry.logger.exception("a reservation could not expire", extra={"order_id": order_id})
            failed += 1
    if failed:
        raise RuntimeError(f"{failed} reservations could not expire")


def expire(order_id: str) -> None:
    """End one reservation whose time is over."""
    again(lambda: _expire(order_id))


def _expire(order_id: str) -> None:
    header, lines = store.reservation(order_id)
    if header is None or header.expires_at > clock.now():
        return
    if header.status in ("reserving", "active"):
        header = _towards(header, "expired", "reservation_expired")
    _settle(header, lines)


def _towards(header: Reservation, status: HeaderStatus, reason: str | None = None) -> Reservation:
    return header.but(status=status, settled=False, reason=reason)


def _settle(header: Reservation, lines: list[ReservationLine], cause: Event | None = None) -> Settled:
    """Let the lines follow the header, chunk by chunk; the last one tells."""
    if not header.settled:
        waiting = [line for line in lines if (line.status, header.status) in MOVES]
        homes = _homes([line for line in waiting if line.status == "completed"])
        for chunk, last in _chunks(waiting):
            news = _news(header) if last else None
            header = store.move(header.but(settled=last), chunk, homes, news, cause if last else None)
    return _settled(header)


def _homes(sold: list[ReservationLine]) -> dict[tuple[Unit, str], str]:
    """Where sold goods go back to: whence they came, or to the first warehouse when that place is gone."""
    if not sold:
        return {}
    shelf = store.shelf([line.unit for line in sold], {line.warehouse_id for line in sold})
    homeless = [line for line in sold if (line.unit, line.warehouse_id) not in shelf.levels]
    if not homeless:
        return {}
    home = warehouses.first()
    for line in homeless:
        store.open_level(line.inventory_id, line.unit, home)
    return {(line.unit, line.warehouse_id): home for line in homeless}


def _news(header: Reservation) -> Event:
    match header.status:
        case "completed":
            return ReservationCompleted(order_id=header.order_id, lines=_reserved(header))
        case "expired":
            return ReservationExpired(order_id=header.order_id)
    return ReservationReleased(order_id=header.order_id, lines=_reserved(header), reason=header.reason)


def _chunks(lines: Sequence[T]) -> list[tuple[Sequence[T], bool]]:
    """The lines in transactions' worth, and whether each is the last. No lines are one empty chunk."""
    starts = range(0, max(len(lines), 1), CHUNK)
    return [(lines[start : start + CHUNK], start == starts[-1]) for start in starts]


def _reserved(header: Reservation) -> list[ReservedLine]:
    return [ReservedLine(**dict(line)) for line in header.lines]


def _held(header: Reservation, lines: list[ReservationLine]) -> Held:
    return Held(
        order_id=header.order_id,
        status=header.status,
        expires_at=header.expires_at,
        allocations=[Allocation(**dict(line)) for line in lines],
    )


def _settled(header: Reservation) -> Settled:
    return Settled(order_id=header.order_id, status=header.status)


def _out_of_stock(short: list[ShortLine]) -> Refusal:
    return conflict("out_of_stock", "There is not enough of some lines", lines=[line.model_dump() for line in short])


def _too_late() -> Refusal:
    return conflict("reservation_expired", "The stock is not held any more")
