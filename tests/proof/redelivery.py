"""A bus that tries everything: it hears a round once and in order, puts all back, and hears it again in disorder.

Disorder is every event three times, shuffled across types, then all once more with the stalest last. What is refused
comes again, as from a queue. Both ways every table must end the same, but for what is noted of the hearing itself.
"""

import json
import pickle
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import time_machine
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from relay import store as outboxes
from tests import kit
from tests.database import items
from tests.kit import REGION, SERVICES, app_of

Told = tuple[str, dict[str, Any]]  # type and detail
TRIES = 5  # of a queue, before it sets a message aside

# What says only how often, when, in which of ten places and under which new name something was written.
INCIDENTAL = {"version", "updated_at", "created_at", "ttl"}
NAME = re.compile(  # an id, a number like REF-20250131-7K2M9P, or what SES calls a message
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[A-Z]+-\d{8}-[0-9A-Z]{6}\b|\b[a-z]{16}(-[a-z]+){6}\b"
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z?")
PLACE = re.compile(r"#\d\"")
COUNTS = {"purchase_count", "view_count"}  # of a product, added up over its parts


@dataclass
class Restless:
    """The bus, and what it has carried so far. Only one round in `every` is heard both ways."""

    chance: random.Random
    every: int = 1
    rounds: int = 0
    heard: Counter[str] = field(default_factory=Counter)  # deliveries by type, in disorder
    differences: list[str] = field(default_factory=list)
    everything: list[Told] = field(default_factory=list)

    def settle(self) -> None:
        """Let everybody hear what has been said, and what is said of that, until all is quiet."""
        while batch := said():
            self.round(batch)

    def round(self, batch: list[Told]) -> None:
        """Hear these both ways."""
        self.everything += batch
        self.rounds += 1
        if self.rounds % self.every:
            return hear_all(batch)
        before = kept()
        names = {found[0] for found in NAME.finditer(json.dumps(list(rows()), default=str))}
        with time_machine.travel(datetime.now(UTC), tick=False):
            put_back(before)
            hear_all(self.disorder(batch))
            disordered = state(names)
            put_back(before)
            hear_all(batch)
            ordered = state(names)
        self.differences += [f"only in order: {place}" for place in ordered - disordered]
        self.differences += [f"only in disorder: {place}" for place in disordered - ordered]
        return None

    def disorder(self, batch: list[Told]) -> list[Told]:
        """Three times each in any order, and once more with the stalest last."""
        shuffled = batch * 3
        self.chance.shuffle(shuffled)
        shuffled += sorted(batch, key=lambda told: -int(told[1]["aggregate_version"]))
        self.heard.update(kind for kind, _ in shuffled)
        return shuffled


def said() -> list[Told]:
    """What nobody has carried yet, oldest first; it is carried now."""
    batch: list[dict[str, Any]] = []
    for service in SERVICES:
        kit.project(service)
        waiting = kit._unpublished(service)
        outboxes.mark_published(service, waiting)
        batch += waiting
    batch.sort(key=lambda row: str(row["occurred_at"]["S"]))
    return [(row["detail_type"]["S"], json.loads(row["detail"]["S"])) for row in batch]


def hear_all(batch: list[Told]) -> None:
    """As queues do: each listener by itself, and what one refuses comes to it again later."""
    for listener in SERVICES:
        app = app_of(listener)
        waiting = [(told, 1) for told in batch if told[0] in app.hears.handlers]
        while waiting:
            (told, attempt), *waiting = waiting
            try:
                app.hears.hear(*told)
            except Exception:
                if attempt == TRIES:
                    raise
                waiting.append((told, attempt + 1))
        kit.project(listener)


def kept() -> bytes:
    """All tables, to be put back."""
    return pickle.dumps({name: table.items for name, table in _tables().items()})


def put_back(before: bytes) -> None:
    """All tables as they were."""
    for name, found in pickle.loads(before).items():
        _tables()[name].items = found


def rows() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every item with its table, without what is noted of hearing and telling."""
    for name in _tables():
        for item in items(name, ""):
            if not item["PK"]["S"].startswith(("INBOX#", "OBX#")):
                yield name, item


def state(known: set[str]) -> Counter[str]:
    """What the tables say, new names, moments and places aside."""

    def plain(found: re.Match[str]) -> str:
        return found[0] if found[0] in known else "new"

    told = Counter[str]()
    for name, item in rows():
        if item.get("kind") == {"S": "product_stats"}:
            told.update({f"{item['PK']['S']} {count}": int(item[count]["N"]) for count in COUNTS})
            continue
        telling = {key: value for key, value in item.items() if key not in INCIDENTAL}
        text = json.dumps(telling, sort_keys=True, default=str)
        told[f"{name} {PLACE.sub('#', MOMENT.sub('then', NAME.sub(plain, text)))}"] += 1
    return told


def _tables() -> dict[str, Any]:
    found: dict[str, Any] = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
    return found
