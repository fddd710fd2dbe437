"""What to do when someone else changed the same things first."""

from collections.abc import Callable
from typing import TypeVar

from users.store import LostRace

T = TypeVar("T")
TRIES = 8


def decided(decide: Callable[[], T]) -> T:
    """Read, decide and write; again when someone else wrote in between."""
    for _ in range(TRIES - 1):
        try:
            return decide()
        except LostRace:
            continue
    return decide()
