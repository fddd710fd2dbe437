"""An edit: what staff change about the lines of an order that has not been sent yet, and what it comes to then.

What is untouched stays as it was sold. A line that stays keeps its price, its rate of tax, and of its discounts the
part of the units that stay; what is added costs what the catalog says now, without discount. Shipping is priced anew.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from orders.model.order import Order, OrderDocument, OrderItem, Reason, alone
from orders.model.pricing import Adjustment, Line
from shop import settings
from shop.ids import derived
from shop.money import Money, Total, refundable, spread, taxed, total, zero
from shop.records import Body, Json, Part, Record

EDITABLE = {"confirmed", "processing"}
MAX_CHANGES = 20

Id = Annotated[str, Field(min_length=1, max_length=64)]


class LineChange(Body):
    """So many of a line of the order, none to remove it; or so many of something new."""

    order_item_id: Id | None = None
    product_id: Id | None = None
    variant_id: Id | None = None
    quantity: int = Field(ge=0, le=settings.MAX_LINE_QTY)

    @model_validator(mode="after")
    def _of_one_thing(self) -> "LineChange":
        if (self.order_item_id is None) == (self.product_id is None):
            raise ValueError("either order_item_id or product_id")
        if self.order_item_id is not None and self.variant_id is not None:
            raise ValueError("a line that is there keeps its variant")
        if self.product_id is not None and not self.quantity:
            raise ValueError("nothing of a product is not added")
        return self


class AskEdit(Body):
    """What would be changed."""

    changes: list[LineChange] = Field(min_length=1, max_length=MAX_CHANGES)


class EditOrder(AskEdit):
    """What is to be changed, and what the order is to come to then."""

    expected_total: Total
    reason: Reason


class Edited(Part):
    """An order's lines and amounts after an edit; `difference` is what it costs more, or less."""

    items: list[OrderItem]
    subtotal: Money
    discount_amount: Money
    shipping_amount: Money
    tax_amount: Money
    total_amount: Money
    shipping_discount_amount: Money | None = None
    shipping_tax_amount: Money | None = None
    adjustments: list[Adjustment] = []
    difference: Money


class OrderEdit(Edited, Record):
    """An edit from its beginning to its end: done, or refused."""

    edit_id: str
    order_id: str
    edit_number: int
    status: Literal["applying", "applied", "refused"] = "applying"
    edited_by: str
    reason: str
    changes: list[Json]
    failure_code: str | None = None
    failure_detail: Json | None = None


class ShippingPrice(Part):
    """What sending the edited order costs before discounts, and the rate that is taxed at."""

    price: Money
    tax_rate: str = "0"


class Wanted(Part):
    """An order's lines as they are to be: those that stay with their quantities, then what the catalog sells anew."""

    kept: list[tuple[OrderItem, int]]
    added: list[Line] = []


def edited(order: OrderDocument, edit_id: str, wanted: Wanted, shipping: ShippingPrice | None) -> Edited:
    """What an order comes to with other lines; without a price for the shipping that stays as it was."""
    currency = order.currency
    kept = [_kept(order, item, quantity) for item, quantity in wanted.kept]
    last = max(item.line_number for item in order.items)
    added = [_added(order, edit_id, last + number, line) for number, line in enumerate(wanted.added, start=1)]
    items = [*kept, *added]
    goods = total([item.total_price for item in items], currency)
    off = total([item.discount_amount for item in items], currency)
    price, free, tax = _shipping(order, shipping)
    taxes = total([item.tax_amount or zero(currency) for item in items], currency) + (tax or zero(currency))
    sum_total = goods - off + price + (zero(currency) if order.prices_include_tax else taxes)
    return Edited(
        items=items,
        subtotal=goods,
        discount_amount=off,
        shipping_amount=price,
        tax_amount=taxes,
        total_amount=sum_total,
        shipping_discount_amount=free,
        shipping_tax_amount=tax,
        adjustments=_adjustments(order, items, free),
        difference=sum_total - order.total_amount,
    )


def _kept(order: OrderDocument, item: OrderItem, quantity: int) -> OrderItem:
    if quantity == item.quantity:
        return item
    off = refundable(item.discount_amount, min(quantity, item.quantity), item.quantity)
    return _priced(order, item.but(quantity=quantity), off, item.version + 1)


def _added(order: OrderDocument, edit_id: str, number: int, line: Line) -> OrderItem:
    item = OrderItem(
        order_item_id=derived("order_item", order.order_id, edit_id, str(number)),
        order_id=order.order_id,
        user_id=order.user_id,
        line_number=number,
        total_price=line.total_price,
        created_at=order.created_at,
        **{**line.model_dump(), "discount_amount": zero(order.currency)},
    )
    return _priced(order, item, item.discount_amount, 1)


def _priced(order: OrderDocument, item: OrderItem, off: Money, version: int) -> OrderItem:
    whole = item.unit_price * item.quantity
    left = whole - off
    tax = Money(amount=taxed(left.amount, Decimal(item.tax_rate), order.prices_include_tax), currency=order.currency)
    return item.but(
        version=version,
        total_price=whole,
        discount_amount=off,
        tax_amount=tax,
        paid_amount=left if order.prices_include_tax else left + tax,
    )


def _shipping(order: Order, asked: ShippingPrice | None) -> tuple[Money, Money | None, Money | None]:
    """What is asked for sending it, what of that is free, and its tax. At the same price all stays as it was."""
    was = order.shipping_amount + (order.shipping_discount_amount or zero(order.currency))
    if asked is None or asked.price == was:
        return order.shipping_amount, order.shipping_discount_amount, order.shipping_tax_amount
    is_free = any(not one.parts for one in order.adjustments)
    nothing = zero(order.currency)
    price, free = (nothing, asked.price) if is_free else (asked.price, nothing)
    tax = taxed(price.amount, Decimal(asked.tax_rate), order.prices_include_tax)
    return price, free, Money(amount=tax, currency=order.currency)


def _adjustments(order: OrderDocument, items: Sequence[OrderItem], free: Money | None) -> list[Adjustment]:
    """What is taken off now and why: of each line its new discount, in the proportions of the old."""
    place = {item.order_item_id: number for number, item in enumerate(order.items)}
    of_goods = [one for one in order.adjustments if one.parts]
    rows = []
    for item in items:
        were = [one.parts[place[item.order_item_id]] if item.order_item_id in place else 0 for one in of_goods]
        rows.append(spread(item.discount_amount.amount, were) if any(were) else were)
    columns = zip(*rows, strict=True)
    return [
        _with_parts(one, list(next(columns))) if one.parts else one.model_copy(update={"amount": free or one.amount})
        for one in order.adjustments
    ]


def _with_parts(one: Adjustment, parts: list[int]) -> Adjustment:
    amount = one.amount.model_copy(update={"amount": sum(parts)}) if one.amount else None
    return one.model_copy(update={"parts": parts, "amount": amount})


def applied(order: OrderDocument, edit: OrderEdit) -> tuple[Order, Money]:
    """An order once its edit is done, and by how much it is overpaid then.

    What it costs more is due, unless it is paid when it is brought; what it costs less is first taken off what is due.
    """
    amounts = {name: getattr(edit, name) for name in Edited.model_fields if name not in ("items", "difference")}
    done = alone(order).but(**amounts, edits=edit.edit_number, editing=None)
    return (done, zero(order.currency)) if order.payment_method == "cod" else done.owing(edit.difference)
