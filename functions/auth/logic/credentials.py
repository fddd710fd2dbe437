"""Passwords: changed by who knows them, and set anew by who receives the user's mail."""

from auth import passwords
from auth.logic import sessions
from auth.logic.guards import confirm, logged
from auth.logic.verification import one_time_token
from auth.model.accounts import User
from auth.model.oversight import ChangePassword
from auth.model.proofs import AskReset, PasswordReset, ResetPassword
from auth.model.sessions import Origin
from auth.model.words import stranger_id, token_hash
from auth.store import accounts, oversight, proofs
from auth.store import sessions as session_store
from shop import clock, settings
from shop.auth import Caller
from shop.errors import unauthenticated
from shop.events import auth as said
from shop.races import until_won
from shop.sealing import seal


def change_password(body: ChangePassword, caller: Caller) -> None:
    """Another password; every other session ends (401 wrong_password; 422 weak_password; 423 account_locked)."""

    def change() -> None:
        user = accounts.existing(caller.user_id)
        confirm(user, body.current_password, caller)
        passwords.check_strength(body.new_password, about(user), "/new_password")
        session = session_store.session(caller.session_id)
        if session is None or not session.is_of(user):
            raise unauthenticated("session_ended", "The session has ended; sign in again")
        log = logged(user.user_id, "password_changed", caller)
        oversight.change_password(user, session, passwords.hashed(body.new_password), log)

    until_won(change)
    sessions.end_marked(caller.user_id, but=caller.session_id)


def ask_reset(body: AskReset, origin: Origin) -> None:
    """Send a token to an address, if it is a user's; nobody can tell whether it is, nor by how long it takes."""
    user = accounts.user_of(body.email)
    known = user if user and user.is_active else None
    user_id = known.user_id if known else stranger_id(body.email)
    text = one_time_token()
    token = PasswordReset(
        token_hash=token_hash(text),
        user_id=user_id,
        email=body.email,
        expires_at=clock.after(settings.RESET_TOKEN_TTL),
    )
    sealed = seal(text, purpose=said.PasswordResetRequested.type, user_id=user_id)
    news = said.PasswordResetRequested(
        user_id=user_id, email=body.email, encrypted_token=sealed, expires_at=token.expires_at
    )
    log = logged(user_id, "password_reset_requested", origin)
    proofs.ask_reset(token, news if known else None, log if known else None)


def reset_password(body: ResetPassword, origin: Origin) -> None:
    """The password that counts from now on; all sessions end (410 token_expired_or_used; 422 weak_password)."""

    def reset() -> str:
        token = proofs.reset(token_hash(body.token))
        user = accounts.user(token.user_id) if token else None
        if not (token and user and token.is_good and user.is_active and user.email == token.email):
            raise proofs.Gone
        passwords.check_strength(body.new_password, about(user), "/new_password")
        log = logged(user.user_id, "password_reset", origin)
        proofs.reset_password(user, token, passwords.hashed(body.new_password), log)
        return user.user_id

    sessions.end_marked(until_won(reset))


def about(user: User) -> list[str]:
    """What we know of a user that should not be in their password."""
    return [word for word in (user.email, *user.email.split("@"), user.username) if word]
