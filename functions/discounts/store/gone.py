"""The categories that were deleted."""

from collections.abc import Iterable

from discounts.model.gone import GoneCategory
from discounts.store import table
from shop.events import Event
from shop.table import Key, Row


def _key(category_id: str) -> Key:
    return Key(f"GONECAT#{category_id}", "META")


GONE = table.kind("gone_category", GoneCategory, lambda gone: Row(_key(gone.category_id)))


def keep(gone: GoneCategory, cause: Event) -> None:
    """Remember that a category was deleted."""
    with table.transaction(cause) as tx:
        tx.put(GONE, gone)


def among(category_ids: Iterable[str]) -> dict[str, GoneCategory]:
    """Those of these categories that were deleted. One BatchGetItem per hundred."""
    return {gone.category_id: gone for gone in GONE.many({_key(category_id) for category_id in category_ids})}
