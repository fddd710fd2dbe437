"""Guards: after too many wrong passwords none is looked at for a while, the right one as little as the others."""

from auth import passwords
from auth.model.accounts import Stranger, User
from auth.model.oversight import SecurityAuditLog
from auth.model.sessions import LoginAttempt, Origin
from auth.store import guards as store
from auth.store import sessions
from shop.auth import Caller
from shop.errors import Refusal, unauthenticated
from shop.events import auth as said


def refuse_locked(someone: User | Stranger, attempt: LoginAttempt | None = None) -> None:
    """Refuse to look at a password (423 account_locked); a stranger's name is locked as an account's would be."""
    if someone.is_locked:
        if attempt:
            sessions.note(attempt.model_copy(update={"status": "locked"}))
        detail = "Too many wrong passwords; try again later"
        raise Refusal(423, "account_locked", detail, locked_until=someone.locked_until)


def count_failure(someone: User | Stranger, attempt: LoginAttempt) -> None:
    """Count a wrong password, before it is answered, and lock when it is one too many."""
    if isinstance(someone, Stranger):
        store.count_stranger(someone, attempt)
        return
    after = someone.after_failure()
    until, ip_address = after.locked_until or "", attempt.ip_address or ""
    news = said.UserLocked(user_id=someone.user_id, locked_until=until, ip_address=ip_address)
    facts = {"failed_login_attempts": after.failed_login_attempts, "locked_until": until}
    log = logged(someone.user_id, "account_locked", attempt, **facts)
    store.count_failure(someone, after, attempt, news, log)


def confirm(user: User, password: str | None, caller: Caller) -> None:
    """Let only who knows the user's password go on (401 wrong_password; 423 account_locked)."""
    refuse_locked(user)
    if not passwords.matches(user.password_hash, password or ""):
        origin = {"ip_address": caller.ip_address or None, "user_agent": caller.user_agent or None}
        count_failure(user, LoginAttempt(user_id=user.user_id, status="failed", **origin))
        raise unauthenticated("wrong_password", "This is not your password")


def logged(user_id: str, action: str, origin: Origin | LoginAttempt | Caller, **metadata: object) -> SecurityAuditLog:
    """A line of the security audit log; who did it is named when it was not the user."""
    if isinstance(origin, Caller) and origin.user_id not in ("", user_id):
        metadata["by"] = origin.user_id
    return SecurityAuditLog(
        user_id=user_id, action=action, ip_address=origin.ip_address or None, metadata=dict(metadata)
    )
