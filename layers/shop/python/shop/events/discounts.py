"""What discounts tells: coupons and promotions as they change, and as they are used."""

from shop.events import Event
from shop.money import Money


class CouponChanged(Event):
    """E81. Made, changed, over or removed."""

    type, about = "coupon.changed", "coupon"
    coupon_id: str
    code: str
    is_active: bool


class CouponRedeemed(Event):
    """E82. An order was confirmed with it."""

    type, about, key = "coupon.redeemed", "order", "order_id"
    coupon_id: str
    code: str
    user_id: str
    order_id: str
    discount_amount: Money


class CouponReleased(CouponRedeemed):
    """E83. The order was not bought, or given up: the use is free again."""

    type = "coupon.released"


class CouponExhausted(Event):
    """E84. The last use was taken. Released uses can make it available, and exhausted, again."""

    type, about = "coupon.exhausted", "coupon"
    coupon_id: str
    code: str


class PromotionStatusChanged(Event):
    """E85."""

    type, about = "promotion.status_changed", "promotion"
    promotion_id: str
    was: str
    status: str


class PromotionApplied(Event):
    """E86. An order was confirmed with it."""

    type, about, key = "promotion.applied", "order", "order_id"
    promotion_id: str
    order_id: str
    user_id: str
    discount_amount: Money
