"""What other services hand over to be written about."""

from shop.money import Money
from shop.records import Part


class OrderedItem(Part):
    """A line of an order, as a mail shows it."""

    product_name: str
    quantity: int
    total_price: Money
    unit_price: Money | None = None


class Destination(Part):
    """Where an order goes, as a mail shows it."""

    full_name: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class ConfirmedOrder(Part):
    """An order as its confirmation shows it. What is left out is not shown."""

    order_id: str
    order_number: str
    user_id: str
    total_amount: Money
    items: list[OrderedItem]
    subtotal: Money | None = None
    discount_amount: Money | None = None
    shipping_amount: Money | None = None
    tax_amount: Money | None = None
    shipping_method: str | None = None
    payment_method: str | None = None
    shipping_address: Destination | None = None
