"""One line of the bench: what was measured, and the budget it must keep."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """A figure beside its budget. `least` turns the budget round: the figure must not be below it."""

    name: str
    value: float
    unit: str
    budget: float | None = None
    least: bool = False
    note: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)  # what it is made of

    @property
    def ok(self) -> bool:
        """Whether it is inside its budget; a figure without one is only told."""
        if self.budget is None:
            return True
        return self.value >= self.budget if self.least else self.value <= self.budget

    def told(self) -> dict[str, Any]:
        """As `.reports/bench.json` has it."""
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "budget": self.budget,
            "ok": self.ok,
            **({"note": self.note} if self.note else {}),
            **({"parts": {name: round(part, 4) for name, part in self.parts.items()}} if self.parts else {}),
        }


# What a part of the bench offers: `rows(tell)`; `tell` says in a few words what is being done.
Tell = Callable[[str], None]
Rows = Iterable[Row]


def silent(what: str) -> None:
    """Tell nobody."""
