"""What operators do with dead letters: count them, read some, and have them put back."""

import time
from contextlib import suppress
from itertools import takewhile

from operations.logic.dead import Dead
from operations.model.letters import QUEUES, Letters, Queue, Queues, Redriven
from shop import settings
from shop.aws import client
from shop.errors import Refusal, not_found

PATIENCE = 15  # seconds of moving by hand: who asks again has the rest moved


def queues() -> Queues:
    """Every queue of dead letters that is there, with about how many are in it."""
    found = []
    for name in QUEUES:
        with suppress(Refusal):
            found.append(Queue(name=name, count=_dead(name).count()))
    return Queues(queues=found)


def read(name: str) -> Letters:
    """Some of a queue's dead letters."""
    dead = _dead(name)
    return Letters(name=name, count=dead.count(), letters=dead.look())


def redrive(name: str) -> Redriven:
    """Put a queue's dead letters back: SQS does it in its own time, or they are moved now."""
    dead = _dead(name)
    if task := dead.start():
        return Redriven(queue=name, task=task)
    until = time.monotonic() + PATIENCE
    moved = list(takewhile(lambda _: time.monotonic() < until, dead.by_hand()))
    return Redriven(queue=name, moved=max(moved, default=0))


def _dead(name: str) -> Dead:
    if name not in QUEUES:
        raise not_found("queue of dead letters")
    return Dead(settings.STAGE, name, client)
