"""What providers tell: checked, kept once, then acted on; what failed is tried again when it is sent again (B140)."""

from collections.abc import Mapping

from payments import providers
from payments.logic import charges
from payments.model import Notice, Webhook
from payments.store import payments, webhooks
from shop import clock, telemetry
from shop.errors import Refusal

PAYLOAD_MAX = 300_000


def receive(name: str, raw: str | bytes, headers: Mapping[str, str], ip_address: str | None) -> None:
    """Act on a webhook unless that was done before."""
    body = raw.encode() if isinstance(raw, str) else raw
    telemetry.actor.set({"type": "service", "id": name})
    if len(body) > PAYLOAD_MAX:
        raise Refusal(413, "payload_too_large", "A webhook has at most 300 KB")
    notice = providers.named(name).parse_webhook(body, headers)
    webhook = webhooks.keep(
        Webhook(
            provider=name,
            provider_event_id=notice.provider_event_id,
            event_type=notice.event_type,
            payload=body.decode(),
        )
    )
    if webhook.status == "processed":
        return
    try:
        payment_id = _act(name, notice, ip_address)
    except Exception as error:
        webhooks.mark(webhook.but(status="failed", error=str(error)[:1000], version=webhook.version + 1))
        raise
    webhooks.mark(
        webhook.but(
            status="processed", error=None, payment_id=payment_id, processed_at=clock.now(), version=webhook.version + 1
        )
    )


def _act(name: str, notice: Notice, ip_address: str | None) -> str | None:
    """Bring the payment to what the provider tells; the payment's id, None when it is not ours.

    A webhook may overtake the answer to the charge itself: then the provider's id is not known here yet, but our
    own id is known there.
    """
    known = payments.of_provider(name, notice.provider_payment_id) if notice.provider_payment_id else None
    payment_id = known or notice.reference
    payment = payments.find_payment(payment_id) if payment_id else None
    if payment and notice.charge:
        charges.settle(payment, notice.charge, ip_address)
    return payment.payment_id if payment else None
