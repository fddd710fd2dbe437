"""Products in the table: read in one Query, written as one change."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pynamodb.expressions.operand import Path

from catalog.model.document import ProductDocument
from catalog.model.product import (
    CategoryLink,
    Feature,
    Image,
    Listing,
    PriceChange,
    Product,
    Tag,
    UnitStock,
    Variant,
    sku_taken,
    slug_taken,
)
from catalog.model.words import is_id
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
    Overtaken,
    ProductCache,
    cache_key,
    category_key,
    product_key,
    table,
    variant_key,
)
from shop import clock, settings
from shop.errors import Refusal, conflict
from shop.events import Event
from shop.inbox import AlreadyHeard
from shop.records import Record
from shop.table import (
    ABSENT,
    GSI2,
    PRESENT,
    Key,
    Kind,
    Transaction,
    newer,
    owner_of,
    shards,
)

STATES = ("active", "draft", "inactive", "archived")
LONGEST = 201  # no sku or slug is as long


def find(product_id: str) -> Listing | None:
    """A product with all that belongs to it. One strongly consistent Query (AP21)."""
    if not is_id(product_id):
        return None
    found: dict[type[Record], list[Any]] = {}
    for record in table.collection(product_key(product_id).pk):
        found.setdefault(type(record), []).append(record)
    if Product not in found:
        return None
    return Listing(
        product=found[Product][0],
        variants=found.get(Variant, []),
        images=found.get(Image, []),
        links=found.get(CategoryLink, []),
        tags=found.get(Tag, []),
        stock=found.get(UnitStock, []),
    ).settled()


def head(product_id: str) -> Product | None:
    """A product without its parts. One GetItem."""
    return PRODUCTS.get(product_key(product_id)) if is_id(product_id) else None


def id_of_sku(sku: str) -> str | None:
    """The product that has this sku, or a variant with it."""
    return _owner("SKU", sku)


def id_of_slug(slug: str) -> str | None:
    """The product with this slug."""
    return _owner("PSLUG", slug)


def _owner(unique: str, value: str) -> str | None:
    owner = owner_of(table, unique, value[:LONGEST])
    return owner.pk.removeprefix("PROD#") if owner else None


def cached(product_id: str) -> ProductDocument | None:
    """The cached document of a product, never older than its last change. One GetItem."""
    if not is_id(product_id):
        return None
    kept = CACHE.get(cache_key(product_id))
    if kept is None or kept.document is None or kept.expires_at <= clock.now():
        return None
    return ProductDocument.model_validate_json(kept.document)


def cached_many(product_ids: Sequence[str]) -> dict[str, ProductDocument]:
    """Those of these products whose documents are cached. One BatchGet."""
    now = clock.now()
    found = CACHE.many([cache_key(product_id) for product_id in product_ids])
    return {
        kept.product_id: ProductDocument.model_validate_json(kept.document)
        for kept in found
        if kept.document is not None and kept.expires_at > now
    }


def fill_cache(document: ProductDocument) -> None:
    """Keep a document for the next readers, unless the product has changed since it was read."""
    outdated = conflict("outdated")
    try:
        with table.transaction() as tx:
            tx.put(
                CACHE,
                _cache(document.product_id, document.version, document.model_dump_json()),
                ABSENT | (Path("product_version") <= document.version),
                outdated,
            )
    except Refusal as refusal:  # somebody is changing it this moment: the next reader fills it
        if refusal is not outdated and refusal.status < 500:
            raise


def _cache(product_id: str, version: int, document: str | None = None) -> ProductCache:
    expires_at = clock.after(settings.PRODUCT_CACHE_TTL)
    return ProductCache(product_id=product_id, product_version=version, document=document, expires_at=expires_at)


def named(units: Iterable[tuple[str, str | None]]) -> tuple[dict[str, Product], dict[tuple[str, str], Variant]]:
    """The products and variants that lines name. A BatchGet for each, however many there are (to a hundred)."""
    wanted = [(p, v) for p, v in units if is_id(p) and (v is None or is_id(v))]
    products = PRODUCTS.many([product_key(product_id) for product_id, _ in wanted])
    variants = VARIANTS.many([variant_key(p, v) for p, v in wanted if v is not None])
    return {p.product_id: p for p in products}, {(v.product_id, v.variant_id): v for v in variants}


def save(
    before: Listing | None,
    after: Listing,
    prices: Sequence[PriceChange],
    events: Sequence[Event],
    also: Callable[[Transaction], None] | None = None,
) -> None:
    """Write what differs, if nobody else has changed the product since it was read (Overtaken otherwise)."""
    product = after.product
    with table.transaction() as tx:
        if before is None:
            tx.create(PRODUCTS, product)
        else:
            _show(tx, before.product, product)
        _claim(tx, before, after)
        _write_parts(tx, before, after)
        _count(tx, before, after)
        for price in prices:
            tx.put(PRICES, price, ABSENT)
        for event in events:
            tx.say(event, version=product.version)
        if also is not None:
            also(tx)


def save_stock(before: Listing, after: Listing, news: UnitStock, cause: Event) -> None:
    """Write what inventory said of a unit, and the product if that shows."""
    with table.transaction(cause=cause) as tx:
        tx.put(STOCK, news, newer(news.heard_version), AlreadyHeard())
        if after.product != before.product:
            _show(tx, before.product, after.product)


def save_copies(before: Product, after: Product, cause: Event | None = None) -> None:
    """Write what a product copies of what is kept elsewhere, if nobody else has changed it since it was read."""
    with table.transaction(cause=cause) as tx:
        _show(tx, before, after)


def _show(tx: Transaction, before: Product, after: Product) -> None:
    """Let the product be read like this from now on: what was cached of it is old."""
    tx.put(PRODUCTS, after, Path("version") == before.version, Overtaken())
    tx.put(CACHE, _cache(after.product_id, after.version))


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
            otherwise=Overtaken(),
        )


def _links(listing: Listing | None) -> dict[str, CategoryLink]:
    return {link.category_id: link for link in listing.links} if listing else {}


def _is_active(listing: Listing | None) -> bool:
    return listing is not None and listing.product.status == "active"


def outdated_links(category_id: str, version: int, limit: int) -> list[CategoryLink]:
    """Some links that copy an older version of their category."""
    found: list[CategoryLink] = []
    for pk in shards(f"CATLINK#{category_id}"):
        if len(found) < limit:
            left = limit - len(found)
            found += LINKS.query(pk, index=GSI2, low="0", high=f"{version:09d}", limit=left)
    return found
