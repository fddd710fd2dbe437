"""What the demonstration remembers of each attempt to buy, for the report."""

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from tools.client import Json


@dataclass
class Tally:
    """Checkouts by how they ended, what was expected and did not happen, and what was left out."""

    outcomes: Counter[str] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    listed: list[str] = field(default_factory=list)
    checkouts: dict[str, Json] = field(default_factory=dict)
    seconds: float = 0.0  # from the first customer to the last
    _lock: Lock = field(default_factory=Lock)

    def took(self, checkout: Json) -> Json:
        """Remember how a checkout ended."""
        ended = checkout["failure_code"] if checkout["status"] == "failed" else checkout["status"]
        with self._lock:
            self.checkouts[checkout["checkout_id"]] = checkout
            self.outcomes[str(ended)] += 1
        return checkout

    def became(self, outcome: str) -> None:
        """Count what became of an order afterwards."""
        with self._lock:
            self.outcomes[outcome] += 1

    def expect(self, what: str, holds: bool) -> None:
        """Note it when something that should hold does not."""
        if not holds:
            with self._lock:
                self.surprises.append(what)

    def leave_out(self, reason: str, count: int = 1) -> None:
        """Count what could not be replayed."""
        with self._lock:
            self.left_out[reason] += count

    def first(self, status: str, code: str | None = None) -> Json | None:
        """A checkout that ended like this."""
        return next(
            (
                c
                for c in self.checkouts.values()
                if c["status"] == status and (code is None or c["failure_code"] == code)
            ),
            None,
        )
