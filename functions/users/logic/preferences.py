"""The preferences of a customer: one value a key."""

from shop.races import until_won
from users.model.belongings import Preference, Preferences
from users.store import preferences as store


def preferences(user_id: str) -> Preferences:
    """All of them, by key (R56)."""
    return {preference.key: preference.value for preference in store.preferences(user_id)}


def set_preference(user_id: str, key: str, value: str) -> Preference:
    """Give a preference this value, whatever it was (R57)."""
    wanted = Preference.of(user_id, key, value)

    def write() -> Preference:
        before = store.find_preference(user_id, key)
        if before is None:
            return store.add(wanted)
        return before if before.value == value else store.change(before.but(value=value))

    return until_won(write)
