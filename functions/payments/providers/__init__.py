"""Those who move the money, behind one interface (B136). Another provider is a module beside `mock`."""

from collections.abc import Mapping
from typing import Protocol

from payments.model import Charge, GivenBack, MethodDetails, Notice
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


class MethodRejected(Refusal):
    """402: the provider does not know this token."""

    def __init__(self) -> None:
        super().__init__(402, "method_rejected", "The provider does not accept this payment method")


class BadSignature(Refusal):
    """400: the webhook is not the provider's, or too old."""

    def __init__(self) -> None:
        super().__init__(400, "bad_signature", "The signature does not fit, or is too old")


class Provider(Protocol):
    """What every provider can do. `reference` is our payment's id, and the key under which a charge is made once."""

    def attach(self, method_type: str, token: str) -> MethodDetails:
        """See that a token is good, and what may be shown of it. Raises MethodRejected."""
        ...

    def charge(self, reference: str, amount: Money, token: str) -> Charge:
        """Take the money once for this reference; asked again, the same answer. May raise OutcomeUnknown."""
        ...

    def look_up(self, reference: str) -> Charge | None:
        """What became of a charge; None when it never came."""
        ...

    def void(self, reference: str) -> Charge:
        """Stop a charge that has not taken money, also one still on its way. The answer tells if it was too late."""
        ...

    def refund(self, reference: str, amount: Money, key: str) -> GivenBack:
        """Give back part of a charge, once for each key. Raises RefundRefused; may raise OutcomeUnknown."""
        ...

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """What the provider tells, once its signature is checked. Raises BadSignature."""
        ...


def named(name: str) -> Provider:
    """The provider of this name, or 404."""
    if name == "mock":
        from payments.providers.mock import Mock

        return Mock()
    raise not_found("payment provider")
