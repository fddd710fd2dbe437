"""Making a new index from the catalog while the old one is searched (B188).

A step reads a piece of the catalog into the documents and from there into the new index, notes how far it has come,
and sends itself an event to go on. So no step takes long, and one that is cut off is done again. What changes
meanwhile goes into both indexes; when the whole catalog is in, the pointer moves to the new one.
"""

import time

from search.logic import asking, hearing, indexing
from search.model.index import SERVING, Rebuild
from search.store import snapshots
from shop.errors import Transient
from shop.events import search as said
from shop.inbox import AlreadyHeard
from shop.races import until_won

PATIENCE = 10.0  # seconds a step reads for
AT_ONCE = 1000  # products a step takes at most


def start(rebuild_id: str) -> Rebuild:
    """Begin to rebuild; or, if that is going on, have it go on in case its last step was lost (R279)."""

    def attempt() -> Rebuild:
        going_on = snapshots.rebuild()
        if going_on and (going_on.status == "running" or going_on.rebuild_id == rebuild_id):
            if going_on.status == "running":
                snapshots.nudge(going_on)
            return going_on
        new = Rebuild(rebuild_id=rebuild_id)
        snapshots.begin(new)
        return new

    return until_won(attempt)


def on_index_rebuild_advanced(event: "said.IndexRebuildAdvanced") -> None:
    """Do the next step of a rebuild; of one that is over, or further on, nothing."""
    rebuild = snapshots.rebuild()
    if (
        rebuild is None
        or rebuild.status != "running"
        or (rebuild.rebuild_id, rebuild.step) != (event.rebuild_id, event.step)
    ):
        raise AlreadyHeard
    product_ids, after = _read(rebuild)
    until_won(lambda: indexing.extend(rebuild.line, product_ids, rebuild))
    if after is None:
        until_won(lambda: _finish(rebuild, event))
        return
    products = rebuild.products + len(product_ids)
    now = rebuild.but(step=rebuild.step + 1, after=after, products=products)
    snapshots.advance(rebuild, now, event)


def _read(rebuild: Rebuild) -> tuple[list[str], str | None]:
    """Learn what the catalog says of the next products; which they are, and where to go on."""
    until, after = time.monotonic() + PATIENCE, rebuild.after
    product_ids: list[str] = []
    while True:
        products, after = asking.next_products(after)
        for product in products:
            hearing.learn(product)
        product_ids += [product["product_id"] for product in products]
        if after is None or len(product_ids) >= AT_ONCE or time.monotonic() > until:
            return product_ids, after


def _finish(rebuild: Rebuild, event: "said.IndexRebuildAdvanced") -> None:
    built, serving = snapshots.newest(rebuild.line), snapshots.newest(SERVING)
    if built is None:
        raise Transient("The new index is not there yet")
    snapshots.finish(rebuild, built, serving.version if serving else 0, event)
