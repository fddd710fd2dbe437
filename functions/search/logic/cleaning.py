"""Removing what no reader needs any more: snapshots that were followed long ago, and files of none."""

from itertools import pairwise

from search.model.index import SERVING, IndexSnapshot
from search.store import files, snapshots
from shop import clock, telemetry
from shop.settings import HOUR, MINUTE

FOLLOWED = 5 * MINUTE  # a reader looks for a newer snapshot every second
UNNAMED = HOUR  # a writer has long given its files a snapshot, or been cut off


def remove_old_snapshots() -> None:
    """Forget old snapshots, then delete the files of no other. A rebuild may finish meanwhile: it is read first."""
    rebuild = snapshots.rebuild()
    building = snapshots.newest(rebuild.line) if rebuild and rebuild.status == "running" else None
    every = snapshots.every(SERVING)
    moment = clock.after(-FOLLOWED)
    old = [snapshot for snapshot, successor in pairwise(every) if successor.built_at < moment]
    kept = [*every[len(old) :], *([building] if building else [])]
    snapshots.remove(old)
    wanted = _files(kept)
    gone = [key for key in files.older_than(clock.after(-UNNAMED)) if key not in wanted]
    files.delete(gone)
    telemetry.logger.info("snapshots removed", extra={"snapshots": len(old), "files": len(gone)})


def _files(kept: list[IndexSnapshot]) -> set[str]:
    keys = {snapshot.s3_key for snapshot in kept}
    return keys.union(*(files.manifest(key).files.values() for key in keys))
