"""Sessions: begun with a password, carried on with refresh tokens, and ended, all at once if need be."""

from typing import NamedTuple

from auth import passwords, tokens
from auth.logic import factors
from auth.logic.guards import count_failure, logged, refuse_locked
from auth.model.accounts import User
from auth.model.factors import Challenge, Entry, Factor, MfaRequired, TrustedPair
from auth.model.oversight import SecurityAuditLog
from auth.model.sessions import (
    DeviceSeen,
    KeptDevice,
    KeptSession,
    LoginAttempt,
    Origin,
    Question,
    RefreshToken,
    SessionRef,
    SignIn,
    Standing,
    TokenPair,
)
from auth.model.words import TOUCH_EVERY, AttemptStatus, token_hash
from auth.store import accounts
from auth.store import sessions as store
from shop import clock, settings
from shop.auth import Caller
from shop.errors import Refusal, not_found, unauthenticated
from shop.events import auth as said
from shop.ids import new_id
from shop.races import until_won

# Longer than an index lags behind, in seconds.
LAG = 5 * settings.MINUTE


class Opened(NamedTuple):
    """A session with the refresh token that continues it, and what its user is given."""

    session: KeptSession
    token: RefreshToken
    pair: TokenPair


def sign_in(body: SignIn, origin: Origin) -> TokenPair | MfaRequired:
    """A session for who knows the password (401 invalid_credentials; 403 account_suspended, only then).

    Who has a second factor is asked for it, unless the device is trusted.
    """
    return until_won(lambda: _sign_in(body, origin))


def enter(entry: Entry) -> TokenPair | MfaRequired:
    """A session for who has proved one thing, if that is enough on their device; else the question for the second."""
    if not entry.user.is_active:
        raise suspended()
    known, token = known_device(entry), entry.device.device_token if entry.device else None
    trusted = known and known.trusted_by(entry.user) and known.is_proved(token)
    if entry.user.mfa_enabled and not trusted:
        return factors.ask(entry, attempted(entry, "mfa_required"))
    # The device is written only if it still is as it was read, so its trust cannot have ended meanwhile.
    return begin(entry, known)


def begin(
    entry: Entry,
    known: KeptDevice | None,
    factor: Factor | None = None,
    question: Challenge | None = None,
    trust: bool = False,
) -> TrustedPair:
    """A session for who has proved all there is to prove."""
    user = entry.user
    attempt = attempted(entry, "success")
    opened = _opened(user, entry.origin, attempt.device_id)
    news = said.UserLoggedIn(
        user_id=user.user_id,
        session_id=opened.session.session_id,
        device_id=attempt.device_id,
        new_device=entry.device is not None and known is None,
        cart_session_id=entry.cart_session_id,
    )
    attempt = attempt.but(session_id=opened.session.session_id)
    device, token = _seen(user, known, entry.device) if entry.device else None, None
    if device and trust:
        device, token = device.trusted(user)
    store.sign_in(user, opened.session, opened.token, attempt, device, entry.password_hash, news, factor, question)
    return TrustedPair(**dict(opened.pair), device_token=token)


def attempted(entry: Entry, status: AttemptStatus) -> LoginAttempt:
    """What is kept of a sign-in."""
    device_id = entry.device.device_id if entry.device else None
    return LoginAttempt(user_id=entry.user.user_id, device_id=device_id, status=status, **dict(entry.origin))


def end_on(user_id: str, device_id: str) -> bool:
    """End every session of a user on one device; whether there was one.

    The list of sessions may lag behind, so those that began a moment ago are found by their sign-in.
    """
    found = {session.session_id: session for session in store.live_sessions(user_id)}
    for session_id in store.begun(user_id, clock.after(-LAG)):
        session = None if session_id in found else store.session(session_id)
        if session:
            found[session_id] = session
    ended = [session for session in found.values() if session.device_id == device_id and session.is_live]
    for session in ended:
        _close(session.session_token_hash)
    return bool(ended)


def refresh(text: str, origin: Origin) -> TokenPair:
    """Another pair for a refresh token that is used for the first time (401 token_expired, token_revoked).

    One that was used before is 401 token_reused, and ends whatever came of it: it may have been stolen.
    """
    return until_won(lambda: _refresh(text, origin))


def revoke(text: str) -> None:
    """End the session a refresh token is for, whatever the token's state."""
    _close(token_hash(text))


def end(session_id: str, caller: Caller) -> None:
    """End one session: the caller's own, or anyone's for an admin (404)."""
    session = store.session(session_id)
    if session is None or not (session.user_id == caller.user_id or caller.is_admin):
        raise not_found("session")
    if session.is_active:
        others = session.user_id != caller.user_id
        _close(session.session_token_hash, log=logged(session.user_id, "session_ended", caller) if others else None)


def end_all(user_id: str) -> None:
    """End every session of a user, and those that are just beginning."""
    accounts.raise_generation(user_id)
    end_marked(user_id)


def end_marked(user_id: str, but: str = "") -> None:
    """Write into each session of a user, but one, that it is over, where the gateway looks."""
    for session in store.live_sessions(user_id):
        if session.session_id != but:
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


def _sign_in(body: SignIn, origin: Origin) -> TokenPair | MfaRequired:
    someone = accounts.whoever(body.identifier)
    user = someone if isinstance(someone, User) else None
    attempt = LoginAttempt(
        user_id=someone.user_id,
        device_id=body.device.device_id if body.device else None,
        status="failed",
        **dict(origin),
    )
    refuse_locked(someone, attempt)
    if not passwords.matches(user.password_hash if user else None, body.password) or user is None:
        count_failure(someone, attempt)
        raise unauthenticated("invalid_credentials", "No account has this name and password")
    if not user.is_active:
        store.note(attempt)
        raise suspended()
    kept = passwords.hashed(body.password) if passwords.outdated(user.password_hash) else user.password_hash
    return enter(Entry(user, origin, body.device, body.cart_session_id, kept))


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
        news = said.RefreshTokenReuseDetected(user_id=user.user_id, family_id=token.family_id, ip_address=ip_address)
        log = logged(user.user_id, "refresh_token_reused", origin, family_id=token.family_id)
        _close(token.token_hash, news, user.version, log)
        if token.replaced_by:
            raise unauthenticated("token_reused", "This token was used before; its session is over, sign in again")
        raise unauthenticated("token_revoked", "The session has ended; sign in again")
    if token.expires_at <= clock.now():
        raise unauthenticated("token_expired", "The refresh token has expired; sign in again")
    if token.generation != user.generation:
        raise unauthenticated("token_revoked", "The session has ended; sign in again")
    if not user.is_active:
        raise suspended()


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


def known_device(entry: Entry) -> KeptDevice | None:
    """The device somebody comes from, if they came from it before."""
    return store.device(entry.user.user_id, entry.device.device_id) if entry.device else None


def _seen(user: User, known: KeptDevice | None, seen: DeviceSeen) -> KeptDevice:
    fields = seen.model_dump(exclude_none=True, exclude={"device_token"})
    if known:
        return known.but(**fields, last_used_at=clock.now())
    return KeptDevice(user_id=user.user_id, last_used_at=clock.now(), **fields)


def _close(
    of: str,
    alarm: "said.RefreshTokenReuseDetected | None" = None,
    version: int = 1,
    log: SecurityAuditLog | None = None,
) -> None:
    """Revoke the last token of a chain and end its session; with an alarm only if none was given before."""

    def close() -> None:
        last = store.last_of(of)
        if last and not (alarm and last.reused_at):
            store.close(last, store.session(last.session_id), alarm, version, log)

    until_won(close)


def suspended() -> Refusal:
    """403: the password may be right, but the account may not be used."""
    return Refusal(403, "account_suspended", "This account is suspended")
