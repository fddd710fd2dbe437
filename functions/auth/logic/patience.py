"""Trying again when what was read has changed meanwhile."""

from collections.abc import Callable
from typing import TypeVar

from auth.store import Moved
from shop.errors import Transient

A = TypeVar("A")


def patiently(attempt: Callable[[], A]) -> A:
    """Do it, and again from the start when what was read has changed meanwhile."""
    for _ in range(5):
        try:
            return attempt()
        except Moved:
            continue
    raise Transient("Others are changing the same things")
