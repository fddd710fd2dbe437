"""An event as operators see it pass: its envelope, and nothing of what it tells."""

import re
from typing import Self

from pydantic import Field

from operations.model.metrics import At
from shop.pages import Query
from shop.records import Part

# A line of the event log, as its rule in infra/messaging.yaml writes it.
LINE = re.compile(
    r"(?P<event_id>\S+) (?P<type>\S+) (?P<source>\S+) (?P<aggregate_id>\S+) (?P<aggregate_version>\d+)"
    r" (?P<occurred_at>\S+) ?(?P<correlation_id>\S*)"
)


class WhichEvents(Query):
    """Which events: of one type, or all; those since an earlier answer, or the newest."""

    after: At | None = None
    type: str | None = Field(default=None, pattern=r"^[a-z_]+\.[a-z_]+$", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


class Seen(Part):
    """An event that has passed."""

    event_id: str
    type: str
    source: str
    aggregate_id: str
    aggregate_version: int
    occurred_at: str
    correlation_id: str

    @classmethod
    def read(cls, line: str) -> Self | None:
        """The event a line of the log tells of."""
        found = LINE.fullmatch(line.strip())
        return cls.model_validate(found.groupdict()) if found else None


class LiveEvents(Part):
    """Events, the newest first. What comes later is asked for with `after`; `recorded` is false where no log is kept.

    Where more have come than were asked for, only the newest are here, and `has_more` says so.
    """

    data: list[Seen]
    after: str | None
    has_more: bool = False
    recorded: bool = True
