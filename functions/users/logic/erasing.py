"""Forgetting a customer whose account is deleted."""

from shop.events.auth import UserDeleted
from shop.races import until_won
from users.model.profile import KeptProfile
from users.store import erasing as store
from users.store.profiles import find_profile


def on_user_deleted(event: UserDeleted) -> None:
    """Erase everything (B75). Every part may be repeated: a place in the inbox would only cut a second try short."""

    def close() -> None:
        before = find_profile(event.user_id)
        if before is None or before.erased_at is None:
            store.empty_profile(before or KeptProfile.of(event.user_id), before is None)

    until_won(close)
    store.remove_rest(event.user_id)
