"""The audit log: who did what about money, and what was refused (B144)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from payments.model.paper import AuditLog
from payments.model.payment import Payment
from payments.model.refund import Refund
from payments.store import payments as store
from shop import clock, telemetry
from shop.errors import Refusal

TRIES = 8


def row(event_type: str, ip_address: str | None = None, **about: Any) -> AuditLog:
    """An audit row of this moment and this actor."""
    return AuditLog(
        event_type=event_type,
        actor=dict(telemetry.actor.get()),
        ip_address=ip_address,
        timestamp=clock.now(),
        **about,
    )


def of_payment(payment: Payment, ip_address: str | None = None) -> AuditLog:
    """An audit row that says what a payment has become."""
    return row(
        f"payment.{payment.status}",
        ip_address,
        **payment.model_dump(include={"user_id", "payment_id", "order_id", "amount"}),
        success=payment.status != "failed",
        error=payment.failure_reason if payment.status == "failed" else None,
    )


def of_refund(refund: Refund, event_type: str, ip_address: str | None = None, error: str | None = None) -> AuditLog:
    """An audit row about a refund."""
    about = refund.model_dump(include={"user_id", "payment_id", "order_id", "amount"})
    return row(event_type, ip_address, **about, success=error is None, error=error)


@contextmanager
def noting(event_type: str, ip_address: str | None = None, **about: Any) -> Iterator[None]:
    """Keep a row of what is refused in here; what succeeds keeps its own row in its own write."""
    try:
        yield
    except Refusal as refusal:
        if refusal.status < 500:
            store.note(row(event_type, ip_address, **about, success=False, error=refusal.code))
        raise
