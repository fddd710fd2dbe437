"""What is held for an order until it is sold, given back or nobody came for it."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

from pydantic import Field

from inventory.model.unit import Line, ShortLine, Unit
from shop import settings
from shop.ids import new_id
from shop.records import Moment, Part, Record

LineStatus = Literal["active", "completed", "cancelled", "expired"]
HeaderStatus = Literal["reserving", "active", "completed", "cancelled", "expired"]


class Reserve(Part):
    """What an order wants held."""

    order_id: str = Field(min_length=1)
    lines: list[Line] = Field(min_length=1)
    ttl_seconds: int | None = Field(default=None, ge=1, le=settings.DAY)


class OrderRef(Part):
    """The order whose reservation is meant."""

    order_id: str = Field(min_length=1)


class Release(OrderRef):
    """Give an order's stock back; with `reverse_committed` also what was sold."""

    reverse_committed: bool = False
    reason: str = Field(default="released", max_length=50)


class Edit(OrderRef):
    """What an order, sold already, is to have from its `edit_number`th edit on: all its lines."""

    edit_number: int = Field(ge=1)
    lines: list[Line] = Field(min_length=1)


class LastEdit(Part):
    """How the latest edit of a sold order was decided: done, or refused, perhaps for want of these."""

    edit_number: int
    refused: str | None = None
    short: list[ShortLine] = []


class Reservation(Record):
    """INV-04. What is held for one order. Until it is `settled` some of its lines have yet to follow its status."""

    order_id: str
    status: HeaderStatus
    lines: list[Line] = []
    expires_at: Moment
    settled: bool = True
    reason: str | None = None
    short: list[ShortLine] = []
    last_edit: LastEdit | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is still to happen to it, if only that it expires."""
        return self.status in ("reserving", "active") or not self.settled

    def is_held(self, now: str) -> bool:
        """Whether all of it is held, and not yet too late to sell."""
        return self.status == "active" and self.expires_at > now

    def missing(self, held: Iterable["ReservationLine"]) -> list[Line]:
        """What it wants beyond these lines."""
        so_far = Counter[Unit]()
        for line in held:
            so_far[line.unit] += line.quantity
        return [
            Line(product_id=line.product_id, variant_id=line.variant_id, quantity=line.quantity - so_far[line.unit])
            for line in self.lines
            if line.quantity > so_far[line.unit]
        ]


class ReservationLine(Record):
    """INV-05. So many of one unit held in one bucket of one warehouse."""

    id: str = Field(default_factory=new_id)
    inventory_id: str
    order_id: str
    product_id: str
    variant_id: str | None = None
    warehouse_id: str
    bucket: int = 0
    quantity: int
    status: LineStatus = "active"
    expires_at: str

    @property
    def unit(self) -> Unit:
        """What is held."""
        return Unit(self.product_id, self.variant_id)


class Move(NamedTuple):
    """What becomes of each piece of a line that changes its status."""

    transaction_type: str
    on_hand: int
    reserved: int


# The ways of a line: sold, given back, or taken back after the sale. There are no others.
MOVES = {
    ("active", "completed"): Move("sale", -1, -1),
    ("active", "cancelled"): Move("release", 0, -1),
    ("active", "expired"): Move("release", 0, -1),
    ("completed", "cancelled"): Move("return", 1, 0),
}


class Allocation(Part):
    """So many of one unit from one warehouse."""

    product_id: str
    variant_id: str | None
    warehouse_id: str
    quantity: int


class Held(Part):
    """A reservation as others see it."""

    order_id: str
    status: str
    expires_at: str
    allocations: list[Allocation] = []


class Settled(Part):
    """What became of a reservation."""

    order_id: str
    status: str


def allocations(lines: Iterable[ReservationLine]) -> list[Allocation]:
    """From which warehouses these lines come; buckets are nobody else's business."""
    taken = Counter[tuple[Unit, str]]()
    for line in lines:
        taken[line.unit, line.warehouse_id] += line.quantity
    return [
        Allocation(product_id=unit.product_id, variant_id=unit.variant_id, warehouse_id=warehouse_id, quantity=quantity)
        for (unit, warehouse_id), quantity in taken.items()
    ]
