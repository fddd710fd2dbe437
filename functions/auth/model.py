"""Accounts, roles, sessions and refresh tokens, and the rules they keep; a secret is only ever kept as a hash."""

import secrets
import unicodedata
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, computed_field

from shop import clock, settings
from shop.ids import derived, new_id
from shop.records import Body, Part, Record, folded

ROLES = {
    "customer": "Buys, and sees what is theirs",
    "admin": "Runs the shop",
    "support": "Helps customers, and sees what is theirs",
    "seller": "Keeps their own products",
}
USERNAME_MAX = 150
Status = Literal["active", "suspended", "deleted"]
AttemptStatus = Literal["success", "failed", "locked", "mfa_required", "mfa_failed"]

# What stands for the hash of a password where there is none: nothing matches it.
NO_PASSWORD = "!"
HISTORY_KEPT = 400 * settings.DAY
STRANGERS_KEPT = 30 * settings.DAY
# Sessions are stamped as used at most this often.
TOUCH_EVERY = 5 * settings.MINUTE


def email_address(text: str) -> str:
    """An address as it is stored and compared: trimmed, lower case."""
    return text.strip().lower()


def username_key(text: str) -> str:
    """A username as it is compared: look-alike letters and cases are one. Folding may lengthen; a key stays short."""
    return unicodedata.normalize("NFKC", text.strip()).casefold()[:USERNAME_MAX]


Email = Annotated[
    str,
    StringConstraints(max_length=254, pattern=r"^[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}$"),
    BeforeValidator(lambda value: email_address(value) if isinstance(value, str) else value),
]
# Without an @, so that a username can never be taken for somebody's address.
Username = Annotated[str, StringConstraints(max_length=USERNAME_MAX, pattern=r"^[\w.+-]+$")]
Secret = Annotated[str, StringConstraints(max_length=128, strip_whitespace=False)]
Password = Annotated[Secret, Field(repr=False)]
Token = Annotated[str, Field(repr=False)]
Phone = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Language = Annotated[str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")]


class OpenAccount(Body):
    """What someone says to open an account."""

    email: Email
    password: Password
    username: Username | None = None
    first_name: str | None = Field(default=None, min_length=1, max_length=100)
    last_name: str | None = Field(default=None, min_length=1, max_length=150)
    phone: Phone | None = None
    language: Language = "en"


class DeviceSeen(Body):
    """The device someone signs in from; its id is the client's own."""

    device_id: str = Field(min_length=1, max_length=128)
    device_name: str | None = Field(default=None, max_length=100)
    device_type: Annotated[Literal["desktop", "mobile", "tablet", "other"], folded] | None = None
    os: str | None = Field(default=None, max_length=50)
    browser: str | None = Field(default=None, max_length=50)
    # Given out when the device was trusted; its id is no secret.
    device_token: str | None = Field(default=None, max_length=200, repr=False)


class SignIn(Body):
    """An email address or username, and the password; a guest's cart may come along."""

    identifier: str = Field(min_length=1, max_length=254)
    password: Password
    device: DeviceSeen | None = None
    cart_session_id: str | None = Field(default=None, max_length=128)


class HandIn(Body):
    """A refresh token."""

    refresh_token: Token


class Account(Record):
    """AUTH-01, as its owner sees it."""

    user_id: str = Field(default_factory=new_id)
    email: str
    username: str | None = None
    status: Status = "active"
    email_verified: bool = False
    mfa_enabled: bool = False
    roles: list[str] = ["customer"]
    last_login_at: str | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def is_active(self) -> bool:
        """Whether this account may be used."""
        return self.status == "active"


class Guarded(Record):
    """Something that takes a password, and takes none for a while when too many were wrong."""

    failed_login_attempts: int = 0
    locked_until: str | None = None

    @property
    def is_locked(self) -> bool:
        """Whether no password is looked at now, not even the right one."""
        return self.locked_until is not None and self.locked_until > clock.now()

    def after_failure(self) -> Self:
        """After one more wrong password: each fifth in a row locks, for twice as long as the one before."""
        failures = self.failed_login_attempts + 1
        times, rest = divmod(failures, settings.LOCKOUT_THRESHOLD)
        pause = min(settings.LOCKOUT_BASE << min(times - 1, 20), settings.LOCKOUT_MAX) if times and not rest else 0
        return self.but(failed_login_attempts=failures, locked_until=clock.after(pause) if pause else None)


class AccountFile(Account, Guarded):
    """AUTH-01, as those who run the shop see it."""


class User(AccountFile):
    """AUTH-01. `generation` rises when all sessions end at once: those of an earlier one are over."""

    password_hash: str = Field(repr=False)
    generation: int = 0
    mfa_secret: str | None = Field(default=None, repr=False)  # sealed; with mfa_enabled false not confirmed yet
    mfa_enabled_at: str | None = None
    mfa_step: int = 0  # the last step of the clock whose code was used
    mfa_codes: str | None = None  # the set of backup codes that counts
    oauth: dict[str, str] = {}  # the user's id with each provider linked: a copy of AUTH-13

    @property
    def has_password(self) -> bool:
        """Whether they can sign in with a password."""
        return self.password_hash != NO_PASSWORD

    @property
    def proof(self) -> str:
        """Changes when the password or the second factor does, or all sessions end: what was proved before is void."""
        return token_hash(f"{self.generation} {self.mfa_enabled_at} {self.password_hash}")


class Role(Record):
    """AUTH-02. What someone may do in the shop, by name."""

    role_id: str
    name: str
    description: str | None = None
    # Accounts that have it, and those of them that are active. Nobody counts customers: everyone is one.
    holders: int = 0
    active_holders: int = 0


class UserRole(Record):
    """AUTH-03. That a user has a role."""

    id: str = Field(default_factory=new_id)
    user_id: str
    role_id: str


class RefreshToken(Record):
    """AUTH-04. One link of a chain of tokens, each replaced by the next when it is used."""

    id: str = Field(default_factory=new_id)
    token_hash: str
    user_id: str
    session_id: str
    family_id: str
    generation: int
    device_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    expires_at: str
    revoked_at: str | None = None
    replaced_by: str | None = None  # the hash of the next
    reused_at: str | None = None  # on the last of a family: when an earlier one came back


class Device(Record):
    """AUTH-05. Somewhere a user has signed in from."""

    id: str = Field(default_factory=new_id)
    user_id: str
    device_id: str
    device_name: str | None = None
    device_type: str | None = None
    os: str | None = None
    browser: str | None = None
    is_trusted: bool = False
    trusted_until: str | None = None
    last_used_at: str


class TrustedDevice(Device):
    """A device, and what proves it from now on if it was just trusted."""

    device_token: str | None = Field(default=None, repr=False)


class KeptDevice(Device):
    """AUTH-05. `trusted_with` is what its user had proved when it was trusted."""

    trust_hash: str | None = None
    trusted_with: str | None = None

    def trusted_by(self, user: User) -> bool:
        """Whether it was trusted in the last month, by this user as they are now."""
        lasts = self.trusted_until is not None and self.trusted_until > clock.now()
        return self.is_trusted and lasts and self.trusted_with == user.proof

    def trusted(self, user: User) -> tuple[Self, str]:
        """This device, trusted by its user from now on, and the token by which it is known."""
        token = secrets.token_urlsafe(32)
        until = clock.after(settings.DEVICE_TRUST_TTL)
        given = {"trust_hash": token_hash(token), "trusted_with": user.proof}
        return self.but(is_trusted=True, trusted_until=until, **given), token

    def untrusted(self) -> Self:
        """This device, as one among others."""
        return self.but(is_trusted=False, trusted_until=None, trust_hash=None, trusted_with=None)

    def is_proved(self, token: str | None) -> bool:
        """Whether the token is the one it was given when it was trusted."""
        return bool(token and self.trust_hash) and compare_digest(token_hash(token or ""), self.trust_hash or "")


class Session(Record):
    """AUTH-06, as its owner sees it. It is over a day after it began, however much it is used."""

    session_id: str
    user_id: str
    device_id: str | None = None
    is_active: bool = True
    email: str
    role: str
    ip_address: str | None = None
    user_agent: str | None = None
    expires_at: str
    last_accessed_at: str = Field(default_factory=clock.now)

    @property
    def is_live(self) -> bool:
        """Whether it has neither been ended nor expired."""
        return self.is_active and self.expires_at > clock.now()


class KeptSession(Session):
    """AUTH-06. `session_token_hash` is that of the refresh token which now continues the session."""

    session_token_hash: str
    refresh_token_id: str
    generation: int

    def is_of(self, user: User) -> bool:
        """Whether it still stands for this user."""
        return self.is_live and self.user_id == user.user_id and self.generation == user.generation and user.is_active


class LoginAttempt(Record):
    """AUTH-07. Someone tried to sign in."""

    id: str = Field(default_factory=new_id)
    user_id: str
    device_id: str | None = None
    session_id: str | None = None
    status: AttemptStatus
    ip_address: str | None = None
    user_agent: str | None = None


class Stranger(Guarded):
    """An identifier that is nobody's, guarded as an account would be: whoever guesses cannot tell them apart."""

    user_id: str
    expires_at: str


class Origin(Part):
    """Where a request comes from."""

    ip_address: str | None = None
    user_agent: str | None = None


class SessionRef(Part):
    """The session a pair of tokens belongs to."""

    session_id: str
    user_id: str
    expires_at: str


class TokenPair(Part):
    """What a sign-in or a refresh hands out."""

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    token_type: str = "Bearer"
    expires_in: int = settings.ACCESS_TOKEN_TTL
    session: SessionRef


class Question(Part):
    """Which session another service asks about; with the user's id it is answered in one call."""

    session_id: str
    user_id: str | None = None


class Standing(Part):
    """Whether a session holds, whose it is and what they may do."""

    active: bool
    user_id: str | None = None
    roles: list[str] = []


class ChangeStatus(Part):
    """That an account is suspended, or is no longer."""

    email: Email
    status: Annotated[Literal["active", "suspended"], folded]


class UserRef(Part):
    """Whose account."""

    user_id: str


class Jwks(Part):
    """RFC 7517: the keys with which anyone can verify our access tokens."""

    keys: list[dict[str, Any]]


def token_hash(token: str) -> str:
    """A token as it is kept; it has 256 random bits, so a fast hash does."""
    return sha256(token.encode()).hexdigest()


def stranger_id(identifier: str) -> str:
    """Under which id we keep what happens with an identifier that is nobody's."""
    return derived("stranger", email_address(identifier) if "@" in identifier else username_key(identifier))


def role_id(name: str) -> str:
    """The id of a role the shop comes with."""
    return derived("role", name)
