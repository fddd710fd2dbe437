"""Bringing the index up to date: many may try, and who moves the pointer first has done it."""

from collections.abc import Iterable

from search.engine import writing
from search.model.index import SERVING, IndexSnapshot, Rebuild
from search.store import documents, snapshots
from shop import clock, telemetry
from shop.races import until_won

# Products heard of in this process whose documents may be newer than the index. Their events are only taken from the
# queue once the index has them: what is lost with the process comes again.
changed: set[str] = set()


def publish() -> None:
    """Bring the index up to date with all that was heard."""
    product_ids = sorted(changed)
    if not product_ids:
        return
    put(product_ids)
    changed.difference_update(product_ids)


def put(product_ids: Iterable[str]) -> None:
    """Let the index say of these products what the documents do; also the one that is being built.

    That comes first: from then on these products are in whichever of the two is searched in the end.
    """
    product_ids = list(product_ids)

    def build() -> None:
        rebuild = snapshots.rebuild()
        if rebuild and rebuild.status == "running":
            extend(rebuild.line, product_ids, rebuild)

    until_won(build)
    until_won(lambda: extend(SERVING, product_ids))


def extend(line: str, product_ids: Iterable[str], rebuild: Rebuild | None = None) -> None:
    """Add a snapshot to a line; who was overtaken (LostRace) begins again with what the other has written.

    The pointer is read before the documents: a snapshot is never older than the documents its version was made from.
    """
    base = snapshots.newest(line)
    known = documents.many(product_ids)
    built = writing.build(base.s3_key if base else None, {i: known.get(i) for i in product_ids})
    if built is None:
        return
    snapshot = IndexSnapshot(
        line=line,
        version=base.version + 1 if base else 1,
        s3_key=built.s3_key,
        documents=built.documents,
        built_at=clock.now(),
    )
    snapshots.add(snapshot, rebuild)
    facts = {"line": line, "version": snapshot.version, "changed": len(known), "documents": built.documents}
    telemetry.logger.info("indexed", extra=facts)
