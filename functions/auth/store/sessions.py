"""Sign-ins, sessions and refresh tokens in the table; every race between them is decided by a condition here."""

from pynamodb.expressions.operand import Path

from auth.model.accounts import User
from auth.model.factors import Challenge, Factor
from auth.model.oversight import SecurityAuditLog
from auth.model.sessions import KeptDevice, KeptSession, LoginAttempt, RefreshToken, Session
from auth.store import (
    ATTEMPTS,
    AUDITS,
    DEVICES,
    SESSIONS,
    TOKENS,
    USERS,
    device_key,
    session_key,
    table,
    token_key,
    unchanged,
    user_key,
)
from auth.store.factors import answer, enabled, holds, spend, spent, unguessed
from shop import clock, settings
from shop.events import Event
from shop.events import auth as said
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import GSI1, GSI2, TABLE, Transaction

YES = True


def device(user_id: str, device_id: str) -> KeptDevice | None:
    """A device of a user, if it was seen before."""
    return DEVICES.get(device_key(user_id, device_id))


def note(attempt: LoginAttempt) -> None:
    """Write that somebody tried to sign in."""
    with table.transaction() as tx:
        tx.put(ATTEMPTS, attempt)


def sign_in(
    user: User,
    session: KeptSession,
    token: RefreshToken,
    attempt: LoginAttempt,
    device: KeptDevice | None,
    password_hash: str,
    news: "said.UserLoggedIn",
    factor: Factor | None = None,
    question: Challenge | None = None,
) -> None:
    """Write all that a sign-in brings about, if the user still is as they were when their password was checked."""
    same = (Path("password_hash") == user.password_hash) & unchanged(user) & unguessed(user)
    same &= holds(user, factor) if factor else enabled(user.mfa_enabled)
    with table.transaction() as tx:
        tx.create(SESSIONS, session)
        tx.create(TOKENS, token)
        tx.put(ATTEMPTS, attempt)
        if device and news.new_device:
            tx.create(DEVICES, device, LostRace())
        elif device:
            tx.save(DEVICES, device, otherwise=LostRace())
        tx.update(
            user_key(user.user_id),
            Path("last_login_at").set(session.created_at),
            Path("password_hash").set(password_hash),
            *spent(factor),
            condition=same,
            otherwise=LostRace(),
        )
        if factor and question:
            spend(tx, factor)
            answer(tx, question)
        tx.say(news, user.version + 1)


def session(session_id: str) -> KeptSession | None:
    """A session that has not expired, if there is one."""
    found = SESSIONS.get(session_key(session_id))
    return found if found and found.expires_at > clock.now() else None


def session_and_user(session_id: str, user_id: str) -> tuple[KeptSession | None, User | None]:
    """A session and the user it should be of. One BatchGetItem."""
    found = {item["kind"]["S"]: item for item in table.at([session_key(session_id), user_key(user_id)])}
    session, user = found.get(SESSIONS.name), found.get(USERS.name)
    return SESSIONS.thing(session) if session else None, USERS.thing(user) if user else None


def sessions(user_id: str, paging: Paging) -> Page[Session]:
    """The live sessions of a user, newest first (AP9)."""
    return SESSIONS.page(f"USER#{user_id}", paging, low=_oldest_session(), high="SESS#\U0010ffff")


def live_sessions(user_id: str) -> list[KeptSession]:
    """All live sessions of a user."""
    return SESSIONS.query(f"USER#{user_id}", index=GSI1, low=_oldest_session(), high="SESS#\U0010ffff")


def begun(user_id: str, since: str) -> list[str]:
    """The sessions a user has begun by signing in since then, by what is written of each sign-in."""
    attempts = ATTEMPTS.query(f"USER#{user_id}", low=f"LOGIN#{since}", high="LOGIN#\U0010ffff")
    return [attempt.session_id for attempt in attempts if attempt.session_id]


def devices(user_id: str, paging: Paging) -> Page[KeptDevice]:
    """The devices of a user (AP10)."""
    return DEVICES.page(f"USER#{user_id}", paging, index=TABLE, prefix="DEV#", newest_first=False)


def save_device(device: KeptDevice, log: SecurityAuditLog | None) -> KeptDevice:
    """Write a changed device (LostRace)."""
    with table.transaction() as tx:
        saved = tx.save(DEVICES, device, otherwise=LostRace())
        if log:
            tx.put(AUDITS, log)
    return saved


def remove_device(device: KeptDevice, log: SecurityAuditLog) -> None:
    """Forget a device (LostRace)."""
    key = device_key(device.user_id, device.device_id)
    with table.transaction() as tx:
        tx.delete(key, Path("version") == device.version, LostRace())
        tx.put(AUDITS, log)


def touch(session: KeptSession) -> None:
    """Write that a session is in use."""
    try:
        with table.transaction() as tx:
            tx.update(
                session_key(session.session_id),
                Path("last_accessed_at").set(tx.now),
                condition=Path("last_accessed_at") == session.last_accessed_at,
                otherwise=LostRace(),
            )
    except LostRace:
        pass


def token(token_hash: str) -> RefreshToken | None:
    """A refresh token, if there is one."""
    return TOKENS.get(token_key(token_hash))


def last_of(token_hash: str) -> RefreshToken | None:
    """The last token of the chain this one is in (AP7). The index may lag behind; the links never do."""
    found = token(token_hash)
    if found and found.replaced_by:
        newest = TOKENS.query(f"RTFAM#{found.family_id}", index=GSI2, newest_first=True, limit=1)
        found = (token(newest[0].token_hash) if newest else None) or found
    while found and found.replaced_by:
        found = token(found.replaced_by)
    return found


def rotate(user: User, old: RefreshToken, new: RefreshToken, before: KeptSession | None, session: KeptSession) -> None:
    """Put a new token in place of one that is used for the first time; its session goes on, or another begins."""
    with table.transaction() as tx:
        tx.check(user_key(user.user_id), unchanged(user), LostRace())
        tx.create(TOKENS, new)
        tx.update(
            token_key(old.token_hash),
            Path("revoked_at").set(tx.now),
            Path("replaced_by").set(new.token_hash),
            condition=Path("revoked_at").does_not_exist() & (Path("expires_at") > tx.now),
            otherwise=LostRace(),
        )
        if before and before.session_id == session.session_id:
            tx.update(
                session_key(session.session_id),
                Path("session_token_hash").set(new.token_hash),
                Path("refresh_token_id").set(new.id),
                Path("last_accessed_at").set(tx.now),
                condition=(Path("is_active") == YES) & (Path("session_token_hash") == old.token_hash),
                otherwise=LostRace(),
            )
        else:
            tx.create(SESSIONS, session)
            _end(tx, before)


def close(
    last: RefreshToken,
    session: KeptSession | None,
    alarm: Event | None = None,
    version: int = 1,
    log: SecurityAuditLog | None = None,
) -> None:
    """Revoke the last token of a chain and end its session; LostRace when it is not the last any more."""
    still_last = Path("replaced_by").does_not_exist()
    reused = [Path("reused_at").set(clock.now())] if alarm else []
    with table.transaction() as tx:
        tx.update(
            token_key(last.token_hash),
            Path("revoked_at").set(Path("revoked_at") | tx.now),
            *reused,
            condition=still_last & Path("reused_at").does_not_exist() if alarm else still_last,
            otherwise=LostRace(),
        )
        _end(tx, session)
        if log:
            tx.put(AUDITS, log)
        if alarm:
            tx.say(alarm, version)


def _end(tx: Transaction, session: KeptSession | None) -> None:
    if session and session.is_live:
        tx.update(
            session_key(session.session_id),
            Path("is_active").set(False),
            Path("GSI1PK").remove(),
            Path("GSI1SK").remove(),
            condition=Path("is_active") == YES,
            otherwise=LostRace(),
        )


def _oldest_session() -> str:
    return f"SESS#{clock.after(-settings.SESSION_TTL)}"
