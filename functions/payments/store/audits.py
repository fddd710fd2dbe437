"""The audit log in the table: by day, payment or user."""

from collections.abc import Iterator

from pynamodb.expressions.operand import Path

from payments.model.paper import AuditLog
from payments.store import AUDIT, table
from shop.pages import Page, Paging
from shop.table import GSI1, GSI2, TABLE, shards


def of_day(day: str, paging: Paging) -> Page[AuditLog]:
    """What was done on a day, newest first (AP48)."""
    return AUDIT.page(shards(f"AUD#{day}"), paging, index=TABLE)


def of_payment(payment_id: str, paging: Paging) -> Page[AuditLog]:
    """What was done about a payment, newest first (AP48)."""
    return AUDIT.page(f"PAYAUD#{payment_id}", paging, index=GSI1)


def about_user(user_id: str, paging: Paging) -> Page[AuditLog]:
    """What was done about a user, newest first (AP48)."""
    return AUDIT.page(f"USERAUD#{user_id}", paging, index=GSI2)


def of_user(user_id: str) -> Iterator[AuditLog]:
    """All audit rows about a user, oldest first."""
    for batch in AUDIT.batches(f"USERAUD#{user_id}", index=GSI2):
        yield from batch


def drop_address(row: AuditLog) -> None:
    """Remove from an audit row where the caller was."""
    with table.transaction() as tx:
        tx.update(AUDIT.row(row).key, Path("ip_address").remove())
