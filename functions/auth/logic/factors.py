"""The second factor: switched on with a first code, asked for at each sign-in, and switched off with a last one."""

import secrets
from typing import TYPE_CHECKING, NoReturn

from auth.logic import guards
from auth.logic.guards import logged
from auth.model.accounts import User
from auth.model.factors import (
    BackupCodes,
    Challenge,
    DisableMfa,
    Enrollment,
    Entry,
    Evidence,
    Factor,
    MfaRequired,
    code_hash,
    codes_for,
)
from auth.model.sessions import LoginAttempt
from auth.model.words import token_hash
from auth.store import accounts
from auth.store import factors as store
from shop import clock, settings
from shop.auth import Caller
from shop.errors import Refusal, conflict, invalid, unauthenticated
from shop.races import until_won
from shop.sealing import seal, unseal

if TYPE_CHECKING:
    from pyotp import TOTP

ISSUER = "Tradewind"
# A phone's clock may be a step (half a minute) ahead or behind.
STEPS_OFF = 1


def enroll(caller: Caller) -> Enrollment:
    """A new secret for the caller's app; nothing is asked for until it is confirmed (409 mfa_already_enabled)."""
    import pyotp

    user = _user(caller)
    if user.mfa_enabled:
        raise _already_enabled()
    secret = pyotp.random_base32()
    store.enroll(user, seal(secret, user_id=user.user_id), _already_enabled())
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)
    return Enrollment(secret=secret, otpauth_uri=uri)


def confirm(caller: Caller, code: str) -> BackupCodes:
    """Switch it on: the app shows the right code (409 mfa_already_enabled, mfa_not_started; 422 invalid_code)."""
    shown, codes = codes_for(caller.user_id)

    def enable() -> None:
        user = _user(caller)
        if user.mfa_enabled:
            raise _already_enabled()
        if user.mfa_secret is None:
            raise conflict("mfa_not_started", "Enrol first")
        step = _step(user, code)
        if step is None:
            _refuse("/code")
        store.enable(user, Factor(step), codes, logged(user.user_id, "mfa_enabled", caller))

    until_won(enable)
    store.clean_up(caller.user_id, keep=codes[0].set_id)
    return BackupCodes(backup_codes=shown)


def replace_codes(caller: Caller, code: str) -> BackupCodes:
    """Ten other backup codes (409 mfa_not_enabled; 422 invalid_code; 423 account_locked)."""
    shown, codes = codes_for(caller.user_id)

    def replace() -> None:
        user = _enabled(_user(caller))
        factor = proved(user, Evidence(code=code), _attempt(user, caller)) or _refuse("/code")
        store.replace_codes(user, factor, codes, logged(user.user_id, "mfa_codes_replaced", caller))

    until_won(replace)
    store.clean_up(caller.user_id, keep=codes[0].set_id)
    return BackupCodes(backup_codes=shown)


def disable(caller: Caller, body: DisableMfa) -> None:
    """Switch it off (401 wrong_password; 409 mfa_not_enabled; 422 invalid_code; 423 account_locked)."""

    def switch_off() -> None:
        user = _enabled(_user(caller))
        if user.has_password:
            guards.confirm(user, body.current_password, caller)
        pointer = "/backup_code" if body.backup_code else "/code"
        factor = proved(user, body, _attempt(user, caller)) or _refuse(pointer)
        store.disable(user, factor, logged(user.user_id, "mfa_disabled", caller))

    until_won(switch_off)
    store.clean_up(caller.user_id, keep=None)


def ask(entry: Entry, attempt: LoginAttempt) -> MfaRequired:
    """Let a sign-in wait for its second factor."""
    token = secrets.token_urlsafe(32)
    question = Challenge(
        token_hash=token_hash(token),
        user_id=entry.user.user_id,
        proof=entry.user.but(password_hash=entry.password_hash).proof,
        device=entry.device.model_dump(exclude={"device_token"}) if entry.device else None,
        cart_session_id=entry.cart_session_id,
        expires_at=clock.after(settings.MFA_TOKEN_TTL),
    )
    store.ask(entry, question, attempt)
    return MfaRequired(mfa_token=token)


def asked(token: str) -> tuple[Challenge, User]:
    """The sign-in that waits under this token, and whose it is (401 mfa_token_expired)."""
    question = store.challenge(token_hash(token))
    user = accounts.user(question.user_id) if question else None
    if not (question and user and question.is_open and user.mfa_enabled and question.proof == user.proof):
        raise unauthenticated("mfa_token_expired", "Sign in again")
    return question, user


def proved(user: User, evidence: Evidence, attempt: LoginAttempt) -> Factor | None:
    """The factor a code is of, if it is right and was not used before; a wrong one is counted (423 account_locked)."""
    guards.refuse_locked(user, attempt)
    factor = _right(user, evidence)
    if factor is None:
        guards.count_failure(user, attempt)
    return factor


def _user(caller: Caller) -> User:
    user = accounts.user(caller.user_id)
    if user is None or not user.is_active:
        raise unauthenticated("session_ended", "The session has ended; sign in again")
    return user


def _enabled(user: User) -> User:
    if not user.mfa_enabled:
        raise conflict("mfa_not_enabled", "There is no second factor")
    return user


def _totp(user: User) -> "TOTP":
    from pyotp import TOTP

    return TOTP(unseal(user.mfa_secret or "", user_id=user.user_id))


def _right(user: User, evidence: Evidence) -> Factor | None:
    if evidence.code:
        step = _step(user, evidence.code)
        return None if step is None else Factor(step)
    found = store.backup_code(user, code_hash(user.user_id, evidence.backup_code or ""))
    good = found and not found.used and found.expires_at > clock.now() and found.set_id == user.mfa_codes
    return Factor(backup=found) if good else None


def _step(user: User, code: str) -> int | None:
    """The step of the clock a code is of, unless it was used."""
    from pyotp.exceptions import OTPVerificationError

    try:
        step = int(_totp(user).verify_and_get_timecode(code, valid_window=STEPS_OFF))
    except OTPVerificationError:
        return None
    return step if step > user.mfa_step else None


def _already_enabled() -> Refusal:
    return conflict("mfa_already_enabled", "There is a second factor already")


def _refuse(pointer: str) -> NoReturn:
    raise invalid("invalid_code", "This code is wrong, or was used before", pointer)


def _attempt(user: User, caller: Caller) -> LoginAttempt:
    origin = {"ip_address": caller.ip_address or None, "user_agent": caller.user_agent or None}
    return LoginAttempt(user_id=user.user_id, status="mfa_failed", **origin)
