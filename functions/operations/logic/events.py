"""Live events: the newest of the event log, or what has come since somebody looked last."""

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from operations.model.events import LiveEvents, Seen, WhichEvents
from shop import clock, settings
from shop.aws import client

# A log is read from its old end. We look back so many seconds, and if that brings too few so many: there is always
# about as much to read, however busy the shop is.
LOOKS = (10, 5 * settings.MINUTE, 2 * settings.HOUR, 3 * settings.DAY)
PAGES = 10  # read of one look at most
LATE = settings.MINUTE  # what happened before somebody looked last, and was written only then


class Line(NamedTuple):
    """A line of the log: when it was written there, and what it says."""

    written: int
    event: Seen


def read(asked: WhichEvents) -> LiveEvents:
    """The newest events; of those asked for with `after`, only what was written since."""
    since = round(clock.epoch(asked.after) * 1000) if asked.after else 0
    now = time.time()
    first = max(since / 1000 - LATE, now - LOOKS[-1])
    found: list[Line] = []
    for seconds in LOOKS:
        start = max(now - seconds, first)
        try:
            lines = _lines(start, asked.type)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return LiveEvents(data=[], after=asked.after, recorded=False)
        if lines is None:  # too much to read: what the shorter look brought is the newest there is
            break
        found = [line for line in lines if line.written > since]
        if len(found) > asked.limit or start == first:
            break
    newest = sorted(found, key=lambda line: (line.event.occurred_at, line.written), reverse=True)
    last = max((line.written for line in found), default=since)
    return LiveEvents(
        data=[line.event for line in newest[: asked.limit]],
        after=clock.stamp(last / 1000) if last else None,
        has_more=len(newest) > asked.limit,
    )


def _lines(start: float, kind: str | None) -> list[Line] | None:
    """All lines from a moment on; None when they are too many."""
    pages = _pages(start, kind)
    read = [event for page in islice(pages, PAGES) for event in page["events"]]
    if next(pages, None) is not None:
        return None
    seen = ((event["ingestionTime"], Seen.read(event["message"])) for event in read)
    return [Line(written, event) for written, event in seen if event and kind in (None, event.type)]


def _pages(start: float, kind: str | None) -> Iterator[dict[str, Any]]:
    words = {"filterPattern": f'"{kind}"'} if kind else {}
    pages = client("logs").get_paginator("filter_log_events")
    return iter(pages.paginate(logGroupName=group(), startTime=round(start * 1000), **words))


def group() -> str:
    """Where the rule of infra/messaging.yaml writes every event's envelope."""
    return f"/aws/events/{settings.STAGE}-shop"
