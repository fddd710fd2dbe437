"""An exchange: the same goods once more for a return, at no price, as an order of its own."""

from typing import Literal

from orders.model.order import Order, OrderAddress, OrderDocument
from shop.ids import derived
from shop.money import zero
from shop.records import Json, Part, Record

ExchangeStatus = Literal["waiting", "ordered", "fulfilled", "cancelling", "cancelled"]
OPEN: tuple[ExchangeStatus, ...] = ("waiting", "ordered", "cancelling")
EXCHANGE_STATUSES: tuple[ExchangeStatus, ...] = ("waiting", "ordered", "fulfilled", "cancelling", "cancelled")


class ExchangedLine(Part):
    """So many of a line of the order that came back."""

    order_item_id: str
    product_id: str
    variant_id: str | None = None
    quantity: int


class Exchange(Record):
    """What is owed for one return, until it is an order; `missing` is what there was not enough of."""

    return_id: str
    order_id: str
    user_id: str
    lines: list[ExchangedLine]
    status: ExchangeStatus = "waiting"
    attempt: int = 0
    missing: list[Json] = []

    @property
    def new_order_id(self) -> str:
        """The order it leads to; another one where the stock held under the last one's name was lost."""
        return derived("exchange", self.return_id, str(self.attempt))


class ExchangeView(Exchange):
    """An exchange as staff see it."""

    replacement_order_id: str | None = None


def view(exchange: Exchange) -> ExchangeView:
    """An exchange, with its order once there is one."""
    made = exchange.new_order_id if exchange.status in ("ordered", "fulfilled") else None
    return ExchangeView(**dict(exchange), replacement_order_id=made)


def replacement(exchange: Exchange, original: OrderDocument, order_number: str, moment: str) -> OrderDocument:
    """The order for an exchange: lines as they were sold, sent where the first order went; nothing of it costs."""
    order_id, nothing = exchange.new_order_id, zero(original.currency)
    new = {"order_id": order_id, "version": 1, "created_at": moment, "updated_at": moment}
    sold = {item.order_item_id: item for item in original.items}
    items = [
        sold[line.order_item_id].but(
            **new,
            order_item_id=derived("order_item", order_id, str(number)),
            line_number=number,
            quantity=line.quantity,
            **dict.fromkeys(("unit_price", "total_price", "discount_amount", "tax_amount", "paid_amount"), nothing),
            tax_rate="0",
        )
        for number, line in enumerate(exchange.lines, start=1)
    ]
    order = Order(
        order_number=order_number,
        return_id=exchange.return_id,
        user_id=original.user_id,
        payment_status="paid",
        currency=original.currency,
        subtotal=nothing,
        discount_amount=nothing,
        shipping_amount=nothing,
        tax_amount=nothing,
        total_amount=nothing,
        refunded_amount=nothing,
        payment_method=original.payment_method,
        shipping_address_id=derived("order_address", order_id, "shipping"),
        billing_address_id=derived("order_address", order_id, "billing"),
        shipping_method=original.shipping_method,
        prices_include_tax=original.prices_include_tax,
        **new,
    )
    return OrderDocument(
        **dict(order),
        items=items,
        shipping_address=_copied(original.shipping_address, new, order.shipping_address_id),
        billing_address=_copied(original.billing_address, new, order.billing_address_id),
        history=[],
    )


def _copied(address: OrderAddress, new: Json, address_id: str) -> OrderAddress:
    return address.but(**new, id=address_id)
