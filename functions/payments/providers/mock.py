"""A provider to try the shop with: no money moves, but its bank remembers every charge as a real one would."""

import hashlib
import hmac
import time
from collections.abc import Mapping

from pydantic import Field, ValidationError

from payments.model.paper import MockCharge
from payments.model.provider import Bill, Charge, GivenBack, Means, MethodDetails, Notice
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

    partial_capture = True

    def attach(self, method_type: str, token: str, key: str) -> MethodDetails:
        """Every known token is a Visa that lasts, or the like of another type."""
        if token not in TOKENS:
            raise MethodRejected
        if method_type != "card":
            return MethodDetails()
        return MethodDetails(card_type="visa", card_funding="credit", last4="4242", expiry_month=12, expiry_year=2040)

    def announce(self, bill: Bill, means: Means) -> str | None:
        """This bank finds everything by our reference."""
        return None

    def charge(self, bill: Bill, means: Means) -> Charge:
        """Do what the token says, once. Where the shop waits for the first parcel, the money is held until then."""
        made = MockCharge.model_validate(
            {
                "provider_payment_id": _payment_id(bill.reference),
                "reference": bill.reference,
                "status": TOKENS.get(means.token, "failed"),
                "amount": bill.amount,
                "held": settings.CAPTURE_PAYMENT == "shipment",
                "expires_at": clock.after(settings.PAYMENT_WAIT),
            }
        )
        before = bank.enter(made)
        if before and before.amount not in (None, bill.amount):
            raise conflict("provider_key_reused", "The provider was asked for another amount under this key")
        if not before and means.token == "tok_outcome_unknown":
            raise OutcomeUnknown
        return _answer(before or made)

    def look_up(self, bill: Bill) -> Charge | None:
        """What the books say."""
        found = bank.find(_payment_id(bill.reference))
        return _answer(found) if found else None

    def capture(self, bill: Bill, amount: Money) -> Charge:
        """Take what is held, or say what has become of it."""
        try:
            bank.capture(_payment_id(bill.reference), amount.amount)
        except bank.Refused:
            found = bank.find(_payment_id(bill.reference))
            if found is None or not found.taken:
                return Charge(status="failed", failure_reason="The bank does not hold this money any more")
            return _answer(found)
        return Charge(status="succeeded", captured=amount, provider_payment_id=_payment_id(bill.reference))

    def void(self, bill: Bill) -> Charge:
        """Stop it, or say that it was too late. One that never came is entered as stopped, so that it never will."""
        provider_payment_id = _payment_id(bill.reference)
        stopped = MockCharge(provider_payment_id=provider_payment_id, reference=bill.reference, status="cancelled")
        there = bank.enter(stopped)
        if there and there.status == "processing":
            bank.move(provider_payment_id, "cancelled", "processing")
        if there and there.held:
            bank.let_go(provider_payment_id)
        return _answer((bank.find(provider_payment_id) if there else None) or stopped)

    def refund(self, bill: Bill, amount: Money, key: str) -> GivenBack:
        """Give back, once for each key."""
        try:
            bank.give_back(_payment_id(bill.reference), key, amount.amount)
        except bank.Refused as error:
            raise RefundRefused from error
        refund_id = f"mock_ref_{derived('mock', 'refund', key)}"
        return GivenBack(provider_refund_id=refund_id, response={"id": refund_id, "status": "succeeded"})

    def verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Signed as ``t=<epoch>,v1=<hex HMAC-SHA256 of "<t>.<body>">`` in the last minutes."""
        _check(headers.get("mock-signature", ""), body)

    def read(self, body: bytes) -> Notice:
        """Read an event. It also tells the bank, for this bank has no customers but in webhooks."""
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
        captured=charge.amount.model_copy(update={"amount": charge.taken}) if charge.amount else None,
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
