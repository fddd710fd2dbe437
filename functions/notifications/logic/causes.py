"""What makes an event a cause to write, and how what it tells is said to people."""

from typing import Any

from shop import settings
from shop.events import Event


def key_of(event: Event) -> str:
    """What makes this event a cause of its own."""
    assert event.meta is not None
    return event.meta.id


def version_of(event: Event) -> int:
    """The version of the thing the event is about."""
    assert event.meta is not None
    return event.meta.aggregate_version


def warning(what: str, event: Event, ip_address: str = "") -> dict[str, Any]:
    """What a security alert says."""
    assert event.meta is not None
    return {
        "what": what,
        "at": moment(event.meta.occurred_at),
        "ip_address": ip_address or None,
        "page": f"{settings.STOREFRONT_URL}/reset-password",
    }


def moment(at: str) -> str:
    """A moment as people read it."""
    return f"{at[:10]} {at[11:16]} UTC"


def page_of_product(product_id: str) -> str:
    """Where a product is shown."""
    return f"{settings.STOREFRONT_URL}/products/{product_id}"


def page_of_order(order_id: str) -> str:
    """Where a customer sees an order."""
    return f"{settings.STOREFRONT_URL}/orders/{order_id}"
