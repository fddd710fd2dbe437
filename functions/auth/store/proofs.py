"""One-time tokens and codes in the table: each counts once, and only the newest of its kind."""

from typing import TYPE_CHECKING, TypeVar

from pynamodb.expressions.operand import Path

from auth.model.accounts import User
from auth.model.oversight import SecurityAuditLog
from auth.model.proofs import CODE_PAUSE, CODE_TRIES, EmailVerification, Newest, OneTimeToken, PasswordReset, PhoneCode
from auth.store import (
    AUDITS,
    NEWEST,
    PHONE_CODES,
    RESETS,
    USERS,
    VERIFICATIONS,
    identity_key,
    newest_key,
    phone_code_key,
    proof_key,
    table,
    unchanged,
    user_key,
)
from shop import clock
from shop.errors import Refusal
from shop.events import auth as said
from shop.races import LostRace
from shop.table import ABSENT, Kind, Transaction

if TYPE_CHECKING:
    from shop.events.notifications import NotificationBounced


O = TypeVar("O", bound=OneTimeToken)  # noqa: E741

NO = False


class Gone(Refusal):
    """410: it was used, is too old, was followed by a newer one, or never was."""

    def __init__(self) -> None:
        super().__init__(410, "token_expired_or_used", "This is not valid any more; ask for a new one")


def reset(token_hash: str) -> PasswordReset | None:
    """A password reset token, if there is one (AP12)."""
    return RESETS.get(proof_key(PasswordReset.mark, token_hash))


def verification(token_hash: str) -> EmailVerification | None:
    """An email verification token, if there is one (AP12)."""
    return VERIFICATIONS.get(proof_key(EmailVerification.mark, token_hash))


def write_verification(
    tx: Transaction, token: EmailVerification, news: "said.EmailVerificationRequested", version: int
) -> None:
    """As part of a larger write: the token that counts from now on, and that it should be sent."""
    _issue(tx, VERIFICATIONS, token)
    tx.say(news, version)


def ask_verification(user: User, token: EmailVerification, news: "said.EmailVerificationRequested") -> None:
    """Write a token for an address that is still the user's and not yet verified."""
    with table.transaction() as tx:
        same = (Path("email") == token.email) & (Path("email_verified") == NO)
        tx.check(user_key(user.user_id), unchanged(user) & same, LostRace())
        write_verification(tx, token, news, user.version)


def verify_email(user: User, token: EmailVerification, log: SecurityAuditLog) -> None:
    """Use a token: the address is the user's (410)."""
    with table.transaction() as tx:
        _use(tx, token, "verified")
        saved = tx.save(USERS, user.but(email_verified=True), otherwise=LostRace())
        tx.put(AUDITS, log)
        tx.say(said.UserEmailVerified(user_id=user.user_id, email=user.email), saved.version)


def doubt_email(user: User, cause: "NotificationBounced") -> None:
    """Note that a user's address is not proven any more."""
    with table.transaction(cause=cause) as tx:
        tx.save(USERS, user.but(email_verified=False), otherwise=LostRace())


def ask_reset(token: PasswordReset, news: "said.PasswordResetRequested | None", log: SecurityAuditLog | None) -> None:
    """Write a token for a new password. For a stranger it is written too, so that it takes as long, and never told."""
    with table.transaction() as tx:
        _issue(tx, RESETS, token)
        if news and log:
            tx.put(AUDITS, log)
            tx.say(news)


def reset_password(user: User, token: PasswordReset, password_hash: str, log: SecurityAuditLog) -> None:
    """Use a token: the password is another, nothing is locked, and no session from before holds (410)."""
    with table.transaction() as tx:
        _use(tx, token, "used", Path("used_at").set(tx.now))
        changed = user.but(
            password_hash=password_hash, generation=user.generation + 1, failed_login_attempts=0, locked_until=None
        )
        if not user.email_verified:  # a provider linked before anyone proved the address may be somebody else's
            changed = changed.but(oauth={})
            drop_identities(tx, user, changed)
        saved = tx.save(USERS, changed, otherwise=LostRace())
        tx.put(AUDITS, log)
        tx.say(said.UserPasswordChanged(user_id=user.user_id), saved.version)


def void(tx: Transaction, user_id: str, token: type[OneTimeToken]) -> None:
    """As part of a larger write: no token of this kind counts any more."""
    tx.delete(newest_key(user_id, token.mark))


def phone_code(user_id: str) -> PhoneCode | None:
    """The code that was sent to a user last."""
    return PHONE_CODES.get(phone_code_key(user_id))


def ask_phone_code(code: PhoneCode, news: "said.PhoneVerificationRequested", too_soon: Refusal) -> None:
    """Write a code in place of the one before, unless that was sent a moment ago."""
    with table.transaction() as tx:
        tx.put(PHONE_CODES, code, ABSENT | (Path("created_at") < clock.after(-CODE_PAUSE)), too_soon)
        tx.say(news)


def count_try(code: PhoneCode) -> None:
    """Count a try before it is looked at (410 when there are none left): rivals cannot have more."""
    with table.transaction() as tx:
        same = (Path("code_hash") == code.code_hash) & (Path("expires_at") > tx.now)
        left = Path("attempts") < CODE_TRIES
        tx.update(
            phone_code_key(code.user_id),
            Path("attempts").set(Path("attempts") + 1),
            condition=same & left,
            otherwise=Gone(),
        )


def verify_phone(user: User, code: PhoneCode, log: SecurityAuditLog) -> None:
    """Use a code: the number is the user's (410)."""
    with table.transaction() as tx:
        tx.delete(phone_code_key(code.user_id), Path("code_hash") == code.code_hash, Gone())
        saved = tx.save(USERS, user, otherwise=LostRace())  # its version tells this number from the next
        tx.put(AUDITS, log)
        tx.say(said.UserPhoneVerified(user_id=user.user_id, phone=code.phone), saved.version)


def drop_identities(tx: Transaction, before: User, after: User) -> None:
    """As part of a larger write: the providers a user is linked to no longer forget them."""
    for provider, provider_user_id in before.oauth.items():
        if after.oauth.get(provider) != provider_user_id:
            tx.delete(identity_key(provider, provider_user_id), Path("user_id") == before.user_id, LostRace())


def _issue(tx: Transaction, kind: Kind[O], token: O) -> None:
    tx.create(kind, token)
    newest = Newest(user_id=token.user_id, mark=token.mark, token_hash=token.token_hash, expires_at=token.expires_at)
    tx.put(NEWEST, newest)


def _use(tx: Transaction, token: OneTimeToken, flag: str, *more: object) -> None:
    unused = (Path(flag) == NO) & (Path("expires_at") > tx.now)
    actions = (Path(flag).set(True), *more)
    tx.update(proof_key(token.mark, token.token_hash), *actions, condition=unused, otherwise=Gone())
    newest = Path("token_hash") == token.token_hash
    tx.delete(newest_key(token.user_id, token.mark), newest, Gone())
