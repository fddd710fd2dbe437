"""Sessions, the devices they are on, and the tokens that carry them on; a secret is only ever kept as a hash."""

import secrets
from hmac import compare_digest
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from auth.model.accounts import User
from auth.model.words import AttemptStatus, Password, Token, token_hash
from shop import clock, settings
from shop.ids import new_id
from shop.records import Body, Line, Part, Record, folded


class DeviceSeen(Body):
    """The device someone signs in from; its id is the client's own."""

    device_id: Line = Field(min_length=1, max_length=128)
    device_name: Line | None = Field(default=None, max_length=100)
    device_type: Annotated[Literal["desktop", "mobile", "tablet", "other"], folded] | None = None
    os: Line | None = Field(default=None, max_length=50)
    browser: Line | None = Field(default=None, max_length=50)
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
    """What a sign-in or a refresh hands out. The refresh token is null where a cookie has it."""

    access_token: str = Field(repr=False)
    refresh_token: str | None = Field(repr=False)
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


class Jwks(Part):
    """RFC 7517: the keys with which anyone can verify our access tokens."""

    keys: list[dict[str, Any]]
