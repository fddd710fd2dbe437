"""What customers are told of their orders, their money and what they wait for."""

from typing import TYPE_CHECKING

from notifications.logic.causes import key_of, page_of_order, page_of_product
from notifications.logic.sending import notify
from notifications.logic.staff import alert
from notifications.model.notification import KeptNotification, Sent, id_of
from notifications.model.paper import ConfirmedOrder, OrderedItem
from notifications.store import notifications as stored
from shop import settings
from shop.events import Event
from shop.inbox import AlreadyHeard
from shop.table import AlreadyMade

if TYPE_CHECKING:
    from shop.events.carts import CartAbandoned
    from shop.events.catalog import StockAlertTriggered
    from shop.events.orders import (
        CheckoutFailed,
        OrderCancelled,
        OrderConfirmed,
        OrderDelivered,
        OrderEdited,
        OrderRefunded,
        OrderShipped,
        OrderStatusChanged,
    )
    from shop.events.payments import PaymentFailed, PaymentSucceeded, RefundSucceeded, StoreCreditChanged
    from shop.events.shipping import ShipmentException


# The failures of a checkout that its customer hears of by mail; the others they have seen on the screen.
PAYMENT_FAILURES = frozenset({"payment_declined", "payment_expired"})


def send_order_confirmation(order: ConfirmedOrder) -> Sent:
    """Confirm an order by mail, unless that has been done; a mail that cannot be sent now is left to the job."""
    try:
        notification = _confirm(order)
    except AlreadyMade:
        notification = stored.notification(id_of(_key("confirmed", order.order_id)))
    return Sent(notification_id=notification.id, status=notification.status, attempts=notification.attempts)


def on_order_confirmed(event: "OrderConfirmed") -> None:
    """Confirm the order, should the checkout not have done so; as a rule it has."""
    if stored.find(id_of(_key("confirmed", event.order_id))):
        raise AlreadyHeard
    _confirm(ConfirmedOrder.model_validate(event.model_dump()), event)


def on_order_status_changed(event: "OrderStatusChanged") -> None:
    """Tell of the moves that nothing else tells of (B130)."""
    if event.status == "processing":
        variables = {"order_number": event.order_number, "page": page_of_order(event.order_id)}
        notify("order_processing", _key("processing", event.order_id), event, event.user_id, variables)


def on_order_edited(event: "OrderEdited") -> None:
    """Tell the customer how the order is now, and what is still to be paid for it."""
    variables = {
        "order_number": event.order_number,
        "items": [OrderedItem.model_validate(item.model_dump()).model_dump() for item in event.items],
        "total_amount": event.total_amount.model_dump(),
        "amount_due": event.amount_due.model_dump() if event.amount_due else None,
        "page": page_of_order(event.order_id),
    }
    notify("order_edited", _key(f"edited {event.edit_number}", event.order_id), event, event.user_id, variables)


def on_order_shipped(event: "OrderShipped") -> None:
    """Tell the customer that it is on its way."""
    variables = {
        "order_number": event.order_number,
        "tracking_number": event.tracking_number,
        "estimated_delivery_date": event.estimated_delivery_date,
        "page": page_of_order(event.order_id),
    }
    notify("order_shipped", _key("shipped", event.order_id), event, event.user_id, variables)


def on_order_delivered(event: "OrderDelivered") -> None:
    """Tell the customer that it is there."""
    variables = {"order_number": event.order_number, "page": page_of_order(event.order_id)}
    notify("order_delivered", _key("delivered", event.order_id), event, event.user_id, variables)


def on_order_cancelled(event: "OrderCancelled") -> None:
    """Tell the customer that the order is cancelled."""
    items = [OrderedItem.model_validate(item.model_dump()).model_dump() for item in event.items]
    variables = {"order_number": event.order_number, "items": items, "reason": event.reason}
    notify("order_cancelled", _key("cancelled", event.order_id), event, event.user_id, variables)


def on_order_refunded(event: "OrderRefunded") -> None:
    """Tell the customer that all of it is paid back, unless the refund itself has."""
    variables = {"order_number": event.order_number, "amount": event.amount.model_dump(), "fully_refunded": True}
    notify("order_refunded", _key("refunded", event.order_id), event, event.user_id, variables)


def on_refund_succeeded(event: "RefundSucceeded") -> None:
    """Tell the customer what they get back: once per refund, and once for the one that completes it."""
    key = _key("refunded", event.order_id) if event.fully_refunded else f"refund:{event.refund_id}"
    variables = {
        "order_number": _number(event.order_id),
        "amount": event.amount.model_dump(),
        "fully_refunded": event.fully_refunded,
    }
    notify("order_refunded", key, event, event.user_id, variables)


def on_checkout_failed(event: "CheckoutFailed") -> None:
    """Tell the customer when it was the payment."""
    if event.code in PAYMENT_FAILURES:
        _payment_failed(event, event.order_id, event.user_id, expired=event.code == "payment_expired")


def on_payment_failed(event: "PaymentFailed") -> None:
    """Tell the customer, unless the checkout has."""
    _payment_failed(event, event.order_id, event.user_id, expired=False)


def on_payment_succeeded(event: "PaymentSucceeded") -> None:
    """Tell the customer in the app; the mail that confirms the order says it too."""
    variables = {"amount": event.amount.model_dump(), "page": page_of_order(event.order_id)}
    notify("payment_success", f"payment_success:{event.payment_id}", event, event.user_id, variables)


def on_store_credit_changed(event: "StoreCreditChanged") -> None:
    """Tell the customer what was put to their credit, or taken of it."""
    variables = {
        "amount": event.amount.model_dump(),
        "balance": event.balance.model_dump(),
        "gained": event.amount.amount > 0,
    }
    notify("store_credit_changed", f"store_credit_changed:{key_of(event)}", event, event.user_id, variables)


def on_shipment_exception(event: "ShipmentException") -> None:
    """Tell the customer, whom we know by their confirmation; those who run the shop, where that is theirs to mend."""
    if event.in_house:
        alert(
            "A parcel must not leave",
            event,
            {"Shipment": event.shipment_id, "Order": event.order_id, "Why": event.description},
        )
        return
    confirmed = stored.find(id_of(_key("confirmed", event.order_id)))
    if confirmed is None or confirmed.user_id is None:
        facts = {"Shipment": event.shipment_id, "Order": event.order_id, "Carrier says": event.description}
        alert("A parcel is in trouble", event, facts)
        return
    variables = {
        "order_number": confirmed.variables.get("order_number"),
        "description": event.description,
        "page": page_of_order(event.order_id),
    }
    notify("shipment_exception", f"shipment_exception:{key_of(event)}", event, confirmed.user_id, variables)


def on_stock_alert_triggered(event: "StockAlertTriggered") -> None:
    """Tell someone that what they waited for is back."""
    variables = {"product_name": event.product_name, "page": page_of_product(event.product_id)}
    notify("back_in_stock", f"back_in_stock:{event.alert_id}", event, event.user_id, variables)


def on_cart_abandoned(event: "CartAbandoned") -> None:
    """Remind a customer of what they left, once a cart; a guest left no address."""
    if event.user_id is None:
        raise AlreadyHeard
    items = [
        {"product_name": item.product_name, "quantity": item.quantity, "page": page_of_product(item.product_id)}
        for item in event.items
    ]
    variables = {"items": items, "subtotal": event.subtotal.model_dump(), "page": settings.STOREFRONT_URL}
    notify("cart_abandoned", f"cart_abandoned:{event.cart_id}", event, event.user_id, variables)


def _confirm(order: ConfirmedOrder, cause: Event | None = None) -> KeptNotification:
    key = _key("confirmed", order.order_id)
    return notify("order_confirmation", key, cause, order.user_id, order.model_dump())


def _payment_failed(event: Event, order_id: str, user_id: str, *, expired: bool) -> None:
    notify("payment_failed", f"payment_failed:{order_id}", event, user_id, {"expired": expired})


def _key(status: str, order_id: str) -> str:
    """What the events of one move of an order share, so that one of them notifies."""
    return f"order_{status}:{order_id}"


def _number(order_id: str) -> str | None:
    """The number of an order, as its confirmation had it."""
    confirmed = stored.find(id_of(_key("confirmed", order_id)))
    return confirmed.variables.get("order_number") if confirmed else None
