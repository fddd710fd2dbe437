"""Accounts and roles, and the rules they keep."""

from typing import Annotated, Literal, Self

from pydantic import Field, computed_field

from auth.model.words import NO_PASSWORD, Email, Language, Password, Phone, Status, Username, token_hash
from shop import clock, settings
from shop.ids import new_id
from shop.records import Body, Line, Part, Record, folded


class OpenAccount(Body):
    """What someone says to open an account."""

    email: Email
    password: Password
    username: Username | None = None
    first_name: Line | None = Field(default=None, min_length=1, max_length=100)
    last_name: Line | None = Field(default=None, min_length=1, max_length=150)
    phone: Phone | None = None
    language: Language = "en"


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


class Stranger(Guarded):
    """An identifier that is nobody's, guarded as an account would be: whoever guesses cannot tell them apart."""

    user_id: str
    expires_at: str


class ChangeStatus(Part):
    """That an account is suspended, or is no longer."""

    email: Email
    status: Annotated[Literal["active", "suspended"], folded]


class UserRef(Part):
    """Whose account."""

    user_id: str
