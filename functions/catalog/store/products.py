"""Products in the table: read in one Query, written as one change."""

from collections.abc import Iterable, Sequence
from typing import Any

from pynamodb.expressions.operand import Path

from catalog.model.document import ProductDocument
from catalog.model.listing import Listing
from catalog.model.product import (
    CategoryLink,
    Image,
    Product,
    Tag,
    UnitStock,
    Variant,
)
from catalog.model.words import is_id
from catalog.store.keys import (
    CACHE,
    LINKS,
    PRODUCTS,
    ProductCache,
    cache_key,
    product_key,
    stock_key,
    table,
    variant_key,
)
from shop import clock, settings
from shop.errors import Refusal, conflict
from shop.records import Record
from shop.table import (
    ABSENT,
    GSI2,
    Key,
    marker,
    owner_of,
    shards,
)

STATES = ("active", "draft", "inactive", "archived")
LONGEST = 201  # no sku or slug is as long
UNIQUE = {"sku": "SKU", "slug": "PSLUG"}

Name = tuple[str, str]  # id, slug or sku, and which
Unit = tuple[str, str | None]  # the ids of a product and of its variant


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


def stocked(units: Iterable[Unit]) -> tuple[dict[str, Product], dict[Unit, UnitStock]]:
    """The products of these units, and what is shown of the stock of each. For each hundred of both one BatchGet."""
    asked = [unit for unit in units if is_id(unit[0])]
    found = table.many([*(product_key(product_id) for product_id, _ in asked), *(stock_key(*unit) for unit in asked)])
    products = {thing.product_id: thing for thing in found if isinstance(thing, Product)}
    return products, {(thing.product_id, thing.variant_id): thing for thing in found if isinstance(thing, UnitStock)}


def id_of(name: Name) -> str | None:
    """The product that may be called so: by its id, its slug, or its sku or that of a variant."""
    kind, value = name
    if kind == "id":
        return value
    owner = owner_of(table, UNIQUE[kind], value[:LONGEST])
    return _product_at(owner.pk) if owner else None


def ids_of(calls: Sequence[Sequence[Name]]) -> dict[Name, str]:
    """Of each product's names the first by which it is there, and its id. For each hundred names one BatchGet."""
    found: dict[Name, str] = {}
    for turn in range(max(map(len, calls), default=0)):
        asked = {
            _place(names[turn]): names[turn] for names in calls if turn < len(names) and found.keys().isdisjoint(names)
        }
        for item in table.at(asked):
            at = Key(item["PK"]["S"], item["SK"]["S"])
            found[asked[at]] = _product_at(item["owner_pk"]["S"] if "owner_pk" in item else at.pk)
    return found


def _place(name: Name) -> Key:
    kind, value = name
    return product_key(value) if kind == "id" else marker(UNIQUE[kind], value[:LONGEST])


def _product_at(pk: str) -> str:
    return pk.removeprefix("PROD#")


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
                cache_entry(document.product_id, document.version, document.model_dump_json()),
                ABSENT | (Path("product_version") <= document.version),
                outdated,
            )
    except Refusal as refusal:  # somebody is changing it this moment: the next reader fills it
        if refusal is not outdated and refusal.status < 500:
            raise


def cache_entry(product_id: str, version: int, document: str | None = None) -> ProductCache:
    """What is kept of a product for its next readers; without a document, that anything older than this is old."""
    expires_at = clock.after(settings.PRODUCT_CACHE_TTL)
    return ProductCache(product_id=product_id, product_version=version, document=document, expires_at=expires_at)


def named(units: Iterable[tuple[str, str | None]]) -> tuple[dict[str, Product], dict[tuple[str, str], Variant]]:
    """The products and variants that lines name. One BatchGet for each hundred of both."""
    wanted = [(p, v) for p, v in units if is_id(p) and (v is None or is_id(v))]
    keys = [product_key(product_id) for product_id, _ in wanted]
    found = table.many([*keys, *(variant_key(p, v) for p, v in wanted if v is not None)])
    products = {thing.product_id: thing for thing in found if isinstance(thing, Product)}
    return products, {(v.product_id, v.variant_id): v for v in found if isinstance(v, Variant)}


def outdated_links(category_id: str, version: int, limit: int) -> list[CategoryLink]:
    """Some links that copy an older version of their category."""
    found: list[CategoryLink] = []
    for pk in shards(f"CATLINK#{category_id}"):
        if len(found) < limit:
            left = limit - len(found)
            found += LINKS.query(pk, index=GSI2, low="0", high=f"{version:09d}", limit=left)
    return found
