"""What carts and checkouts ask about what they hold."""

from catalog.model.product import Product, Variant
from shop.money import Money
from shop.records import STANDARD, Part


class Wanted(Part):
    """So many of one unit."""

    product_id: str
    variant_id: str | None = None
    quantity: int = 1


class Lines(Part):
    """Everything in a cart."""

    lines: list[Wanted]


class Line(Part):
    """What one line would be sold as; `reason` says why it cannot."""

    product_id: str
    variant_id: str | None = None
    quantity: int = 1
    sellable: bool = False
    reason: str | None = None
    product_name: str | None = None
    product_sku: str | None = None
    product_image_url: str | None = None
    size: str | None = None
    color: str | None = None
    unit_price: Money | None = None
    weight_grams: int | None = None
    category_ids: list[str] = []
    tax_class: str = STANDARD


class Looked(Part):
    """The lines in the order they were asked."""

    lines: list[Line]


def line(wanted: Wanted, product: Product | None, variant: Variant | None) -> Line:
    """What is known of one line, and whether it can be sold: active, visible, priced, and the variant named."""
    if product is None or not product.is_listed:
        return _refused(wanted, "product_unavailable")
    if wanted.variant_id is not None and (variant is None or not variant.available):
        return _refused(wanted, "product_unavailable")
    price = variant.effective_price(product) if variant else product.price
    reason = "product_unavailable" if price is None else None
    if wanted.variant_id is None and product.variant_count:
        reason = "variant_required"  # who only wishes for the product may still be told what it is
    return Line(
        product_id=wanted.product_id,
        variant_id=wanted.variant_id,
        quantity=wanted.quantity,
        sellable=reason is None,
        reason=reason,
        product_name=product.name,
        product_sku=variant.sku if variant else product.sku,
        product_image_url=(variant.image_url if variant else None) or product.image_url,
        size=variant.size if variant else None,
        color=variant.color if variant else None,
        unit_price=price,
        weight_grams=product.weight_grams,
        category_ids=product.category_ids,
        tax_class=product.tax_class,
    )


def _refused(wanted: Wanted, reason: str) -> Line:
    return Line(product_id=wanted.product_id, variant_id=wanted.variant_id, quantity=wanted.quantity, reason=reason)
