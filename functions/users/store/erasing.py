"""Taking everything out of the table that belongs to one user."""

from shop.table import BATCH_GET, Key
from users.model.profile import KeptProfile
from users.store import profile_key, table
from users.store.profiles import write_profile


def empty_profile(profile: KeptProfile, new: bool) -> None:
    """Leave of a profile only the mark that it is erased: from here on nothing more is written for this user."""
    with table.transaction() as tx:
        write_profile(tx, profile.erased(), new)


def remove_rest(user_id: str) -> None:
    """Remove all that was kept beside the profile, and the activities."""
    for pk in (profile_key(user_id).pk, f"ACT#{user_id}"):
        while keys := [key for key in _keys(pk) if key != profile_key(user_id)]:
            table.delete_all(keys)


def _keys(pk: str) -> list[Key]:
    return [Key(pk, item["SK"]["S"]) for item in table.items(pk, limit=BATCH_GET)]
