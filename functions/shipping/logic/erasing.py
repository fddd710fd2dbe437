"""Erasing: where a deleted customer's parcels went is forgotten."""

from shipping.store import shipments as store
from shop.events.auth import UserDeleted


def on_user_deleted(event: UserDeleted) -> None:
    """What was sent stays on the books, without the person (B75). Again is the same."""
    store.erase(event)
