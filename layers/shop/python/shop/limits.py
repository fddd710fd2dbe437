"""How often one caller may knock at one service: counted cheaply in general, and exactly where guessing would pay.

Windows are fixed: they begin at whole minutes or hours, so that around their edges a caller may have twice the limit.

**In general** a process lets each caller take a tenth of the limit on credit, from memory. Who wants more costs one
write, which settles the credit and leases a quarter of the limit; and so on. With a limit L:

* at most one write for each L/10 requests, and none for who asks less often: for 100 a minute, 1 write unit in 11;
* a caller is let in at most L times, and L/10 times more for each further process of the service that met them;
* a caller served by several processes may be refused while another process still holds the rest of its lease, L/4;
* below L = 8 there is no credit and a lease is one request: then it is exact.

**Exact** limits write for each request, until a process has seen that the limit is reached.

A limit of 0 is none. When its counter cannot be reached, a limit lets everyone in, and says so once per process.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from pynamodb.expressions.operand import Path

from shop import clock, settings, telemetry
from shop.auth import Caller
from shop.errors import Refusal
from shop.ids import new_id
from shop.table import Key, Table

CREDIT, LEASE = 10, 4  # the parts of a limit that are a credit, and a lease
CLEAN_UP_AFTER = settings.MINUTE
REMEMBERED = 10_000  # callers known to have had all of an exact limit


class Allowance(NamedTuple):
    """What a caller may still do, as far as this process knows, and in how many seconds they may begin anew."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """As an answer tells it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


class RateLimited(Refusal):
    """429: they have had all they may."""

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(429, "rate_limited", f"Too many requests; try again in {allowance.reset} seconds")
        self.allowance = allowance


@dataclass(frozen=True)
class Limit:
    """An exact limit on one route: so many (a setting's name) in a window, for each value of `per`."""

    name: str
    setting: str
    window: int
    per: Callable[[Caller, Any], str]


class Window(NamedTuple):
    """A stretch of time in which requests are counted together (epoch seconds)."""

    start: int
    length: int

    @classmethod
    def now(cls, length: int) -> "Window":
        """The one we are in."""
        return cls(int(time.time()) // length * length, length)

    @property
    def reset(self) -> int:
        """In how many seconds it ends."""
        return max(1, self.start + self.length - int(time.time()))


@dataclass
class Purse:
    """What a process may spend on one caller in this window."""

    tokens: int  # the rest of the credit or lease
    owed: int  # credit that no counter knows of
    left: int  # what nobody has leased, as far as we know

    @property
    def remaining(self) -> int:
        """What the caller may still do."""
        return self.left + self.tokens - self.owed


class Limiter:
    """The limits of one service, counted in its own table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.forget()

    def forget(self) -> None:
        """Know of nobody."""
        self._window = Window(0, settings.MINUTE)
        self._purses: dict[str, Purse] = {}
        self._spent: dict[str, Window] = {}
        self._failed = False

    def admit(self, caller: Caller) -> Allowance | None:
        """Count a request against its caller's general limit (429 rate_limited)."""
        key, limit = general(caller)
        if not (key and limit):
            return None
        window = Window.now(settings.MINUTE)
        if window != self._window:
            self._window, self._purses = window, {}
        credit = limit // CREDIT
        purse = self._purses.setdefault(key, Purse(tokens=credit, owed=credit, left=limit))
        if not purse.tokens and purse.left:
            self._lease(purse, key, limit, window)
        if not purse.tokens:
            raise RateLimited(Allowance(limit, 0, window.reset))
        purse.tokens -= 1
        return Allowance(limit, purse.remaining, window.reset)

    def count(self, limit: Limit, caller: Caller, body: Any) -> Allowance | None:
        """Count a request against an exact limit (429 rate_limited)."""
        most = int(getattr(settings, limit.setting))
        if not most:
            return None
        window = Window.now(limit.window)
        key = f"{limit.name}:{sha256(limit.per(caller, body).encode()).hexdigest()}"
        if self._spent.get(key) == window:
            raise RateLimited(Allowance(most, 0, window.reset))
        counted = self._add(key, 1, window)
        if counted is None:
            return None
        if counted > most:
            if len(self._spent) >= REMEMBERED:
                self._spent.clear()
            self._spent[key] = window
            raise RateLimited(Allowance(most, 0, window.reset))
        return Allowance(most, most - counted, window.reset)

    def _lease(self, purse: Purse, key: str, limit: int, window: Window) -> None:
        lease = max(1, limit // LEASE)
        counted = self._add(key, purse.owed + lease, window)
        if counted is None:
            purse.tokens = lease
            return
        purse.owed = 0
        purse.tokens = max(0, min(lease, limit - (counted - lease)))
        purse.left = max(0, limit - counted)

    def _add(self, key: str, count: int, window: Window) -> int | None:
        """Add to a counter and read it; None when that fails. One UpdateItem (AP14)."""
        ends = window.start + window.length
        try:
            return int(
                self.table.increment(
                    Key(f"RL#{key}#{window.start}", "RL"),
                    Path("count").add(count),
                    Path("version").add(1),
                    Path("kind").set("rate_limit"),
                    Path("id").set(Path("id") | new_id()),
                    Path("key").set(key),
                    Path("expires_at").set(clock.stamp(ends)),
                    Path("ttl").set(ends + CLEAN_UP_AFTER),
                    Path("created_at").set(Path("created_at") | clock.now()),
                    Path("updated_at").set(clock.now()),
                )["count"]
            )
        except Exception:  # a shop that cannot count is still a shop
            if not self._failed:
                telemetry.logger.exception("requests are not counted")
            self._failed = True
            return None


def general(caller: Caller) -> tuple[str, int]:
    """Under which name a caller is counted, and how much they may do a minute; no name when nobody knows it."""
    if caller.user_id:
        return f"user:{caller.user_id}", settings.RATE_ADMIN if caller.is_admin else settings.RATE_USER
    # As API Gateway saw it: headers are the client's to write.
    return f"ip:{caller.ip_address}" if caller.ip_address else "", settings.RATE_ANONYMOUS
