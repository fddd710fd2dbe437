"""What orders hears of, and how it answers."""

from orders import store
from orders.executions import ExecutionEnded
from orders.logic import checkouts, erasing, exchanges, orders, parcels, repayment
from shop.events.auth import UserDeleted
from shop.events.inventory import ReservationExpired
from shop.events.payments import PaymentCancelled, PaymentFailed, PaymentSucceeded, RefundSucceeded
from shop.events.returns import ReturnExchangeRequested, ReturnProcessed
from shop.events.shipping import ShipmentCreated, ShipmentDelivered, ShipmentStatusChanged
from shop.hearing import Hearing


def _payment_succeeded(event: PaymentSucceeded) -> None:
    order = store.find_order(event.order_id)
    if order is None:  # its checkout may have waited for this
        checkouts.on_payment_succeeded(event)
    else:
        repayment.on_payment_succeeded(event, order)


def _payment_failed(event: PaymentFailed | PaymentCancelled) -> None:
    checkouts.on_payment_failed(event)
    repayment.on_payment_failed(event)


hears = Hearing(
    "orders",
    {
        PaymentSucceeded: _payment_succeeded,
        PaymentFailed: _payment_failed,
        PaymentCancelled: _payment_failed,
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
