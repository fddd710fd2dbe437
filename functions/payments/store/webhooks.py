"""Webhooks in the table: each kept once, with what became of it."""

from pynamodb.expressions.operand import Path

from payments.model import Webhook
from payments.store import WEBHOOKS, table, webhook_key
from shop.errors import Refusal
from shop.table import AlreadyMade


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
