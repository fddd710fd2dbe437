"""The second half of a sign-in: a code of the app, or a backup code."""

from auth.logic import factors, sessions
from auth.model.factors import Entry, SecondStep, TrustedPair
from auth.model.sessions import DeviceSeen, Origin
from shop.errors import invalid, unauthenticated
from shop.races import until_won


def answer(body: SecondStep, origin: Origin) -> TrustedPair:
    """A session (401 mfa_token_expired, invalid_code; 403 account_suspended; 423 account_locked)."""
    return until_won(lambda: _answer(body, origin))


def _answer(body: SecondStep, origin: Origin) -> TrustedPair:
    question, user = factors.asked(body.mfa_token)
    if not user.is_active:
        raise sessions.suspended()
    if body.trust_device and question.device is None:
        raise invalid("validation_failed", "No device was named when the sign-in began", "/trust_device")
    device = DeviceSeen.model_validate(question.device) if question.device else None
    entry = Entry(user, origin, device, question.cart_session_id, user.password_hash)
    factor = factors.proved(user, body, sessions.attempted(entry, "mfa_failed"))
    if factor is None:
        raise unauthenticated("invalid_code", "This code is wrong, or was used before")
    return sessions.begin(entry, sessions.known_device(entry), factor, question, body.trust_device)
