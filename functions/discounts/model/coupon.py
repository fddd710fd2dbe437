"""A coupon, when it holds, and what it takes off."""

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from discounts.model.lines import Left
from discounts.model.mechanisms import WHOLE, Ids, Taken, amount_off, percent
from discounts.model.promotion import Name
from shop import clock, settings
from shop.errors import invalid
from shop.freeform import FreeForm
from shop.ids import new_id
from shop.money import Currency, Money, Price
from shop.pages import Paging
from shop.records import Body, Moment, Record, Text, folded

CouponType = Annotated[Literal["percentage", "fixed_amount", "free_shipping"], folded]
Code = Annotated[
    str,
    BeforeValidator(lambda value: value.strip().upper() if isinstance(value, str) else value),
    StringConstraints(pattern=r"^[A-Z0-9_-]{1,50}$"),
]
Reason = Literal[
    "unknown",
    "inactive",
    "not_started",
    "expired",
    "currency_mismatch",
    "minimum_not_met",
    "not_applicable",
    "exhausted",
    "limit_per_user",
]


def _one_fault(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """One fault at the field itself, instead of one for each kind of value it could be."""
    try:
        return check(value)
    except ValidationError as error:
        if any(fault["type"] == "amount_out_of_range" for fault in error.errors(include_url=False)):
            raise PydanticCustomError("amount_out_of_range", "The amount is out of range") from None
        raise PydanticCustomError("discount_value", "Basis points, or an amount with its currency") from None


Value = Annotated[int | Price | None, WrapValidator(_one_fault)]
FOREVER = "9999-12-31T23:59:59.999Z"  # where a coupon without an end is filed
Limit = Annotated[int, Field(ge=1)]


class CouponFields(Body):
    """What a merchant says about a coupon. `discount_value` is basis points, or an amount, or nothing, by its type."""

    code: Code
    name: Name
    description: Text | None = None
    type: CouponType
    discount_value: Value = None
    minimum_amount: Price | None = None
    maximum_discount: Price | None = None
    currency: Currency = settings.DEFAULT_CURRENCY
    usage_limit: Limit | None = None
    usage_limit_per_user: Limit | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    is_active: bool = True
    applicable_products: Ids = []
    applicable_categories: Ids = []
    excluded_products: Ids = []
    metadata: FreeForm = {}


class ChangeCoupon(Body):
    """What may change about a coupon; what is left out stays. Its code, type and currency are what it is."""

    name: Name = ""
    description: Text | None = None
    discount_value: Value = None
    minimum_amount: Price | None = None
    maximum_discount: Price | None = None
    usage_limit: Limit | None = None
    usage_limit_per_user: Limit | None = None
    starts_at: Moment = ""
    ends_at: Moment | None = None
    is_active: bool = True
    applicable_products: Ids = []
    applicable_categories: Ids = []
    excluded_products: Ids = []
    metadata: FreeForm = {}


class Coupon(Record):
    """DISC-01. `usage_count` counts the uses that are held or redeemed; uses do not change the version."""

    id: str = Field(default_factory=new_id)
    code: str
    name: str
    description: str | None = None
    type: str
    discount_value: int | Money | None = None
    minimum_amount: Money | None = None
    maximum_discount: Money | None = None
    currency: str
    usage_limit: int | None = None
    usage_count: int = 0
    usage_limit_per_user: int | None = None
    starts_at: str = Field(default_factory=clock.now)
    ends_at: str | None = None
    is_active: bool = True
    applicable_products: list[str] = []
    applicable_categories: list[str] = []
    excluded_products: list[str] = []
    metadata: FreeForm = {}

    def checked(self) -> "Coupon":
        """This coupon, if it makes sense as a whole; else 422 with a pointer."""
        value = self.discount_value
        if self.type == "percentage" and not (isinstance(value, int) and 1 <= value <= WHOLE):
            raise invalid("validation_failed", "A percentage takes 1 to 10000 basis points", "/discount_value")
        if self.type == "fixed_amount" and not (isinstance(value, Money) and value.amount):
            raise invalid("validation_failed", "A fixed amount is an amount", "/discount_value")
        if self.type == "free_shipping" and value is not None:
            raise invalid("validation_failed", "Free shipping takes no value", "/discount_value")
        if self.maximum_discount and self.type != "percentage":
            raise invalid("validation_failed", "Only a percentage has a cap", "/maximum_discount")
        for field in ("discount_value", "minimum_amount", "maximum_discount"):
            money = getattr(self, field)
            if isinstance(money, Money) and money.currency != self.currency:
                raise invalid("currency_mismatch", f"This coupon is in {self.currency}", f"/{field}")
        if self.ends_at and self.ends_at <= self.starts_at:
            raise invalid("validation_failed", "A coupon ends after it starts", "/ends_at")
        return self

    @property
    def is_used_up(self) -> bool:
        """Whether all its uses are taken."""
        return self.usage_limit is not None and self.usage_count >= self.usage_limit

    def why_not(self, left: Left, now: str, used_by_user: int = 0) -> Reason | None:
        """Why it does not hold of what promotions have left (B160); None when it does."""
        per_user = self.usage_limit_per_user
        minimum = self.minimum_amount.amount if self.minimum_amount else 0
        checks: list[tuple[bool, Reason]] = [
            (self.is_active, "inactive"),
            (self.starts_at <= now, "not_started"),
            (self.ends_at is None or now < self.ends_at, "expired"),
            (self.currency == left.currency, "currency_mismatch"),
            (bool(self.eligible(left)), "not_applicable"),
            (minimum <= left.total, "minimum_not_met"),
            (not self.is_used_up, "exhausted"),
            (per_user is None or used_by_user < per_user, "limit_per_user"),
        ]
        return next((reason for holds, reason in checks if not holds), None)

    def eligible(self, left: Left) -> list[int]:
        """The lines it applies to, by number: those named (all, when none are) without those excluded."""
        named = self.applicable_products or self.applicable_categories
        return [
            number
            for number, line in enumerate(left.lines)
            if line.product_id not in self.excluded_products
            and (not named or line.is_among(self.applicable_products, self.applicable_categories))
        ]

    def take(self, left: Left) -> Taken:
        """Its discount on the eligible subtotal, spread over the eligible lines (B161)."""
        eligible = self.eligible(left)
        worth = sum(left.amounts[number] for number in eligible)
        match self.discount_value:
            case Money() as amount:
                off = amount.amount
            case int() as bps:
                cap = self.maximum_discount.amount if self.maximum_discount else worth
                off = min(percent(worth, bps), cap)
            case _:
                off = 0
        return amount_off(left, eligible, Money(amount=off, currency=left.currency))


class CouponList(Paging):
    """Coupons, those that end last first; all, or only the active or inactive ones."""

    is_active: bool | None = None
