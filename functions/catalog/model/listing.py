"""A product with all that belongs to it, and the rules they keep together."""

from collections.abc import Sequence
from typing import TypeVar

from catalog.model.product import (
    CATEGORIES_MAX,
    IMAGES_MAX,
    TAGS_MAX,
    VARIANTS_MAX,
    CategoryLink,
    Image,
    Product,
    Tag,
    UnitStock,
    Variant,
    sku_taken,
)
from shop.errors import invalid
from shop.records import Part, Record

P = TypeVar("P", Image, CategoryLink)
C = TypeVar("C", Variant, Image, CategoryLink, Tag)


class Listing(Part):
    """A product with all that belongs to it, as one partition holds it."""

    product: Product
    variants: list[Variant] = []
    images: list[Image] = []
    links: list[CategoryLink] = []
    tags: list[Tag] = []
    stock: list[UnitStock] = []

    def but(self, **parts: Product | Sequence[Record]) -> "Listing":
        """A copy with some parts changed."""
        return self.model_copy(update=parts)

    def variant(self, variant_id: str) -> Variant | None:
        """One of its variants, if there is such a one."""
        return next((variant for variant in self.variants if variant.variant_id == variant_id), None)

    def stock_of(self, variant_id: str | None) -> tuple[int, str]:
        """Quantity and status of one unit; what inventory has said nothing of is out of stock."""
        return next(((s.quantity, s.status) for s in self.stock if s.variant_id == variant_id), (0, "out_of_stock"))

    def heard_of(self, variant_id: str | None) -> int:
        """Which version of a unit's stock is shown; 0 for none."""
        return next((s.heard_version for s in self.stock if s.variant_id == variant_id), 0)

    def heard(self, news: UnitStock) -> "Listing":
        """With what inventory says of one unit."""
        return self.but(stock=[*(s for s in self.stock if s.variant_id != news.variant_id), news])

    def settled(self) -> "Listing":
        """With everything that follows from the rest made to agree: orders, primaries, copies on the product."""
        product = self.product
        images = _one_primary(sorted(self.images, key=lambda i: (i.sort_order, i.position)))
        links = _one_primary(sorted(self.links, key=lambda c: c.position))
        variants = sorted(self.variants, key=lambda v: v.position)
        stocks = [self.stock_of(v.variant_id) for v in variants] if variants else [self.stock_of(None)]
        statuses = {status for _, status in stocks}
        product = product.model_copy(
            update={
                "is_on_sale": product.compare_at_price is not None,
                "image_url": next((image.url for image in images if image.is_primary), None),
                "category_ids": [c.category_id for c in sorted(links, key=lambda c: not c.is_primary)],
                "variant_count": len(variants),
                "stock_quantity": sum(quantity for quantity, _ in stocks),
                "stock_status": next((s for s in ("in_stock", "low_stock") if s in statuses), "out_of_stock"),
            }
        )
        listed = {"is_listed": product.is_listed}
        return self.but(
            product=product,
            variants=variants,
            images=images,
            links=[link.model_copy(update=listed) for link in links],
            tags=[tag.model_copy(update=listed) for tag in sorted(self.tags, key=lambda t: t.position)],
        )

    def check_limits(self) -> None:
        """As many parts as fit, each sku once; else refused."""
        skus = [self.product.sku, *(variant.sku for variant in self.variants)]
        twice = next((sku for sku in skus if skus.count(sku) > 1), None)
        if twice is not None:
            raise sku_taken(twice)
        for parts, most, code in (
            (self.variants, VARIANTS_MAX, "variant_limit"),
            (self.images, IMAGES_MAX, "image_limit"),
            (self.links, CATEGORIES_MAX, "category_limit"),
            (self.tags, TAGS_MAX, "tag_limit"),
        ):
            if len(parts) > most:
                raise invalid(code, f"A product has at most {most}")


def next_position(parts: Sequence[C]) -> int:
    """The position after all of these."""
    return max((part.position for part in parts), default=-1) + 1


def primary_is(parts: Sequence[P], chosen: P) -> list[P]:
    """These with one of them primary."""
    return [part.model_copy(update={"is_primary": part is chosen}) for part in parts]


def _one_primary(parts: list[P]) -> list[P]:
    """These in their order; the first is primary when none is."""
    if not parts or any(part.is_primary for part in parts):
        return parts
    return primary_is(parts, parts[0])
