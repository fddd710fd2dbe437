"""Stripe, by its own client: payment intents that are captured by hand.

An intent is made first, confirmed when its id is on record, and then captured or cancelled; all are known by its id.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from payments.model.provider import Bill, Charge, GivenBack, Means, MethodDetails, Notice
from payments.providers import BadSignature, Declined, MethodRejected, OutcomeUnknown, RefundRefused
from shop.errors import invalid
from shop.money import Money
from shop.records import Json

if TYPE_CHECKING:
    from stripe import StripeClient

T = TypeVar("T")
CONNECT, READ = 2.0, 6.0  # seconds
REFUNDS_SEEN = 100
REFUND_STATUS = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}
ABOUT_INTENTS = {
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
}
ABOUT_REFUNDS = {"refund.updated", "refund.failed", "charge.refund.updated"}


class Stripe:
    """The provider `stripe`."""

    partial_capture = True

    def __init__(self, address: str, api_key: str, webhook_secret: str) -> None:
        self.address, self.api_key, self.webhook_secret = address, api_key, webhook_secret

    def attach(self, method_type: str, token: str, key: str) -> MethodDetails:
        """Keep a method for a customer of its own, without which Stripe lets it be charged only once."""
        import stripe

        def attached() -> MethodDetails:
            api = self._api().v1
            customer = api.customers.create({"metadata": {"payment_method_id": key}}, {"idempotency_key": f"{key}-c"})
            api.payment_methods.attach(token, {"customer": customer.id}, {"idempotency_key": f"{key}-a"})
            card = api.payment_methods.retrieve(token).to_dict().get("card") or {}
            return MethodDetails(
                card_type=card.get("brand"),
                card_funding=card.get("funding"),
                last4=card.get("last4"),
                expiry_month=card.get("exp_month"),
                expiry_year=card.get("exp_year"),
                provider_customer_id=customer.id,
            )

        try:
            return _asking(attached)
        except (stripe.CardError, stripe.InvalidRequestError) as error:
            raise MethodRejected from error

    def announce(self, bill: Bill, means: Means) -> str | None:
        """Make the intent; it takes nothing until it is confirmed."""
        import stripe

        try:
            made = _asking(
                lambda: self._api().v1.payment_intents.create(
                    {
                        "amount": bill.amount.amount,
                        "currency": bill.amount.currency.lower(),
                        "customer": means.provider_customer_id or "",
                        "payment_method": means.token,
                        "allowed_payment_method_types": ["card"],
                        "capture_method": "manual",
                        "metadata": {"payment_id": bill.reference},
                    },
                    {"idempotency_key": f"{bill.reference}-announce"},
                )
            )
        except (stripe.CardError, stripe.InvalidRequestError) as error:
            raise Declined(error.user_message or "") from error
        return made.id

    def charge(self, bill: Bill, means: Means) -> Charge:
        """Confirm the intent. A card that is declined is an answer, and one that asks for its owner (3-D Secure)."""
        import stripe

        try:
            return _charge(
                _asking(
                    lambda: self._api().v1.payment_intents.confirm(
                        bill.provider_payment_id or "", {}, {"idempotency_key": f"{bill.reference}-confirm"}
                    )
                ).to_dict()
            )
        except (stripe.CardError, stripe.InvalidRequestError):
            return self._seen(bill)

    def look_up(self, bill: Bill) -> Charge | None:
        """What became of the intent; one that was never confirmed is none."""
        if bill.provider_payment_id is None:
            return None
        found = self._intent(bill)
        return None if found["status"] == "requires_confirmation" else _charge(found)

    def capture(self, bill: Bill, amount: Money) -> Charge:
        """Capture the intent, or say what has become of it."""
        import stripe

        try:
            taken = _asking(
                lambda: self._api().v1.payment_intents.capture(
                    bill.provider_payment_id or "",
                    {"amount_to_capture": amount.amount},
                    {"idempotency_key": f"{bill.reference}-capture"},
                )
            )
        except (stripe.CardError, stripe.InvalidRequestError):
            seen = self._seen(bill)
            if seen.status == "succeeded" and seen.captured and not seen.captured.amount:
                raise OutcomeUnknown from None
            return seen
        return _charge({**taken.to_dict(), "amount_received": amount.amount})

    def void(self, bill: Bill) -> Charge:
        """Cancel the intent. One that was never announced, or only that, has taken nothing."""
        import stripe

        if bill.provider_payment_id is None:
            return Charge(status="cancelled")
        try:
            return _charge(
                _asking(
                    lambda: self._api().v1.payment_intents.cancel(
                        bill.provider_payment_id or "", {}, {"idempotency_key": f"{bill.reference}-cancel"}
                    )
                ).to_dict()
            )
        except stripe.InvalidRequestError:
            return self._seen(bill)

    def refund(self, bill: Bill, amount: Money, key: str) -> GivenBack:
        """Give back, once for each key: after a day Stripe forgets keys, but not refunds."""
        import stripe

        intent = bill.provider_payment_id or ""

        def given() -> Json:
            api = self._api().v1.refunds
            for made in api.list({"payment_intent": intent, "limit": REFUNDS_SEEN}).auto_paging_iter():
                found = made.to_dict()
                if (found.get("metadata") or {}).get("refund_id") == key:
                    return found
            return api.create(
                {"payment_intent": intent, "amount": amount.amount, "metadata": {"refund_id": key}},
                {"idempotency_key": f"{key}-refund"},
            ).to_dict()

        try:
            found = _asking(given)
        except (stripe.CardError, stripe.InvalidRequestError) as error:
            raise RefundRefused(error.user_message or "Stripe refused the refund") from error
        return GivenBack.model_validate(
            {
                "status": REFUND_STATUS.get(found["status"], "processing"),
                "provider_refund_id": found["id"],
                "response": {"id": found["id"], "status": found["status"]},
            }
        )

    def verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Signed in Stripe's own scheme with the endpoint's secret, within five minutes."""
        import stripe

        try:
            stripe.WebhookSignature.verify_header(
                body.decode(), headers.get("stripe-signature", ""), self.webhook_secret, tolerance=300
            )
        except (stripe.SignatureVerificationError, UnicodeError) as error:
            raise BadSignature from error

    def read(self, body: bytes) -> Notice:
        """What an event says; of an intent it brings the whole, of a refund it is a reason to ask."""
        try:
            event = json.loads(body)
            about = event["data"]["object"]
            kind = str(event["type"])
            intent = about["id"] if kind in ABOUT_INTENTS else about.get("payment_intent")
            return Notice(
                provider_event_id=event["id"],
                event_type=kind,
                provider_payment_id=intent,
                reference=(about.get("metadata") or {}).get("payment_id"),
                charge=_charge(about) if kind in ABOUT_INTENTS else None,
                ask=kind in ABOUT_REFUNDS,
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise invalid("validation_failed", "This is not an event of this provider") from None

    def _intent(self, bill: Bill) -> Json:
        return _asking(lambda: self._api().v1.payment_intents.retrieve(bill.provider_payment_id or "")).to_dict()

    def _seen(self, bill: Bill) -> Charge:
        return _charge(self._intent(bill))

    def _api(self) -> "StripeClient":
        import stripe

        return stripe.StripeClient(
            self.api_key,
            base_addresses={"api": self.address},
            http_client=stripe.RequestsClient(timeout=(CONNECT, READ)),
            max_network_retries=0,
        )


def _asking(what: Callable[[], T]) -> T:
    """Ask; no answer, or one about Stripe's own troubles, leaves the outcome unknown."""
    import stripe

    try:
        return what()
    except (stripe.CardError, stripe.InvalidRequestError):
        raise
    except stripe.StripeError as error:
        raise OutcomeUnknown from error


def _charge(intent: Json) -> Charge:
    status, currency = intent["status"], intent["currency"].upper()
    seen: dict[str, Any] = {
        "provider_payment_id": intent["id"],
        "response": {"id": intent["id"], "status": status},
    }
    match status:
        case "succeeded":
            taken = intent.get("amount_received") or intent["amount"]
            return Charge(status="succeeded", captured=Money(amount=taken, currency=currency), **seen)
        case "requires_capture":
            return Charge(status="succeeded", captured=Money(amount=0, currency=currency), **seen)
        case "canceled":
            return Charge(status="cancelled", **seen)
        case "requires_payment_method":
            error = intent.get("last_payment_error") or {}
            return Charge(status="failed", failure_reason=error.get("message") or "The payment was declined", **seen)
        case "requires_action":
            return Charge(status="processing", next_action=_next_action(intent), **seen)
    return Charge(status="processing", **seen)


def _next_action(intent: Json) -> Json:
    """What the customer does next: Stripe's script takes it from the client secret."""
    asked = intent.get("next_action") or {}
    redirect = asked.get("redirect_to_url") or {}
    return {
        "type": "redirect" if redirect else "stripe_sdk",
        "provider": "stripe",
        "provider_payment_id": intent["id"],
        "redirect_url": redirect.get("url"),
        "client_secret": intent.get("client_secret"),
    }
