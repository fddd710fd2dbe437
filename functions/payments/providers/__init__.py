"""Those who move the money, behind one interface (B136). Another provider is a module beside these."""

import json
import os
from collections.abc import Mapping
from typing import Any, Protocol

from payments.model.provider import Bill, Charge, GivenBack, Means, MethodDetails, Notice
from shop import settings
from shop.errors import Refusal, Transient, not_found
from shop.money import Money


class OutcomeUnknown(Transient):
    """The provider was asked and did not answer: it may have done it or not. Ask, never guess."""

    def __init__(self) -> None:
        super().__init__("The payment provider did not answer")


class RefundRefused(Refusal):
    """The provider will not give this money back."""

    def __init__(self, detail: str = "The provider refused the refund") -> None:
        super().__init__(409, "refund_refused", detail)


class Declined(Refusal):
    """402: the provider will not hear of this charge."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(402, "payment_declined", detail or "The payment was declined")


class MethodRejected(Refusal):
    """402: the provider does not know this token."""

    def __init__(self) -> None:
        super().__init__(402, "method_rejected", "The provider does not accept this payment method")


class BadSignature(Refusal):
    """400: the webhook is not the provider's, or too old."""

    def __init__(self) -> None:
        super().__init__(400, "bad_signature", "The signature does not fit, or is too old")


class Provider(Protocol):
    """What every provider can do. A bill's `reference` is our payment's id, and what its keys are made of (B137).

    Whatever is asked twice is done once: by the provider's keys, and where those are forgotten after some hours, by
    looking first whether it was done. Each may raise OutcomeUnknown.
    """

    partial_capture: bool  # whether less than what is guaranteed may be taken

    def attach(self, method_type: str, token: str, key: str) -> MethodDetails:
        """See that a token is good, and what may be shown of it. Raises MethodRejected."""
        ...

    def announce(self, bill: Bill, means: Means) -> str | None:
        """Tell of a charge to come, which moves nothing: the provider's id for it.

        None where a charge is found by our reference alone. That id is on record before the money moves, so that there
        is never money under a name we do not know. Raises Declined.
        """
        ...

    def charge(self, bill: Bill, means: Means) -> Charge:
        """Take, or have guaranteed, what was announced, once."""
        ...

    def look_up(self, bill: Bill) -> Charge | None:
        """What became of a charge; None when it never came. What the customer has approved by now is completed."""
        ...

    def capture(self, bill: Bill, amount: Money) -> Charge:
        """Take guaranteed money, once; what is left is released. An answer other than `succeeded` ends the payment."""
        ...

    def void(self, bill: Bill) -> Charge:
        """Stop a charge that has not taken money, also one still on its way. The answer tells if it was too late."""
        ...

    def refund(self, bill: Bill, amount: Money, key: str) -> GivenBack:
        """Give back part of a charge, once for each key. Raises RefundRefused."""
        ...

    def verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        """See that a webhook is the provider's. Raises BadSignature."""
        ...

    def read(self, body: bytes) -> Notice:
        """What a webhook tells."""
        ...


def named(name: str) -> Provider:
    """The provider of this name, if the shop is known to it (404)."""
    match name:
        case "mock":
            from payments.providers.mock import Mock

            return Mock()
        case "gift_card":
            from payments.providers.gift_card import GiftCards

            return GiftCards()
        case "stripe" if secrets := _secrets(name):
            from payments.providers.stripe import Stripe

            return Stripe(os.environ.get("STRIPE_API", "https://api.stripe.com"), **secrets)
        case "paypal" if secrets := _secrets(name):
            from payments.providers.paypal import PayPal

            return PayPal(os.environ.get("PAYPAL_API", "https://api-m.paypal.com"), **secrets)
        case "razorpay" if secrets := _secrets(name):
            from payments.providers.razorpay import Razorpay

            return Razorpay(os.environ.get("RAZORPAY_API", "https://api.razorpay.com"), **secrets)
    raise not_found("payment provider")


def _secrets(name: str) -> dict[str, Any]:
    """How the shop is known to a provider; empty while the operator has not said."""
    found: dict[str, Any] = json.loads(settings.secret("PAYMENT_SECRETS")).get(name) or {}
    return found
