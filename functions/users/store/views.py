"""What users have looked at in the table: each product once, the newest so many."""

from pynamodb.expressions.operand import Path

from shop import clock
from shop.events import Event
from shop.inbox import AlreadyHeard
from shop.races import LostRace
from shop.table import ABSENT, GSI1
from users.model.belongings import MAX_VIEWS, RecentlyViewed
from users.store import VIEWS, VIEWS_KEPT, cleared_key, table, view_key
from users.store.profiles import here

LATER = 30  # a clean-up takes out at most so many of what rivals have left over


def newest(user_id: str) -> list[RecentlyViewed]:
    """What a user has looked at, newest first (AP19)."""
    rows = VIEWS.query(f"VIEWS#{user_id}", index=GSI1, low=clock.after(-VIEWS_KEPT), newest_first=True, limit=MAX_VIEWS)
    return list({row.product_id: row for row in reversed(rows)}.values())[::-1]


def every(user_id: str) -> list[RecentlyViewed]:
    """All that is kept of what a user has looked at, newest first."""
    return sorted(VIEWS.query(f"USER#{user_id}", prefix="VIEW#"), key=lambda view: view.viewed_at, reverse=True)


def note(view: RecentlyViewed, leaving: list[RecentlyViewed], cause: Event) -> None:
    """Write that a product was looked at, unless later than that it was looked at again, or all was cleared."""
    with table.transaction(cause=cause) as tx:
        viewed, cleared = Path("viewed_at"), Path("cleared_at")
        tx.put(VIEWS, view, viewed.does_not_exist() | (viewed < view.viewed_at), AlreadyHeard())
        here(tx, view.user_id, AlreadyHeard())
        not_since = cleared.does_not_exist() | (cleared < view.viewed_at)
        tx.check(cleared_key(view.user_id), not_since, AlreadyHeard())
        for old in leaving[:LATER]:
            unmoved = ABSENT | (viewed == old.viewed_at)
            tx.delete(view_key(old.user_id, old.product_id), unmoved, LostRace())


def clear(user_id: str, views: list[RecentlyViewed]) -> None:
    """Remove all of these, and remember when: what is heard late of earlier looks is not noted again."""
    with table.transaction() as tx:
        tx.upsert(cleared_key(user_id), Path("cleared_at").set(tx.now), Path("kind").set("views_cleared"))
        for view in views:
            unmoved = ABSENT | (Path("viewed_at") == view.viewed_at)
            tx.delete(view_key(user_id, view.product_id), unmoved, LostRace())
