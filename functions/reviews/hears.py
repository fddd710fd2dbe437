"""What reviews hears of, and how it answers."""

from reviews.logic import erasing, hearing
from shop.events.auth import UserCreated, UserDeleted
from shop.events.catalog import ProductCreated, ProductUpdated
from shop.events.orders import OrderDelivered
from shop.events.users import ProfileUpdated
from shop.hearing import Hearing

hears = Hearing(
    "reviews",
    {
        UserCreated: hearing.on_user_created,
        ProfileUpdated: hearing.on_profile_updated,
        UserDeleted: erasing.on_user_deleted,
        ProductCreated: hearing.on_product_created,
        ProductUpdated: hearing.on_product_updated,
        OrderDelivered: hearing.on_order_delivered,
    },
)
