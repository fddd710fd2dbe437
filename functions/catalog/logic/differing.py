"""Where a product differs from what a file says of it, and the product with that made up for."""

from typing import Any, TypeVar

from catalog.logic.products import links_to, new_image, new_tag, new_variant
from catalog.model.listing import Listing, next_position, primary_is
from catalog.model.product import Product, Tag, Variant
from catalog.model.requests import ChangeProduct
from catalog.model.shopify import option_names, options_of, shown_compare_at
from catalog.model.wanted import Draft, WantedProduct, WantedVariant
from catalog.model.words import unacceptable
from shop import clock
from shop.money import zero
from shop.records import Body

B = TypeVar("B", bound=Body)

# How much of a transaction a step may fill, and what parts take of it; the rest follows in further ones.
ROOM, VARIANT, LINK = 60, 4, 2
FIELDS = (ChangeProduct.model_fields.keys() | {"is_visible"}) - {"reason", "compare_at_price"}
OFF_SALE = {"draft", "inactive"}


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
            value = merged(getattr(was, name), value)
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


def merged(was: B | None, wanted: B | None) -> B | None:
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
