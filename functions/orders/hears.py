"""What orders hears of, and how it answers."""

from orders.executions import ExecutionEnded
from orders.logic import checkouts, erasing, exchanges, orders, parcels, payments
from shop.events.auth import UserDeleted
from shop.events.inventory import ReservationExpired
from shop.events.payments import PaymentCancelled, PaymentFailed, PaymentSucceeded, RefundSucceeded
from shop.events.returns import ReturnExchangeRequested, ReturnProcessed
from shop.events.shipping import ShipmentCreated, ShipmentDelivered, ShipmentStatusChanged
from shop.hearing import Hearing

hears = Hearing(
    "orders",
    {
        PaymentSucceeded: payments.on_payment_succeeded,
        PaymentFailed: payments.on_payment_failed,
        PaymentCancelled: payments.on_payment_failed,
        RefundSucceeded: orders.on_refund_succeeded,
        ShipmentCreated: parcels.on_shipment_created,
        ShipmentStatusChanged: parcels.on_shipment_status_changed,
        ShipmentDelivered: parcels.on_shipment_delivered,
        ReturnExchangeRequested: exchanges.on_exchange_requested,
        ReturnProcessed: orders.on_return_processed,
        UserDeleted: erasing.on_user_deleted,
        ReservationExpired: checkouts.on_reservation_expired,
        ExecutionEnded: checkouts.on_execution_ended,
    },
)
