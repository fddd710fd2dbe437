"""Changing what a sold order has: more is sold to it, and what it no longer wants is on the shelf again, all at once.

What was decided about an edit stays decided: its number, and why it was refused, are kept in the header, so that all
who ask again, also two at the same moment, hear the same. Nothing that could fail comes after it: it needs no undo.
"""

from collections import Counter
from collections.abc import Iterable

from inventory.logic import looking
from inventory.logic.reserving import out_of_stock
from inventory.logic.settling import homes_of, too_late
from inventory.model.reservation import Edit, LastEdit, Reservation, ReservationLine, Settled
from inventory.model.unit import Line, Unit, merged
from inventory.store import reservations as store
from shop import clock
from shop.errors import Refusal, conflict
from shop.races import until_won

PIECES = 20  # changes that fit one transaction: four writes each, the levels' among them, and the header

Change = tuple[ReservationLine, int]


def edit(wanted: Edit) -> Settled:
    """Let a sold order have these lines from now on, or refuse for good (409 out_of_stock). Again is the same."""
    return until_won(lambda: _edit(wanted))


def _edit(wanted: Edit) -> Settled:
    header, lines = store.reservation(wanted.order_id)
    if header is None or header.status != "completed" or not header.settled:
        raise too_late()
    last = header.last_edit
    if last and last.edit_number >= wanted.edit_number:
        if last.edit_number == wanted.edit_number and last.refused:
            raise _refusal(last)
        return Settled(order_id=header.order_id, status=header.status)
    return _decide(header, lines, wanted)


def _decide(header: Reservation, lines: list[ReservationLine], wanted: Edit) -> Settled:
    target = merged(wanted.lines)
    sold = [line for line in lines if line.status == "completed"]
    more, fewer = _differences(sold, target)
    shelf = looking.glance(more)
    short = shelf.short(more)
    if short:
        raise _refused(header, LastEdit(edit_number=wanted.edit_number, refused="out_of_stock", short=short))
    kept = {(line.unit, line.warehouse_id, line.bucket): line for line in lines}
    changes = [
        _more(header, level.inventory_id, level.unit, (level.warehouse_id, level.bucket), kept, count)
        for line in more
        for level, count in shelf.allocate(line)
    ]
    back = list(_fewer(sold, fewer))
    if len(changes) + len(back) > PIECES:
        raise _refused(header, LastEdit(edit_number=wanted.edit_number, refused="edit_too_large"))
    done = header.but(lines=target, last_edit=LastEdit(edit_number=wanted.edit_number))
    store.edit(done, [*changes, *back], homes_of([line for line, _ in back]))
    return Settled(order_id=header.order_id, status=header.status)


def _refused(header: Reservation, decided: LastEdit) -> Refusal:
    store.decide(header.but(last_edit=decided))
    return _refusal(decided)


def _refusal(decided: LastEdit) -> Refusal:
    if decided.short:
        return out_of_stock(decided.short)
    return conflict("edit_too_large", "That comes from too many places to be changed at once")


def _differences(sold: Iterable[ReservationLine], target: Iterable[Line]) -> tuple[list[Line], Counter[Unit]]:
    """What is to be sold beyond what is, and how many of which units are to come back."""
    has, wants = Counter[Unit](), Counter[Unit]()
    for line in sold:
        has[line.unit] += line.quantity
    for wanted in target:
        wants[wanted.unit] += wanted.quantity
    more = [Line(product_id=u.product_id, variant_id=u.variant_id, quantity=n) for u, n in (wants - has).items()]
    return more, has - wants


def _more(
    header: Reservation,
    inventory_id: str,
    unit: Unit,
    home: store.Home,
    kept: dict[tuple[Unit, str, int], ReservationLine],
    count: int,
) -> Change:
    """So many more from one place: more of the line that is from there, or a new one."""
    line = kept.get((unit, *home))
    if line is not None:
        has = line.quantity if line.status == "completed" else 0
        return line.but(status="completed", quantity=has + count), count
    return ReservationLine(
        inventory_id=inventory_id,
        order_id=header.order_id,
        product_id=unit.product_id,
        variant_id=unit.variant_id,
        warehouse_id=home[0],
        bucket=home[1],
        quantity=count,
        status="completed",
        expires_at=clock.now(),
    ), count


def _fewer(sold: Iterable[ReservationLine], fewer: Counter[Unit]) -> Iterable[Change]:
    """What comes back, from the lines that hold least of it first."""
    for line in sorted(sold, key=lambda line: line.quantity):
        count = min(line.quantity, fewer[line.unit])
        if count:
            fewer[line.unit] -= count
            left = line.quantity - count
            yield (line.but(quantity=left) if left else line.but(status="cancelled")), -count
