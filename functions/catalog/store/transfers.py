"""Imports and exports in the table, their batches and pages.

| thing         | PK                         | SK             | GSI1PK / GSI1SK             |
|---------------|----------------------------|----------------|-----------------------------|
| ProductImport | IMPORT#<import_id>         | META           | IMPORTS / <created_at>#<id> |
| Batch         | IMPORT#<import_id>         | BATCH#<number> | -                           |
| BatchDone     | IMPORT#<import_id>         | DONE#<number>  | -                           |
| Note          | IMPORT#<import_id>#<batch> | NOTE#<row>     | -                           |
| ProductExport | EXPORT#<export_id>         | META           | -                           |
| Leaf          | EXPORT#<export_id>         | LEAF#<number>  | -                           |

GSI2: imports and exports that are not over, TRANSFERS / <updated_at>.

All are cleaned up after KEEP. What is kept of a batch before it is imported and what is kept of it afterwards are two
items, so that reading a file a second time cannot undo what was done.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pynamodb.expressions.operand import Path

from catalog.model.transfers import Batch, BatchDone, Leaf, Note, ProductExport, ProductImport, Tally
from catalog.store.keys import HIDDEN, PRODUCTS, table
from catalog.store.products import STATES
from shop import clock
from shop.errors import Refusal, not_found
from shop.pages import Page, Paging
from shop.records import Record
from shop.settings import DAY
from shop.table import ABSENT, GSI1, GSI2, Key, Kind, Row, Transaction, shards

T = TypeVar("T", bound=Record)

KEEP = 90 * DAY
OPEN = "TRANSFERS"
LAST = "\U0010ffff"
# The lists that together have every product once.
SHELVES = [pk for state in (*STATES, HIDDEN) for pk in shards(f"PST#{state}")]


class Counted(Refusal):
    """Somebody else did it meanwhile."""

    def __init__(self) -> None:
        super().__init__(409, "conflict", "This was done by another worker")


def import_key(import_id: str) -> Key:
    """Where an import is; its batches are in the same partition."""
    return Key(f"IMPORT#{import_id}", "META")


def export_key(export_id: str) -> Key:
    """Where an export is; its pages are in the same partition."""
    return Key(f"EXPORT#{export_id}", "META")


def batch_key(import_id: str, number: int) -> Key:
    """Where a batch is."""
    return Key(f"IMPORT#{import_id}", f"BATCH#{number:06d}")


def done_key(import_id: str, number: int) -> Key:
    """Where it stands that a batch was imported."""
    return Key(f"IMPORT#{import_id}", f"DONE#{number:06d}")


def _import(i: ProductImport) -> Row:
    listed = ("IMPORTS", f"{i.created_at}#{i.import_id}")
    return Row(import_key(i.import_id), listed, _open(i), clock.ttl(i.created_at, KEEP))


def _export(e: ProductExport) -> Row:
    return Row(export_key(e.export_id), gsi2=_open(e), ttl=clock.ttl(e.created_at, KEEP))


def _open(transfer: ProductImport | ProductExport) -> tuple[str, str] | None:
    return (OPEN, transfer.updated_at) if transfer.is_open else None


def _at(key: Callable[[T], Key]) -> Callable[[T], Row]:
    return lambda thing: Row(key(thing), ttl=clock.ttl(thing.created_at, KEEP))


IMPORTS = table.kind("product_import", ProductImport, _import)
BATCHES = table.kind("import_batch", Batch, _at(lambda b: batch_key(b.import_id, b.number)))
DONE = table.kind("import_batch_done", BatchDone, _at(lambda d: done_key(d.import_id, d.number)))
NOTES = table.kind("import_note", Note, _at(lambda n: Key(f"IMPORT#{n.import_id}#{n.batch}", f"NOTE#{n.row:09d}")))
EXPORTS = table.kind("product_export", ProductExport, _export)
LEAVES = table.kind("export_page", Leaf, _at(lambda p: Key(f"EXPORT#{p.export_id}", f"LEAF#{p.number:06d}")))


def create_import(made: ProductImport) -> None:
    """Write a new import."""
    with table.transaction() as tx:
        tx.create(IMPORTS, made)


def find_import(import_id: str) -> ProductImport | None:
    """An import, if there is such a one."""
    return IMPORTS.get(import_key(import_id))


def get_import(import_id: str) -> ProductImport:
    """An import, or 404."""
    return _there(find_import(import_id), "import")


def imports(paging: Paging) -> Page[ProductImport]:
    """All imports, newest first."""
    return IMPORTS.page("IMPORTS", paging)


def save_import(changed: ProductImport) -> ProductImport:
    """Write an import that is further now; Counted when another worker changed it since it was read."""
    with table.transaction() as tx:
        return tx.save(IMPORTS, changed, otherwise=Counted())


def write_batches(batches: Sequence[Batch]) -> None:
    """Write what a file was divided into; doing it again writes the same."""
    table.put_all([BATCHES.item(batch) for batch in batches])


def batch(import_id: str, number: int) -> Batch:
    """One batch of a file that was divided."""
    return _there(BATCHES.get(batch_key(import_id, number)), "batch")


def is_done(import_id: str, number: int) -> bool:
    """Whether a batch was imported and counted."""
    return DONE.get(done_key(import_id, number)) is not None


def done(import_id: str) -> list[BatchDone]:
    """The batches that were imported and counted, in their order."""
    return DONE.query(f"IMPORT#{import_id}", prefix="DONE#")


def count(counted: BatchDone, rows: Tally, products: Tally) -> None:
    """Count a batch, once: Counted when it was counted before."""
    with table.transaction() as tx:
        tx.put(DONE, counted, ABSENT, Counted())
        sums = {"rows": rows, "products": products}
        tx.update(
            import_key(counted.import_id),
            Path("batches_done").set(Path("batches_done") + 1),
            Path("rows_read").set(Path("rows_read") + sum(number for _, number in rows)),
            *(
                Path([name, what]).set(Path([name, what]) + number)
                for name, tally in sums.items()
                for what, number in tally
                if number
            ),
            Path("GSI2SK").set(tx.now),
            condition=Path("status") == "importing",
            otherwise=Counted(),
        )


def write_note(note: Note, tx: Transaction) -> None:
    """Write what an import does to a product along with it."""
    tx.put(NOTES, note)


def notes(import_id: str, number: int) -> dict[int, Note]:
    """What an interrupted attempt at a batch has done already, by the first row of each product."""
    return {note.row: note for note in NOTES.query(f"IMPORT#{import_id}#{number}")}


def create_export(made: ProductExport) -> None:
    """Write a new export."""
    with table.transaction() as tx:
        tx.create(EXPORTS, made)


def find_export(export_id: str) -> ProductExport | None:
    """An export, if there is such a one."""
    return EXPORTS.get(export_key(export_id))


def get_export(export_id: str) -> ProductExport:
    """An export, or 404."""
    return _there(find_export(export_id), "export")


def save_export(changed: ProductExport, leaf: Leaf | None = None) -> ProductExport:
    """Write an export that is further now, with the page it went on by; Counted when another worker was faster."""
    with table.transaction() as tx:
        if leaf is not None:
            tx.put(LEAVES, leaf)
        return tx.save(EXPORTS, changed, otherwise=Counted())


def leaves(export_id: str) -> list[Leaf]:
    """The pages of an export in their order."""
    return LEAVES.query(f"EXPORT#{export_id}", prefix="LEAF#")


def products(shelf: int, after: str, limit: int) -> list[tuple[str, str]]:
    """Where products stand in one of the lists, and their ids: so many after that place, oldest first."""
    low = f"{after} " if after else ""
    found = PRODUCTS.query(SHELVES[shelf], index=GSI1, low=low, high=LAST, limit=limit)
    return [(f"{product.created_at}#{product.product_id}", product.product_id) for product in found]


def unfinished(before: str) -> tuple[list[ProductImport], list[ProductExport]]:
    """Imports and exports that have not moved since."""
    return _stale(IMPORTS, before), _stale(EXPORTS, before)


def _stale(kind: Kind[T], before: str) -> list[T]:
    return kind.query(OPEN, index=GSI2, low="0", high=before)


def _there(found: T | None, what: str) -> T:
    if found is None:
        raise not_found(what)
    return found
