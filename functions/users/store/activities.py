"""Activities in the table."""

from shop import clock
from shop.inbox import AlreadyHeard
from shop.pages import Page, Paging
from shop.table import TABLE
from users.model.belongings import Activity
from users.store import ACTIVITIES, ACTIVITIES_KEPT, table
from users.store.profiles import here


def activities(user_id: str, paging: Paging) -> Page[Activity]:
    """The activities of a user, newest first (AP20)."""
    return ACTIVITIES.page(f"ACT#{user_id}", paging, index=TABLE, low=clock.after(-ACTIVITIES_KEPT))


def note(activity: Activity) -> None:
    """Write an activity that was heard of. Its key follows from the event, so a duplicate finds it there."""
    with table.transaction() as tx:
        tx.create(ACTIVITIES, activity, AlreadyHeard())
        here(tx, activity.user_id, AlreadyHeard())
