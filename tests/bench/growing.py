"""What a page of a list reads while the shop grows: `python -m tests.bench growing`.

Products, orders, accounts and profiles are put into the tables as their stores keep them, first a thousand of each and
then many, and the same pages of the same lists are read. Read units are those DynamoDB would charge, from the sizes of
what was read. Each list may ask each of its shards once for a page. 100,000 of everything take eight minutes and some
5 GB; `GROWN=20000` fills less.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from auth import store as auth
from auth.model.accounts import User
from catalog.model.product import CategoryLink, Feature, Product, Tag
from catalog.store import keys as catalog
from orders import store as orders
from orders.model.order import Order
from reviews.model.review import KeptReview
from reviews.store import reviews
from shop import clock
from shop.money import Money
from shop.records import Record
from shop.table import Kind, Table
from tests import kit
from tests.bench import units
from tests.bench.rows import Row, Tell
from tests.bench.tables import of_any_size
from tests.kit import admin, anyone, user
from users import store as users
from users.model.profile import KeptProfile

FEW, MANY = 1_000, 100_000
AT_ONCE = 1_000  # things on their way into a table
LISTS = {
    "products": "/v1/products",
    "products of every status": "/v1/products",
    "products of a category": "/v1/products?category=all",
    "products with a tag": "/v1/products?tag=all",
    "products of a seller": "/v1/products?seller=seller-1",
    "featured products": "/v1/products?featured=true",
    "a product's reviews": "/v1/products/p0/reviews",
    "orders of a customer": "/v1/orders",
    "orders by status": "/v1/admin/orders?status=confirmed",
    "accounts": "/v1/accounts",
    "profiles": "/v1/users",
}
STAFF = ("products of every status", "orders by", "accounts", "profiles")


@dataclass
class Read:
    """What was asked of DynamoDB for a page: how often each partition, and what that costs."""

    partitions: Counter[tuple[str, str]] = field(default_factory=Counter)
    units: float = 0.0


def rows(tell: Tell) -> Iterator[Row]:
    """The rows of the table."""
    many = int(os.environ.get("GROWN", MANY))
    with kit.shop(), of_any_size():
        tell(f"{FEW:,} of everything")
        _fill(range(FEW))
        few = {name: _pages(name, path) for name, path in LISTS.items()}
        tell(f"{many:,} of everything")
        _fill(range(FEW, many))
        grown = {name: _pages(name, path) for name, path in LISTS.items()}
    asked = max(max(page.partitions.values()) for pages in grown.values() for page in pages)
    yield Row("growth: Queries of a shard for a page of any list", asked, "Queries", 1)
    for name, pages in grown.items():
        ratio = max(now.units / was.units for was, now in zip(few[name], pages, strict=True))
        note = f"{pages[0].units:g} units, {len(pages[0].partitions)} partitions"
        yield Row(f"growth: read units of {name}, {many:,} over {FEW:,}", ratio, "x", 1.1, note=note)


def _pages(name: str, path: str) -> Sequence[Read]:
    """The first two pages of a list."""
    client = user("user-1") if "customer" in name else admin() if name.startswith(STAFF) else anyone()
    first, second = Read(), Read()
    mark = "&" if "?" in path else "?"
    with _noted(first):
        page = client.get(f"{path}{mark}limit=20").ok()
    assert page["has_more"], name
    with _noted(second):
        page = client.get(f"{path}{mark}limit=20&cursor={page['next_cursor']}").ok()
    assert len(page["data"]) == 20, name
    return first, second


@contextmanager
def _noted(read: Read) -> Iterator[None]:
    call = vars(BaseClient)["_make_api_call"]

    def note(self: Any, operation: str, params: dict[str, Any]) -> Any:
        taken = units.Units()
        with units.counted(operation, params, taken):
            taken.answer = call(self, operation, params)
        if operation == "Query":
            values = params["ExpressionAttributeValues"].values()
            read.partitions[params.get("IndexName", ""), str(next(iter(values))["S"])] += 1
        read.units += taken.read
        return taken.answer

    with patch.object(BaseClient, "_make_api_call", note):
        yield


def _fill(numbers: Sequence[int]) -> None:
    waiting: dict[Table, list[Any]] = {}
    for number in numbers:
        for kind, thing in _things(number):
            waiting.setdefault(kind.table, []).append(kind.item(thing))
        if number % AT_ONCE == AT_ONCE - 1:
            for table, items in waiting.items():
                table.put_all(items)
            waiting.clear()


def _things(number: int) -> Iterator[tuple[Kind[Any], Record]]:
    """One of everything, as its store keeps it."""
    yield from _product(number)
    moment = clock.after(-number)
    user_id = f"u{number}"
    yield auth.USERS, User(user_id=user_id, email=f"{user_id}@example.com", password_hash="-" * 97, created_at=moment)
    yield (
        users.PROFILES,
        KeptProfile(
            profile_id=user_id, introduced=True, user_id=user_id, email=f"{user_id}@example.com", created_at=moment
        ),
    )
    yield orders.ORDERS, _order(number, moment)
    yield reviews.REVIEWS, _review(number, moment)


def _product(number: int) -> Iterator[tuple[Kind[Any], Record]]:
    moment, product_id = clock.after(-number), f"p{number}"
    copied = {"product_id": product_id, "position": 0, "is_listed": True, "product_created_at": moment}
    yield (
        catalog.PRODUCTS,
        Product(
            product_id=product_id,
            sku=product_id,
            name=f"Thing number {number:07}",
            slug=product_id,
            price=Money(amount=1000, currency="USD"),
            currency="USD",
            status="active",
            is_featured=True,
            seller_id="seller-1",
            category_ids=["all"],
            created_at=moment,
        ),
    )
    yield catalog.LINKS, CategoryLink(category_id="all", name="All", slug="all", category_version=1, **copied)
    yield catalog.TAGS, Tag(tag="all", **copied)
    yield catalog.FEATURES, Feature(product_id=product_id, is_listed=True, product_created_at=moment)


def _order(number: int, moment: str) -> Order:
    price = Money(amount=1000, currency="USD")
    amounts = ("subtotal", "discount_amount", "shipping_amount", "tax_amount", "total_amount", "refunded_amount")
    return Order(
        order_id=f"o{number}",
        order_number=f"TW-{number:07}",
        user_id="user-1",
        status="confirmed",
        currency="USD",
        payment_method="card",
        shipping_address_id="a",
        billing_address_id="a",
        created_at=moment,
        **dict.fromkeys(amounts, price),
    )


def _review(number: int, moment: str) -> KeptReview:
    return KeptReview(
        review_id=f"r{number}", product_id="p0", user_id=f"u{number}", rating=5, status="approved", created_at=moment
    )
