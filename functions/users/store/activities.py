"""Activities in the table."""

from collections.abc import Sequence

from shop import clock
from shop.inbox import AlreadyHeard
from shop.pages import Page, Paging
from shop.table import MAX_ACTIONS, TABLE
from users.model.belongings import Activity
from users.store import ACTIVITIES, ACTIVITIES_KEPT, table
from users.store.profiles import here

AT_ONCE = MAX_ACTIONS // 2  # each may be somebody else's, who must be here


def activities(user_id: str, paging: Paging) -> Page[Activity]:
    """The activities of a user, newest first (AP20)."""
    return ACTIVITIES.page(f"ACT#{user_id}", paging, index=TABLE, low=clock.after(-ACTIVITIES_KEPT))


def note(activities: Sequence[Activity]) -> None:
    """Write activities that were heard of. Their keys follow from the events, so a duplicate finds them there."""
    with table.transaction() as tx:
        for activity in {activity.id: activity for activity in activities}.values():
            tx.create(ACTIVITIES, activity, AlreadyHeard())
        for user_id in dict.fromkeys(activity.user_id for activity in activities):
            here(tx, user_id, AlreadyHeard())
