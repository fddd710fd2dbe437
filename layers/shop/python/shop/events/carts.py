"""What carts tells: carts filled, joined, left behind and bought."""

from shop.events import Event
from shop.money import Money
from shop.records import Part


class CartUpdated(Event):
    """E42. `owner` is ``user:<id>``, or ``guest`` (whose session id is a secret)."""

    type, about = "cart.updated", "cart"
    cart_id: str
    owner: str
    line_count: int
    subtotal: Money


class CartMerged(Event):
    """E43."""

    type, about, key = "cart.merged", "cart", "to_cart_id"
    from_cart_id: str
    to_cart_id: str
    user_id: str


class LeftItem(Part):
    """Something in a cart that was left behind."""

    product_id: str
    variant_id: str | None = None
    product_name: str
    quantity: int
    unit_price: Money


class CartAbandoned(Event):
    """E44."""

    type, about = "cart.abandoned", "cart"
    cart_id: str
    user_id: str | None = None
    items: list[LeftItem]
    subtotal: Money


class CartConverted(Event):
    """E45. The cart became an order."""

    type, about = "cart.converted", "cart"
    cart_id: str
    order_id: str
    user_id: str
