"""Webhooks in the table: each kept once, with what became of it."""

from collections.abc import Iterator, Sequence

from pynamodb.expressions.operand import Path

from payments.model.paper import AuditLog, Webhook
from payments.store import AUDIT, WEBHOOKS, table, webhook_key
from shop.errors import Refusal, conflict, not_found
from shop.pages import Page, Paging
from shop.table import GSI2, AlreadyMade, shards

STATUSES = ("pending", "processed", "failed")
ERASED = ""  # what an emptied webhook holds


def keep(webhook: Webhook) -> Webhook:
    """Keep a webhook unless it came before; the one that is kept (AP47)."""
    try:
        with table.transaction() as tx:
            return tx.create(WEBHOOKS, webhook)
    except AlreadyMade:
        return WEBHOOKS.get(webhook_key(webhook.provider, webhook.provider_event_id)) or webhook


def mark(webhook: Webhook) -> None:
    """Write down what became of a webhook; one that was acted on stays so."""
    done = Refusal(409, "conflict", "The webhook was acted on")
    try:
        with table.transaction() as tx:
            tx.put(WEBHOOKS, webhook, Path("status").is_in("pending", "failed"), done)
    except Refusal as refusal:
        if refusal is not done:
            raise


def webhook(provider: str, provider_event_id: str) -> Webhook:
    """A webhook, or 404."""
    found = WEBHOOKS.get(webhook_key(provider, provider_event_id))
    if found is None:
        raise not_found("webhook")
    return found


def replayed(webhook: Webhook, audit: AuditLog) -> Webhook:
    """Write down what came of acting on a webhook again, whatever had come of it before; not over its erasure."""
    erased = conflict("webhook_erased", "What it said was removed with its customer")
    with table.transaction() as tx:
        tx.put(WEBHOOKS, webhook, Path("payload") == webhook.payload, erased)
        tx.put(AUDIT, audit)
    return webhook


def page(statuses: Sequence[str], paging: Paging) -> Page[Webhook]:
    """The webhooks of these statuses, newest first (AP47)."""
    pks = [pk for status in statuses for pk in shards(f"WST#{status}")]
    return WEBHOOKS.page(pks, paging)


def of_payment(payment_id: str) -> Iterator[Webhook]:
    """All webhooks about a payment; they may be emptied meanwhile."""
    for batch in WEBHOOKS.batches(f"PAYWHK#{payment_id}", index=GSI2):
        yield from batch


def empty(webhook: Webhook) -> None:
    """Remove what a webhook says, which may name its customer; that it came stays."""
    with table.transaction() as tx:
        tx.update(webhook_key(webhook.provider, webhook.provider_event_id), Path("payload").set(ERASED))
