"""What discounts can be asked to do: hold what is taken off an order, and release it."""

from discounts.model import Discounts, HoldDiscounts, OrderRef
from shop.errors import invalid
from shop.money import total, zero


def hold(order: HoldDiscounts) -> Discounts:
    """What is taken off this order: nothing, since no coupon (422 coupon_invalid) and no promotion exists."""
    if order.coupon_code:
        raise invalid("coupon_invalid", "There is no such coupon", reason="unknown")
    parts = [zero(order.currency) for _ in order.lines]
    return Discounts(discount_amount=total(parts, order.currency), line_discounts=parts)


def release(order: OrderRef) -> OrderRef:
    """Give back what is held for an order: what was never held is free already."""
    return order
