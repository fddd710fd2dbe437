"""What is shown, and to whom."""

from collections.abc import Sequence
from typing import TypeVar

from catalog.model.document import (
    SHOWN_STOCK,
    ImageDocument,
    ProductDocument,
    VariantDocument,
    document,
)
from catalog.model.product import PriceChange, Product, Summary
from catalog.model.requests import ProductList
from catalog.store import lists
from catalog.store import products as store
from shop.auth import Caller
from shop.errors import forbidden, not_found
from shop.pages import Page, Paging
from shop.records import Part

V = TypeVar("V", bound=Part)


def product(product_id: str, caller: Caller) -> ProductDocument:
    """A product as this caller may see it: staff and its seller always and exactly, others while it is on show."""
    found = _document(product_id)
    shown = _seen(found, caller) if found else None
    if shown is None:
        raise not_found("product")
    return shown


def documents(product_ids: Sequence[str], caller: Caller) -> dict[str, ProductDocument]:
    """Those of a few products that this caller may see. One BatchGet, and a Query for each that is not cached."""
    known = store.cached_many(product_ids)
    found = {product_id: known.get(product_id) or _fresh(product_id) for product_id in product_ids}
    shown = {product_id: _seen(document, caller) for product_id, document in found.items() if document}
    return {product_id: document for product_id, document in shown.items() if document}


def _seen(found: ProductDocument, caller: Caller) -> ProductDocument | None:
    if caller.may_see(found.seller_id):
        return found
    return found.for_public() if found.is_listed else None


def product_by_slug(slug: str, caller: Caller) -> ProductDocument:
    """The product with this slug."""
    return product(store.id_of(("slug", slug)) or "", caller)


def product_by_sku(sku: str, caller: Caller) -> ProductDocument:
    """The product with this sku, or with a variant that has it."""
    return product(store.id_of(("sku", sku)) or "", caller)


def _document(product_id: str) -> ProductDocument | None:
    """The cached document, else a fresh one for the cache."""
    return store.cached(product_id) or _fresh(product_id)


def _fresh(product_id: str) -> ProductDocument | None:
    listing = store.find(product_id)
    if listing is None:
        return None
    fresh = document(listing)
    store.fill_cache(fresh)
    return fresh


def products(query: ProductList, caller: Caller) -> Page[Summary]:
    """Products, newest first: of a category, a tag, a seller, the featured ones, or all."""
    sees_all = caller.is_staff or (query.seller is not None and caller.may_see(query.seller))
    if query.status and not sees_all:
        raise forbidden("Only staff may ask for a status")
    found = _page(query, caller.is_staff, sees_all)
    data = [_summary(p, caller) for p in found.data if _asked(p, query) and (sees_all or p.is_listed)]
    return found.showing(data)


def _page(query: ProductList, everything: bool, sellers_own: bool) -> Page[Product]:
    if query.tag is not None:
        return lists.with_tag(query.tag, query, everything)
    if query.category is not None:
        return lists.in_category(query.category, query, everything)
    if query.seller is not None:
        return lists.of_seller(query.seller, query, query.status, sellers_own)
    if query.featured:
        return lists.featured(query, everything)
    return lists.newest(query, query.status, everything)


def _asked(p: Product, query: ProductList) -> bool:
    """Whether a product passes the filters that did not choose the list."""
    return (
        (query.status is None or p.status == query.status)
        and (query.featured is None or p.is_featured == query.featured)
        and (query.seller is None or p.seller_id == query.seller)
        and (query.category is None or query.category in p.category_ids)
    )


def _summary(p: Product, caller: Caller) -> Summary:
    shown = Summary(**dict(p))
    if caller.may_see(p.seller_id):
        return shown
    return shown.model_copy(update={"stock_quantity": min(shown.stock_quantity, SHOWN_STOCK)})


def variants(product_id: str, paging: Paging, caller: Caller) -> Page[VariantDocument]:
    """A product's variants in the order of their creation."""
    shown = product(product_id, caller)
    whole = {"product_id": shown.product_id, "version": shown.version}
    return _slice([VariantDocument(**{**dict(v), **whole}) for v in shown.variants], paging)


def images(product_id: str, paging: Paging, caller: Caller) -> Page[ImageDocument]:
    """A product's pictures in their order."""
    shown = product(product_id, caller)
    whole = {"product_id": shown.product_id, "version": shown.version}
    return _slice([ImageDocument(**{**dict(i), **whole}) for i in shown.images], paging)


def prices(product_id: str, paging: Paging, caller: Caller) -> Page[PriceChange]:
    """The price history, newest first; by whom and why is for staff."""
    product(product_id, caller)
    found = lists.prices(product_id, paging)
    if caller.is_staff:
        return found
    data = [row.model_copy(update={"changed_by": None, "reason": None}) for row in found.data]
    return found.showing(data)


def _slice(things: Sequence[V], paging: Paging) -> Page[V]:
    """One page of a short list."""
    start = int(paging.after or 0)
    end = start + paging.limit
    return paging.page(list(things[start:end]), last=str(end) if end < len(things) else None)
