"""What a checkout asks to be taken off, what is held for it, and the record of every use."""

from typing import Literal

from pydantic import Field, model_validator

from discounts.model.coupon import Code, Reason
from discounts.model.lines import Line
from discounts.model.pricing import Discounts
from discounts.model.tax import Destination
from shop import clock
from shop.ids import derived
from shop.money import Currency, Money
from shop.pages import Paging
from shop.records import Body, Part, Record, Xid

UsageStatus = Literal["reserved", "redeemed", "released"]
KEPT = 90  # days that a hold can be looked at once it is over


class AskDiscounts(Part):
    """A cart as it is: what would be taken off, and what tax it would bear where it goes."""

    user_id: str | None = None
    currency: Currency
    coupon_code: str | None = None
    destination: Destination | None = None
    lines: list[Line]


class HoldDiscounts(AskDiscounts):
    """An order about to be paid."""

    order_id: str
    user_id: str


class CouponVerdict(Part):
    """Whether a coupon holds of a cart, and if not, why."""

    code: str
    valid: bool
    reason: Reason | None = None


class Evaluated(Discounts):
    """What would be taken off, and what became of the coupon."""

    coupon: CouponVerdict | None = None


class OrderRef(Part):
    """Which order."""

    order_id: str


class ShownItem(Part):
    """A line of a cart as its owner sees it; what the catalog says of it counts, not what is written here."""

    product_id: Xid
    variant_id: Xid | None = None
    quantity: int = Field(ge=1, le=99_999)


class ShownCart(Part):
    """A cart as its owner sees it."""

    items: list[ShownItem] = Field(min_length=1, max_length=100)


class ValidateCoupon(Body):
    """Would this code take something off this cart?"""

    code: Code
    cart: ShownCart


class CouponValidation(Part):
    """Whether it would, and how much; or why not."""

    valid: bool
    discount: Money
    reason: Reason | None = None


class CouponUsage(Record):
    """DISC-02. One use of a coupon, by one order."""

    id: str
    coupon_id: str
    code: str
    user_id: str
    order_id: str
    discount_amount: Money
    status: UsageStatus = "reserved"
    used_at: str = Field(default_factory=clock.now)


class PromotionUsage(Record):
    """DISC-06. One use of a promotion, by one order."""

    id: str
    promotion_id: str
    user_id: str
    order_id: str
    discount_amount: Money
    status: UsageStatus = "reserved"
    used_at: str = Field(default_factory=clock.now)


class UsageList(Paging):
    """The uses by one order, or by one user."""

    order_id: Xid | None = None
    user_id: Xid | None = None

    @model_validator(mode="after")
    def _by_one(self) -> "UsageList":
        if (self.order_id is None) == (self.user_id is None):
            raise ValueError("exactly one of order_id and user_id")
        return self


class UserCounter(Record):
    """DISC-03. How many uses of a coupon one user holds or has redeemed."""

    coupon_id: str
    user_id: str
    count: int = 0


class Buyer(Record):
    """What is known of someone who may buy: their roles, and the order that is, or may become, their first."""

    user_id: str
    roles: list[str] = []
    has_ordered: bool = False
    first_order_id: str | None = None
    heard_version: int | None = None


class Hold(Record):
    """All uses one order holds, with the answer they were given in; without an answer it only bars a late hold."""

    order_id: str
    user_id: str | None = None
    status: UsageStatus = "reserved"
    coupon: CouponUsage | None = None
    promotions: list[PromotionUsage] = []
    is_first_order: bool = False
    answer: Discounts | None = None
    due_at: str | None = None  # when somebody should ask what became of the order

    def is_of(self, coupon_code: str | None, promotion_ids: list[str]) -> bool:
        """Whether an order was sold with just these discounts."""
        held = self.coupon.code if self.coupon else None
        return held == coupon_code and [usage.promotion_id for usage in self.promotions] == promotion_ids


def usages(order_id: str, user_id: str, answer: Discounts) -> tuple[CouponUsage | None, list[PromotionUsage]]:
    """The uses an answer makes of a coupon and of promotions."""
    whose = {"order_id": order_id, "user_id": user_id}
    worth: dict[str, Money] = dict.fromkeys(answer.promotion_ids, answer.discount_amount * 0)
    coupon: CouponUsage | None = None
    for one in answer.adjustments:
        amount = one.amount or answer.discount_amount * 0
        if one.type == "promotion":
            worth[one.id] += amount
        else:
            name = derived("coupon_usage", one.id, order_id)
            coupon = CouponUsage(id=name, coupon_id=one.id, code=one.code or "", discount_amount=amount, **whose)
    promotions = [
        PromotionUsage(
            id=derived("promotion_usage", promotion_id, order_id),
            promotion_id=promotion_id,
            discount_amount=amount,
            **whose,
        )
        for promotion_id, amount in worth.items()
    ]
    return coupon, promotions
