"""Snapshots in the table, and the one rebuild there may be: who writes first decides what comes next."""

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from search.model.index import SERVING, IndexSnapshot, Rebuild
from search.store import REBUILD_KEY, REBUILDS, SNAPSHOTS, snapshot_key, table
from shop import clock
from shop.events import Event
from shop.events import search as said
from shop.inbox import AlreadyHeard
from shop.keys import ABSENT
from shop.races import LostRace
from shop.transaction import Transaction


def newest(line: str, *, consistent: bool = True) -> IndexSnapshot | None:
    """What a line points to. One Query for one item."""
    found = SNAPSHOTS.query(line, newest_first=True, limit=1, consistent=consistent)
    return found[0] if found else None


def add(snapshot: IndexSnapshot, rebuild: Rebuild | None = None) -> None:
    """Move the pointer: nobody else may have added this version, and the rebuild it is of must still be going on."""
    with table.transaction() as tx:
        tx.put(SNAPSHOTS, snapshot, ABSENT, LostRace())
        if rebuild:
            tx.check(REBUILD_KEY, _going_on(rebuild), LostRace())


def every(line: str) -> list[IndexSnapshot]:
    """All snapshots of a line, oldest first."""
    return SNAPSHOTS.query(line)


def remove(snapshots: list[IndexSnapshot]) -> None:
    """Forget snapshots."""
    table.delete_all(snapshot_key(s.line, s.version) for s in snapshots)


def rebuild() -> Rebuild | None:
    """The rebuild going on, or the last one."""
    return REBUILDS.get(REBUILD_KEY)


def begin(new: Rebuild) -> None:
    """Begin to rebuild the index, unless that is going on already."""
    with table.transaction() as tx:
        tx.put(REBUILDS, new, ABSENT | (Path("status") != "running"), LostRace())
        _go_on(tx, new)


def nudge(going_on: Rebuild) -> None:
    """Say again where a rebuild is: if its last step was lost it goes on from there."""
    with table.transaction() as tx:
        _go_on(tx, going_on)


def advance(was: Rebuild, now: Rebuild, cause: Event) -> None:
    """Note how far a rebuild has come, and go on."""
    with table.transaction(cause=cause) as tx:
        tx.save(REBUILDS, now, _at_step(was), AlreadyHeard())
        _go_on(tx, now)


def finish(was: Rebuild, built: IndexSnapshot, serving: int, cause: Event) -> None:
    """Let the new index be searched: all that was written to it so far, and nothing will be from now on."""
    done = was.but(status="done", products=built.documents, finished_at=clock.now())
    with table.transaction(cause=cause) as tx:
        tx.save(REBUILDS, done, _at_step(was), AlreadyHeard())
        tx.check(snapshot_key(was.line, built.version + 1), ABSENT, LostRace())
        tx.put(SNAPSHOTS, built.but(line=SERVING, version=serving + 1, built_at=tx.now), ABSENT, LostRace())


def _go_on(tx: Transaction, at: Rebuild) -> None:
    tx.say(said.IndexRebuildAdvanced(rebuild_id=at.rebuild_id, step=at.step), version=at.step + 1)


def _going_on(rebuild: Rebuild) -> Condition:
    return (Path("status") == "running") & (Path("rebuild_id") == rebuild.rebuild_id)


def _at_step(rebuild: Rebuild) -> Condition:
    return _going_on(rebuild) & (Path("step") == rebuild.step)
