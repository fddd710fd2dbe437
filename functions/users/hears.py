"""What users hears of, and how it answers."""

from shop.events.auth import (
    UserCreated,
    UserDeleted,
    UserEmailChanged,
    UserEmailVerified,
    UserPhoneVerified,
    UserRolesChanged,
    UserStatusChanged,
)
from shop.events.catalog import ProductPriceChanged, ProductUpdated, ProductViewed
from shop.events.orders import OrderCreated, OrderStatusChanged
from shop.events.payments import PaymentMethodAttached, PaymentMethodDetached, PaymentMethodUpdated
from shop.events.returns import ReturnRequested
from shop.events.reviews import ReviewCreated
from shop.events.search import SearchPerformed
from shop.hearing import Hearing
from users.logic import activities, erasing, methods, profiles, views, wishes

hears = Hearing(
    "users",
    {
        UserCreated: profiles.on_user_created,
        UserEmailChanged: profiles.on_user_email_changed,
        UserStatusChanged: profiles.on_user_status_changed,
        UserPhoneVerified: profiles.on_user_phone_verified,
        UserEmailVerified: activities.on_user_email_verified,
        UserRolesChanged: activities.on_user_roles_changed,
        UserDeleted: erasing.on_user_deleted,
        PaymentMethodAttached: methods.on_payment_method_told,
        PaymentMethodUpdated: methods.on_payment_method_told,
        PaymentMethodDetached: methods.on_payment_method_detached,
        ProductUpdated: wishes.on_product_updated,
        ProductPriceChanged: wishes.on_product_price_changed,
        ProductViewed: views.on_product_viewed,
        OrderCreated: activities.on_order_created,
        OrderStatusChanged: activities.on_order_status_changed,
        ReviewCreated: activities.on_review_created,
        ReturnRequested: activities.on_return_requested,
        SearchPerformed: activities.on_search_performed,
    },
)
