"""What payments hears of, and how it answers."""

from payments.logic import captures, charges, erasing, overpaid, returned
from shop.events.auth import UserDeleted
from shop.events.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderDelivered,
    OrderEdited,
    OrderOverpaid,
    OrderShipped,
)
from shop.events.returns import ReturnRefundRequested
from shop.hearing import Hearing

hears = Hearing(
    "payments",
    {
        OrderConfirmed: captures.on_order_confirmed,
        OrderCancelled: charges.take_back,
        OrderDelivered: charges.settle_cash,
        OrderEdited: charges.on_order_edited,
        OrderOverpaid: overpaid.on_order_overpaid,
        OrderShipped: captures.on_order_shipped,
        ReturnRefundRequested: returned.on_return_refund_requested,
        UserDeleted: erasing.on_user_deleted,
    },
)
