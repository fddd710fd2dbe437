"""Goods that customers sent back."""

from inventory.logic import warehouses
from inventory.model.ledger import LedgerEntry
from inventory.model.unit import Line, merged
from inventory.store import items, ledger, levels
from shop.errors import not_found
from shop.events.returns import ReturnReceived
from shop.races import until_won

RESALEABLE = "new"  # what is used, damaged or defective is not sold as new again


def on_return_received(event: ReturnReceived) -> None:
    """What came back as good as new lies in the first warehouse again."""
    until_won(lambda: _take_back(event))


def _take_back(event: ReturnReceived) -> None:
    good = [item for item in event.items if item.condition == RESALEABLE]
    lines = merged(Line(product_id=i.product_id, variant_id=i.variant_id, quantity=i.quantity) for i in good)
    if not lines:
        return
    known, home = items.of(line.unit for line in lines), warehouses.first()
    entries = []
    for line in lines:
        if line.unit not in known:
            raise not_found("inventory item")
        item = known[line.unit]
        levels.opened(item.inventory_id, line.unit, home)
        entries.append(
            LedgerEntry(
                inventory_id=item.inventory_id,
                product_id=item.product_id,
                variant_id=item.variant_id,
                warehouse_id=home,
                transaction_type="return",
                quantity=line.quantity,
                reason="return_received",
                reference_id=event.return_id,
            )
        )
    ledger.take_back(entries, cause=event)
