"""Trying again when a rival was quicker."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from inventory.store import Overtaken
from shop.errors import Transient

T = TypeVar("T")

TRIES = 8


def again(attempt: Callable[[], T]) -> T:
    """The result of an attempt that reads what it changes, made anew (a few times) when that had changed meanwhile."""
    for failures in range(TRIES):
        try:
            return attempt()
        except Overtaken:
            time.sleep(random.uniform(0, 0.01 * 2**failures))
    raise Transient("Others are changing the same stock")
