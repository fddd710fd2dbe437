"""Which units there are: following the catalog's products and variants."""

from contextlib import suppress

from inventory.logic import stock, warehouses
from inventory.model.ledger import LedgerEntry
from inventory.model.stock import KeptItem
from inventory.store import items as store
from shop import clock
from shop.errors import Refusal
from shop.events.catalog import ProductCreated, VariantCreated, VariantDeleted
from shop.ids import derived
from shop.inbox import AlreadyHeard
from shop.races import until_won


def on_product_created(event: ProductCreated) -> None:
    """A product is sold by its variants; its own item waits, retired, until it has none. Then its stock comes in."""
    with suppress(AlreadyHeard):  # the stock of an event that was half answered is still to come
        until_won(lambda: _open_product(event))
    _stock_up(event.product_id, None, event.opening_stock)
    for variant in event.variants:
        _stock_up(event.product_id, variant.variant_id, variant.opening_stock)


def _open_product(event: ProductCreated) -> None:
    items, _ = store.product(event.product_id)
    known = {item.variant_id for item in items}
    by_variant = bool(event.variants) or any(item.variant_id and not item.retired_at for item in items)
    add = [
        _item(event.product_id, variant.variant_id, variant.sku)
        for variant in event.variants
        if variant.variant_id not in known
    ]
    if None not in known:
        add.append(_item(event.product_id, None, event.sku, retired=by_variant))
    store.change_units(add, retire=[], revive=[], cause=event)


def on_variant_created(event: VariantCreated) -> None:
    """A variant has stock of its own; the product's own item retires once nothing is left of it."""
    with suppress(AlreadyHeard):
        until_won(lambda: _open_variant(event))
    _stock_up(event.product_id, event.variant_id, event.opening_stock)


def _open_variant(event: VariantCreated) -> None:
    items, levels = store.product(event.product_id)
    known = {item.variant_id for item in items}
    add = [_item(event.product_id, event.variant_id, event.sku)] if event.variant_id not in known else []
    empty = not any(level.quantity for level in levels if level.variant_id is None)
    retire = [item for item in items if item.variant_id is None and not item.retired_at and empty]
    store.change_units(add, retire, revive=[], cause=event)


def on_variant_deleted(event: VariantDeleted) -> None:
    """A variant's item retires, even before it was made; with the last one gone the product is sold as itself."""
    until_won(lambda: _close_variant(event))


def _close_variant(event: VariantDeleted) -> None:
    items, _ = store.product(event.product_id)
    known = {item.variant_id: item for item in items}
    gone = known.get(event.variant_id)
    add = [] if gone else [_item(event.product_id, event.variant_id, "", retired=True)]
    retire = [gone] if gone and not gone.retired_at else []
    others = any(i.variant_id and i.variant_id != event.variant_id and not i.retired_at for i in items)
    own = known.get(None)
    revive = [own] if own and own.retired_at and not others else []
    store.change_units(add, retire, revive, cause=event)


def _stock_up(product_id: str, variant_id: str | None, quantity: int) -> None:
    """The stock a unit opens with, in the first warehouse, once."""
    if quantity <= 0:
        return
    inventory_id = _inventory_id(product_id, variant_id)
    entry = LedgerEntry(
        id=derived("opening_stock", inventory_id),
        inventory_id=inventory_id,
        product_id=product_id,
        variant_id=variant_id,
        warehouse_id=warehouses.first(),
        transaction_type="restock",
        quantity=quantity,
        reason="opening stock",
    )
    try:
        until_won(lambda: stock.book(entry))
    except Refusal as refusal:
        if refusal.code != "retired":  # the variant is gone already
            raise


def _inventory_id(product_id: str, variant_id: str | None) -> str:
    return derived("stock_item", product_id, variant_id or "_")


def _item(product_id: str, variant_id: str | None, sku: str, retired: bool = False) -> KeptItem:
    return KeptItem(
        inventory_id=_inventory_id(product_id, variant_id),
        product_id=product_id,
        variant_id=variant_id,
        sku=sku,
        places=[],
        retired_at=clock.now() if retired else None,
    )
