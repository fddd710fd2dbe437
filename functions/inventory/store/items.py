"""The stock items: which units there are, and their totals."""

from collections.abc import Iterable, Iterator, Sequence

from inventory.model.stock import KeptItem, StockLevel
from inventory.model.unit import Unit
from inventory.store.keys import ITEMS, LEVELS, item_key, table
from shop.errors import conflict, not_found
from shop.events import Event
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import GSI1, GSI2, MAX_ACTIONS, owner_of, shards


def item(inventory_id: str) -> KeptItem:
    """A stock item by its id, or 404."""
    found = find(inventory_id)
    if found is None:
        raise not_found("inventory item")
    return found


def find(inventory_id: str) -> KeptItem | None:
    """A stock item by its id. One Query, then one GetItem since the index may lag."""
    found = ITEMS.query(f"INVID#{inventory_id}", index=GSI1)
    return ITEMS.get(item_key(found[0].unit)) if found else None


def with_sku(sku: str) -> KeptItem | None:
    """The stock item with this SKU, if there is one. Two GetItems."""
    key = owner_of(table, "SKU", sku)
    return ITEMS.get(key) if key else None


def low(paging: Paging) -> Page[KeptItem]:
    """What should be ordered, the scarcest first."""
    return ITEMS.page(shards("LOW"), paging, index=GSI2, newest_first=False)


def in_warehouse(warehouse_id: str, paging: Paging) -> Page[KeptItem]:
    """The stock items that have a level in a warehouse."""
    page = LEVELS.page(shards(f"WHSTOCK#{warehouse_id}"), paging, newest_first=False)
    items = of(level.unit for level in page.data)
    found = [items[level.unit] for level in page.data if level.unit in items]
    return page.showing(found)


def of(units: Iterable[Unit]) -> dict[Unit, KeptItem]:
    """The stock items of those of these units that are known. One BatchGetItem per hundred."""
    return {item.unit: item for item in ITEMS.many(item_key(unit) for unit in units)}


def product(product_id: str) -> tuple[list[KeptItem], list[StockLevel]]:
    """The stock items of a product, then all their levels (AP28). One strongly consistent Query, in this order."""
    found = table.collection(f"PROD#{product_id}")
    return [f for f in found if isinstance(f, KeptItem)], [f for f in found if isinstance(f, StockLevel)]


def change_units(add: Iterable[KeptItem], retire: Iterable[KeptItem], revive: Iterable[KeptItem], cause: Event) -> None:
    """Write which units there are; the SKUs of those in use are theirs alone (409 sku_taken)."""
    taken = conflict("sku_taken", "Another unit has this SKU")
    with table.transaction(cause) as tx:
        for item in add:
            tx.create(ITEMS, item, LostRace())
        for item in retire:
            tx.save(ITEMS, item.but(retired_at=tx.now), otherwise=LostRace())
            tx.unclaim("SKU", item.sku, item_key(item.unit))
        for item in revive:
            tx.save(ITEMS, item.but(retired_at=None), otherwise=LostRace())
        for item in (*(item for item in add if not item.retired_at), *revive):
            tx.claim("SKU", item.sku, item_key(item.unit), taken)


def save_all(changed: Iterable[tuple[KeptItem, Sequence[Event]]]) -> None:
    """Write changed stock items and tell what that means, as many at once as fit; LostRace when one has changed."""
    for chunk in _chunks(changed):
        with table.transaction() as tx:
            for item, news in chunk:
                saved = tx.save(ITEMS, item, otherwise=LostRace())
                for event in news:
                    tx.say(event, saved.version)


def _chunks(changed: Iterable[tuple[KeptItem, Sequence[Event]]]) -> Iterator[list[tuple[KeptItem, Sequence[Event]]]]:
    chunk: list[tuple[KeptItem, Sequence[Event]]] = []
    for change in changed:
        if sum(1 + len(news) for _, news in [*chunk, change]) > MAX_ACTIONS:
            yield chunk
            chunk = []
        chunk.append(change)
    if chunk:
        yield chunk


def save(item: KeptItem, news: Iterable[Event] = ()) -> KeptItem:
    """Write a changed stock item and tell what that means (LostRace when it has changed meanwhile)."""
    with table.transaction() as tx:
        saved = tx.save(ITEMS, item, otherwise=LostRace())
        for event in news:
            tx.say(event, saved.version)
    return saved
