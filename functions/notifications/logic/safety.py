"""What notifications write about somebody's account: secrets sent to prove an address, and warnings."""

from notifications.logic.causes import key_of, moment, warning
from notifications.logic.sending import notify
from shop import settings
from shop.events import Event
from shop.events.auth import (
    EmailVerificationRequested,
    PasswordResetRequested,
    PhoneVerificationRequested,
    RefreshTokenReuseDetected,
    UserLocked,
    UserLoggedIn,
    UserMfaChanged,
    UserPasswordChanged,
)


def on_email_verification_requested(event: EmailVerificationRequested) -> None:
    """Send a link by which an address is shown to be the user's, to that address."""
    _send_link("email_verification", "verify-email", event)


def on_password_reset_requested(event: PasswordResetRequested) -> None:
    """Send a link by which a new password is set."""
    _send_link("password_reset", "reset-password", event)


def on_phone_verification_requested(event: PhoneVerificationRequested) -> None:
    """Send a code to the number that is to be verified."""
    sealed = {"sealed": {"code": event.encrypted_code}, "sealed_for": event.type}
    minutes = settings.PHONE_CODE_TTL // settings.MINUTE
    key = f"phone_verification:{key_of(event)}"
    notify("phone_verification", key, event, event.user_id, {"minutes": minutes}, to=event.phone, **sealed)


def on_user_locked(event: UserLocked) -> None:
    """Warn: somebody tries passwords."""
    _warn("locked", event, ip_address=event.ip_address)


def on_user_password_changed(event: UserPasswordChanged) -> None:
    """Warn: the password is another."""
    _warn("password_changed", event)


def on_user_mfa_changed(event: UserMfaChanged) -> None:
    """Warn: the second step was switched on or off."""
    _warn("mfa_enabled" if event.enabled else "mfa_disabled", event)


def on_user_logged_in(event: UserLoggedIn) -> None:
    """Warn of a device that was never seen before."""
    if event.new_device:
        _warn("new_device", event)


def on_refresh_token_reuse_detected(event: RefreshTokenReuseDetected) -> None:
    """Warn: a session may have been stolen, and was ended."""
    _warn("token_reused", event, ip_address=event.ip_address)


def _send_link(kind: str, page: str, event: EmailVerificationRequested | PasswordResetRequested) -> None:
    sealed = {"sealed": {"token": event.encrypted_token}, "sealed_for": event.type}
    variables = {"page": f"{settings.STOREFRONT_URL}/{page}", "until": moment(event.expires_at)}
    notify(kind, f"{kind}:{key_of(event)}", event, event.user_id, variables, to=event.email, **sealed)


def _warn(what: str, event: Event, **facts: str) -> None:
    notify(
        "security_alert", f"security_alert:{key_of(event)}", event, event.aggregate_id, warning(what, event, **facts)
    )
