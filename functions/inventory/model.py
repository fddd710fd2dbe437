"""Warehouses, what lies in them, every change of it, and what is promised to whom."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, StringConstraints, field_validator

from shop import settings
from shop.ids import new_id
from shop.records import Body, Moment, Part, Record, Text, Xid, folded

PUBLIC_MAX = 99  # what the public is told when there is more
QUANTITY_MAX = 1_000_000_000

Code = Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=r"^[^#]+$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Place = Annotated[str, StringConstraints(max_length=100)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Priority = Annotated[int, Field(ge=0, le=999_999)]
Address = Annotated[dict[Place, Place | None], Field(max_length=50)]
TransactionType = Annotated[Literal["restock", "sale", "reservation", "release", "adjustment", "return"], folded]
LineStatus = Literal["active", "completed", "cancelled", "expired"]
HeaderStatus = Literal["reserving", "active", "completed", "cancelled", "expired"]


class WarehouseFields(Body):
    """What a merchant says about a warehouse. Low priority numbers are emptied first."""

    code: Code
    name: Name
    location: Place | None = None
    address: Address | None = None
    is_active: bool = True
    priority: Priority = 0


class ChangeWarehouse(Body):
    """What may change about a warehouse."""

    code: Code = ""
    name: Name = ""
    location: Place | None = None
    address: Address | None = None
    is_active: bool = True
    priority: Priority = 0


class SeedWarehouse(Part):
    """A warehouse that a fresh shop begins with."""

    code: Code
    name: Name


class Warehouse(Record):
    """INV-01. A place where goods lie."""

    warehouse_id: str = Field(default_factory=new_id)
    code: str
    name: str
    location: str | None = None
    address: Address | None = None
    is_active: bool = True
    priority: int = 0


class WarehouseUse(Record):
    """How many stock levels a warehouse has; it is only removed when there are none."""

    warehouse_id: str
    level_count: int = 0


class Unit(NamedTuple):
    """What can be sold: a variant, or the product itself while it has none."""

    product_id: str
    variant_id: str | None

    def __str__(self) -> str:
        return f"{self.product_id}#{self.variant_id or '_'}"


class StockLevel(Record):
    """INV-03. How many of one unit lie in one warehouse.

    `available_quantity` is kept beside the other two because a condition cannot subtract.
    """

    inventory_id: str
    product_id: str
    variant_id: str | None = None
    warehouse_id: str
    quantity: int = 0
    reserved_quantity: int = 0
    available_quantity: int = 0
    location: str | None = None
    last_restocked_at: str | None = None

    @property
    def unit(self) -> Unit:
        """What lies there."""
        return Unit(self.product_id, self.variant_id)


class StockItem(Record):
    """INV-02. One sellable unit; its quantities are totals over the warehouses and follow them."""

    inventory_id: str
    product_id: str
    variant_id: str | None = None
    sku: str
    quantity: int = 0
    reserved_quantity: int = 0
    available_quantity: int = 0
    reorder_level: int = settings.REORDER_LEVEL
    reorder_quantity: int = settings.REORDER_QUANTITY
    last_restocked_at: str | None = None
    retired_at: str | None = None

    @property
    def unit(self) -> Unit:
        """What it is the stock of."""
        return Unit(self.product_id, self.variant_id)

    @property
    def is_low(self) -> bool:
        """Whether it is time to order more."""
        return self.retired_at is None and self.available_quantity <= self.reorder_level

    def status(self, available: int | None = None) -> str:
        """The stock status with this many available (or with the total)."""
        available = self.available_quantity if available is None else available
        if available <= 0:
            return "out_of_stock"
        return "low_stock" if available <= self.reorder_level else "in_stock"

    def with_totals_of(self, levels: Iterable[StockLevel]) -> "StockItem":
        """This item with the totals of its levels among these."""
        own = [level for level in levels if level.variant_id == self.variant_id]
        return self.but(
            quantity=sum(level.quantity for level in own),
            reserved_quantity=sum(level.reserved_quantity for level in own),
            available_quantity=sum(level.available_quantity for level in own),
        )


class ChangeItem(Body):
    """When to order more, and how many."""

    reorder_level: int = Field(default=0, ge=0, le=QUANTITY_MAX)
    reorder_quantity: int = Field(default=0, ge=0, le=QUANTITY_MAX)


class StockChange(Body):
    """A change of what lies in a warehouse; without one, the first active one by priority."""

    warehouse_id: Xid | None = None
    reason: Reason
    notes: Text | None = None


class Restock(StockChange):
    """Goods that came in."""

    quantity: int = Field(gt=0, le=QUANTITY_MAX)


class Adjust(StockChange):
    """A correction up or down."""

    quantity: int = Field(ge=-QUANTITY_MAX, le=QUANTITY_MAX)

    @field_validator("quantity")
    @classmethod
    def _changes_something(cls, quantity: int) -> int:
        if not quantity:
            raise ValueError("an adjustment is not 0")
        return quantity


class LedgerEntry(Record):
    """INV-06. One change of stock.

    Entries of type restock, sale, adjustment and return sum to what is on hand; reservation, release and sale to what
    is reserved.
    """

    id: str = Field(default_factory=new_id)
    inventory_id: str
    product_id: str
    variant_id: str | None = None
    warehouse_id: str
    transaction_type: str
    quantity: int
    reason: str | None = None
    notes: str | None = None
    reference_id: str | None = None
    created_by: str

    @property
    def unit(self) -> Unit:
        """Whose stock changed."""
        return Unit(self.product_id, self.variant_id)


class WarehouseStock(Part):
    """What staff see of one warehouse."""

    warehouse_id: str
    code: str
    name: str
    is_active: bool
    variant_id: str | None
    location: str | None
    quantity: int
    reserved_quantity: int
    available_quantity: int


class Availability(Part):
    """How many can be bought now. The public is told at most 99; staff see it all, and where it lies."""

    product_id: str
    variant_id: str | None
    available: int
    stock_status: str
    warehouses: list[WarehouseStock] | None = None


class Line(Part):
    """So many of one unit."""

    product_id: str = Field(min_length=1)
    variant_id: str | None = None
    quantity: int = Field(ge=1, le=QUANTITY_MAX)

    @property
    def unit(self) -> Unit:
        """What is wanted."""
        return Unit(self.product_id, self.variant_id)


class ShortLine(Part):
    """A line that there is not enough of."""

    product_id: str
    variant_id: str | None
    requested: int
    available: int


class LookUp(Part):
    """What someone would like to have."""

    lines: list[Line]


class Available(Part):
    """How many there are of one unit."""

    product_id: str
    variant_id: str | None
    available: int


class Answered(Part):
    """What there is of each line, in the order asked."""

    lines: list[Available]


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


class Reservation(Record):
    """INV-04. What is held for one order. Until it is `settled` some of its lines have yet to follow its status."""

    order_id: str
    status: HeaderStatus
    lines: list[Line] = []
    expires_at: Moment
    settled: bool = True
    reason: str | None = None
    short: list[ShortLine] = []

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
    """INV-05. So many of one unit held in one warehouse."""

    id: str = Field(default_factory=new_id)
    inventory_id: str
    order_id: str
    product_id: str
    variant_id: str | None = None
    warehouse_id: str
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


class Shelf(NamedTuple):
    """What was found: the active warehouses by priority, what lies in them, and an order's reservation."""

    warehouses: list[Warehouse]
    levels: dict[tuple[Unit, str], StockLevel]
    reservation: Reservation | None = None

    def of(self, unit: Unit) -> list[StockLevel]:
        """Where there is some of a unit, in the order of the warehouses."""
        found = [self.levels.get((unit, warehouse.warehouse_id)) for warehouse in self.warehouses]
        return [level for level in found if level and level.available_quantity > 0]

    def available(self, unit: Unit) -> int:
        """How many of a unit can be sold."""
        return sum(level.available_quantity for level in self.of(unit))

    def short(self, lines: Iterable[Line]) -> list[ShortLine]:
        """The lines that there is not enough of."""
        return [
            ShortLine(product_id=p, variant_id=v, requested=line.quantity, available=self.available(line.unit))
            for line in lines
            for p, v in [line.unit]
            if line.quantity > self.available(line.unit)
        ]

    def allocate(self, line: Line) -> list[tuple[StockLevel, int]]:
        """Where to take a line from: the first warehouse that has all of it, else the warehouses in turn."""
        levels = self.of(line.unit)
        whole = next((level for level in levels if level.available_quantity >= line.quantity), None)
        if whole:
            return [(whole, line.quantity)]
        taken, left = [], line.quantity
        for level in levels:
            part = min(left, level.available_quantity)
            if part:
                taken.append((level, part))
            left -= part
        return taken


def merged(lines: Iterable[Line]) -> list[Line]:
    """One line per unit, in the order first named."""
    wanted = Counter[Unit]()
    for line in lines:
        wanted[line.unit] += line.quantity
    return [Line(product_id=unit.product_id, variant_id=unit.variant_id, quantity=n) for unit, n in wanted.items()]
