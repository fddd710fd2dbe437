"""The words payments are spoken of in."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shop.money import Money, Total
from shop.records import folded

Status = Literal["pending", "processing", "succeeded", "failed", "cancelled", "refunded"]
RefundStatus = Literal["pending", "processing", "succeeded", "failed"]
WebhookStatus = Literal["pending", "processed", "failed"]
MethodType = Annotated[Literal["card", "paypal", "bank_account", "upi", "wallet"], folded]
ProviderName = Annotated[Literal["mock", "stripe", "paypal", "razorpay", "gift_card"], folded]
RefundMethod = Annotated[Literal["original_payment", "store_credit"], folded]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
Note = Annotated[str, Field(min_length=1, max_length=255)]


def _above_zero(money: Money) -> Money:
    if money.amount < 1:
        raise PydanticCustomError("amount_out_of_range", "The amount must be above 0")
    return money


Positive = Annotated[Total, AfterValidator(_above_zero)]
