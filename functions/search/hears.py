"""What search hears of, and how it answers."""

from search.logic import hearing, rebuilding, remembering
from shop.events.auth import UserDeleted
from shop.events.catalog import ProductCreated, ProductUpdated
from shop.events.inventory import StockUpdated
from shop.events.reviews import RatingUpdated
from shop.events.search import IndexRebuildAdvanced
from shop.hearing import Hearing

hears = Hearing(
    "search",
    {
        ProductCreated: hearing.on_product_created,
        ProductUpdated: hearing.on_product_updated,
        RatingUpdated: hearing.on_rating_updated,
        StockUpdated: hearing.on_stock_updated,
        IndexRebuildAdvanced: rebuilding.on_index_rebuild_advanced,
        UserDeleted: remembering.on_user_deleted,
    },
)
