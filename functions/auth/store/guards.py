"""Wrong passwords and locks in the table: each guess is counted before its answer is given."""

from pynamodb.expressions.operand import Path

from auth.model.accounts import Stranger, User
from auth.model.oversight import SecurityAuditLog
from auth.model.sessions import LoginAttempt
from auth.store import ATTEMPTS, AUDITS, STRANGERS, table, user_key
from shop.events import auth as said
from shop.races import LostRace
from shop.table import ABSENT


def count_stranger(before: Stranger, attempt: LoginAttempt) -> None:
    """Write that a password was tried for nobody; LostRace when another was counted meanwhile."""
    same = Path("failed_login_attempts") == before.failed_login_attempts
    with table.transaction() as tx:
        tx.put(ATTEMPTS, attempt)
        tx.put(STRANGERS, before.after_failure(), ABSENT | same | (Path("expires_at") <= tx.now), LostRace())


def count_failure(
    before: User, after: User, attempt: LoginAttempt, news: "said.UserLocked", log: SecurityAuditLog
) -> None:
    """Write that a password was wrong, and tell of the lock when it was one too many; LostRace as above."""
    locked = Path("locked_until")
    with table.transaction() as tx:
        tx.put(ATTEMPTS, attempt)
        tx.update(
            user_key(before.user_id),
            Path("failed_login_attempts").set(after.failed_login_attempts),
            locked.set(after.locked_until) if after.locked_until else locked.remove(),
            condition=Path("failed_login_attempts") == before.failed_login_attempts,
            otherwise=LostRace(),
        )
        if after.is_locked:
            tx.put(AUDITS, log)
            tx.say(news, before.version + 1)
