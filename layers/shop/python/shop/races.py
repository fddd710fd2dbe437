"""What to do when somebody else was faster: look again, and decide by what they left."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from shop.errors import Transient

T = TypeVar("T")
TRIES = 10


class LostRace(Transient):
    """Somebody else changed what was read before it was written."""

    def __init__(self) -> None:
        super().__init__("Others are changing the same things")


def until_won(attempt: Callable[[], T]) -> T:
    """Read, decide and write, again while somebody else writes in between; in the end 503, to be tried later."""
    for turn in range(TRIES - 1):
        try:
            return attempt()
        except LostRace:
            time.sleep(random.uniform(0, min(0.4, 0.01 * 2**turn)))
    return attempt()
