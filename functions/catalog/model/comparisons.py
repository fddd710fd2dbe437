"""Products put side by side."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from catalog.model.document import ProductDocument
from catalog.model.words import LINE, kept, unacceptable
from shop.errors import invalid
from shop.records import Body, Record, Xid

FEWEST, MOST = 2, 10

Title = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=LINE)]
Products = Annotated[list[Xid], Field(min_length=FEWEST, max_length=1000)]  # how many are too many has its own code


class Comparison(Record):
    """CAT-10. Two to ten products that a customer compares."""

    id: str
    user_id: str
    name: str
    product_ids: list[str]


class SideBySide(Comparison):
    """A comparison with its products as they are now; what is not offered any more is left out."""

    products: list[ProductDocument]


class NewComparison(Body):
    """Products to compare, under a name."""

    name: Title
    product_ids: Products


class ChangeComparison(Body):
    """What may change about a comparison."""

    name: Annotated[Title | None, kept] = None
    product_ids: Annotated[Products | None, kept] = None


def check_products(product_ids: Sequence[str]) -> None:
    """At most ten products, each once; else 422."""
    if len(product_ids) > MOST:
        raise invalid("too_many_products", f"At most {MOST} products are compared", "/product_ids")
    for index, product_id in enumerate(product_ids):
        if product_id in product_ids[:index]:
            raise unacceptable(f"/product_ids/{index}", "duplicate", "This product is already there")
