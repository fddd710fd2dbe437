"""What catalog hears of, and how it answers."""

from catalog.logic import alerts, counting, erasing, hearing
from shop.events.auth import UserDeleted, UserEmailChanged
from shop.events.catalog import CategoryUpdated
from shop.events.inventory import StockReplenished, StockUpdated
from shop.events.orders import OrderConfirmed
from shop.events.reviews import RatingUpdated
from shop.hearing import Hearing

hears = Hearing(
    "catalog",
    {
        StockUpdated: hearing.on_stock_updated,
        StockReplenished: alerts.on_stock_replenished,
        RatingUpdated: hearing.on_rating_updated,
        OrderConfirmed: counting.on_order_confirmed,
        CategoryUpdated: hearing.on_category_updated,
        UserEmailChanged: alerts.on_user_email_changed,
        UserDeleted: erasing.on_user_deleted,
    },
    together={StockUpdated: hearing.on_stock_updates},
)
