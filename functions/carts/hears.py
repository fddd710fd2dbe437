"""What carts hears of, and how it answers."""

from carts.logic import buying, merging, upkeep
from shop.events.auth import UserDeleted, UserLoggedIn, UserStatusChanged
from shop.events.catalog import (
    ProductPriceChanged,
    ProductStatusChanged,
    ProductUpdated,
    VariantDeleted,
    VariantUpdated,
)
from shop.events.orders import CheckoutFailed, OrderConfirmed
from shop.hearing import Hearing

hears = Hearing(
    "carts",
    {
        UserLoggedIn: merging.on_user_logged_in,
        UserStatusChanged: upkeep.on_user_status_changed,
        UserDeleted: upkeep.on_user_deleted,
        ProductPriceChanged: upkeep.on_product_changed,
        ProductStatusChanged: upkeep.on_product_changed,
        ProductUpdated: upkeep.on_product_changed,
        VariantUpdated: upkeep.on_product_changed,
        VariantDeleted: upkeep.on_product_changed,
        OrderConfirmed: buying.on_order_confirmed,
        CheckoutFailed: buying.on_checkout_failed,
    },
)
