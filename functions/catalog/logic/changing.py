"""How a product changes: read whole, changed as a whole, checked, told and written at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.model.document import document
from catalog.model.listing import Listing
from catalog.model.product import PriceChange, Product, Variant
from catalog.store import products as store
from catalog.store import writing
from shop import clock
from shop.auth import Caller
from shop.errors import not_found
from shop.events import Event
from shop.events import catalog as said
from shop.money import Money
from shop.races import until_won
from shop.records import Record
from shop.table import Transaction

Change = Callable[[Listing], Listing]


@dataclass(frozen=True)
class Along:
    """What goes along with a change: the stock that new units open with, by sku, and what else is written with it."""

    opening: Mapping[str, int]
    also: Callable[[Transaction], None]


def own(product_id: str, caller: Caller) -> Listing:
    """A product this caller may change: the admin any, a seller their own; else 404."""
    found = store.find(product_id)
    if found is None or not (caller.is_admin or found.product.seller_id == caller.user_id):
        raise not_found("product")
    return found


def change(
    product_id: str,
    caller: Caller,
    how: Change,
    *,
    version: int | None = None,
    reason: str | None = None,
    along: Along | None = None,
    known: Listing | None = None,
) -> Listing:
    """Change a product, perhaps `known` already; when somebody else was faster it is made to what they left."""
    read = [known] if known else []

    def attempt() -> Listing:
        before = read.pop() if read else own(product_id, caller)
        before.product.at(version)
        after = how(before)
        return before if after == before else write(before, after, caller.user_id, reason, along=along)

    return until_won(attempt)


def write(
    before: Listing | None,
    after: Listing,
    by: str | None,
    reason: str | None = None,
    *,
    edited: bool = True,
    along: Along | None = None,
) -> Listing:
    """Write a listing with its price history and events; `edited` is False for mere copies."""
    change = prepared(before, after, by, reason, edited=edited, along=along)
    writing.save(change)
    return change.after


def prepared(
    before: Listing | None,
    after: Listing,
    by: str | None,
    reason: str | None = None,
    *,
    edited: bool = True,
    along: Along | None = None,
) -> writing.Change:
    """A listing settled and checked, with its price history and events: ready to be written."""
    now = clock.now()
    if before is not None:
        version = before.product.version + 1
        edition = version if edited else before.product.edition
        fresh = {"version": version, "edition": edition, "updated_at": now}
        after = after.but(product=after.product.model_copy(update=fresh))
    after = _touched(before, after.settled(), now)
    shown = document(after)
    size = 0
    if edited:
        after.check_limits()
        size = shown.checked_size()
    prices = _prices(before, after, by, reason)
    opening = along.opening if along else {}
    public = shown.for_public().model_dump(mode="json")
    events = [_created(after, opening)] if before is None else _told(before, after, public, opening)
    events = [*events, *_repriced(before, after, by, reason)]
    return writing.Change(before, after, prices, events, along.also if along else None, size)


def _touched(before: Listing | None, after: Listing, now: str) -> Listing:
    """Parts that changed say so."""
    if before is None:
        return after
    return after.but(
        variants=_dated(before.variants, after.variants, now),
        images=_dated(before.images, after.images, now),
        links=_dated(before.links, after.links, now),
        tags=_dated(before.tags, after.tags, now),
    )


def _dated(before: Sequence[Record], after: Sequence[Record], now: str) -> list[Record]:
    return [part if part in before else part.model_copy(update={"updated_at": now}) for part in after]


def _created(made: Listing, opening: Mapping[str, int]) -> Event:
    product = made.product
    return said.ProductCreated(
        product_id=product.product_id,
        sku=product.sku,
        name=product.name,
        status=product.status,
        seller_id=product.seller_id,
        opening_stock=0 if made.variants else opening.get(product.sku, 0),
        variants=[
            said.NewVariant(
                variant_id=v.variant_id,
                sku=v.sku,
                price=v.effective_price(product),
                opening_stock=opening.get(v.sku, 0),
            )
            for v in made.variants
        ],
    )


def _told(before: Listing, after: Listing, shown: dict[str, Any], opening: Mapping[str, int]) -> list[Event]:
    """What others should know of a change."""
    was, product = before.product, after.product
    product_id = product.product_id
    told: list[Event] = [
        said.ProductUpdated(product_id=product_id, product=shown, changed_fields=_changed_fields(before, after))
    ]
    if (was.status, was.is_visible) != (product.status, product.is_visible):
        told.append(
            said.ProductStatusChanged(
                product_id=product_id, was=was.status, status=product.status, is_visible=product.is_visible
            )
        )
    old = {v.variant_id: v for v in before.variants}
    new = {v.variant_id: v for v in after.variants}
    for variant in after.variants:
        before_it = old.get(variant.variant_id)
        if before_it is None:
            told.append(
                said.VariantCreated(
                    product_id=product_id,
                    variant_id=variant.variant_id,
                    sku=variant.sku,
                    price=variant.effective_price(product),
                    opening_stock=opening.get(variant.sku, 0),
                )
            )
        elif before_it != variant:
            fields = _differing(before_it, variant)
            told.append(
                said.VariantUpdated(product_id=product_id, variant_id=variant.variant_id, changed_fields=fields)
            )
    told += [said.VariantDeleted(product_id=product_id, variant_id=gone) for gone in old.keys() - new.keys()]
    return told


def _changed_fields(before: Listing, after: Listing) -> list[str]:
    kept = {"version", "edition", "updated_at", "category_ids", "variant_count", "image_url"}
    fields = [name for name in _differing(before.product, after.product) if name not in kept]
    parts = {"variants": (before.variants, after.variants), "images": (before.images, after.images)}
    parts |= {"categories": (before.links, after.links), "tags": (before.tags, after.tags)}
    return [*fields, *(name for name, (old, new) in parts.items() if old != new)]


def _differing(before: Record, after: Record) -> list[str]:
    changed = dict(after)
    return [name for name, value in before if changed[name] != value and name != "updated_at"]


def _prices(before: Listing | None, after: Listing, by: str | None, reason: str | None) -> list[PriceChange]:
    """The history rows: one for each price that was set; what only follows the product's price has none of its own."""
    product, rows = after.product, []
    if product.price is not None and (before is None or _price(before.product) != _price(product)):
        rows.append(_row(product, None, product.price, by, reason))
    old = {v.variant_id: (v.price, v.price_adjustment) for v in before.variants} if before else {}
    for variant in after.variants if before else ():
        effective = variant.effective_price(product)
        if effective is not None and old.get(variant.variant_id) != (variant.price, variant.price_adjustment):
            rows.append(_row(product, variant, effective, by, reason))
    return rows


def _price(product: Product) -> tuple[Money | None, Money | None]:
    return product.price, product.compare_at_price


def _row(product: Product, variant: Variant | None, price: Money, by: str | None, reason: str | None) -> PriceChange:
    return PriceChange(
        product_id=product.product_id,
        variant_id=variant.variant_id if variant else None,
        price=price,
        compare_at_price=None if variant else product.compare_at_price,
        changed_by=by,
        reason=reason,
    )


def _repriced(before: Listing | None, after: Listing, by: str | None, reason: str | None) -> Sequence[Event]:
    """An event for each effective price that is another now."""
    if before is None:
        return []
    product, told = after.product, []
    units = {None: (before.product.price, product.price, _price(before.product) != _price(product))}
    old = {v.variant_id: v.effective_price(before.product) for v in before.variants}
    for variant in after.variants:
        if variant.variant_id in old:
            was, now = old[variant.variant_id], variant.effective_price(product)
            units[variant.variant_id] = (was, now, was != now)  # type: ignore[index]
    for variant_id, (was, now, changed) in units.items():
        if changed and now is not None:
            told.append(
                said.ProductPriceChanged(
                    product_id=product.product_id,
                    variant_id=variant_id,
                    old_price=was,
                    price=now,
                    compare_at_price=product.compare_at_price if variant_id is None else None,
                    changed_by=by or "system",
                    reason=reason,
                )
            )
    return told
