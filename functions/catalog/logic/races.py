"""What to do when somebody else was faster: look again and do it to what they left."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from catalog.store.keys import Overtaken
from shop.errors import Transient

T = TypeVar("T")
TRIES = 10


def until_unrivalled(attempt: Callable[[], T]) -> T:
    """Try until nothing that was read has changed before the write."""
    for turn in range(TRIES):
        try:
            return attempt()
        except Overtaken:
            time.sleep(random.uniform(0, min(0.4, 0.01 * 2**turn)))
    raise Transient("Others are changing the same things")
