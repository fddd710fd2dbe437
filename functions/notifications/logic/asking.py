"""What staff and other services have written: now or later, once each, and again when it failed."""

from typing import Any

from notifications.logic.sending import deliver
from notifications.model.notification import KeptNotification, Notification, Sent, id_of
from notifications.model.requests import AskNotification, EveryonesList, WriteNotification
from notifications.store import notifications as stored
from notifications.store import templates
from shop import clock
from shop.errors import conflict, invalid
from shop.pages import Page
from shop.table import AlreadyMade


def write(operation_id: str, body: WriteNotification) -> Notification:
    """R262. Write to one user; what is scheduled waits for its time (B178)."""
    return _written(f"asked:{operation_id}", body)


def send(asked: AskNotification) -> Sent:
    """R272. Write to one user for another service, once for each dedupe key."""
    key = f"asked:{asked.dedupe_key}"
    try:
        made = _written(key, asked)
    except AlreadyMade:
        made = stored.notification(id_of(key))
    return Sent(notification_id=made.id, status=made.status, attempts=made.attempts)


def _written(key: str, asked: WriteNotification | AskNotification) -> KeptNotification:
    if asked.template_id and templates.find(asked.template_id) is None:
        raise invalid("unknown_template", "There is no such template", "/template_id")
    fields: dict[str, Any] = {
        "user_id": asked.user_id,
        "channel": asked.channel,
        "notification_type": asked.type,
        "template_id": asked.template_id,
        "variables": asked.variables,
        "scheduled_at": asked.scheduled_at,
    }
    made = KeptNotification.about(key, **fields)
    if asked.scheduled_at and asked.scheduled_at > clock.now():
        made = made.waiting(asked.scheduled_at)
        stored.create([made])
        return made
    stored.create([made])
    return deliver(made)


def everyones(query: EveryonesList) -> Page[Notification]:
    """R261. Anybody's notifications, newest first."""
    if query.user_id:
        return stored.to_user(query.user_id, query, status=query.status)
    return stored.with_status(query.status, query)


def retry(notification_id: str) -> Notification:
    """R264. Try again what was given up, as often as the first time; 409 not_failed."""
    found = stored.notification(notification_id)
    if found.status != "failed":
        raise conflict("not_failed", f"This notification is {found.status}")
    return deliver(stored.save(found.but(status="pending", attempts=0).begun()))
