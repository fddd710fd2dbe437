"""Forgetting a customer whose account is deleted."""

from catalog.store import alerts, comparisons, erasing, views
from shop.events.auth import UserDeleted


def on_user_deleted(event: UserDeleted) -> None:
    """Erase everything (B75). Every part may be repeated: a place in the inbox would only cut a second try short."""
    erasing.close(event.user_id)
    for kept in (alerts, comparisons, views):
        kept.forget(event.user_id)
