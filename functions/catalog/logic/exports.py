"""All products of the catalog into a file: a page at a time, put together at the end."""

import csv
import io
import time

from catalog.logic.transfers import export_task
from catalog.model import shopify
from catalog.model.document import document
from catalog.model.transfers import Leaf, ProductExport
from catalog.store import files, tasks
from catalog.store import products as products_store
from catalog.store import transfers as store
from shop import clock
from shop.ids import new_id

PAGE = 200  # products
SECONDS = 20  # how long pages are written before the next invocation goes on


def export_pages(export_id: str) -> None:
    """Write some pages of an export, and have the rest written; the last of them ends it.

    A product whose status changes meanwhile moves to another list, and may be in the file twice or not at all.
    """
    going = store.find_export(export_id)
    until = time.monotonic() + SECONDS
    while going is not None and going.is_open and going.shelf < len(store.SHELVES):
        if time.monotonic() > until:
            tasks.send([export_task(export_id)])
            return
        found = store.products(going.shelf, going.after, PAGE)
        going = _page(going, found) if found else going.model_copy(update={"shelf": going.shelf + 1, "after": ""})
    if going is not None and going.is_open:
        _finish(going)


def _page(going: ProductExport, found: list[tuple[str, str]]) -> ProductExport:
    """Write one page: the content first, under a name of its own, then that it is there."""
    rows, products = _rows([product_id for _, product_id in found])
    leaf = Leaf(export_id=going.export_id, number=going.pages, key=f"pages/{going.export_id}/{new_id()}")
    files.write(leaf.key, _table(rows))
    more = {"pages": going.pages + 1, "products": going.products + products, "rows": going.rows + len(rows)}
    place = {"shelf": going.shelf, "after": found[-1][0], "status": "running"}
    return store.save_export(going.model_copy(update=more | place), leaf)


def _rows(product_ids: list[str]) -> tuple[list[list[str]], int]:
    rows, products = list[list[str]](), 0
    for product_id in product_ids:
        listing = products_store.find(product_id)
        if listing is not None:
            rows += shopify.rows(document(listing))
            products += 1
    return rows, products


def _finish(going: ProductExport) -> None:
    head = _table([shopify.COLUMNS])
    pages = files.contents(leaf.key for leaf in store.leaves(going.export_id))
    files.assemble(going.key, (part for parts in ([head], pages) for part in parts))
    store.save_export(going.model_copy(update={"status": "completed", "completed_at": clock.now()}))


def _table(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
