"""Making a product, changing it, and putting it on show."""

from collections.abc import Sequence
from functools import partial

from catalog.logic.changing import Along, change, own, prepared, write
from catalog.logic.slugs import slugs
from catalog.model.category import Category
from catalog.model.document import ProductDocument, document
from catalog.model.listing import Listing
from catalog.model.product import MOVES, CategoryLink, Image, Product, Tag, Variant
from catalog.model.requests import ChangeProduct, ChangeStatus, NewImage, NewProduct, NewVariant
from catalog.model.words import unacceptable
from catalog.store import categories, writing
from catalog.store import products as store
from shop import clock, settings
from shop.auth import Caller
from shop.errors import Refusal, conflict, forbidden, invalid
from shop.ids import new_id
from shop.money import exponent, zero
from shop.races import until_won
from shop.table import AlreadyMade

_ADMINS = {"badges", "is_featured", "is_new_arrival", "is_bestseller"}


def create(body: NewProduct, operation: str, caller: Caller, along: Along | None = None) -> ProductDocument:
    """A new product with all that was sent. The same request again (by its operation) is answered with what it made."""
    product = _product(body, operation, _seller(body, caller))
    taken: Refusal | None = None
    for slug in slugs(body.slug, body.name, body.sku):
        named = product.model_copy(update={"slug": slug})
        try:
            return document(until_won(partial(_create, body, named, caller, along)))
        except AlreadyMade:
            return document(_made_before(product))
        except Refusal as refusal:
            if refusal.code != "slug_taken":
                raise
            taken = refusal
    assert taken is not None
    raise taken


def planned(body: NewProduct, operation: str, caller: Caller, along: Along) -> writing.Change:
    """What making a product would write, under the first of its slugs."""
    product = _product(body, operation, _seller(body, caller))
    named = product.model_copy(update={"slug": next(slugs(body.slug, body.name, body.sku))})
    return prepared(None, _listing(body, named), caller.user_id, along=along)


def _create(body: NewProduct, product: Product, caller: Caller, along: Along | None) -> Listing:
    return write(None, _listing(body, product), caller.user_id, along=along)


def _made_before(product: Product) -> Listing:
    made = store.find(product.product_id)
    if made is None or made.product.operation != product.operation:
        raise conflict("conflict", f"The product {product.product_id} exists")
    return made


def _seller(body: NewProduct, caller: Caller) -> str | None:
    """Whose the product is: a seller's own, or whoever's the admin says."""
    if caller.is_admin:
        return body.seller_id
    if body.seller_id not in (None, caller.user_id):
        raise unacceptable("/seller_id", "not_you", "A seller offers their own products")
    if body.model_fields_set & _ADMINS and any(getattr(body, field) for field in _ADMINS):
        raise forbidden("Flags and badges are the admin's")
    return caller.user_id


def _product(body: NewProduct, operation: str, seller_id: str | None) -> Product:
    prices = [body.price, *(variant.price for variant in body.variants)]
    currency = body.currency or next((price.currency for price in prices if price), settings.DEFAULT_CURRENCY)
    try:
        exponent(currency)
    except ValueError:
        pointer = "/currency" if body.currency else "/price"
        raise unacceptable(pointer, "unknown_currency", f"{currency} is no currency") from None
    own_fields = {name: value for name, value in body if name in Product.model_fields}
    product_id, now = body.product_id or operation, clock.now()
    made = {"product_id": product_id, "currency": currency, "operation": operation, "seller_id": seller_id, "slug": ""}
    product = Product(
        **{**own_fields, **made},
        created_at=now,
        updated_at=now,
        published_at=now if body.status == "active" else None,
    )
    product.check_prices()
    return product


def _listing(body: NewProduct, product: Product) -> Listing:
    """The product with its parts; categories are read anew each time, so that the copies are the latest."""
    if sum(image.is_primary for image in body.images) > 1:
        raise unacceptable("/images", "one_primary", "One image is primary")
    variants = [new_variant(product, given, position) for position, given in enumerate(body.variants)]
    for position, variant in enumerate(variants):
        variant.check_prices(product, f"/variants/{position}")
    return Listing(
        product=product,
        variants=variants,
        images=[new_image(product, given, position) for position, given in enumerate(body.images)],
        links=links_to(product, body.category_ids),
        tags=[new_tag(product, tag, position) for position, tag in enumerate(dict.fromkeys(body.tags))],
    )


def links_to(product: Product, category_ids: Sequence[str]) -> list[CategoryLink]:
    """A product's links to these categories; 422 for one that is not there or not active."""
    wanted = list(dict.fromkeys(category_ids))
    found = categories.many(wanted) if wanted else {}
    for index, category_id in enumerate(category_ids):
        category = found.get(category_id)
        if category is None:
            raise unacceptable(f"/category_ids/{index}", "unknown_category", "No such category")
        if not category.is_active:
            raise invalid("category_inactive", f"{category.name} is not active", f"/category_ids/{index}")
    return [new_link(product, found[category_id], position) for position, category_id in enumerate(wanted)]


def new_variant(product: Product, body: NewVariant, position: int, operation: str = "") -> Variant:
    """A variant of a product as it begins."""
    given = {name: value for name, value in body if value is not None}
    defaults = {"price_adjustment": zero(product.currency), "variant_id": operation or new_id()}
    place = {"product_id": product.product_id, "position": position, "operation": operation}
    return Variant(**{**defaults, **given, **place})


def new_image(product: Product, body: NewImage, position: int, image_id: str = "") -> Image:
    """A picture of a product as it begins."""
    return Image(id=image_id or new_id(), product_id=product.product_id, position=position, **dict(body))


def new_link(product: Product, category: Category, position: int) -> CategoryLink:
    """A product's link to a category, with what it copies of it."""
    return CategoryLink(
        product_id=product.product_id,
        category_id=category.category_id,
        position=position,
        product_created_at=product.created_at,
        **copies(category),
    )


def copies(category: Category) -> dict[str, object]:
    """What a link copies of its category."""
    return {
        "name": category.name,
        "slug": category.slug,
        "parent_id": category.parent_id,
        "category_version": category.version,
    }


def new_tag(product: Product, tag: str, position: int) -> Tag:
    """A product's tag."""
    return Tag(product_id=product.product_id, tag=tag, position=position, product_created_at=product.created_at)


def edit(product_id: str, version: int, body: ChangeProduct, caller: Caller) -> ProductDocument:
    """A product with some fields changed; the price history says why."""
    changes = {name: getattr(body, name) for name in body.model_fields_set - {"reason"}}
    if changes.keys() & _ADMINS and not caller.is_admin:
        own(product_id, caller)
        raise forbidden("Flags and badges are the admin's")

    def how(before: Listing) -> Listing:
        product = before.product.model_copy(update=changes)
        product.check_prices()
        for variant in before.variants:
            variant.check_effective(product, "/price")
        return before.but(product=product)

    return document(change(product_id, caller, how, version=version, reason=body.reason))


def set_status(product_id: str, body: ChangeStatus, caller: Caller) -> ProductDocument:
    """A product moved to another status, or shown and hidden; the first time active it is published (B77)."""

    def how(before: Listing) -> Listing:
        was = before.product
        if body.status not in {was.status, *MOVES[was.status]}:
            raise invalid("invalid_transition", f"{was.status} does not become {body.status}", "/status")
        changes: dict[str, object] = {"status": body.status}
        if body.is_visible is not None:
            changes["is_visible"] = body.is_visible
        if body.status == "active" and was.published_at is None:
            changes["published_at"] = clock.now()
        return before.but(product=was.model_copy(update=changes))

    return document(change(product_id, caller, how))


def archive(product_id: str, version: int, caller: Caller) -> None:
    """Take a product away for good; orders go on referring to it."""

    def how(before: Listing) -> Listing:
        return before.but(product=before.product.model_copy(update={"status": "archived"}))

    change(product_id, caller, how, version=version)
