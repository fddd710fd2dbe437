"""What is told of a payment concerns the order it is for, or the checkout that is to lead to one."""

from orders import store
from orders.logic import checkouts, repayment
from shop.events.payments import PaymentCancelled, PaymentFailed, PaymentSucceeded


def on_payment_succeeded(event: PaymentSucceeded) -> None:
    """Go on with what waited for the money."""
    order = store.find_order(event.order_id)
    if order is None:  # its checkout may have waited for this
        checkouts.on_payment_succeeded(event)
    else:
        repayment.on_payment_succeeded(event, order)


def on_payment_failed(event: PaymentFailed | PaymentCancelled) -> None:
    """Let go of what waited for the money."""
    checkouts.on_payment_failed(event)
    repayment.on_payment_failed(event)
