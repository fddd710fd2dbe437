"""What users hears of, and how it answers."""

from shop.events.auth import (
    UserCreated,
    UserDeleted,
    UserEmailChanged,
    UserPhoneVerified,
    UserStatusChanged,
)
from shop.events.catalog import ProductPriceChanged, ProductUpdated, ProductViewed
from shop.events.payments import PaymentMethodAttached, PaymentMethodDetached, PaymentMethodUpdated
from shop.hearing import Hearing
from users.logic import activities, erasing, methods, profiles, views, wishes

hears = Hearing(
    "users",
    {
        UserCreated: profiles.on_user_created,
        UserEmailChanged: profiles.on_user_email_changed,
        UserStatusChanged: profiles.on_user_status_changed,
        UserPhoneVerified: profiles.on_user_phone_verified,
        UserDeleted: erasing.on_user_deleted,
        PaymentMethodAttached: methods.on_payment_method_told,
        PaymentMethodUpdated: methods.on_payment_method_told,
        PaymentMethodDetached: methods.on_payment_method_detached,
        ProductUpdated: wishes.on_product_updated,
        ProductPriceChanged: wishes.on_product_price_changed,
        ProductViewed: views.on_product_viewed,
        **dict.fromkeys(activities.NOTED, activities.on_deed),
    },
    together=dict.fromkeys(activities.NOTED, activities.on_deeds),
)
