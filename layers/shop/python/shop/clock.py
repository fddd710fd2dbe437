"""What time it is in the shop: ISO-8601 UTC text with milliseconds, which sorts as it reads."""

import time
from datetime import UTC, datetime


def now() -> str:
    """The present moment, such as ``2026-01-31T09:00:00.000Z``."""
    return stamp(time.time())


def after(seconds: float, moment: str | None = None) -> str:
    """The moment so many seconds after `moment` (or after now); negative seconds look back."""
    return stamp((epoch(moment) if moment else time.time()) + seconds)


def stamp(seconds: float) -> str:
    """Epoch seconds as a moment."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(moment: str) -> float:
    """A moment as epoch seconds."""
    return datetime.fromisoformat(moment).timestamp()


def ttl(moment: str, extra: float = 0) -> int:
    """The DynamoDB clean-up time of something that is over at `moment`, `extra` seconds later."""
    return int(epoch(moment) + extra)
