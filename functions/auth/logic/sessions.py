"""Sessions: begun with a password, carried on with refresh tokens, and ended, all at once if need be."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from auth import passwords, tokens
from auth.model import (
    TOUCH_EVERY,
    Device,
    DeviceSeen,
    KeptSession,
    LoginAttempt,
    Origin,
    Question,
    RefreshToken,
    SessionRef,
    SignIn,
    Standing,
    TokenPair,
    User,
    token_hash,
)
from auth.store import Moved, accounts
from auth.store import sessions as store
from shop import clock, settings
from shop.auth import Caller
from shop.errors import Refusal, Transient, not_found, unauthenticated
from shop.events.auth import RefreshTokenReuseDetected, UserLoggedIn
from shop.ids import new_id

A = TypeVar("A")


class Opened(NamedTuple):
    """A session with the refresh token that continues it, and what its user is given."""

    session: KeptSession
    token: RefreshToken
    pair: TokenPair


def sign_in(body: SignIn, origin: Origin) -> TokenPair:
    """A session for who knows the password (401 invalid_credentials; 403 account_suspended, only then)."""
    return _patiently(lambda: _sign_in(body, origin))


def refresh(text: str, origin: Origin) -> TokenPair:
    """Another pair for a refresh token that is used for the first time (401 token_expired, token_revoked).

    One that was used before is 401 token_reused, and ends whatever came of it: it may have been stolen.
    """
    return _patiently(lambda: _refresh(text, origin))


def revoke(text: str) -> None:
    """End the session a refresh token is for, whatever the token's state."""
    _close(token_hash(text))


def end(session_id: str, caller: Caller) -> None:
    """End one session: the caller's own, or anyone's for an admin (404)."""
    session = store.session(session_id)
    if session is None or not (session.user_id == caller.user_id or caller.is_admin):
        raise not_found("session")
    if session.is_active:
        _close(session.session_token_hash)


def end_all(user_id: str) -> None:
    """End every session of a user, and those that are just beginning."""
    accounts.raise_generation(user_id)
    end_marked(user_id)


def end_marked(user_id: str) -> None:
    """Write into each session of a user that it is over, where the gateway looks."""
    for session in store.live_sessions(user_id):
        _close(session.session_token_hash)


def standing(question: Question) -> Standing:
    """Whether a session holds this moment, and what its user may do (R45). Two calls at most."""
    if question.user_id:
        session, user = store.session_and_user(question.session_id, question.user_id)
    else:
        session = store.session(question.session_id)
        user = accounts.user(session.user_id) if session else None
    if session is None or user is None or not session.is_of(user):
        return Standing(active=False)
    if question.user_id and session.last_accessed_at < clock.after(-TOUCH_EVERY):
        store.touch(session)
    return Standing(active=True, user_id=user.user_id, roles=user.roles)


def _sign_in(body: SignIn, origin: Origin) -> TokenPair:
    user = accounts.user_of(body.identifier)
    right = passwords.matches(user.password_hash if user else None, body.password)
    attempt = LoginAttempt(
        user_id=user.user_id if user else accounts.NOBODY,
        device_id=body.device.device_id if body.device else None,
        status="success" if user and right and user.is_active else "failed",
        **dict(origin),
    )
    if user is None or attempt.status == "failed":
        store.note(attempt)
        raise _suspended() if right else unauthenticated("invalid_credentials", "No account has this name and password")
    opened = _opened(user, origin, attempt.device_id)
    known = store.device(user.user_id, attempt.device_id) if attempt.device_id else None
    said = UserLoggedIn(
        user_id=user.user_id,
        session_id=opened.session.session_id,
        device_id=attempt.device_id,
        new_device=body.device is not None and known is None,
        cart_session_id=body.cart_session_id,
    )
    kept = passwords.hashed(body.password) if passwords.outdated(user.password_hash) else user.password_hash
    device = _seen(user, known, body.device) if body.device else None
    store.sign_in(user, opened.session, opened.token, attempt, device, kept, said)
    return opened.pair


def _refresh(text: str, origin: Origin) -> TokenPair:
    old = store.token(token_hash(text))
    user = accounts.user(old.user_id) if old else None
    if old is None or user is None:
        raise unauthenticated(detail="This is not a refresh token of ours")
    _check(old, user, origin)
    before = store.session(old.session_id)
    lasts = before is not None and before.is_live and before.expires_at > clock.after(settings.ACCESS_TOKEN_TTL)
    opened = _opened(user, origin, old.device_id, old.family_id, before if lasts else None)
    store.rotate(user, old, opened.token, before, opened.session)
    return opened.pair


def _check(token: RefreshToken, user: User, origin: Origin) -> None:
    if token.revoked_at:
        ip_address = origin.ip_address or ""
        said = RefreshTokenReuseDetected(user_id=user.user_id, family_id=token.family_id, ip_address=ip_address)
        _close(token.token_hash, said, user.version)
        if token.replaced_by:
            raise unauthenticated("token_reused", "This token was used before; its session is over, sign in again")
        raise unauthenticated("token_revoked", "The session has ended; sign in again")
    if token.expires_at <= clock.now():
        raise unauthenticated("token_expired", "The refresh token has expired; sign in again")
    if token.generation != user.generation:
        raise unauthenticated("token_revoked", "The session has ended; sign in again")
    if not user.is_active:
        raise _suspended()


def _opened(
    user: User, origin: Origin, device_id: str | None, family_id: str | None = None, going_on: KeptSession | None = None
) -> Opened:
    """The next token of a family, or the first of a new one; for the session that goes on, or a new one."""
    session_id = going_on.session_id if going_on else new_id()
    text = tokens.refresh_token(session_id)
    common = {"user_id": user.user_id, "device_id": device_id, "generation": user.generation, **dict(origin)}
    token = RefreshToken(
        token_hash=token_hash(text),
        session_id=session_id,
        family_id=family_id or new_id(),
        expires_at=clock.after(settings.REFRESH_TOKEN_TTL),
        **common,
    )
    session = going_on or KeptSession(
        session_id=session_id,
        email=user.email,
        role=",".join(user.roles),
        session_token_hash=token.token_hash,
        refresh_token_id=token.id,
        expires_at=clock.after(settings.SESSION_TTL),
        **common,
    )
    pair = TokenPair(
        access_token=tokens.access_token(user, session_id),
        refresh_token=text,
        session=SessionRef(session_id=session_id, user_id=user.user_id, expires_at=session.expires_at),
    )
    return Opened(session, token, pair)


def _seen(user: User, known: Device | None, seen: DeviceSeen) -> Device:
    said = seen.model_dump(exclude_none=True)
    if known:
        return known.but(**said, last_used_at=clock.now())
    return Device(user_id=user.user_id, last_used_at=clock.now(), **said)


def _close(of: str, alarm: RefreshTokenReuseDetected | None = None, version: int = 1) -> None:
    """Revoke the last token of a chain and end its session; with an alarm only if none was given before."""

    def close() -> None:
        last = store.last_of(of)
        if last and not (alarm and last.reused_at):
            store.close(last, store.session(last.session_id), alarm, version)

    _patiently(close)


def _suspended() -> Refusal:
    return Refusal(403, "account_suspended", "This account is suspended")


def _patiently(attempt: Callable[[], A]) -> A:
    """Do it, and again from the start when what was read has changed meanwhile."""
    for _ in range(5):
        try:
            return attempt()
        except Moved:
            continue
    raise Transient("Others are changing the same session")
