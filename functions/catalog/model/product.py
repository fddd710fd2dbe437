"""A product, and the parts it may have: each a thing of its own in the product's partition."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer

from catalog.model.words import Brand, Seo, Specifications, unacceptable
from shop.errors import Refusal, conflict
from shop.freeform import FreeForm
from shop.ids import new_id
from shop.money import Money
from shop.records import STANDARD, Edited, Part, Record
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
    rating: Rating = Field(default_factory=Rating)
    published_at: str | None = None


class Product(Summary, Edited):
    """CAT-01. It follows its stock, its rating and its categories' names."""

    description: str | None = None
    attributes: FreeForm = {}
    specifications: Specifications | None = None
    weight_grams: int | None = None
    tax_class: str = STANDARD
    seo: Seo | None = None
    view_count: int = 0
    purchase_count: int = 0
    category_ids: list[str] = []
    variant_count: int = 0
    rating_version: int = 0  # of what was last heard from reviews
    operation: str = ""  # the request that made it

    @property
    def is_listed(self) -> bool:
        """Whether the public finds it."""
        return self.status == "active" and self.is_visible

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
    attributes: FreeForm = {}
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


def sku_taken(sku: str) -> Refusal:
    """409: another product or variant has this sku."""
    return conflict("sku_taken", f"The sku {sku} is taken", sku=sku)


def slug_taken(slug: str) -> Refusal:
    """409: another has this slug."""
    return conflict("slug_taken", f"The slug {slug} is taken", slug=slug)


def _same_currency(money: Money, currency: str, pointer: str) -> None:
    if money.currency != currency:
        raise unacceptable(pointer, "currency_mismatch", f"All prices of a product are in one currency: {currency}")
