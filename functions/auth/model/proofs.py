"""One-time tokens and codes, which prove that an address or a number is somebody's; kept as hashes only."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from auth.model.words import Email, Password, Token
from shop import clock
from shop.ids import new_id
from shop.records import Body, Record

CODE_TRIES = 5
# So many seconds between two codes: each is a text message somebody pays for.
CODE_PAUSE = 60

OneTime = Annotated[Token, StringConstraints(min_length=1, max_length=200)]
# As it is dialled from anywhere (E.164).
Number = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]


class AskReset(Body):
    """Whose password is forgotten."""

    email: Email


class ResetPassword(Body):
    """The token from the mail, and the password from now on."""

    token: OneTime
    new_password: Password


class ConfirmEmail(Body):
    """The token from the mail."""

    token: OneTime


class AskCode(Body):
    """The number to send a code to."""

    phone: Number


class ConfirmPhone(Body):
    """The code from the text message."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$"), Field(repr=False)]


class OneTimeToken(Record):
    """Something sent to an address that can be handed in once, until it expires or a newer one is sent."""

    mark: ClassVar[str]

    id: str = Field(default_factory=new_id)
    token_hash: str
    user_id: str
    email: str
    expires_at: str

    @property
    def is_used(self) -> bool:
        """Whether it was handed in before."""
        raise NotImplementedError

    @property
    def is_good(self) -> bool:
        """Whether it can be handed in; that it is the newest is seen when that happens."""
        return not self.is_used and self.expires_at > clock.now()


class PasswordReset(OneTimeToken):
    """AUTH-09. Lets who receives it choose a new password."""

    mark = "PRT"

    used: bool = False
    used_at: str | None = None

    @property
    def is_used(self) -> bool:
        """Whether it was handed in before."""
        return self.used


class EmailVerification(OneTimeToken):
    """AUTH-10. Shows that an address is the user's."""

    mark = "EVT"

    verified: bool = False

    @property
    def is_used(self) -> bool:
        """Whether it was handed in before."""
        return self.verified


class Newest(Record):
    """Which of a user's one-time tokens of a kind counts: the one sent last."""

    user_id: str
    mark: str
    token_hash: str
    expires_at: str


class PhoneCode(Record):
    """AUTH-14. The code sent to a number; its hash is slow, for codes are few."""

    user_id: str
    phone: str
    code_hash: str = Field(repr=False)
    attempts: int = 0
    expires_at: str

    @property
    def is_good(self) -> bool:
        """Whether another try at it is heard."""
        return self.attempts < CODE_TRIES and self.expires_at > clock.now()
