"""The ledger: every change of stock, and the changes that follow no reservation."""

from collections.abc import Iterable, Mapping
from itertools import islice

from pynamodb.expressions.operand import Path

from inventory.model.ledger import LedgerEntry
from inventory.model.stock import StockItem
from inventory.store.keys import LEDGER, item_key, ledger_key, level_key, of_bucket, table
from inventory.store.levels import shift
from shop.errors import conflict
from shop.events import Event
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.settings import PAGE_MAX
from shop.table import TABLE, owner_of

LAST = "\U0010ffff"


def book(entry: LedgerEntry, parts: Mapping[int, int]) -> None:
    """Restock or adjust the buckets of a level, once per entry id. What comes in must be of a unit in use."""
    with table.transaction() as tx:
        tx.create(LEDGER, entry)
        tx.claim("LEDGER", entry.id, ledger_key(entry), LostRace())
        received = [Path("last_restocked_at").set(tx.now)] if entry.transaction_type == "restock" else []
        for bucket, amount in parts.items():
            noted = received if bucket == 0 else []
            shift(tx, level_key(entry.unit, entry.warehouse_id, bucket), amount, 0, *noted)
        if entry.quantity > 0:
            retired = conflict("retired", "This unit is not sold any more")
            in_use = Path("retired_at").does_not_exist()
            tx.update(item_key(entry.unit), *received, condition=in_use, otherwise=retired)


def take_back(entries: Iterable[LedgerEntry], cause: Event) -> None:
    """Goods that came back lie in their warehouses again, whether or not they are still sold."""
    with table.transaction(cause) as tx:
        for entry in entries:
            tx.create(LEDGER, entry)
            shift(tx, level_key(entry.unit, entry.warehouse_id), entry.quantity, 0)


def booked(entry_id: str) -> LedgerEntry | None:
    """The entry made by hand under this id, if it was made. Two GetItems."""
    key = owner_of(table, "LEDGER", entry_id)
    return LEDGER.get(key) if key else None


def of_unit(
    item: StockItem, paging: Paging, kind: str | None, since: str | None, until: str | None
) -> Page[LedgerEntry]:
    """The ledger of a unit, newest first, of one type or all, between two moments. One Query a bucket."""
    low, high = since or "", f"{until or ''}{LAST}"
    pks = [of_bucket(f"TXN#{item.unit}", bucket) for bucket in range(item.buckets)]
    if kind is None:
        return LEDGER.page(pks, paging, index=TABLE, low=low, high=high)
    found: list[LedgerEntry] = []
    after = paging.after
    while len(found) <= paging.limit:
        rows = _newest(pks, low, after or high, PAGE_MAX + 1)
        rows = [row for row in rows if ledger_key(row).sk != after]
        if not rows:
            break
        found += [row for row in rows if row.transaction_type == kind]
        after = ledger_key(rows[-1]).sk
    shown = found[: paging.limit]
    return paging.page(shown, ledger_key(shown[-1]).sk if len(found) > paging.limit else None)


def _newest(pks: Iterable[str], low: str, high: str, limit: int) -> list[LedgerEntry]:
    rows = [r for pk in pks for r in LEDGER.query(pk, low=low, high=high, newest_first=True, limit=limit)]
    return list(islice(sorted(rows, key=lambda row: ledger_key(row).sk, reverse=True), limit))
