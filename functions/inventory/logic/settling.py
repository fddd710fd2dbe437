"""What becomes of a reservation: sold, given back, or nobody came for it in time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from inventory.logic import warehouses
from inventory.model.reservation import (
    MOVES,
    HeaderStatus,
    Release,
    Reservation,
    ReservationLine,
    Settled,
)
from inventory.store import levels
from inventory.store import reservations as store
from inventory.store.keys import level_key
from shop import clock, telemetry
from shop.errors import Refusal, conflict
from shop.events import Event
from shop.events import inventory as said
from shop.races import until_won

if TYPE_CHECKING:
    from shop.events.orders import OrderCancelled


T = TypeVar("T")

CHUNK = 30  # lines that fit one transaction: three writes each, the header and two events


def commit(order_id: str) -> Settled:
    """The stock is sold. Too late when it expired or was given back (409 reservation_expired)."""
    return until_won(lambda: _commit(order_id))


def _commit(order_id: str) -> Settled:
    header, lines = store.reservation(order_id)
    if header and header.is_held(clock.now()):
        header = towards(header, "completed")
    if header is None or header.status != "completed":
        raise too_late()
    return settle(header, lines)


def release(wanted: Release, cause: Event | None = None) -> Settled:
    """Give the stock back, also what was sold if that is to be reversed. Without a reservation, none can come later."""
    return until_won(lambda: _release(wanted, cause))


def _release(wanted: Release, cause: Event | None) -> Settled:
    header, lines = store.reservation(wanted.order_id)
    if header is None:
        now = clock.now()
        barred = Reservation(order_id=wanted.order_id, status="cancelled", expires_at=now, reason=wanted.reason)
        store.bar(barred, cause)
        return _settled(barred)
    if header.status in ("reserving", "active") or (header.status == "completed" and wanted.reverse_committed):
        header = towards(header, "cancelled", wanted.reason)
    return settle(header, lines, cause)


def on_order_cancelled(event: "OrderCancelled") -> None:
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
    until_won(lambda: _expire(order_id))


def _expire(order_id: str) -> None:
    header, lines = store.reservation(order_id)
    if header is None or header.expires_at > clock.now():
        return
    if header.status in ("reserving", "active"):
        header = towards(header, "expired", "reservation_expired")
    settle(header, lines)


def towards(header: Reservation, status: HeaderStatus, reason: str | None = None) -> Reservation:
    """The header decided this way; its lines have yet to follow."""
    return header.but(status=status, settled=False, reason=reason)


def settle(header: Reservation, lines: list[ReservationLine], cause: Event | None = None) -> Settled:
    """Let the lines follow the header, chunk by chunk; the last one tells."""
    if not header.settled:
        waiting = [line for line in lines if (line.status, header.status) in MOVES]
        homes = homes_of([line for line in waiting if line.status == "completed"])
        for chunk, last in chunks(waiting):
            news = _news(header) if last else None
            header = store.move(header.but(settled=last), chunk, homes, news, cause if last else None)
    return _settled(header)


def homes_of(sold: Sequence[ReservationLine]) -> dict[str, store.Home]:
    """Where sold goods go back to, by line: whence they came; when that is gone, as near as possible."""
    if not sold:
        return {}
    there = levels.at(level_key(line.unit, line.warehouse_id, b) for line in sold for b in {0, line.bucket})
    homes = {}
    for line in sold:
        if level_key(line.unit, line.warehouse_id, line.bucket) in there:
            continue
        warehouse_id = line.warehouse_id
        if level_key(line.unit, warehouse_id) not in there:
            warehouse_id = warehouses.first()
            levels.opened(line.inventory_id, line.unit, warehouse_id)
        homes[line.id] = warehouse_id, 0
    return homes


def _news(header: Reservation) -> Event:
    match header.status:
        case "completed":
            return said.ReservationCompleted(order_id=header.order_id, lines=reserved(header))
        case "expired":
            return said.ReservationExpired(order_id=header.order_id)
    return said.ReservationReleased(order_id=header.order_id, lines=reserved(header), reason=header.reason)


def chunks(lines: Sequence[T]) -> list[tuple[Sequence[T], bool]]:
    """The lines in transactions' worth, and whether each is the last. No lines are one empty chunk."""
    starts = range(0, max(len(lines), 1), CHUNK)
    return [(lines[start : start + CHUNK], start == starts[-1]) for start in starts]


def reserved(header: Reservation) -> "list[said.ReservedLine]":
    """What is held for an order, as its events tell it."""
    return [said.ReservedLine(**dict(line)) for line in header.lines]


def _settled(header: Reservation) -> Settled:
    return Settled(order_id=header.order_id, status=header.status)


def too_late() -> Refusal:
    """409: what was held is not held any more."""
    return conflict("reservation_expired", "The stock is not held any more")
