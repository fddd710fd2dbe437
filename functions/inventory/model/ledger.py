"""Every change of stock, and the wish for one."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from inventory.model.unit import QUANTITY_MAX, Unit
from shop import telemetry
from shop.ids import new_id
from shop.records import Body, Record, Text, Xid, folded

Reason = Annotated[str, StringConstraints(min_length=1, max_length=50)]
TransactionType = Annotated[Literal["restock", "sale", "reservation", "release", "adjustment", "return"], folded]


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


def whoever() -> str:
    """Who set this in motion."""
    actor = telemetry.actor.get()
    return actor["id"] or actor["type"] or "system"


class LedgerEntry(Record):
    """INV-06. One change of the stock in a warehouse.

    Entries of type restock, sale, adjustment and return sum to what is on hand; reservation, release and sale to what
    is reserved. Those that follow a reservation are kept apart by its `bucket`, so that a hot unit has several ledgers
    to write to; what moves between the buckets of a warehouse changes nothing that a ledger counts.
    """

    id: str = Field(default_factory=new_id)
    inventory_id: str
    product_id: str
    variant_id: str | None = None
    warehouse_id: str
    bucket: int = 0
    transaction_type: str
    quantity: int
    reason: str | None = None
    notes: str | None = None
    reference_id: str | None = None
    created_by: str = Field(default_factory=whoever)

    @property
    def unit(self) -> Unit:
        """Whose stock changed."""
        return Unit(self.product_id, self.variant_id)
