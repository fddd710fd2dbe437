"""Views and counts in the table: each view once, counts in ten parts that are added up later."""

import random

from pynamodb.expressions.operand import Path

from catalog.model.views import VIEWS_KEPT, ProductView, Stats, Viewer
from catalog.store.keys import table
from shop import clock
from shop.errors import conflict
from shop.events import Event
from shop.ids import SHARDS, shard
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import ABSENT, GSI1, TABLE, Key, Row, Transaction, shards


def _view(v: ProductView) -> Row:
    return Row(
        Key(f"VIEW#{v.product_id}#{v.viewed_at[:10]}#{shard(v.id)}", f"{v.viewed_at}#{v.id}"),
        gsi1=(f"USER#{v.user_id}", f"VIEW#{v.viewed_at}#{v.id}") if v.user_id else None,
        ttl=clock.ttl(v.viewed_at, VIEWS_KEPT),
    )


def _viewer(v: Viewer) -> Row:
    return Row(Key(f"VIEWER#{v.product_id}#{v.viewer}", "VIEWER"), ttl=clock.ttl(v.expires_at))


def _stats_key(product_id: str, part: int) -> Key:
    return Key(f"STATS#{product_id}", str(part))


VIEWS = table.kind("product_view", ProductView, _view)
VIEWERS = table.kind("product_viewer", Viewer, _viewer)
STATS = table.kind("product_stats", Stats, lambda s: Row(_stats_key(s.product_id, s.part)))

LATELY = conflict("viewed_lately")


def note(view: ProductView, viewer: Viewer, event: Event, version: int) -> None:
    """Write and count a view, unless this viewer's last one was a moment ago (LATELY)."""
    with table.transaction() as tx:
        tx.put(VIEWERS, viewer, ABSENT | (Path("expires_at") <= view.viewed_at), LATELY)
        tx.put(VIEWS, view)
        _count(tx, view.product_id, views=1)
        tx.say(event, version=version)


def count_purchases(quantities: dict[str, int], cause: Event) -> None:
    """Count what an order bought of each product, once."""
    with table.transaction(cause=cause) as tx:
        for product_id, quantity in quantities.items():
            _count(tx, product_id, purchases=quantity)


def _count(tx: Transaction, product_id: str, *, views: int = 0, purchases: int = 0) -> None:
    """Add to one part of a product's counts; the index entry says that it is to be added up."""
    part = random.randrange(SHARDS)
    key = _stats_key(product_id, part)
    tx.upsert(
        key,
        Path("kind").set(STATS.name),
        Path("product_id").set(product_id),
        Path("part").set(part),
        Path("view_count").add(views),
        Path("purchase_count").add(purchases),
        Path(GSI1.pk).set(f"STATSDUE#{shard(product_id)}"),
        Path(GSI1.sk).set(Path(GSI1.sk) | f"{tx.now}#{product_id}#{part}"),
    )


def due(limit: int) -> dict[str, list[int]]:
    """Products whose counts have changed, longest ago first (so many parts of each shard), and which parts of them."""
    found: dict[str, list[int]] = {}
    for pk in shards("STATSDUE"):
        for part in STATS.query(pk, index=GSI1, limit=limit):
            found.setdefault(part.product_id, []).append(part.part)
    return found


def parts(product_id: str) -> list[Stats]:
    """All that is counted of a product (AP27). One strongly consistent Query."""
    return STATS.query(_stats_key(product_id, 0).pk)


def settle(part: Stats) -> None:
    """Take a part off the list of what is to be added up, unless it was counted on since (LostRace)."""
    with table.transaction() as tx:
        tx.upsert(
            _stats_key(part.product_id, part.part),
            Path(GSI1.pk).remove(),
            Path(GSI1.sk).remove(),
            condition=(Path("view_count") == part.view_count) & (Path("purchase_count") == part.purchase_count),
            otherwise=LostRace(),
        )


def of_day(product_id: str, day: str, paging: Paging) -> Page[ProductView]:
    """The views of a product on a day, newest first (AP27)."""
    partitions = shards(f"VIEW#{product_id}#{day}")
    return VIEWS.page(partitions, paging, index=TABLE, low=clock.after(-VIEWS_KEPT))


def forget(user_id: str) -> None:
    """Remove a user's views."""
    for views in VIEWS.batches(f"USER#{user_id}", index=GSI1, prefix="VIEW#"):
        table.delete_all([VIEWS.row(view).key for view in views])
