"""Razorpay: an order is made, its customer pays it in Razorpay's own checkout (cards, UPI), and it is captured by us.

Money that was authorized and is never captured goes back to its customer by itself: that is how a charge is stopped.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from payments.model.provider import Bill, Charge, GivenBack, Means, MethodDetails, Notice
from payments.providers import BadSignature, Declined, MethodRejected, RefundRefused
from payments.providers.talk import Refused, ask, basic
from shop.errors import invalid
from shop.money import Money
from shop.records import Json

REFUND_STATUS = {"processed": "succeeded", "failed": "failed"}


class Razorpay:
    """The provider `razorpay`."""

    partial_capture = False

    def __init__(self, address: str, key_id: str, key_secret: str, webhook_secret: str) -> None:
        self.address, self.key_id, self.webhook_secret = address, key_id, webhook_secret
        self._headers = basic(key_id, key_secret)

    def attach(self, method_type: str, token: str, key: str) -> MethodDetails:
        """A UPI address that its bank knows, or a card kept for a customer (``<customer id>/<token id>``)."""
        try:
            if method_type == "upi":
                if not self._ask("POST", "/v1/payments/validate/vpa", {"vpa": token}).get("success"):
                    raise MethodRejected
                return MethodDetails()
            customer, _, name = token.partition("/")
            found = self._ask("GET", f"/v1/customers/{quote(customer, safe='')}/tokens/{quote(name, safe='')}")
        except Refused as error:
            raise MethodRejected from error
        card = found.get("card") or {}
        return MethodDetails(
            card_type=card.get("network"),
            card_funding=card.get("type"),
            last4=card.get("last4"),
            expiry_month=_int(card.get("expiry_month")),
            expiry_year=_int(card.get("expiry_year")),
            provider_customer_id=customer,
        )

    def announce(self, bill: Bill, means: Means) -> str | None:
        """Make the order, unless it was made before: Razorpay has no keys for that, but finds by receipt."""
        try:
            made = self._ask("GET", f"/v1/orders?receipt={quote(bill.reference)}").get("items") or []
            if not made:
                made = [
                    self._ask(
                        "POST",
                        "/v1/orders",
                        {
                            "amount": bill.amount.amount,
                            "currency": bill.amount.currency,
                            "receipt": bill.reference,
                            "payment_capture": False,
                            "notes": {"payment_id": bill.reference},
                        },
                    )
                ]
        except Refused as error:
            raise Declined(_why(error)) from error
        return str(made[0]["id"])

    def charge(self, bill: Bill, means: Means) -> Charge:
        """The customer pays the order in Razorpay's checkout."""
        return Charge(
            status="processing",
            provider_payment_id=bill.provider_payment_id,
            next_action={
                "type": "checkout",
                "provider": "razorpay",
                "provider_payment_id": bill.provider_payment_id,
                "key_id": self.key_id,
                "method": means.type,
                "customer_id": means.provider_customer_id,
                "amount": bill.amount.amount,
                "currency": bill.amount.currency,
            },
        )

    def look_up(self, bill: Bill) -> Charge | None:
        """What was paid on the order; nothing yet is None, since a customer whose card is declined may try another."""
        if bill.provider_payment_id is None:
            return None
        paid = self._paid(bill)
        if paid is None:
            return None
        moved = paid["amount"] if paid.get("captured") else 0
        lost = paid["status"] == "refunded" and not paid.get("captured")
        return Charge(
            status="cancelled" if lost else "succeeded",
            captured=Money(amount=moved, currency=paid["currency"]),
            provider_payment_id=bill.provider_payment_id,
            response={"id": paid["id"], "status": paid["status"], "method": paid.get("method")},
        )

    def capture(self, bill: Bill, amount: Money) -> Charge:
        """Capture what was paid on the order."""
        paid = self._paid(bill)
        if paid and paid["status"] == "authorized":
            try:
                asked = {"amount": amount.amount, "currency": amount.currency}
                self._ask("POST", f"/v1/payments/{paid['id']}/capture", asked)
            except Refused as error:
                seen = self.look_up(bill)
                if seen and (seen.status != "succeeded" or (seen.captured and seen.captured.amount)):
                    return seen
                return Charge(status="failed", failure_reason=_why(error))
        return self.look_up(bill) or Charge(status="failed")

    def void(self, bill: Bill) -> Charge:
        """Never capture it; what was captured by somebody else is said."""
        seen = self.look_up(bill)
        if seen and seen.status == "succeeded" and seen.captured and seen.captured.amount:
            return seen
        return Charge(status="cancelled", provider_payment_id=bill.provider_payment_id)

    def refund(self, bill: Bill, amount: Money, key: str) -> GivenBack:
        """Refund what was captured, once for each key."""
        paid = self._paid(bill)
        if paid is None or not paid.get("captured"):
            raise RefundRefused
        made = self._ask("GET", f"/v1/payments/{paid['id']}/refunds?count=100").get("items") or []
        found = next((one for one in made if (one.get("notes") or {}).get("refund_id") == key), None)
        if found is None:
            asked = {"amount": amount.amount, "receipt": key, "notes": {"refund_id": key}}
            try:
                found = self._ask("POST", f"/v1/payments/{paid['id']}/refund", asked, {"X-Refund-Idempotency": key})
            except Refused as error:
                raise RefundRefused(_why(error)) from error
        return GivenBack.model_validate(
            {
                "status": REFUND_STATUS.get(found["status"], "processing"),
                "provider_refund_id": found["id"],
                "response": {"id": found["id"], "status": found["status"]},
            }
        )

    def verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Signed with the webhook's secret: the hex HMAC-SHA256 of the body."""
        expected = hmac.new(self.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        given = headers.get("x-razorpay-signature", "")
        if not hmac.compare_digest(expected.encode(), given.encode(errors="replace")):
            raise BadSignature

    def read(self, body: bytes) -> Notice:
        """Which order an event is about; how that stands is asked, since events are snapshots.

        An event's id comes in a header that is not signed: the body, which is, names it as well.
        """
        try:
            event = json.loads(body)
            about = ((event["payload"].get("payment") or {}).get("entity")) or {}
            kind, notes = str(event["event"]), about.get("notes")
            return Notice(
                provider_event_id=hashlib.sha256(body).hexdigest(),
                event_type=kind,
                provider_payment_id=about.get("order_id"),
                reference=notes.get("payment_id") if isinstance(notes, dict) else None,  # none is an empty list
                ask=kind.startswith(("payment.", "refund.", "order.")),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise invalid("validation_failed", "This is not an event of this provider") from None

    def _paid(self, bill: Bill) -> dict[str, Any] | None:
        """The payment that counts among the attempts to pay an order: captured before authorized before refunded."""
        made = self._ask("GET", f"/v1/orders/{bill.provider_payment_id}/payments").get("items") or []
        for wanted in ("captured", "authorized", "refunded"):
            for one in made:
                if one["status"] == wanted:
                    found: dict[str, Any] = one
                    return found
        return None

    def _ask(self, method: str, path: str, body: Json | None = None, more: Mapping[str, str] | None = None) -> Json:
        return ask(method, self.address + path, {**self._headers, **(more or {})}, body)


def _int(text: object) -> int | None:
    return int(text) if isinstance(text, int | str) and str(text).isdigit() else None


def _why(error: Refused) -> str:
    return str((error.said.get("error") or {}).get("description") or "Razorpay refused")
