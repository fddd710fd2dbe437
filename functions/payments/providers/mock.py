"""A provider to try the shop with: no money moves, but its bank remembers every charge as a real one would."""

import hashlib
import hmac
import time
from collections.abc import Mapping

from pydantic import Field, ValidationError

from payments.model import Charge, GivenBack, MethodDetails, MockCharge, Notice
from payments.providers import BadSignature, MethodRejected, OutcomeUnknown, RefundRefused
from payments.store import bank
from shop import clock, settings
from shop.errors import conflict, invalid
from shop.ids import derived
from shop.money import Money
from shop.records import Json, Part

# What each token does to a charge.
TOKENS = {
    "tok_success": "succeeded",
    "tok_declined": "failed",
    "tok_requires_action": "processing",
    "tok_outcome_unknown": "succeeded",
}
# What each event makes of a charge, and from which standing. The bank's own word outdoes what it was told to stop.
EVENTS = {
    "payment.succeeded": ("succeeded", ("processing", "failed", "cancelled")),
    "payment.failed": ("failed", ("processing",)),
    "payment.cancelled": ("cancelled", ("processing",)),
}
SIGNATURE_AGE = 300


class _Subject(Part):
    provider_payment_id: str = Field(min_length=1, max_length=255)


class _Event(Part):
    id: str = Field(min_length=1, max_length=255)
    type: str = Field(min_length=1, max_length=100)
    data: _Subject


class Mock:
    """The provider `mock`."""

    def attach(self, method_type: str, token: str) -> MethodDetails:
        """Every known token is a Visa that lasts, or the like of another type."""
        if token not in TOKENS:
            raise MethodRejected
        if method_type != "card":
            return MethodDetails()
        return MethodDetails(card_type="visa", card_funding="credit", last4="4242", expiry_month=12, expiry_year=2040)

    def charge(self, reference: str, amount: Money, token: str) -> Charge:
        """Do what the token says, once."""
        made = MockCharge.model_validate(
            {
                "provider_payment_id": _payment_id(reference),
                "reference": reference,
                "status": TOKENS.get(token, "failed"),
                "amount": amount,
                "expires_at": clock.after(settings.PAYMENT_WAIT),
            }
        )
        before = bank.enter(made)
        if before and before.amount not in (None, amount):
            raise conflict("provider_key_reused", "The provider was asked for another amount under this key")
        if not before and token == "tok_outcome_unknown":
            raise OutcomeUnknown
        return _answer(before or made)

    def look_up(self, reference: str) -> Charge | None:
        """What the books say."""
        found = bank.find(_payment_id(reference))
        return _answer(found) if found else None

    def void(self, reference: str) -> Charge:
        """Stop it, or say that it was too late. One that never came is entered as stopped, so that it never will."""
        stopped = MockCharge(provider_payment_id=_payment_id(reference), reference=reference, status="cancelled")
        there = bank.enter(stopped)
        if there and there.status == "processing":
            bank.move(there.provider_payment_id, "cancelled", "processing")
            there = bank.find(there.provider_payment_id)
        return _answer(there or stopped)

    def refund(self, reference: str, amount: Money, key: str) -> GivenBack:
        """Give back, once for each key."""
        try:
            bank.give_back(_payment_id(reference), key, amount.amount)
        except bank.Refused as error:
            raise RefundRefused from error
        refund_id = f"mock_ref_{derived('mock', 'refund', key)}"
        return GivenBack(provider_refund_id=refund_id, response={"id": refund_id, "status": "succeeded"})

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Read a signed event. It also tells the bank, for this bank has no customers but in webhooks."""
        _check(headers.get("mock-signature", ""), body)
        try:
            event = _Event.model_validate_json(body)
        except ValidationError:
            raise invalid("validation_failed", "This is not an event of this provider") from None
        told = event.data.provider_payment_id
        if event.type in EVENTS:
            status, was = EVENTS[event.type]
            bank.move(told, status, *was)
        found = bank.find(told)
        return Notice(
            provider_event_id=event.id,
            event_type=event.type,
            provider_payment_id=told,
            reference=found.reference if found else None,
            charge=_answer(found) if found and event.type in EVENTS else None,
        )


def _check(signature: str, body: bytes) -> None:
    """Refuse a body that was not signed as ``t=<epoch>,v1=<hex HMAC-SHA256 of "<t>.<body>">`` in the last minutes."""
    given = dict(pair.strip().partition("=")[::2] for pair in signature.split(","))
    at, signed = given.get("t", ""), given.get("v1", "")
    if not (at.isascii() and at.isdigit() and len(at) <= 12 and abs(time.time() - int(at)) <= SIGNATURE_AGE):
        raise BadSignature
    secret = settings.secret("MOCK_WEBHOOK_SECRET").encode()
    expected = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signed.lower().encode(errors="replace")):
        raise BadSignature


def _payment_id(reference: str) -> str:
    return f"mock_pay_{derived('mock', 'charge', reference)}"


def _answer(charge: MockCharge) -> Charge:
    return Charge(
        status=charge.status,
        provider_payment_id=charge.provider_payment_id,
        failure_reason="The payment was declined" if charge.status == "failed" else None,
        next_action=_next_action(charge) if charge.status == "processing" else None,
        response={"id": charge.provider_payment_id, "status": charge.status},
    )


def _next_action(charge: MockCharge) -> Json:
    return {
        "type": "redirect",
        "provider": "mock",
        "provider_payment_id": charge.provider_payment_id,
        "redirect_url": f"https://mock.example.com/payments/{charge.provider_payment_id}",
        "expires_at": charge.expires_at,
    }
