"""Changes to products: everything a change touches is written at once, or nothing of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.operand import Path

from catalog.model.listing import Listing
from catalog.model.product import CategoryLink, Feature, PriceChange, Product, UnitStock, sku_taken, slug_taken
from catalog.store.keys import (
    CACHE,
    FEATURES,
    IMAGES,
    LINKS,
    PRICES,
    PRODUCTS,
    STOCK,
    TAGS,
    VARIANTS,
    category_key,
    product_key,
    table,
    variant_key,
)
from catalog.store.products import cache_entry
from shop.events import Event
from shop.inbox import AlreadyHeard
from shop.races import LostRace
from shop.records import Record
from shop.table import ABSENT, MAX_ACTIONS, PRESENT, Key, Kind, Transaction, newer

# Bytes of documents. Each is written up to three times (as a product, as its parts, in an event), of 4 MB in all.
TOGETHER_MAX = 1_000_000


@dataclass(frozen=True)
class Change:
    """A product as it was read and as it is to be, and what is written along with it; its event takes `size` bytes."""

    before: Listing | None
    after: Listing
    prices: Sequence[PriceChange]
    events: Sequence[Event]
    also: Callable[[Transaction], None] | None
    size: int


def save(change: Change) -> None:
    """Write what differs, if nobody else has changed the product since it was read (LostRace otherwise)."""
    with table.transaction() as tx:
        _write(tx, change)


def _write(tx: Transaction, change: Change) -> None:
    before, after = change.before, change.after
    if before is None:
        tx.create(PRODUCTS, after.product)
    else:
        _show(tx, before.product, after.product)
    _claim(tx, before, after)
    _write_parts(tx, before, after)
    _count(tx, before, after)
    for price in change.prices:
        tx.put(PRICES, price, ABSENT)
    for event in change.events:
        tx.say(event, version=after.product.version)
    if change.also is not None:
        change.also(tx)


class Together:
    """Changes of several products, written at once: so many as fit one transaction and touch no item twice."""

    def __init__(self) -> None:
        self._tx, self._size = Transaction(table), 0

    def take(self, change: Change) -> bool:
        """Add a change, if there is room for it; the first always has."""
        one = Transaction(table)
        _write(one, change)
        size = self._size + change.size
        fits = len(self._tx.writes) + len(one.writes) <= MAX_ACTIONS and size <= TOGETHER_MAX
        if self._tx.writes and not (fits and _touched(self._tx).isdisjoint(_touched(one))):
            return False
        self._tx.writes += one.writes
        self._size = size
        return True

    def save(self) -> None:
        """Write all of them; when one is refused, none."""
        self._tx.commit()


def _touched(tx: Transaction) -> set[tuple[str, str]]:
    return {(write.arguments["hash_key"], write.arguments["range_key"]) for write in tx.writes}


def save_stock(before: Listing, after: Listing, news: UnitStock, cause: Event) -> None:
    """Write what inventory said of a unit, and the product if that shows."""
    with table.transaction(cause=cause) as tx:
        tx.put(STOCK, news, newer(news.heard_version), AlreadyHeard())
        if after.product != before.product:
            _show(tx, before.product, after.product)


@dataclass(frozen=True)
class Restocked:
    """A product of which only quantities change: what was shown of its units and what is now, and who said so."""

    product: Product
    news: Sequence[tuple[UnitStock, UnitStock]]
    causes: Sequence[Event]

    @property
    def after(self) -> Product:
        """The product with as many more, or less. Stock of no variant does not count where there are variants."""
        counted = [(was, now) for was, now in self.news if bool(now.variant_id) == bool(self.product.variant_count)]
        more = sum(now.quantity - was.quantity for was, now in counted)
        news = {"stock_quantity": self.product.stock_quantity + more, "version": self.product.version + 1}
        return self.product.model_copy(update=news)


def save_stocks(changes: Iterable[Restocked]) -> None:
    """Write quantities, as many products at once as fit; LostRace when one of them is not as it was read."""
    tx = Transaction(table)
    for change in changes:
        writes = 2 + len(change.news) + len(change.causes)
        if len(tx.writes) + writes > MAX_ACTIONS:
            tx.commit()
            tx = Transaction(table)
        if any(was.quantity != now.quantity for was, now in change.news):
            _show(tx, change.product, change.after)
        for was, now in change.news:
            tx.put(STOCK, now, Path("heard_version") == was.heard_version, LostRace())
        for cause in change.causes:
            tx.hear(cause)
    tx.commit()


def save_copies(before: Product, after: Product, cause: Event | None = None) -> None:
    """Write what a product copies of what is kept elsewhere, if nobody else has changed it since it was read."""
    with table.transaction(cause=cause) as tx:
        _show(tx, before, after)


def _show(tx: Transaction, before: Product, after: Product) -> None:
    """Let the product be read like this from now on: what was cached of it is old."""
    tx.put(PRODUCTS, after, Path("version") == before.version, LostRace())
    tx.put(CACHE, cache_entry(after.product_id, after.version))


def _claim(tx: Transaction, before: Listing | None, after: Listing) -> None:
    was, now = _skus(before), _skus(after)
    for sku in now.keys() - was.keys():
        tx.claim("SKU", sku, now[sku], sku_taken(sku))
    for sku in was.keys() - now.keys():
        tx.unclaim("SKU", sku, was[sku])
    slug, key = after.product.slug, product_key(after.product.product_id)
    if before is None or before.product.slug != slug:
        tx.claim("PSLUG", slug, key, slug_taken(slug))
        if before is not None:
            tx.unclaim("PSLUG", before.product.slug, key)


def _skus(listing: Listing | None) -> dict[str, Key]:
    if listing is None:
        return {}
    product_id = listing.product.product_id
    variants = {v.sku: variant_key(product_id, v.variant_id) for v in listing.variants}
    return {listing.product.sku: product_key(product_id), **variants}


def _parts(listing: Listing | None) -> Iterator[tuple[Kind[Any], Record]]:
    if listing is None:
        return
    parts: Mapping[Kind[Any], Sequence[Record]] = {
        VARIANTS: listing.variants,
        IMAGES: listing.images,
        LINKS: listing.links,
        TAGS: listing.tags,
        STOCK: listing.stock,
        FEATURES: _features(listing.product),
    }
    for kind, things in parts.items():
        for thing in things:
            yield kind, thing


def _features(product: Product) -> list[Feature]:
    if not product.is_featured:
        return []
    made = product.created_at
    return [
        Feature(
            product_id=product.product_id,
            is_listed=product.is_listed,
            product_created_at=made,
            created_at=made,
            updated_at=made,
        )
    ]


def _write_parts(tx: Transaction, before: Listing | None, after: Listing) -> None:
    was = {kind.row(thing).key: thing for kind, thing in _parts(before)}
    now = {kind.row(thing).key: (kind, thing) for kind, thing in _parts(after)}
    for key in was.keys() - now.keys():
        tx.delete(key)
    for key, (kind, thing) in now.items():
        if was.get(key) != thing:
            tx.put(kind, thing)


def _count(tx: Transaction, before: Listing | None, after: Listing) -> None:
    """Keep the counts of categories; a new link holds only while its copy of the category is the latest."""
    was, now = _links(before), _links(after)
    for category_id in was.keys() | now.keys():
        old, new = was.get(category_id), now.get(category_id)
        links = (new is not None) - (old is not None)
        products = (new is not None and _is_active(after)) - (old is not None and _is_active(before))
        if not links and not products:
            continue
        latest = Path("version") == new.category_version if new is not None and old is None else PRESENT
        tx.upsert(
            category_key(category_id),
            Path("link_count").add(links),
            Path("product_count").add(products),
            condition=PRESENT & latest,
            otherwise=LostRace(),
        )


def _links(listing: Listing | None) -> dict[str, CategoryLink]:
    return {link.category_id: link for link in listing.links} if listing else {}


def _is_active(listing: Listing | None) -> bool:
    return listing is not None and listing.product.status == "active"
