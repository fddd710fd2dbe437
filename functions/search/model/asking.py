"""What may be asked of search, and how it answers."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from search.model.document import Hit
from shop.errors import invalid
from shop.pages import Page, Paging, Query
from shop.records import Body, Part, Xid, folded

QUERY_MAX = 200
HITS_MAX = 1000  # further down nobody looks
Word = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Amount = Annotated[int, Field(ge=0, le=9_999_999_999)]
Sort = Annotated[Literal["relevance", "price", "-price", "newest", "rating", "name"], folded]


class Filters(Query):
    """What a product must be to be found. Categories by id or slug; prices in minor units."""

    category: Word | None = None
    subcategory: Word | None = None
    brand: Word | None = None
    min_price: Amount | None = None
    max_price: Amount | None = None
    min_rating: Decimal | None = Field(default=None, ge=0, le=5, decimal_places=2)
    tag: Word | None = None
    featured: bool | None = None
    on_sale: bool | None = None
    in_stock: bool | None = None


class Search(Paging, Filters):
    """A search: words, filters, and the order of what is found; without words everything is."""

    q: str = ""
    sort: Sort = "relevance"

    @property
    def words(self) -> str:
        """What is looked for, however it was spaced and capitalised; 422 query_too_long."""
        return normal(self.q)

    @property
    def filters(self) -> dict[str, str | int | bool]:
        """The filters that were set."""
        given = {name: getattr(self, name) for name in Filters.model_fields}
        return {n: str(v) if isinstance(v, Decimal) else v for n, v in given.items() if v is not None}

    @property
    def identity(self) -> str:
        """The same text for searches that find the same."""
        return json.dumps([self.words, sorted(self.filters.items()), self.sort])


def normal(query: str) -> str:
    """A query in small letters and single spaces; 422 query_too_long."""
    if len(query) > QUERY_MAX:
        raise invalid("query_too_long", f"A query has at most {QUERY_MAX} characters", "?q", maximum=QUERY_MAX)
    return re.sub(r"\s+", " ", query).strip().casefold()[:QUERY_MAX]


class CategoryCount(Part):
    """How many of what was found are in a category."""

    id: str
    slug: str
    name: str
    count: int


class Count(Part):
    """How many of what was found have this brand or tag."""

    name: str
    count: int


class RatingCount(Part):
    """How many of what was found are rated so or better."""

    min_rating: int
    count: int


class PriceRange(Part):
    """The lowest and the highest price of what was found, in minor units."""

    min: int | None = None
    max: int | None = None


class Facets(Part):
    """What was found, counted: the commonest categories, brands and tags, ratings, prices, and kinds of offer."""

    categories: list[CategoryCount] = []
    brands: list[Count] = []
    tags: list[Count] = []
    ratings: list[RatingCount] = []
    price: PriceRange = Field(default_factory=PriceRange)
    featured: int = 0
    on_sale: int = 0
    in_stock: int = 0


@dataclass(frozen=True, kw_only=True)
class Results(Page[Hit]):
    """One page of what was found, how much that is in all, and what kinds of things."""

    data: Sequence[Hit]
    total: int
    facets: Facets


class Beginning(Query):
    """The beginning of a name."""

    prefix: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=100)]


class Names(Part):
    """Names of products that go on as somebody has begun to write."""

    data: list[str]
    has_more: bool = False
    next_cursor: None = None


class Click(Body):
    """Which product somebody opened after which search."""

    query: Annotated[str, StringConstraints(min_length=1)]
    product_id: Xid
