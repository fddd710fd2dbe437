"""PayPal, by Orders v2: an order is made, authorized once its payer has agreed, then captured or voided.

A payer's agreement is a vaulted payment token, or is given each time at PayPal (the token `approval`).
"""

import json
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from payments.model.provider import Bill, Charge, GivenBack, Means, MethodDetails, Notice
from payments.providers import BadSignature, Declined, MethodRejected, OutcomeUnknown, RefundRefused
from payments.providers.talk import Refused, ask, basic
from shop import settings
from shop.errors import invalid
from shop.money import Money, from_decimal, to_decimal, total
from shop.records import Json

APPROVAL = "approval"
REFUND_STATUS = {"COMPLETED": "succeeded", "FAILED": "failed", "CANCELLED": "failed"}
CAPTURED = {"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"}
SIGNED = ("auth-algo", "cert-url", "transmission-id", "transmission-sig", "transmission-time")
EARLIER = 60  # seconds before it ends that an access token is changed


class PayPal:
    """The provider `paypal`."""

    partial_capture = True
    _tokens: ClassVar[dict[tuple[str, str], tuple[float, str]]] = {}

    def __init__(self, address: str, client_id: str, client_secret: str, webhook_id: str) -> None:
        self.address, self.client_id, self.client_secret = address, client_id, client_secret
        self.webhook_id = webhook_id

    def attach(self, method_type: str, token: str, key: str) -> MethodDetails:
        """See that the payer's token is in the vault; who is to approve each time has none."""
        if token == APPROVAL:
            return MethodDetails()
        try:
            found = self._ask("GET", f"/v3/vault/payment-tokens/{quote(token, safe='')}")
        except Refused as error:
            raise MethodRejected from error
        return MethodDetails(provider_customer_id=(found.get("customer") or {}).get("id"))

    def announce(self, bill: Bill, means: Means) -> str | None:
        """Make the order; it takes nothing until it is authorized."""
        back = f"{settings.STOREFRONT_URL}/payments/{bill.reference}"
        try:
            made = self._ask(
                "POST",
                "/v2/checkout/orders",
                {
                    "intent": "AUTHORIZE",
                    "purchase_units": [{"custom_id": bill.reference, "amount": _amount(bill.amount)}],
                    "payment_source": {
                        "paypal": {
                            "experience_context": {
                                "return_url": back,
                                "cancel_url": f"{back}?cancelled=true",
                                "shipping_preference": "NO_SHIPPING",
                                "user_action": "PAY_NOW",
                            }
                        }
                    },
                },
                key=f"{bill.reference}-announce",
            )
        except Refused as error:
            raise Declined(_why(error)) from error
        return str(made["id"])

    def charge(self, bill: Bill, means: Means) -> Charge:
        """Authorize with the vaulted token; else, or where PayPal insists, the payer is asked."""
        if means.token == APPROVAL:
            return _waiting(self._order(bill))
        return self._authorize(bill, {"payment_source": {"paypal": {"vault_id": means.token}}})

    def look_up(self, bill: Bill) -> Charge | None:
        """How the order stands; what the payer has approved is authorized."""
        if bill.provider_payment_id is None:
            return None
        order = self._order(bill)
        if order["status"] in ("CREATED", "SAVED", "PAYER_ACTION_REQUIRED"):
            return None
        return self._authorize(bill, {}) if order["status"] == "APPROVED" else _charge(order)

    def capture(self, bill: Bill, amount: Money) -> Charge:
        """Capture the authorization, and let the rest of it go."""
        order = self._order(bill)
        held, seen = _held(order), _charge(order)
        if held is None or seen.status != "succeeded" or (seen.captured and seen.captured.amount):
            return seen
        try:
            taken = self._ask(
                "POST",
                f"/v2/payments/authorizations/{held['id']}/capture",
                {"amount": _amount(amount), "final_capture": True},
                key=f"{bill.reference}-capture",
            )
        except Refused as error:
            again = _charge(self._order(bill))
            lost = again.status != "succeeded" or bool(again.captured and again.captured.amount)
            return again if lost else Charge(status="failed", failure_reason=_why(error))
        match taken["status"]:
            case "COMPLETED":
                return Charge(
                    status="succeeded",
                    captured=amount,
                    provider_payment_id=bill.provider_payment_id,
                    response={"id": taken["id"], "status": taken["status"]},
                )
            case "PENDING":
                raise OutcomeUnknown
        return Charge(status="failed", failure_reason="PayPal declined the capture")

    def void(self, bill: Bill) -> Charge:
        """Void the authorization; an order without one has taken nothing, and we shall not authorize it."""
        if bill.provider_payment_id is None:
            return Charge(status="cancelled")
        order = self._order(bill)
        held, seen = _held(order), _charge(order)
        if held is None:
            return seen if seen.status in ("failed", "cancelled") else Charge(status="cancelled")
        if seen.status in ("failed", "cancelled") or (seen.captured and seen.captured.amount):
            return seen
        try:
            self._ask("POST", f"/v2/payments/authorizations/{held['id']}/void", {}, key=f"{bill.reference}-void")
        except Refused:
            return _charge(self._order(bill))
        return Charge(status="cancelled", provider_payment_id=bill.provider_payment_id)

    def refund(self, bill: Bill, amount: Money, key: str) -> GivenBack:
        """Refund the capture, once for each key: the order lists what was refunded."""
        done = _payments(self._order(bill))
        found = next((made for made in done.get("refunds", []) if made.get("custom_id") == key), None)
        if found is None:
            captured = next((made for made in done.get("captures", []) if made["status"] in CAPTURED), None)
            if captured is None:
                raise RefundRefused
            try:
                found = self._ask(
                    "POST",
                    f"/v2/payments/captures/{captured['id']}/refund",
                    {"amount": _amount(amount), "custom_id": key},
                    key=f"{key}-refund",
                )
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
        """PayPal itself says whether a webhook is its own; the event is handed back as it came, byte by byte."""
        signed = {name.replace("-", "_"): headers.get(f"paypal-{name}", "") for name in SIGNED}
        if not all(signed.values()):
            raise BadSignature
        try:
            event = body.decode()
            if not isinstance(json.loads(event), dict):
                raise BadSignature
            asked = json.dumps({**signed, "webhook_id": self.webhook_id})[:-1] + f', "webhook_event": {event}}}'
            said = self._ask("POST", "/v1/notifications/verify-webhook-signature", asked)
        except (ValueError, Refused) as error:
            raise BadSignature from error
        if said.get("verification_status") != "SUCCESS":
            raise BadSignature

    def read(self, body: bytes) -> Notice:
        """Which order an event is about; how that stands is asked."""
        try:
            event = json.loads(body)
            about, kind = event["resource"], str(event["event_type"])
            related = (about.get("supplementary_data") or {}).get("related_ids") or {}
            return Notice(
                provider_event_id=event["id"],
                event_type=kind,
                provider_payment_id=about["id"] if kind.startswith("CHECKOUT.ORDER.") else related.get("order_id"),
                reference=about.get("custom_id"),
                ask=kind.startswith(("CHECKOUT.ORDER.", "PAYMENT.")),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise invalid("validation_failed", "This is not an event of this provider") from None

    def _authorize(self, bill: Bill, body: Json) -> Charge:
        try:
            order = self._ask(
                "POST",
                f"/v2/checkout/orders/{bill.provider_payment_id}/authorize",
                body,
                key=f"{bill.reference}-authorize-{'vault' if body else 'approved'}",
            )
        except Refused as error:
            order = self._order(bill)
            if order["status"] in ("CREATED", "SAVED", "PAYER_ACTION_REQUIRED", "APPROVED"):
                waits = _issue(error) in ("PAYER_ACTION_REQUIRED", "ORDER_NOT_APPROVED")
                return _waiting(order) if waits else Charge(status="failed", failure_reason=_why(error))
        return _charge(order)

    def _order(self, bill: Bill) -> Json:
        return self._ask("GET", f"/v2/checkout/orders/{bill.provider_payment_id}")

    def _ask(self, method: str, path: str, body: Json | str | None = None, key: str | None = None) -> Json:
        headers = {
            "Authorization": f"Bearer {self._token()}",
            "Content-Type": "application/json",
            "Prefer": "return=representation",
            **({"PayPal-Request-Id": key} if key else {}),
        }
        try:
            return ask(method, self.address + path, headers, body)
        except OutcomeUnknown:
            self._tokens.pop((self.address, self.client_id), None)  # it may be that
            raise

    def _token(self) -> str:
        """The access token, kept until shortly before it ends."""
        name = self.address, self.client_id
        until, token = self._tokens.get(name, (0.0, ""))
        if until < time.time():
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            known = basic(self.client_id, self.client_secret)
            given = ask("POST", f"{self.address}/v1/oauth2/token", known | form, "grant_type=client_credentials")
            token = str(given["access_token"])
            self._tokens[name] = time.time() + int(given["expires_in"]) - EARLIER, token
        return token


def _amount(money: Money) -> Json:
    return {"currency_code": money.currency, "value": f"{to_decimal(money):f}"}


def _payments(order: Json) -> dict[str, Any]:
    units = order.get("purchase_units") or [{}]
    done: dict[str, Any] = units[0].get("payments") or {}
    return done


def _held(order: Json) -> Json | None:
    return next(iter(_payments(order).get("authorizations", [])), None)


def _charge(order: Json) -> Charge:
    """How an order stands whose payer has agreed."""
    done, held = _payments(order), _held(order)
    seen: dict[str, Any] = {
        "provider_payment_id": order["id"],
        "response": {"id": order["id"], "status": order["status"], "authorization": held and held["status"]},
    }
    taken = [_money(made["amount"]) for made in done.get("captures", []) if made["status"] in CAPTURED]
    if taken:
        return Charge(status="succeeded", captured=total(taken, taken[0].currency), **seen)
    if held is None:
        return Charge(status="cancelled" if order["status"] == "VOIDED" else "processing", **seen)
    match held["status"]:
        case "CREATED" | "CAPTURED" | "PARTIALLY_CAPTURED":  # a capture that is still pending has not moved
            return Charge(status="succeeded", captured=_money(held["amount"]) * 0, **seen)
        case "PENDING":
            return Charge(status="processing", **seen)
        case "DENIED":
            return Charge(status="failed", failure_reason="The payment was declined", **seen)
    return Charge(status="cancelled", **seen)


def _waiting(order: Json) -> Charge:
    """The payer is sent to PayPal."""
    links = {link["rel"]: link["href"] for link in order.get("links", [])}
    return Charge(
        status="processing",
        provider_payment_id=order["id"],
        next_action={
            "type": "redirect",
            "provider": "paypal",
            "provider_payment_id": order["id"],
            "redirect_url": links.get("payer-action") or links.get("approve"),
        },
        response={"id": order["id"], "status": order["status"]},
    )


def _money(amount: Json) -> Money:
    return from_decimal(Decimal(amount["value"]), amount["currency_code"])


def _issue(error: Refused) -> str:
    details = error.said.get("details") or [{}]
    return str(details[0].get("issue") or error.said.get("name") or "")


def _why(error: Refused) -> str:
    details = error.said.get("details") or [{}]
    return str(details[0].get("description") or error.said.get("message") or "PayPal refused")
