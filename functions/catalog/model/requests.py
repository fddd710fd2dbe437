"""What the catalog is asked to make or change."""

from typing import Annotated, Literal

from pydantic import Field

from catalog.model.words import (
    Badge,
    Brand,
    Grams,
    Line,
    Name,
    Prose,
    Seo,
    Short,
    Sku,
    Slug,
    Specifications,
    Status,
    TagName,
    Word,
    kept,
)
from shop.freeform import FreeForm
from shop.money import Currency, Price, PriceDelta
from shop.pages import Paging
from shop.records import STANDARD, Body, TaxClass, Url, Xid, folded

Badges = Annotated[list[Badge], Field(max_length=10)]
Size = Annotated[Word, Field(max_length=20)]
SortOrder = Annotated[int, Field(ge=0, le=999_999)]


class NewImage(Body):
    """A picture of a product."""

    url: Url
    alt_text: Line | None = None
    sort_order: SortOrder = 0
    is_primary: bool = False


class ChangeImage(Body):
    """What may change about a picture."""

    url: Annotated[Url | None, kept] = None
    alt_text: Line | None = None
    sort_order: Annotated[SortOrder | None, kept] = None
    is_primary: Annotated[bool | None, kept] = None


class NewVariant(Body):
    """A kind of a product that can be bought: with its own price, or the product's and an adjustment."""

    variant_id: Xid | None = None
    sku: Sku
    name: Name | None = None
    price: Price | None = None
    price_adjustment: PriceDelta | None = None
    size: Size | None = None
    color: Word | None = None
    attributes: FreeForm = {}
    image_url: Url | None = None
    available: bool = True


class ChangeVariant(Body):
    """What may change about a variant. A price takes the adjustment's place, and the other way round."""

    sku: Annotated[Sku | None, kept] = None
    name: Name | None = None
    price: Price | None = None
    price_adjustment: Annotated[PriceDelta | None, kept] = None
    size: Size | None = None
    color: Word | None = None
    attributes: Annotated[FreeForm | None, kept] = None
    image_url: Url | None = None
    available: Annotated[bool | None, kept] = None
    reason: Line | None = None


class NewProduct(Body):
    """A product with all that belongs to it; without a price it cannot be bought yet."""

    product_id: Xid | None = None
    sku: Sku
    name: Name
    slug: Slug | None = None
    description: Prose | None = None
    short_description: Short | None = None
    price: Price | None
    compare_at_price: Price | None = None
    currency: Currency | None = None
    status: Annotated[Literal["draft", "active"], folded] = "draft"
    is_visible: bool = True
    brand: Brand | None = None
    seller_id: Xid | None = None
    attributes: FreeForm = {}
    specifications: Specifications | None = None
    weight_grams: Grams | None = None
    tax_class: TaxClass = STANDARD
    badges: Badges = []
    is_featured: bool = False
    is_new_arrival: bool = False
    is_bestseller: bool = False
    seo: Seo | None = None
    category_ids: Annotated[list[Xid], Field(max_length=5)] = []
    tags: Annotated[list[TagName], Field(max_length=10)] = []
    images: Annotated[list[NewImage], Field(max_length=20)] = []
    variants: Annotated[list[NewVariant], Field(max_length=20)] = []


class ChangeProduct(Body):
    """What may change about a product itself; `reason` goes into the price history."""

    sku: Annotated[Sku | None, kept] = None
    name: Annotated[Name | None, kept] = None
    slug: Annotated[Slug | None, kept] = None
    description: Prose | None = None
    short_description: Short | None = None
    price: Annotated[Price | None, kept] = None
    compare_at_price: Price | None = None
    brand: Brand | None = None
    attributes: Annotated[FreeForm | None, kept] = None
    specifications: Specifications | None = None
    weight_grams: Grams | None = None
    tax_class: Annotated[TaxClass | None, kept] = None
    badges: Annotated[Badges | None, kept] = None
    is_featured: Annotated[bool | None, kept] = None
    is_new_arrival: Annotated[bool | None, kept] = None
    is_bestseller: Annotated[bool | None, kept] = None
    seo: Seo | None = None
    reason: Line | None = None


class ChangeStatus(Body):
    """Put a product on show, or take it away."""

    status: Status
    is_visible: Annotated[bool | None, kept] = None


class LinkCategory(Body):
    """How a product belongs to a category."""

    is_primary: Annotated[bool | None, kept] = None


class ProductList(Paging):
    """Which products to list; several filters narrow a page further, which may then be short."""

    category: Xid | None = None
    tag: TagName | None = None
    featured: bool | None = None
    seller: Xid | None = None
    status: Status | None = None
    sort: Literal["newest"] = "newest"


class NewCategory(Body):
    """A place in the category tree; without a parent it is a root."""

    category_id: Xid | None = None
    name: Name
    slug: Slug | None = None
    description: Prose | None = None
    parent_id: Xid | None = None
    sort_order: SortOrder = 0
    image_url: Url | None = None
    icon_url: Url | None = None
    is_active: bool = True
    seo: Seo | None = None


class ChangeCategory(Body):
    """What may change about a category; `parent_id` null makes it a root."""

    name: Annotated[Name | None, kept] = None
    slug: Annotated[Slug | None, kept] = None
    description: Prose | None = None
    parent_id: Xid | None = None
    sort_order: Annotated[SortOrder | None, kept] = None
    image_url: Url | None = None
    icon_url: Url | None = None
    is_active: Annotated[bool | None, kept] = None
    seo: Seo | None = None


class CategoryList(Paging):
    """The children of one category (of the root when none is named), or the whole tree at once."""

    parent_id: Xid | None = None
    tree: bool = False
