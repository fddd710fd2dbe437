"""The second factor: codes from an app, ten backup codes for the day it is lost, and sign-ins that wait for one."""

import secrets
from hashlib import sha256
from typing import Annotated, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator

from auth.model.accounts import User
from auth.model.sessions import DeviceSeen, Origin, TokenPair
from auth.model.words import Token
from shop import clock, settings
from shop.ids import CROCKFORD, new_id
from shop.records import Body, Json, Line, Part, Record

# A backup code has 16 of these letters: 80 random bits, so that its hash cannot be guessed at.
CODE_LETTERS, CODE_GROUP = 16, 4

Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
BackupCode = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ConfirmCode(Body):
    """What the app shows now."""

    code: Code = Field(repr=False)


class Evidence(Body):
    """What the app shows now, or one of the backup codes."""

    code: Code | None = Field(default=None, repr=False)
    backup_code: BackupCode | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.code is None) == (self.backup_code is None):
            raise ValueError("exactly one of code and backup_code")
        return self


class SecondStep(Evidence):
    """The second half of a sign-in."""

    mfa_token: Annotated[Token, StringConstraints(min_length=1, max_length=200)]
    trust_device: bool = False


class DisableMfa(Evidence):
    """Only who has no password need not give one."""

    current_password: Annotated[str, StringConstraints(max_length=128, strip_whitespace=False)] | None = Field(
        default=None, repr=False
    )


class ChangeDevice(Body):
    """What changes of a device; what is left out stays."""

    device_name: Line | None = Field(default=None, max_length=100)
    is_trusted: bool | None = None


class MfaBackupCode(Record):
    """AUTH-11. Good once, while its set is the user's."""

    id: str = Field(default_factory=new_id)
    user_id: str
    set_id: str
    code_hash: str
    used: bool = False
    used_at: str | None = None
    expires_at: str


class Challenge(Record):
    """A sign-in whose password was right and that waits for the second factor. `proof` is what held by then."""

    token_hash: str
    user_id: str
    proof: str
    device: Json | None = None
    cart_session_id: str | None = None
    used: bool = False
    expires_at: str

    @property
    def is_open(self) -> bool:
        """Whether it can still be answered."""
        return not self.used and self.expires_at > clock.now()


class Enrollment(Part):
    """What the app needs to know; the user confirms with its first code."""

    secret: str = Field(repr=False)
    otpauth_uri: str = Field(repr=False)


class BackupCodes(Part):
    """Shown this once."""

    backup_codes: list[str] = Field(repr=False)


class MfaRequired(Part):
    """The password was right; the second factor is awaited for five minutes."""

    mfa_required: bool = True
    mfa_token: str = Field(repr=False)
    expires_in: int = settings.MFA_TOKEN_TTL


class TrustedPair(TokenPair):
    """A pair of tokens, and what proves the device from now on if it was trusted."""

    device_token: str | None = Field(default=None, repr=False)


class Factor(NamedTuple):
    """A second factor that was right: the step of the clock its code is of, or the backup code."""

    step: int | None = None
    backup: MfaBackupCode | None = None


class Entry(NamedTuple):
    """Somebody who may come in, but for the second factor; `password_hash` is what is kept from now on."""

    user: User
    origin: Origin
    device: DeviceSeen | None
    cart_session_id: str | None
    password_hash: str


def new_code() -> str:
    """A backup code, as it is shown: in groups that are read aloud easily."""
    letters = "".join(secrets.choice(CROCKFORD) for _ in range(CODE_LETTERS))
    return "-".join(letters[start : start + CODE_GROUP] for start in range(0, CODE_LETTERS, CODE_GROUP))


def code_hash(user_id: str, code: str) -> str:
    """A backup code as it is kept; letters that look alike are one, and spaces and hyphens nothing."""
    letters = code.upper().translate(str.maketrans("OIL", "011", " -"))
    return sha256(f"{user_id} {letters}".encode()).hexdigest()


def codes_for(user_id: str) -> tuple[list[str], list[MfaBackupCode]]:
    """A new set of backup codes: as they are shown, and as they are kept."""
    shown, set_id = [new_code() for _ in range(settings.BACKUP_CODES)], new_id()
    expires_at = clock.after(settings.BACKUP_CODE_TTL)
    return shown, [
        MfaBackupCode(user_id=user_id, set_id=set_id, code_hash=code_hash(user_id, code), expires_at=expires_at)
        for code in shown
    ]
