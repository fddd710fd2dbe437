"""What shipping hears of, and how it answers."""

from shipping.logic import edits, erasing, shipments, tracking
from shop.events.auth import UserDeleted
from shop.events.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderEdited,
    OrderEditRefused,
    OrderPaymentChanged,
)
from shop.hearing import Hearing

hears = Hearing(
    "shipping",
    {
        OrderConfirmed: shipments.on_order_confirmed,
        OrderEdited: edits.on_order_edited,
        OrderEditRefused: edits.on_order_edit_refused,
        OrderPaymentChanged: tracking.on_payment_changed,
        OrderCancelled: tracking.on_order_cancelled,
        UserDeleted: erasing.on_user_deleted,
    },
)
