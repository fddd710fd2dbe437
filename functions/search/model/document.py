"""A product as search knows it: what the catalog says of it, how it is rated, and whether there is any."""

import zlib
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, PlainSerializer

from shop.money import Money
from shop.records import Part, Record

ITSELF = "_"  # the unit of a product without variants
STATES = ("in_stock", "low_stock", "out_of_stock")  # of a product's units the best one counts


class Rating(Part):
    """What reviewers think of it, on average."""

    average: Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")] = Decimal(0)
    count: int = 0


class Heading(Part):
    """A category a product is found under."""

    id: str
    slug: str
    name: str


class Brand(Part):
    """Who makes it."""

    name: str
    logo_url: str | None = None


class UnitStock(Part):
    """Whether there is any of one unit; what was heard from inventory has a version, what the catalog showed has 0."""

    status: str
    heard_version: int = 0


class Hit(Record):
    """A product as it is found. `version` and `updated_at` are of what search keeps of it."""

    product_id: str
    sku: str = ""
    name: str = ""
    slug: str = ""
    short_description: str | None = None
    price: Money | None = None
    compare_at_price: Money | None = None
    is_on_sale: bool = False
    currency: str = ""
    image_url: str | None = None
    category: Heading | None = None
    subcategory: Heading | None = None
    brand: Brand | None = None
    tags: list[str] = []
    is_featured: bool = False
    rating: Rating = Field(default_factory=Rating)
    stock_status: str = "out_of_stock"


class SearchDocument(Hit):
    """SRCH-01. Each part of it has the version it was heard at, so that news may come twice and in any order."""

    product_version: int = 0
    rating_version: int = 0
    description: str | None = None
    categories: list[Heading] = []
    status: str = "unknown"
    is_visible: bool = False
    units: list[str] = Field(default=[ITSELF], min_length=1)
    stock: dict[str, UnitStock] = {}

    @property
    def is_listed(self) -> bool:
        """Whether the public may find it (B184)."""
        return self.status == "active" and self.is_visible

    @property
    def edition(self) -> int:
        """A number that is another after each write: by it the index tells what it has from what is kept."""
        return zlib.crc32(f"{self.version} {self.updated_at}".encode())

    def told(self, product: dict[str, Any]) -> "SearchDocument":
        """With the catalog's document of the product, unless that is older than what is known."""
        if product["version"] <= self.product_version:
            return self
        variants = product.get("variants") or []
        shown = {v["variant_id"]: v["stock_status"] for v in variants} or {ITSELF: product["stock_status"]}
        kept = {name: value for name, value in product.items() if name in SearchDocument.model_fields}
        changes = {
            **kept,
            "version": self.version,
            "updated_at": self.updated_at,
            "product_version": product["version"],
            "price": product.get("price") or _lowest(variants),
            "rating": self.rating if self.rating_version else product["rating"],
            "units": list(shown),
            "stock": {**self.stock, **{u: UnitStock(status=s) for u, s in shown.items() if not self._heard(u)}},
        }
        return self.but(**changes).settled()

    def rated(self, rating: Rating, version: int) -> "SearchDocument":
        """With what reviewers think of it, unless that is older than what is known."""
        return self.but(rating=rating, rating_version=version) if version > self.rating_version else self

    def stocked(self, variant_id: str | None, status: str, version: int) -> "SearchDocument":
        """With whether there is any of one unit, unless that is older than what is known."""
        unit = variant_id or ITSELF
        if version <= self._heard(unit):
            return self
        return self.but(stock={**self.stock, unit: UnitStock(status=status, heard_version=version)}).settled()

    def settled(self) -> "SearchDocument":
        """With the status that its units come to."""
        found = {self.stock[unit].status for unit in self.units if unit in self.stock}
        return self.but(stock_status=next((status for status in STATES if status in found), STATES[-1]))

    def _heard(self, unit: str) -> int:
        return self.stock[unit].heard_version if unit in self.stock else 0


def _lowest(variants: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What a product without a price of its own is sold from."""
    prices = [variant["effective_price"] for variant in variants if variant.get("effective_price")]
    return min(prices, key=lambda price: price["amount"], default=None)
