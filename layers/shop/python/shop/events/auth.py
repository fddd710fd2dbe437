"""What auth tells: accounts, sign-ins and everything that matters to their safety."""

from shop.events import Event


class UserCreated(Event):
    """E1. Someone opened an account."""

    type, about = "user.created", "user"
    user_id: str
    email: str
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    roles: list[str]
    language: str = "en"


class UserEmailChanged(Event):
    """E2. An account has another email address."""

    type, about = "user.email_changed", "user"
    user_id: str
    old_email: str
    email: str


class UserEmailVerified(Event):
    """E3. The address is known to be the user's."""

    type, about = "user.email_verified", "user"
    user_id: str
    email: str


class UserPhoneVerified(Event):
    """E4. The number is known to be the user's."""

    type, about = "user.phone_verified", "user"
    user_id: str
    phone: str


class UserStatusChanged(Event):
    """E5. An account was suspended, reopened or deleted."""

    type, about = "user.status_changed", "user"
    user_id: str
    was: str
    status: str
    is_active: bool


class UserDeleted(Event):
    """E6. Personal data of this user must go, everywhere."""

    type, about = "user.deleted", "user"
    user_id: str


class UserRolesChanged(Event):
    """E7. What a user may do has changed."""

    type, about = "user.roles_changed", "user"
    user_id: str
    roles: list[str]


class UserLocked(Event):
    """E8. Too many wrong passwords."""

    type, about = "user.locked", "user"
    user_id: str
    locked_until: str
    ip_address: str


class UserLoggedIn(Event):
    """E9. A session began; a guest's cart may come with it."""

    type, about = "user.logged_in", "user"
    user_id: str
    session_id: str
    device_id: str | None = None
    new_device: bool = False
    cart_session_id: str | None = None


class UserPasswordChanged(Event):
    """E10."""

    type, about = "user.password_changed", "user"
    user_id: str


class UserMfaChanged(Event):
    """E11. The second step was switched on or off."""

    type, about = "user.mfa_changed", "user"
    user_id: str
    enabled: bool


class EmailVerificationRequested(Event):
    """E12. The token travels as ciphertext that only notifications can read."""

    type, about = "email_verification.requested", "user"
    user_id: str
    email: str
    encrypted_token: str
    expires_at: str


class PasswordResetRequested(Event):
    """E13. The token travels as ciphertext that only notifications can read."""

    type, about = "password_reset.requested", "user"
    user_id: str
    email: str
    encrypted_token: str
    expires_at: str


class PhoneVerificationRequested(Event):
    """E14. The code travels as ciphertext that only notifications can read."""

    type, about = "phone_verification.requested", "user"
    user_id: str
    phone: str
    encrypted_code: str


class RefreshTokenReuseDetected(Event):
    """E15. A replaced token came back: its whole family is revoked."""

    type, about = "refresh_token.reuse_detected", "user"
    user_id: str
    family_id: str
    ip_address: str
