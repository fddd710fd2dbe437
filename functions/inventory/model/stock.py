"""How many there are of each unit, in all and in each place."""

from collections.abc import Iterable
from typing import Self

from pydantic import Field

from inventory.model.buckets import SPLITS_MAX
from inventory.model.unit import QUANTITY_MAX, Unit
from shop import settings
from shop.records import Body, Edited, Part, Record

PUBLIC_MAX = 99  # what the public is told when there is more


class StockLevel(Record):
    """INV-03. How many of one unit lie in one warehouse, or in one bucket of it where the unit is split.

    `available_quantity` is kept beside the other two because a condition cannot subtract. Bucket 0 is always there,
    and it alone knows over how many buckets the stock is spread now (`splits`) and how many have been made (`buckets`).
    """

    inventory_id: str
    product_id: str
    variant_id: str | None = None
    warehouse_id: str
    bucket: int = 0
    splits: int = 1
    buckets: int = 1
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
    """INV-02. One sellable unit; its quantities are totals over the warehouses and follow them.

    One that sells faster than a single row can be written has its stock in each warehouse spread over `splits` buckets.
    Those it once had are kept, so `buckets` never falls. `places` are the warehouses that have, or had, a level of it.
    """

    inventory_id: str
    product_id: str
    variant_id: str | None = None
    sku: str
    quantity: int = 0
    reserved_quantity: int = 0
    available_quantity: int = 0
    reorder_level: int = settings.REORDER_LEVEL
    reorder_quantity: int = settings.REORDER_QUANTITY
    splits: int = 1
    buckets: int = 1
    places: list[str] | None = None
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

    def own(self, levels: Iterable[StockLevel]) -> list[StockLevel]:
        """Those of these levels that are this unit's."""
        return [level for level in levels if level.unit == self.unit]

    def with_totals_of(self, levels: Iterable[StockLevel]) -> Self:
        """This item with the totals of its levels among these."""
        own = self.own(levels)
        return self.but(
            quantity=sum(level.quantity for level in own),
            reserved_quantity=sum(level.reserved_quantity for level in own),
            available_quantity=sum(level.available_quantity for level in own),
        )


class KeptItem(StockItem, Edited):
    """A stock item as it is kept: people edit when to order more, and all else follows what is sold."""


class ChangeItem(Body):
    """When to order more, and how many."""

    reorder_level: int = Field(default=0, ge=0, le=QUANTITY_MAX)
    reorder_quantity: int = Field(default=0, ge=0, le=QUANTITY_MAX)


class ChangeSplits(Body):
    """Over how many buckets a unit's stock is spread in each warehouse."""

    splits: int = Field(ge=1, le=SPLITS_MAX)


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
