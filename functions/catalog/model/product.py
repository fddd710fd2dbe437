"""A product with all that belongs to it, and the rules they keep together."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import Field, PlainSerializer

from catalog.model.words import Attributes, Brand, Seo, Specifications, unacceptable
from shop.errors import Refusal, conflict, invalid, version_mismatch
from shop.ids import new_id
from shop.money import Money
from shop.records import STANDARD, Part, Record
from shop.settings import MAX_UNIT_PRICE

VARIANTS_MAX, IMAGES_MAX, TAGS_MAX, CATEGORIES_MAX = 90, 20, 40, 20  # so that every change fits one transaction

# From which status to which. What was archived comes back through inactive, so that nothing goes on sale by mistake.
MOVES = {
    "draft": {"active", "archived"},
    "active": {"inactive", "archived"},
    "inactive": {"active", "archived"},
    "archived": {"inactive"},
}


class Rating(Part):
    """What reviewers think of it, on average."""

    average: Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")] = Decimal(0)
    count: int = 0


class Summary(Record):
    """A product as lists show it."""

    product_id: str
    sku: str
    name: str
    slug: str
    short_description: str | None = None
    price: Money | None = None
    compare_at_price: Money | None = None
    is_on_sale: bool = False
    currency: str
    status: str = "draft"
    is_visible: bool = True
    stock_quantity: int = 0
    stock_status: str = "out_of_stock"
    image_url: str | None = None
    brand: Brand | None = None
    seller_id: str | None = None
    badges: list[str] = []
    is_featured: bool = False
    is_new_arrival: bool = False
    is_bestseller: bool = False
    rating: Rating = Rating()
    published_at: str | None = None


class Product(Summary):
    """CAT-01. `edition` is the version of the last change by a person; stock and copies change `version` only."""

    description: str | None = None
    attributes: Attributes = {}
    specifications: Specifications | None = None
    weight_grams: int | None = None
    tax_class: str = STANDARD
    seo: Seo | None = None
    view_count: int = 0
    purchase_count: int = 0
    category_ids: list[str] = []
    variant_count: int = 0
    edition: int = 1
    rating_version: int = 0  # of what was last heard from reviews
    operation: str = ""  # the request that made it

    @property
    def is_listed(self) -> bool:
        """Whether the public finds it."""
        return self.status == "active" and self.is_visible

    def at(self, version: int | None) -> "Product":
        """This product, if nobody has edited it since the version the caller read; else 412."""
        if version is not None and not self.edition <= version <= self.version:
            raise version_mismatch()
        return self

    def check_prices(self) -> None:
        """One currency, and a list price above the price; else 422."""
        for field, money in (("price", self.price), ("compare_at_price", self.compare_at_price)):
            if money is not None:
                _same_currency(money, self.currency, f"/{field}")
        if self.compare_at_price and (self.price is None or self.compare_at_price <= self.price):
            raise unacceptable("/compare_at_price", "not_above_price", "The list price is above the price")


class Variant(Record):
    """CAT-02. `position` counts up in the order of creation."""

    variant_id: str
    product_id: str
    position: int
    sku: str
    name: str | None = None
    price: Money | None = None
    price_adjustment: Money
    size: str | None = None
    color: str | None = None
    attributes: Attributes = {}
    image_url: str | None = None
    available: bool = True
    operation: str = ""

    def effective_price(self, product: Product) -> Money | None:
        """Its own price, else the product's with the adjustment; None while neither is set."""
        if self.price is not None:
            return self.price
        return product.price + self.price_adjustment if product.price is not None else None

    def check_prices(self, product: Product, at: str = "") -> None:
        """One currency, one way to be priced, and never below zero; else 422 pointing below `at`."""
        for field, money in (("price", self.price), ("price_adjustment", self.price_adjustment)):
            if money is not None:
                _same_currency(money, product.currency, f"{at}/{field}")
        if self.price is not None and self.price_adjustment.amount:
            raise unacceptable(f"{at}/price_adjustment", "two_prices", "A variant has a price or an adjustment")
        self.check_effective(product, f"{at}/price_adjustment")

    def check_effective(self, product: Product, pointer: str) -> None:
        """The effective price is a price; else 422."""
        effective = self.effective_price(product)
        if effective is not None and not 0 <= effective.amount <= MAX_UNIT_PRICE:
            detail = f"The price of {self.sku} would be {effective.amount}"
            raise unacceptable(pointer, "amount_out_of_range", detail)


class Image(Record):
    """CAT-03. Shown by `sort_order`; of a product's images exactly one is primary."""

    id: str = Field(default_factory=new_id)
    product_id: str
    position: int
    url: str
    alt_text: str | None = None
    sort_order: int = 0
    is_primary: bool = False


class CategoryLink(Record):
    """CAT-05. With copies of the category's name and place, and of which version of it they are."""

    id: str = Field(default_factory=new_id)
    product_id: str
    category_id: str
    position: int
    is_primary: bool = False
    name: str
    slug: str
    parent_id: str | None = None
    category_version: int
    is_listed: bool = False
    product_created_at: str


class Tag(Record):
    """CAT-06."""

    id: str = Field(default_factory=new_id)
    product_id: str
    tag: str
    position: int
    is_listed: bool = False
    product_created_at: str


class Feature(Record):
    """A featured product's place in the list of them."""

    product_id: str
    is_listed: bool
    product_created_at: str


class PriceChange(Record):
    """CAT-07. Who set which price, and why."""

    id: str = Field(default_factory=new_id)
    product_id: str
    variant_id: str | None = None
    price: Money
    compare_at_price: Money | None = None
    changed_by: str | None
    reason: str | None = None


class UnitStock(Record):
    """What inventory last said of one sellable unit, and which version of it that was."""

    product_id: str
    variant_id: str | None = None
    quantity: int
    status: str
    heard_version: int


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


def sku_taken(sku: str) -> Refusal:
    """409: another product or variant has this sku."""
    return conflict("sku_taken", f"The sku {sku} is taken", sku=sku)


def slug_taken(slug: str) -> Refusal:
    """409: another has this slug."""
    return conflict("slug_taken", f"The slug {slug} is taken", slug=slug)


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


def _same_currency(money: Money, currency: str, pointer: str) -> None:
    if money.currency != currency:
        raise unacceptable(pointer, "currency_mismatch", f"All prices of a product are in one currency: {currency}")
