"""Comparisons in the table, each with its owner."""

from pynamodb.expressions.operand import Path

from catalog.model.comparisons import Comparison
from catalog.model.words import is_id
from catalog.store.erasing import here
from catalog.store.keys import table
from shop.errors import not_found, version_mismatch
from shop.pages import Page, Paging
from shop.table import TABLE, Key, Row

_OWNED = "CMP#"


def _key(user_id: str, comparison_id: str) -> Key:
    return Key(f"USER#{user_id}", f"{_OWNED}{comparison_id}")


COMPARISONS = table.kind("comparison", Comparison, lambda c: Row(_key(c.user_id, c.id)))


def get(user_id: str, comparison_id: str) -> Comparison:
    """A user's comparison, or 404."""
    found = COMPARISONS.get(_key(user_id, comparison_id)) if is_id(comparison_id) else None
    if found is None:
        raise not_found("comparison")
    return found


def of_user(user_id: str, paging: Paging) -> Page[Comparison]:
    """A user's comparisons (AP26)."""
    return COMPARISONS.page(f"USER#{user_id}", paging, index=TABLE, prefix=_OWNED)


def create(comparison: Comparison) -> None:
    """Write a new comparison (AlreadyMade for the same once more)."""
    with table.transaction() as tx:
        tx.create(COMPARISONS, comparison)
        here(tx, comparison.user_id)


def save(comparison: Comparison) -> Comparison:
    """Write a changed comparison (412 when it has changed since it was read)."""
    with table.transaction() as tx:
        return tx.save(COMPARISONS, comparison)


def delete(comparison: Comparison) -> None:
    """Remove a comparison (412 when it has changed since it was read)."""
    unchanged = Path("version") == comparison.version
    with table.transaction() as tx:
        tx.delete(_key(comparison.user_id, comparison.id), unchanged, version_mismatch())


def forget(user_id: str) -> None:
    """Remove a user's comparisons."""
    for comparisons in COMPARISONS.batches(f"USER#{user_id}", prefix=_OWNED):
        table.delete_all([COMPARISONS.row(comparison).key for comparison in comparisons])
