"""Letting other services read products: for their copies, and to make those anew."""

from catalog.model.browsing import ReadProducts, WhichProducts
from catalog.model.document import ProductDocument, document
from catalog.store import products
from catalog.store import transfers as shelves

AT_ONCE = 25  # documents of the largest size that fit one answer of a function


def read(which: WhichProducts) -> ReadProducts:
    """The products that are named, or some after a place, whatever their status; a Query for each.

    A product that moves to another list meanwhile may be met twice or not at all, but then everybody hears of it.
    """
    if which.product_ids is not None:
        return ReadProducts(products=_documents(which.product_ids))
    number, _, last = (which.after or "0 ").partition(" ")
    shelf = int(number)
    while not (found := shelves.products(shelf, last, AT_ONCE)) and shelf + 1 < len(shelves.SHELVES):
        shelf, last = shelf + 1, ""
    after = f"{shelf} {found[-1][0]}" if found else None
    return ReadProducts(products=_documents([product_id for _, product_id in found]), next=after)


def _documents(product_ids: list[str]) -> list[ProductDocument]:
    found = (products.find(product_id) for product_id in product_ids)
    return [document(listing).for_public() for listing in found if listing]
