"""What those who run the shop are told: what does not mend itself, runs out, or waits for them."""

from os import environ
from typing import TYPE_CHECKING

from notifications.logic.sending import notify
from shop.events import Event
from shop.telemetry import logger

if TYPE_CHECKING:
    from shop.events.discounts import CouponExhausted
    from shop.events.inventory import StockLow
    from shop.events.orders import CheckoutCompensationFailed
    from shop.events.payments import RefundFailed
    from shop.events.reviews import QuestionCreated, ReviewCreated
    from shop.events.webhooks import WebhookEndpointDisabled


Facts = dict[str, str]


def on_checkout_compensation_failed(event: "CheckoutCompensationFailed") -> None:
    """An undo is stuck."""
    facts = {"Checkout": event.checkout_id, "Step": event.step, "Error": event.error}
    alert("A checkout could not be undone", event, facts)


def on_refund_failed(event: "RefundFailed") -> None:
    """A customer waits for money."""
    facts = {"Refund": event.refund_id, "Payment": event.payment_id, "Order": event.order_id, "Error": event.error}
    alert("A refund failed", event, facts)


def on_stock_low(event: "StockLow") -> None:
    """Something is to be ordered anew."""
    facts = {
        "Product": event.product_id,
        "Variant": event.variant_id or "-",
        "Available": str(event.available),
        "Reorder level": str(event.reorder_level),
        "Reorder": str(event.reorder_quantity),
    }
    _tell("low_stock", f"{event.sku} runs low", event, facts)


def on_coupon_exhausted(event: "CouponExhausted") -> None:
    """A coupon has been used as often as it may be."""
    _tell("staff_notice", f"Coupon {event.code} is used up", event, {"Coupon": event.coupon_id})


def on_review_created(event: "ReviewCreated") -> None:
    """A review waits to be judged."""
    facts = {"Review": event.review_id, "Product": event.product_id, "Stars": str(event.rating)}
    _tell("staff_notice", "A review waits to be moderated", event, facts)


def on_question_created(event: "QuestionCreated") -> None:
    """A question waits to be answered."""
    facts = {"Question": event.question_id, "Product": event.product_id}
    _tell("staff_notice", "A customer asks about a product", event, facts)


def on_webhook_endpoint_disabled(event: "WebhookEndpointDisabled") -> None:
    """Somebody's program is told nothing any more."""
    facts = {
        "Endpoint": event.endpoint_id,
        "Host": event.host,
        "Description": event.description or "-",
        "Reason": "It wants no more" if event.reason == "gone" else "Nothing went through for three days",
    }
    _tell("staff_notice", "A webhook endpoint was switched off", event, facts)


def alert(headline: str, event: Event, facts: Facts) -> None:
    """Call somebody who looks at once."""
    _tell("operations_alert", headline, event, facts)


def _tell(kind: str, headline: str, event: Event, facts: Facts) -> None:
    """Write to those who run the shop, if the stack says where they are."""
    address = environ.get("OPERATIONS_MAIL")
    if not address:
        log = logger.warning if kind == "operations_alert" else logger.info
        log(headline, extra=facts)
        return
    assert event.meta is not None
    notify(kind, f"{event.type}:{event.meta.id}", event, None, {"headline": headline, "facts": facts}, to=address)
