"""Where users keeps its things.

| thing   | PK             | SK                | GSI1PK / GSI1SK         | GSI2PK / GSI2SK                        |
|---------|----------------|-------------------|-------------------------|----------------------------------------|
| Profile | USER#<user_id> | PROFILE           | EMAIL#<email> / PROFILE | PROFILES#<s> / <created_at>#<user_id>  |
| Address | USER#<user_id> | ADDR#<address_id> | -                       | -                                      |

A profile is stored with the first address if that comes before the account's creation is heard; it is found by the
indexes only from then on.
"""

from collections.abc import Iterable
from typing import Literal

from pynamodb.expressions.operand import Path

from shop.errors import Transient, not_found, version_mismatch
from shop.events import Event
from shop.events.users import AddressChanged, ProfileUpdated
from shop.table import Key, Row, Table, Transaction, sharded
from users.model import AddressBook, KeptProfile, PostalAddress

table = Table("users")


class LostRace(Transient):
    """Someone else changed the profile first: read again and decide again."""

    def __init__(self) -> None:
        super().__init__("Others are changing the same profile")


def profile_key(user_id: str) -> Key:
    """Where a profile is."""
    return Key(f"USER#{user_id}", "PROFILE")


def address_key(user_id: str, address_id: str) -> Key:
    """Where an address is: beside the profile of its owner."""
    return Key(f"USER#{user_id}", f"ADDR#{address_id}")


PROFILES = table.kind(
    "user_profile",
    KeptProfile,
    lambda p: Row(
        profile_key(p.user_id),
        gsi1=(f"EMAIL#{p.email}", "PROFILE") if p.introduced else None,
        gsi2=(sharded("PROFILES", p.user_id), f"{p.created_at}#{p.user_id}") if p.introduced else None,
    ),
)
ADDRESSES = table.kind("address", PostalAddress, lambda a: Row(address_key(a.user_id, a.address_id)))


def find_profile(user_id: str) -> KeptProfile | None:
    """What is kept of a user, introduced or not."""
    return PROFILES.get(profile_key(user_id))


def profile(user_id: str) -> KeptProfile:
    """A profile, or 404 until the account's creation was heard."""
    found = find_profile(user_id)
    if found is None or not found.introduced:
        raise not_found("profile")
    return found


def change_profile(profile: KeptProfile, event: ProfileUpdated) -> KeptProfile:
    """Write a changed profile; 412 when it has changed since it was read."""
    with table.transaction() as tx:
        saved = tx.save(PROFILES, profile.settled())
        tx.say(event, version=saved.version)
    return saved


def learn(profile: KeptProfile, new: bool, cause: Event, *news: Event) -> None:
    """Write what was heard of an account into its profile, once; LostRace when the profile has changed meanwhile."""
    with table.transaction(cause=cause) as tx:
        saved = _write_profile(tx, profile, new)
        for event in news:
            tx.say(event, version=saved.version)


def book(user_id: str) -> AddressBook:
    """Someone's addresses. The profile is read first, so that writing it notices whatever came after."""
    found = find_profile(user_id)
    addresses = ADDRESSES.query(f"USER#{user_id}", prefix="ADDR#")
    newest_first = sorted(addresses, key=lambda a: a.place, reverse=True)
    return AddressBook(found or KeptProfile.of(user_id), found is None, newest_first)


def address(user_id: str, address_id: str) -> PostalAddress:
    """An address of this user, or 404."""
    found = ADDRESSES.get(address_key(user_id, address_id))
    if found is None:
        raise not_found("address")
    return found


def addresses(user_id: str, address_ids: Iterable[str]) -> dict[str, PostalAddress]:
    """Those of these addresses that are this user's, by id. One BatchGetItem."""
    found = ADDRESSES.many(address_key(user_id, address_id) for address_id in address_ids)
    return {address.address_id: address for address in found}


def write_address(
    address: PostalAddress, action: Literal["added", "changed", "removed"], before: AddressBook, after: AddressBook
) -> PostalAddress:
    """Write one address and what follows from it: the defaults, the limit and the score of the profile."""
    with table.transaction() as tx:
        match action:
            case "added":
                written = tx.create(ADDRESSES, address)
            case "changed":
                written = tx.save(ADDRESSES, address)
            case "removed":
                written = address.but(version=address.version + 1)
                unchanged = Path("version") == address.version
                tx.delete(address_key(address.user_id, address.address_id), unchanged, version_mismatch())
        moved = before.profile.defaults ^ after.profile.defaults
        if action != "changed" or after.profile != before.profile:
            _write_profile(tx, after.profile, before.new)
        for other in after.addresses:
            if other.address_id in moved - {address.address_id}:
                # It is shown differently now, so it gets another version.
                key = address_key(other.user_id, other.address_id)
                tx.update(key, condition=Path("version") == other.version, otherwise=LostRace())
        event = AddressChanged(user_id=address.user_id, address_id=address.address_id, action=action)
        tx.say(event, version=written.version)
    return written


def _write_profile(tx: Transaction, profile: KeptProfile, new: bool) -> KeptProfile:
    if new:
        return tx.create(PROFILES, profile.settled(), LostRace())
    return tx.save(PROFILES, profile.settled(), otherwise=LostRace())
