"""Reading again, and deciding again, when somebody else changed the same things first."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from discounts.store import Overtaken
from shop.errors import Transient

T = TypeVar("T")
TRIES = 8


def again(attempt: Callable[[], T]) -> T:
    """Do it until nobody came in between."""
    for failures in range(TRIES):
        try:
            return attempt()
        except Overtaken:
            time.sleep(random.uniform(0, 0.02 * 2**failures))
    raise Transient("Others are using the same coupon")
