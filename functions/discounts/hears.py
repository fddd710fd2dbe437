"""What discounts hears of, and how it answers."""

from discounts.logic import gone, holding
from shop.events.auth import UserCreated, UserDeleted, UserRolesChanged
from shop.events.catalog import CategoryDeleted
from shop.events.orders import OrderCancelled, OrderConfirmed, OrderRefunded
from shop.hearing import Hearing

hears = Hearing(
    "discounts",
    {
        OrderConfirmed: holding.on_order_confirmed,
        OrderCancelled: holding.on_order_given_up,
        OrderRefunded: holding.on_order_given_up,
        CategoryDeleted: gone.on_category_deleted,
        UserCreated: holding.on_user_told,
        UserRolesChanged: holding.on_user_told,
        UserDeleted: holding.on_user_deleted,
    },
)
