"""The words accounts and sessions are described in: addresses, names, passwords, and how a secret is kept."""

import unicodedata
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from shop import settings
from shop.ids import derived
from shop.records import Line

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
Phone = Annotated[Line, StringConstraints(min_length=1, max_length=20)]
Language = Annotated[str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")]


def token_hash(token: str) -> str:
    """A token as it is kept; it has 256 random bits, so a fast hash does."""
    return sha256(token.encode()).hexdigest()


def stranger_id(identifier: str) -> str:
    """Under which id we keep what happens with an identifier that is nobody's."""
    return derived("stranger", email_address(identifier) if "@" in identifier else username_key(identifier))


def role_id(name: str) -> str:
    """The id of a role the shop comes with."""
    return derived("role", name)
