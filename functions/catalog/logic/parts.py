"""A product's variants, pictures, categories and tags."""

from pydantic import ValidationError

from catalog.logic.changing import change
from catalog.logic.products import new_image, new_link, new_tag, new_variant
from catalog.model.document import ImageDocument, VariantDocument, image_document, variant_document
from catalog.model.listing import Listing, next_position, primary_is
from catalog.model.product import Image, Variant
from catalog.model.requests import ChangeImage, ChangeVariant, LinkCategory, NewImage, NewVariant
from catalog.model.words import TagName
from catalog.store import categories
from shop.auth import Caller
from shop.errors import Refusal, conflict, invalid, not_found
from shop.money import zero
from shop.records import adapter


def add_variant(product_id: str, body: NewVariant, operation: str, caller: Caller) -> VariantDocument:
    """A new variant behind the others."""
    variant_id = body.variant_id or operation

    def how(before: Listing) -> Listing:
        there = before.variant(variant_id)
        if there is not None and there.operation == operation:
            return before
        if there is not None:
            raise conflict("conflict", f"The variant {variant_id} exists")
        variant = new_variant(before.product, body, next_position(before.variants), operation)
        variant.check_prices(before.product)
        return before.but(variants=[*before.variants, variant])

    after = change(product_id, caller, how)
    return variant_document(after, _variant(after, variant_id))


def change_variant(
    product_id: str, variant_id: str, version: int, body: ChangeVariant, caller: Caller
) -> VariantDocument:
    """A variant with some fields changed."""
    changes = {name: getattr(body, name) for name in body.model_fields_set - {"reason"}}

    def how(before: Listing) -> Listing:
        was = _variant(before, variant_id)
        priced = dict(changes)
        if priced.get("price") is not None:
            priced.setdefault("price_adjustment", zero(before.product.currency))
        elif "price_adjustment" in priced:
            priced["price"] = None
        now = was.model_copy(update=priced)
        now.check_prices(before.product)
        return before.but(variants=[now if v is was else v for v in before.variants])

    after = change(product_id, caller, how, version=version, reason=body.reason)
    return variant_document(after, _variant(after, variant_id))


def remove_variant(product_id: str, variant_id: str, version: int, caller: Caller) -> None:
    """Take a variant away; its sku is free again."""

    def how(before: Listing) -> Listing:
        gone = _variant(before, variant_id)
        return before.but(
            variants=[v for v in before.variants if v is not gone],
            stock=[s for s in before.stock if s.variant_id != variant_id],
        )

    change(product_id, caller, how, version=version)


def _variant(listing: Listing, variant_id: str) -> Variant:
    found = listing.variant(variant_id)
    if found is None:
        raise not_found("variant")
    return found


def add_image(product_id: str, body: NewImage, image_id: str, caller: Caller) -> ImageDocument:
    """A new picture; one that is primary takes the place of the former (B82)."""

    def how(before: Listing) -> Listing:
        if any(image.id == image_id for image in before.images):
            return before
        made = new_image(before.product, body, next_position(before.images), image_id)
        images = [*before.images, made]
        return before.but(images=primary_is(images, made) if made.is_primary else images)

    after = change(product_id, caller, how)
    return image_document(after, _image(after, image_id))


def change_image(product_id: str, image_id: str, body: ChangeImage, caller: Caller) -> ImageDocument:
    """A picture with some fields changed. No longer primary, it leaves that to the first of the others."""

    def how(before: Listing) -> Listing:
        was = _image(before, image_id)
        now = was.model_copy(update={name: getattr(body, name) for name in body.model_fields_set})
        images = [now if image is was else image for image in before.images]
        if now.is_primary and not was.is_primary:
            images = primary_is(images, now)
        elif was.is_primary and not now.is_primary:
            images = primary_is(images, next((image for image in images if image is not now), now))
        return before.but(images=images)

    after = change(product_id, caller, how)
    return image_document(after, _image(after, image_id))


def remove_image(product_id: str, image_id: str, caller: Caller) -> None:
    """Take a picture away."""

    def how(before: Listing) -> Listing:
        gone = _image(before, image_id)
        return before.but(images=[image for image in before.images if image is not gone])

    change(product_id, caller, how)


def _image(listing: Listing, image_id: str) -> Image:
    found = next((image for image in listing.images if image.id == image_id), None)
    if found is None:
        raise not_found("image")
    return found


def link_category(product_id: str, category_id: str, body: LinkCategory, caller: Caller) -> None:
    """Put a product into a category, perhaps as its primary one (B85)."""

    def how(before: Listing) -> Listing:
        link = next((link for link in before.links if link.category_id == category_id), None)
        links = before.links
        if link is None:
            category = categories.get(category_id)
            if not category.is_active:
                raise invalid("category_inactive", f"{category.name} is not active")
            link = new_link(before.product, category, next_position(links))
            links = [*links, link]
        if body.is_primary:
            links = primary_is(links, link)
        elif body.is_primary is False and link.is_primary:
            links = primary_is(links, next((other for other in links if other is not link), link))
        return before.but(links=links)

    change(product_id, caller, how)


def unlink_category(product_id: str, category_id: str, caller: Caller) -> None:
    """Take a product out of a category; not being in it is fine."""
    change(
        product_id,
        caller,
        lambda before: before.but(links=[link for link in before.links if link.category_id != category_id]),
    )


def add_tag(product_id: str, tag: str, caller: Caller) -> None:
    """Tag a product; being tagged is fine."""
    word = _tag(tag)

    def how(before: Listing) -> Listing:
        if any(there.tag == word for there in before.tags):
            return before
        return before.but(tags=[*before.tags, new_tag(before.product, word, next_position(before.tags))])

    change(product_id, caller, how)


def remove_tag(product_id: str, tag: str, caller: Caller) -> None:
    """Take a tag off; not being tagged is fine."""
    word = _tag(tag)
    change(product_id, caller, lambda before: before.but(tags=[there for there in before.tags if there.tag != word]))


def _tag(given: str) -> str:
    try:
        return str(adapter(TagName).validate_python(given.strip()))
    except ValidationError:
        raise Refusal(400, "invalid_parameter", "A tag is 1 to 50 characters on one line") from None
