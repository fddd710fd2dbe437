"""What customers pay with."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from payments.model.words import MethodType, Note, ProviderName
from shop.records import Body, Json, Record

# What each provider can charge (K17). A gift card is a wallet that the shop itself keeps.
TYPES = {
    "mock": {"card", "paypal", "bank_account", "upi", "wallet"},
    "stripe": {"card", "wallet"},
    "paypal": {"paypal"},
    "razorpay": {"card", "upi"},
    "gift_card": {"wallet"},
}


class PaymentMethod(Record):
    """PAY-04. What a customer pays with, as far as it is shown."""

    id: str
    user_id: str
    type: str
    card_funding: str | None = None
    provider: str
    card_type: str | None = None
    last4: str | None = None
    expiry_month: int | None = None
    expiry_year: int | None = None
    upi_id: str | None = None
    wallet_type: str | None = None
    is_default: bool = False


class StoredMethod(PaymentMethod):
    """A payment method with its provider's token, encrypted for its user alone."""

    provider_token: str
    provider_customer_id: str | None = None
    metadata: Json | None = None


class DefaultMethod(Record):
    """Which of a user's methods is the default."""

    user_id: str
    payment_method_id: str


class AttachMethod(Body):
    """R158. A new payment method, by the token the provider gave the customer's browser."""

    type: MethodType
    provider: ProviderName
    provider_token: Note
    upi_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{2,200}@[A-Za-z0-9.-]{2,50}$")] | None = None
    wallet_type: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    is_default: bool = False

    @model_validator(mode="after")
    def _fits_its_provider(self) -> Self:
        if self.type not in TYPES[self.provider]:
            raise PydanticCustomError(
                "type_not_supported",
                "{provider} does not take a {type}",
                {"provider": self.provider, "type": self.type},
            )
        return self


class ChangeMethod(Body):
    """R160. What may change about a payment method."""

    is_default: bool | None = None
    expiry_month: int | None = Field(default=None, ge=1, le=12)
    expiry_year: int | None = Field(default=None, ge=2000, le=2100)
