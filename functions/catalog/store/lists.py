"""Products in lists, newest first; each list is an index of its own, read a page at a time."""

from catalog.model.product import CategoryLink, Feature, PriceChange, Product, Tag
from catalog.store.keys import FEATURES, HIDDEN, LINKS, PRICES, PRODUCTS, TAGS, product_key
from catalog.store.products import STATES
from shop.pages import Page, Paging
from shop.table import GSI2, TABLE, shards


def newest(paging: Paging, status: str | None, everything: bool) -> Page[Product]:
    """Products by status, newest first (AP22): what the public finds, or everything."""
    return PRODUCTS.page([pk for state in _states(status, everything) for pk in shards(f"PST#{state}")], paging)


def _states(status: str | None, everything: bool) -> list[str]:
    """Under which states products of a status are listed; those that are hidden are together, whatever their status."""
    if not everything:
        return ["active"]
    return [status, HIDDEN] if status else [*STATES, HIDDEN]


def of_seller(seller_id: str, paging: Paging, status: str | None, everything: bool) -> Page[Product]:
    """A seller's products, newest first (AP22)."""
    return PRODUCTS.page([f"SELLER#{seller_id}#{state}" for state in _states(status, everything)], paging, index=GSI2)


def in_category(category_id: str, paging: Paging, everything: bool) -> Page[Product]:
    """The products of a category, newest first (AP23)."""
    prefixes = ["CATPROD", "CATREST"] if everything else ["CATPROD"]
    return _products(LINKS.page([pk for p in prefixes for pk in shards(f"{p}#{category_id}")], paging))


def with_tag(tag: str, paging: Paging, everything: bool) -> Page[Product]:
    """The products with a tag, newest first (AP23)."""
    prefixes = ["TAGPROD", "TAGREST"] if everything else ["TAGPROD"]
    return _products(TAGS.page([pk for p in prefixes for pk in shards(f"{p}#{tag}")], paging))


def featured(paging: Paging, everything: bool) -> Page[Product]:
    """The featured products, newest first (AP22)."""
    return _products(FEATURES.page(["FEATURED", "FEATREST"] if everything else ["FEATURED"], paging))


def _products(entries: Page[CategoryLink] | Page[Tag] | Page[Feature]) -> Page[Product]:
    ids = [entry.product_id for entry in entries.data]
    found = {p.product_id: p for p in PRODUCTS.many([product_key(i) for i in ids], consistent=False)}
    data = [found[product_id] for product_id in ids if product_id in found]
    return entries.showing(data)


def prices(product_id: str, paging: Paging) -> Page[PriceChange]:
    """The price history, newest first (AP26)."""
    return PRICES.page(f"PRICE#{product_id}", paging, index=TABLE)
