"""Forgetting a customer: means of payment, addresses of callers, and what providers told; amounts stay (B75)."""

from payments.logic import methods
from payments.store import audits, payments, webhooks
from shop.events.auth import UserDeleted


def on_user_deleted(event: UserDeleted) -> None:
    """E6. Every part may be repeated: a place in the inbox would only cut a second try short."""
    methods.forget_all(event.user_id)
    for row in audits.of_user(event.user_id):
        if row.ip_address is not None:
            audits.drop_address(row)
    for payment in payments.every(event.user_id):
        for webhook in webhooks.of_payment(payment.payment_id):
            if webhook.payload != webhooks.ERASED:
                webhooks.empty(webhook)
