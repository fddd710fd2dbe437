"""What returns hears of, and how it answers."""

from returns.logic import hearing, refunding
from shop.events.auth import UserDeleted
from shop.events.orders import OrderDelivered
from shop.events.payments import RefundFailed, RefundSucceeded, StoreCreditChanged
from shop.hearing import Hearing

hears = Hearing(
    "returns",
    {
        OrderDelivered: hearing.on_order_delivered,
        RefundSucceeded: refunding.on_refund_succeeded,
        RefundFailed: refunding.on_refund_failed,
        StoreCreditChanged: refunding.on_store_credit_changed,
        UserDeleted: hearing.on_user_deleted,
    },
)
