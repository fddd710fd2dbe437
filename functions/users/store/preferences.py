"""Preferences in the table, and how many of them a user has."""

from pynamodb.expressions.operand import Path

from shop.errors import invalid, not_found
from shop.races import LostRace
from shop.table import PRESENT
from users.model.belongings import MAX_PREFERENCES, Preference
from users.store import PREFERENCES, preference_key, preferences_key, table
from users.store.profiles import here

NUMBER = Path("number")


def find_preference(user_id: str, key: str) -> Preference | None:
    """A preference, if it is set."""
    return PREFERENCES.get(preference_key(user_id, key))


def preferences(user_id: str) -> list[Preference]:
    """All preferences of a user, by key."""
    return PREFERENCES.query(f"USER#{user_id}", prefix="PREF#")


def add(preference: Preference) -> Preference:
    """A preference that was not set (422 preference_limit beyond the most there may be)."""
    limit = invalid("preference_limit", f"There are {MAX_PREFERENCES} preferences already")
    with table.transaction() as tx:
        tx.create(PREFERENCES, preference, LostRace())
        below = NUMBER.does_not_exist() | (NUMBER < MAX_PREFERENCES)
        kind = Path("kind").set("number_of_preferences")
        tx.upsert(preferences_key(preference.user_id), NUMBER.add(1), kind, condition=below, otherwise=limit)
        here(tx, preference.user_id, not_found("profile"))
    return preference


def change(preference: Preference) -> Preference:
    """Write a changed preference."""
    with table.transaction() as tx:
        return tx.save(PREFERENCES, preference, otherwise=LostRace())


def remove(user_id: str, key: str) -> None:
    """Remove a preference, or 404."""
    with table.transaction() as tx:
        tx.delete(preference_key(user_id, key), PRESENT, not_found("preference"))
        tx.upsert(preferences_key(user_id), NUMBER.add(-1))
