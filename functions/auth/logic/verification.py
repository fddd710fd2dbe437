"""Proving that an address or a number is one's own: a secret is sent there, and comes back."""

import secrets
from typing import TYPE_CHECKING

from auth import passwords
from auth.logic.guards import logged
from auth.model.accounts import User
from auth.model.proofs import CODE_PAUSE, AskCode, EmailVerification, PhoneCode
from auth.model.sessions import Origin
from auth.model.words import token_hash
from auth.store import accounts
from auth.store import proofs as store
from shop import clock, settings
from shop.auth import Caller
from shop.errors import Refusal, conflict, invalid
from shop.events import auth as said
from shop.races import until_won
from shop.sealing import seal

if TYPE_CHECKING:
    from shop.events.notifications import NotificationBounced


Asked = tuple[EmailVerification, "said.EmailVerificationRequested"]


def verification_of(user: User) -> Asked:
    """A token for a user's address, as it is kept and as it is told."""
    text = one_time_token()
    token = EmailVerification(
        token_hash=token_hash(text),
        user_id=user.user_id,
        email=user.email,
        expires_at=clock.after(settings.EMAIL_TOKEN_TTL),
    )
    sealed = seal(text, purpose=said.EmailVerificationRequested.type, user_id=user.user_id)
    news = said.EmailVerificationRequested(
        user_id=user.user_id, email=user.email, encrypted_token=sealed, expires_at=token.expires_at
    )
    return token, news


def ask_again(caller: Caller) -> None:
    """Send another mail, whose token alone counts (409 already_verified)."""

    def ask() -> None:
        user = accounts.existing(caller.user_id)
        if user.email_verified:
            raise conflict("already_verified", "Your address is verified")
        store.ask_verification(user, *verification_of(user))

    until_won(ask)


def confirm_email(text: str, origin: Origin) -> None:
    """Take a user's address as theirs (410 token_expired_or_used)."""

    def confirm() -> None:
        token = store.verification(token_hash(text))
        user = accounts.user(token.user_id) if token else None
        if not (token and user and token.is_good and user.email == token.email):
            raise store.Gone
        store.verify_email(user, token, logged(user.user_id, "email_verified", origin))

    until_won(confirm)


def on_notification_bounced(event: "NotificationBounced") -> None:
    """An address that takes no mail is not proven any more; one the user has left meanwhile does not matter."""

    def doubt() -> None:
        user = accounts.user(event.user_id) if event.user_id and event.hard else None
        if user and user.email == event.email and user.email_verified:
            store.doubt_email(user, event)

    until_won(doubt)


def ask_code(body: AskCode, caller: Caller) -> None:
    """Send a code to a number, one a minute at most (429 rate_limited); it alone counts."""
    text = f"{secrets.randbelow(1_000_000):06d}"
    code = PhoneCode(
        user_id=caller.user_id,
        phone=body.phone,
        code_hash=passwords.hashed(text),
        expires_at=clock.after(settings.PHONE_CODE_TTL),
    )
    sealed = seal(text, purpose=said.PhoneVerificationRequested.type, user_id=caller.user_id)
    news = said.PhoneVerificationRequested(user_id=caller.user_id, phone=body.phone, encrypted_code=sealed)
    too_soon = Refusal(429, "rate_limited", f"A code was sent a moment ago; try again in {CODE_PAUSE} seconds")
    store.ask_phone_code(code, news, too_soon)


def confirm_phone(text: str, caller: Caller) -> None:
    """Take a number as the user's (410 when the code is too old or was tried too often; 422 invalid_code)."""
    code = store.phone_code(caller.user_id)
    if code is None or not code.is_good:
        raise store.Gone
    store.count_try(code)
    if not passwords.matches(code.code_hash, text):
        raise invalid("invalid_code", "This is not the code that was sent", "/code")

    def confirm() -> None:
        user = accounts.existing(caller.user_id)
        store.verify_phone(user, code, logged(user.user_id, "phone_verified", caller))

    until_won(confirm)


def one_time_token() -> str:
    """A secret that is sent to somebody's address."""
    return secrets.token_urlsafe(32)
