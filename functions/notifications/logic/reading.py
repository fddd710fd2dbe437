"""What a user reads in the app: the notifications they got, and which of them are new (B182)."""

from collections.abc import Iterable
from itertools import islice

from notifications.model.notification import Notification
from notifications.model.requests import NotificationPage, OwnList
from notifications.store import notifications as stored
from shop.auth import Caller
from shop.errors import Refusal, conflict, not_found
from shop.telemetry import logger

TOGETHER = 40


def own(caller: Caller, query: OwnList) -> NotificationPage:
    """R254. The caller's notifications, newest first, and how many are new."""
    if query.unread and query.channel not in (None, "in_app"):
        return NotificationPage(data=[], unread_count=stored.count_unread(caller.user_id))
    if query.unread:
        page = stored.unread(caller.user_id, query)
    elif query.channel == "in_app":
        page = stored.in_app(caller.user_id, query)
    else:
        page = stored.to_user(caller.user_id, query, query.channel)
    return NotificationPage(**vars(page), unread_count=stored.count_unread(caller.user_id))


def mark(caller: Caller, notification_id: str) -> Notification:
    """R255. The caller has read one; reading it again changes nothing."""
    found = stored.notification(notification_id)
    if found.user_id != caller.user_id:
        raise not_found("notification")
    if found.channel != "in_app" or found.status != "delivered":
        raise conflict("not_in_app", "Only what is shown in the app can be read there")
    if found.read_at is None:
        stored.mark_read([notification_id])
        found = stored.notification(notification_id)
    return found


def mark_all(caller: Caller) -> None:
    """R256. The caller has read everything."""
    new = iter(list(stored.unread_ids(caller.user_id)))
    while together := list(islice(new, TOGETHER)):
        try:
            stored.mark_read(together)
        except Refusal:
            _one_by_one(together)


def _one_by_one(notification_ids: Iterable[str]) -> None:
    """One that is gone does not keep the others new."""
    for notification_id in notification_ids:
        try:
            stored.mark_read([notification_id])
        except Refusal as refusal:
            logger.info("left unread", extra={"notification_id": notification_id, "refused": refusal.code})
