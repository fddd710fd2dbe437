"""What providers tell: checked, kept once, then acted on; what failed is tried again when it is sent again (B140)."""

from collections.abc import Mapping

from payments import providers
from payments.logic import audit, charges, refunds
from payments.model.paper import Webhook
from payments.model.payment import StoredPayment
from payments.model.provider import Notice
from payments.store import payments, webhooks
from shop import clock, telemetry
from shop.errors import Refusal, conflict

PAYLOAD_MAX = 300_000


def receive(name: str, raw: str | bytes, headers: Mapping[str, str], ip_address: str | None) -> None:
    """Act on a webhook unless that was done before."""
    body = raw.encode() if isinstance(raw, str) else raw
    telemetry.actor.set({"type": "service", "id": name})
    if len(body) > PAYLOAD_MAX:
        raise Refusal(413, "payload_too_large", "A webhook has at most 300 KB")
    provider = providers.named(name)
    provider.verify(body, headers)
    notice = provider.read(body)
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
    webhooks.mark(_processed(webhook, payment_id))


def replay(name: str, provider_event_id: str, ip_address: str | None) -> Webhook:
    """Act again on what was told, as it was told; its signature was checked when it came."""
    webhook = webhooks.webhook(name, provider_event_id)
    if webhook.payload == webhooks.ERASED:
        raise conflict("webhook_erased", "What it said was removed with its customer")
    try:
        payment_id = _act(name, providers.named(name).read(webhook.payload.encode()), ip_address)
    except Refusal as refusal:
        done = webhook.but(status="failed", error=str(refusal)[:1000], version=webhook.version + 1)
    else:
        done = _processed(webhook, payment_id)
    row = audit.row(
        "webhook.replayed",
        ip_address,
        payment_id=done.payment_id,
        success=done.status == "processed",
        error=done.error,
    )
    return webhooks.replayed(done, row)


def _processed(webhook: Webhook, payment_id: str | None) -> Webhook:
    return webhook.but(
        status="processed", error=None, payment_id=payment_id, processed_at=clock.now(), version=webhook.version + 1
    )


def _act(name: str, notice: Notice, ip_address: str | None) -> str | None:
    """Bring the payment to what the provider tells; the payment's id, None when it is not ours.

    A webhook may overtake the answer to the charge itself: then the provider's id is not known here yet, but our
    own id is known there.
    """
    known = payments.of_provider(name, notice.provider_payment_id) if notice.provider_payment_id else None
    payment_id = known or notice.reference
    payment = payments.find_payment(payment_id) if payment_id else None
    if payment is None or payment.provider != name:
        return None
    if notice.charge:
        charges.settle(payment, notice.charge, ip_address)
    elif notice.ask:
        _ask(payment, ip_address)
    return payment.payment_id


def _ask(payment: StoredPayment, ip_address: str | None) -> None:
    """Ask how a payment stands, and the refunds of it that are under way."""
    seen = charges.ask(payment)
    if seen:
        charges.settle(payment, seen, ip_address)
    for refund in payments.refunds(payment.payment_id):
        refunds.finish(refund, ip_address)
