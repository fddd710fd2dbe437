"""Bringing a product to what a file says of it: made when it is not there, otherwise changed where it differs.

Nothing is taken away but words: variants and images that a file does not name stay. What a file cannot say of a product
is not touched, so that an exported file imports again without a change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from catalog.logic.changing import Along, change
from catalog.logic.products import create, links_to, new_image, new_tag, new_variant
from catalog.model.product import Listing, Product, Tag, Variant, next_position, primary_is
from catalog.model.requests import ChangeProduct
from catalog.model.shopify import option_names, options_of, shown_compare_at
from catalog.model.transfers import Note
from catalog.model.wanted import Draft, WantedProduct, WantedVariant
from catalog.model.words import unacceptable
from catalog.store import products as store
from catalog.store import transfers
from shop import clock
from shop.auth import Caller
from shop.ids import derived
from shop.money import zero
from shop.records import Body

B = TypeVar("B", bound=Body)

# How much of a transaction a step may fill, and what parts take of it; the rest follows in further ones.
ROOM, VARIANT, LINK = 60, 4, 2
FIELDS = (ChangeProduct.model_fields.keys() | {"is_visible"}) - {"reason", "compare_at_price"}
OFF_SALE = {"draft", "inactive"}


@dataclass(frozen=True)
class Errand:
    """On whose behalf products are brought, and whether they bring an opening stock."""

    import_id: str
    batch: int
    caller: Caller
    opens_stock: bool

    def operation(self, row: int) -> str:
        """What names the making of a row's product, so that it is made once."""
        return derived("import", self.import_id, str(row))


def bring(draft: Draft, wanted: WantedProduct, errand: Errand, seen: Note | None) -> Note | None:
    """Bring one product to what is wanted; what was made or changed of it, by this attempt or one before (`seen`)."""
    listing, row = find(draft.names), draft.rows[0]
    note = seen
    if listing is None:
        note = note or Note(import_id=errand.import_id, batch=errand.batch, row=row, is_new=True)
        _create(draft, wanted, errand, note)
        if not wanted.is_large:
            return note
        listing = find([("id", wanted.product_id or errand.operation(row))])
    while listing is not None and nearer(listing, draft, wanted)[1]:
        note = note or Note(import_id=errand.import_id, batch=errand.batch, row=row, is_new=False)
        listing, note = _change(listing, draft, wanted, errand, note)
    return note


def find(names: Iterable[tuple[str, str]]) -> Listing | None:
    """The product that is called so."""
    by = {"id": lambda name: name, "slug": store.id_of_slug, "sku": store.id_of_sku}
    for kind, name in names:
        product_id = by[kind](name)
        found = store.find(product_id) if product_id else None
        if found is not None:
            return found
    return None


def _create(draft: Draft, wanted: WantedProduct, errand: Errand, note: Note) -> None:
    _check_prices(draft, wanted, wanted.price is not None)
    body = wanted.beginning().model_copy(update={"seo": _merged(None, wanted.seo)})
    create(body, errand.operation(draft.rows[0]), errand.caller, _along(wanted, errand, note))


def _check_prices(draft: Draft, wanted: WantedProduct, has_price: bool) -> None:
    """A file that leaves out a price means the one that is there."""
    if not draft.needs_prices:
        return
    bare = next((n for n, variant in enumerate(wanted.variants) if variant.price is None), None)
    if bare is not None:
        raise unacceptable(f"/variants/{bare}/price", "no_price", "A new variant needs a price")
    if not has_price:
        raise unacceptable("/price", "no_price", "A new product needs a price")


def _along(wanted: WantedProduct, errand: Errand, note: Note) -> Along:
    units: list[WantedProduct | WantedVariant] = [wanted, *wanted.variants] if errand.opens_stock else []
    opening = {unit.sku: unit.opening_stock for unit in units if unit.opening_stock}
    return Along(opening, partial(transfers.write_note, note))


def _change(listing: Listing, draft: Draft, wanted: WantedProduct, errand: Errand, note: Note) -> tuple[Listing, Note]:
    noted = [note]

    def how(before: Listing) -> Listing:
        after, pointers = nearer(before, draft, wanted)
        noted[0] = note.but(rows=sorted({*note.rows, *map(draft.row_of, pointers)}))
        return after

    along = Along(_along(wanted, errand, note).opening, lambda tx: transfers.write_note(noted[0], tx))
    reason = f"import {errand.import_id}"
    return change(listing.product.product_id, errand.caller, how, reason=reason, along=along), noted[0]


def nearer(before: Listing, draft: Draft, wanted: WantedProduct) -> tuple[Listing, list[str]]:
    """The product with as many of the differences made up for as fit one transaction, and which those are."""
    product, pointers = _product(before, draft, wanted)
    room = ROOM - (len(before.variants) if product.price != before.product.price else 0)
    after = before.but(product=product)
    for step in (_variants, _images, _tags, _links):
        after, changed = step(after, draft, wanted, max(VARIANT, room))
        pointers += changed
        room -= len(changed) * (VARIANT if step is _variants else LINK)
    if pointers:
        product.check_prices()
        for variant in after.variants:
            variant.check_effective(product, "/price")
    return after, pointers


def _product(before: Listing, draft: Draft, wanted: WantedProduct) -> tuple[Product, list[str]]:
    was, changes = before.product, {}
    for name in FIELDS & draft.given.keys() - {"tags"}:
        value = getattr(wanted, name)
        if isinstance(value, Body):
            value = _merged(getattr(was, name), value)
        if value != getattr(was, name) and not (name == "price" and value is None):
            changes[name] = value
    if "price" not in draft.given and _leads(before, wanted):
        changes["price"] = wanted.variants[0].price
    changes |= _compared(before, draft, wanted, changes) | _status(was, draft, wanted)
    pointers = [f"/{name}" for name in changes if name != "published_at"]
    return was.model_copy(update=changes), pointers


def _leads(before: Listing, wanted: WantedProduct) -> bool:
    """Whether the product's own price goes with that of its first variant, which is to change."""
    first = next((v for v in before.variants if wanted.variants and v.sku == wanted.variants[0].sku), None)
    if first is None or wanted.variants[0].price is None:
        return False
    price = first.effective_price(before.product)
    return price == before.product.price and price != wanted.variants[0].price


def _compared(before: Listing, draft: Draft, wanted: WantedProduct, changes: dict[str, Any]) -> dict[str, Any]:
    """The list price, if it is to change; Shopify's files tell it only while it is above the first unit's price."""
    if "compare_at_price" not in draft.given:
        return {}
    was = before.product
    shown = was.compare_at_price
    if any(variant.options is not None for variant in wanted.variants):
        price = before.variants[0].effective_price(was) if before.variants else was.price
        shown = shown_compare_at(shown, price)
    return {"compare_at_price": wanted.compare_at_price} if wanted.compare_at_price != shown else {}


def _status(was: Product, draft: Draft, wanted: WantedProduct) -> dict[str, Any]:
    """The status, if it is to change; what is not on sale may be a draft or inactive."""
    status = wanted.status
    if "status" not in draft.given or status == was.status or {status, was.status} <= OFF_SALE:
        return {}
    if was.status == "archived":
        raise unacceptable("/status", "invalid_transition", "The product is archived: make it inactive first")
    published = {"published_at": clock.now()} if status == "active" and was.published_at is None else {}
    return {"status": "inactive" if status in OFF_SALE else status, **published}


def _merged(was: B | None, wanted: B | None) -> B | None:
    """What is there with what was given of it; nothing given makes nothing."""
    if wanted is None:
        return None
    given = {name: getattr(wanted, name) for name in wanted.model_fields_set}
    if was is None:
        return wanted if any(given.values()) else None
    return was.model_copy(update=given)


def _variants(before: Listing, draft: Draft, wanted: WantedProduct, room: int) -> tuple[Listing, list[str]]:
    variants, pointers = list(before.variants), list[str]()
    names, places = option_names(before.variants), {v.sku: n for n, v in enumerate(before.variants)}
    for n, body in enumerate(wanted.variants):
        if len(pointers) * VARIANT >= room:
            break
        at = places.get(body.sku)
        if at is None:
            if draft.needs_prices and body.price is None:
                raise unacceptable(f"/variants/{n}/price", "no_price", "A new variant needs a price")
            made = new_variant(before.product, body.plain(), next_position(variants))
            made.check_prices(before.product, f"/variants/{n}")
            variants.append(made)
        else:
            changed = _variant(before.product, variants[at], body, names)
            if changed == variants[at]:
                continue
            changed.check_prices(before.product, f"/variants/{n}")
            variants[at] = changed
        pointers.append(f"/variants/{n}")
    return before.but(variants=variants), pointers


def _variant(product: Product, was: Variant, wanted: WantedVariant, names: list[str]) -> Variant:
    plain = wanted.plain()
    given = plain.model_fields_set - {"sku", "variant_id", "price", "price_adjustment"}
    if wanted.options is not None and wanted.options == options_of(was, names):
        given -= {"attributes", "name", "size", "color"}
    changes: dict[str, Any] = {name: getattr(plain, name) for name in given}
    if wanted.price is not None and was.effective_price(product) != wanted.price:
        changes |= {"price": wanted.price, "price_adjustment": zero(product.currency)}
    elif wanted.price is None and wanted.price_adjustment is not None:
        changes |= {"price": None, "price_adjustment": wanted.price_adjustment}
    return was.model_copy(update=changes)


def _images(before: Listing, draft: Draft, wanted: WantedProduct, room: int) -> tuple[Listing, list[str]]:
    images, pointers = list(before.images), list[str]()
    places = {image.url: n for n, image in enumerate(images)}
    for n, body in enumerate(wanted.images):
        if len(pointers) >= room:
            break
        at = places.get(body.url)
        given = {name: getattr(body, name) for name in body.model_fields_set}
        made = images[at].model_copy(update=given) if at is not None else None
        made = made or new_image(before.product, body, next_position(images))
        if at is not None and made == images[at]:
            continue
        images = [*images, made] if at is None else [made if m == at else image for m, image in enumerate(images)]
        images = primary_is(images, made) if given.get("is_primary") else images
        pointers.append(f"/images/{n}")
    return before.but(images=images), pointers


def _tags(before: Listing, draft: Draft, wanted: WantedProduct, room: int) -> tuple[Listing, list[str]]:
    """The tags of the file, and no others; in a table one cell holds them all, with commas between."""
    words = list(dict.fromkeys(wanted.tags))
    there = [tag.tag for tag in before.tags]
    if draft.columns:
        there = [word.strip() for tag in there for word in tag.split(",") if word.strip()]
    if "tags" not in draft.given or set(words) == set(there):
        return before, []
    kept: list[Tag] = [tag for tag in before.tags if tag.tag in words]
    for word in [word for word in words if word not in {tag.tag for tag in kept}][:room]:
        kept.append(new_tag(before.product, word, next_position([*before.tags, *kept])))
    return before.but(tags=kept), ["/tags"]


def _links(before: Listing, draft: Draft, wanted: WantedProduct, room: int) -> tuple[Listing, list[str]]:
    """Categories are only added."""
    there = {link.category_id for link in before.links}
    missing = [category_id for category_id in dict.fromkeys(wanted.category_ids) if category_id not in there]
    first = next_position(before.links)
    made = links_to(before.product, missing[: max(1, room // LINK)])
    added = [link.model_copy(update={"position": first + link.position}) for link in made]
    return before.but(links=[*before.links, *added]), ["/category_ids"] if missing else []
