"""The audit log in the table, user by user."""

from collections.abc import Iterator

from pynamodb.expressions.operand import Path

from payments.model import AuditLog
from payments.store import AUDIT, table
from shop.table import GSI2


def of_user(user_id: str) -> Iterator[AuditLog]:
    """All audit rows about a user, oldest first."""
    for batch in AUDIT.batches(f"USERAUD#{user_id}", index=GSI2):
        yield from batch


def drop_address(row: AuditLog) -> None:
    """Remove from an audit row where the caller was."""
    with table.transaction() as tx:
        tx.update(AUDIT.row(row).key, Path("ip_address").remove())
