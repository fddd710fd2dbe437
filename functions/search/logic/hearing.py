"""What search does when it hears something: learns it, and has it indexed with the rest of the batch.

A part of a document has the version it was heard at, so every event may come twice, late, or in any order: a place in
the inbox would add nothing, and cost a transaction for each. Whatever the catalog changes of a product, its price,
variants, headings or place on show, comes with a product.updated that carries the whole of it; only product.created
has to be asked about.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from search.logic import asking, indexing
from search.model.document import Rating, SearchDocument
from search.store import documents
from shop.races import until_won
from shop.records import Json

if TYPE_CHECKING:
    from shop.events.catalog import ProductCreated, ProductUpdated
    from shop.events.inventory import StockUpdated
    from shop.events.reviews import RatingUpdated


def on_product_created(event: "ProductCreated") -> None:
    """Learn of a new product, as the catalog has it now."""
    for product in asking.products([event.product_id]):
        learn(product)
    indexing.changed.add(event.product_id)


def on_product_updated(event: "ProductUpdated") -> None:
    """Learn how a product is now; one that is not on show any more is not found either (B77, B78)."""
    learn(event.product)
    indexing.changed.add(event.product_id)


def on_rating_updated(event: "RatingUpdated") -> None:
    """Learn what a product is rated by now (B170)."""
    assert event.meta is not None
    version, rating = event.meta.aggregate_version, Rating(average=event.average, count=event.count)
    _change(event.product_id, lambda document: document.rated(rating, version))
    indexing.changed.add(event.product_id)


def on_stock_updated(event: "StockUpdated") -> None:
    """Learn whether there is any of a unit (B93)."""
    assert event.meta is not None
    version = event.meta.aggregate_version
    _change(event.product_id, lambda document: document.stocked(event.variant_id, event.stock_status, version))
    indexing.changed.add(event.product_id)


def learn(product: Json) -> None:
    """Keep what the catalog says of a product."""
    _change(product["product_id"], lambda document: document.told(product))


def _change(product_id: str, how: Callable[[SearchDocument], SearchDocument]) -> None:
    def attempt() -> None:
        before = documents.find(product_id)
        start = before or SearchDocument(product_id=product_id)
        after = how(start)
        if after != start:
            documents.write(before, after)

    until_won(attempt)
