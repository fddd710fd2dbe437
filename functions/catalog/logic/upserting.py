"""Bringing a product to what a file says of it: made when it is not there, otherwise changed where it differs.

Nothing is taken away but words: variants and images that a file does not name stay. What a file cannot say of a product
is not touched, so that an exported file imports again without a change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from catalog.logic.changing import Along, change, prepared
from catalog.logic.differing import merged, nearer
from catalog.logic.products import create, planned
from catalog.model.listing import Listing
from catalog.model.requests import NewProduct
from catalog.model.transfers import Note
from catalog.model.wanted import Draft, WantedProduct, WantedVariant
from catalog.model.words import unacceptable
from catalog.store import products as store
from catalog.store import transfers, writing
from shop.auth import Caller
from shop.ids import derived


@dataclass(frozen=True)
class Errand:
    """On whose behalf products are brought, and whether they bring an opening stock."""

    import_id: str
    batch: int
    caller: Caller
    opens_stock: bool

    @property
    def reason(self) -> str:
        """Why prices change."""
        return f"import {self.import_id}"

    def operation(self, row: int) -> str:
        """What names the making of a row's product, so that it is made once."""
        return derived("import", self.import_id, str(row))

    def note(self, draft: Draft, *, is_new: bool) -> Note:
        """What is written down with the first change to a product."""
        return Note(import_id=self.import_id, batch=self.batch, row=draft.rows[0], is_new=is_new)


@dataclass(frozen=True)
class Plan:
    """How a product gets to what is wanted in one write; without a `change` it is there already."""

    draft: Draft
    wanted: WantedProduct
    note: Note | None
    change: writing.Change | None


def plan(
    draft: Draft, wanted: WantedProduct, errand: Errand, seen: Note | None, listing: Listing | None
) -> Plan | None:
    """The way to what is wanted from what was read; None when it takes more than one write."""
    if listing is None:
        note = seen or errand.note(draft, is_new=True)
        return None if wanted.is_large else Plan(draft, wanted, note, _planned(draft, wanted, errand, note))
    after, pointers = nearer(listing, draft, wanted)
    if not pointers:
        return Plan(draft, wanted, seen, None)
    note = _noted(seen or errand.note(draft, is_new=False), draft, pointers)
    change = prepared(listing, after, errand.caller.user_id, errand.reason, along=_along(wanted, errand, note))
    return None if nearer(change.after, draft, wanted)[1] else Plan(draft, wanted, note, change)


def bring(draft: Draft, wanted: WantedProduct, errand: Errand, seen: Note | None) -> Note | None:
    """Bring one product to what is wanted; what was made or changed of it, by this attempt or one before (`seen`)."""
    listing, note = find(draft.names), seen
    if listing is None:
        note = note or errand.note(draft, is_new=True)
        _create(draft, wanted, errand, note)
        if not wanted.is_large:
            return note
        listing = find([("id", wanted.product_id or errand.operation(draft.rows[0]))])
    while listing is not None and nearer(listing, draft, wanted)[1]:
        note = note or errand.note(draft, is_new=False)
        listing, note = _change(listing, draft, wanted, errand, note)
    return note


def find(names: Iterable[store.Name]) -> Listing | None:
    """The product that is called so."""
    for name in names:
        product_id = store.id_of(name)
        found = store.find(product_id) if product_id else None
        if found is not None:
            return found
    return None


def _create(draft: Draft, wanted: WantedProduct, errand: Errand, note: Note) -> None:
    create(_body(draft, wanted), errand.operation(draft.rows[0]), errand.caller, _along(wanted, errand, note))


def _planned(draft: Draft, wanted: WantedProduct, errand: Errand, note: Note) -> writing.Change:
    operation = errand.operation(draft.rows[0])
    return planned(_body(draft, wanted), operation, errand.caller, _along(wanted, errand, note))


def _body(draft: Draft, wanted: WantedProduct) -> NewProduct:
    _check_prices(draft, wanted)
    return wanted.beginning().model_copy(update={"seo": merged(None, wanted.seo)})


def _check_prices(draft: Draft, wanted: WantedProduct) -> None:
    """A file that leaves out a price means the one that is there."""
    if not draft.needs_prices:
        return
    bare = next((n for n, variant in enumerate(wanted.variants) if variant.price is None), None)
    if bare is not None:
        raise unacceptable(f"/variants/{bare}/price", "no_price", "A new variant needs a price")
    if wanted.price is None:
        raise unacceptable("/price", "no_price", "A new product needs a price")


def _along(wanted: WantedProduct, errand: Errand, note: Note) -> Along:
    units: list[WantedProduct | WantedVariant] = [wanted, *wanted.variants] if errand.opens_stock else []
    opening = {unit.sku: unit.opening_stock for unit in units if unit.opening_stock}
    return Along(opening, partial(transfers.write_note, note))


def _change(listing: Listing, draft: Draft, wanted: WantedProduct, errand: Errand, note: Note) -> tuple[Listing, Note]:
    noted = [note]

    def how(before: Listing) -> Listing:
        after, pointers = nearer(before, draft, wanted)
        noted[0] = _noted(note, draft, pointers)
        return after

    along = Along(_along(wanted, errand, note).opening, lambda tx: transfers.write_note(noted[0], tx))
    product_id = listing.product.product_id
    return change(product_id, errand.caller, how, reason=errand.reason, along=along, known=listing), noted[0]


def _noted(note: Note, draft: Draft, pointers: list[str]) -> Note:
    """With the rows of which something was changed."""
    return note.model_copy(update={"rows": sorted({*note.rows, *map(draft.row_of, pointers)})})
