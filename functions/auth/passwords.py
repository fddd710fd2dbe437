"""Passwords: which are too easy, and how they are kept and checked (argon2id)."""

from functools import cache
from typing import TYPE_CHECKING

from auth.model.words import NO_PASSWORD
from shop import settings
from shop.errors import invalid

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 8
# A guesser who knows the common passwords, and what we know of the user, needs more tries than this.
GUESSES = 100_000
# What the judge looks at; a password this long is not a common one.
JUDGED = 72


def check_strength(password: str, known: list[str], pointer: str = "/password") -> None:
    """Refuse a password (422 weak_password) that is short, common, or made of what is `known` about the user."""
    from zxcvbn import zxcvbn

    if len(password) < SHORTEST:
        raise invalid("weak_password", f"Use at least {SHORTEST} characters", pointer)
    if zxcvbn(password[:JUDGED], user_inputs=known)["guesses"] < GUESSES:
        raise invalid("weak_password", "This password is among the first that anyone would guess", pointer)


def hashed(password: str) -> str:
    """The password as it is kept: salted, slow, with its parameters (PHC string)."""
    return _hasher().hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether it is the password; without one to compare with it takes just as long to say no."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    known, nobody = kept not in (None, NO_PASSWORD), _nobody()
    try:
        return _hasher().verify(kept if kept and known else nobody, password) and known
    except (Argon2Error, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _hasher().check_needs_rehash(kept)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(
        time_cost=settings.ARGON2_TIME,
        memory_cost=settings.ARGON2_MEMORY_KIB,
        parallelism=settings.ARGON2_PARALLELISM,
    )


@cache
def _nobody() -> str:
    return _hasher().hash("nobody's password")
