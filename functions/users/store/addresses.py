"""Addresses in the table, and the profile's pointers to the defaults among them."""

from collections.abc import Iterable
from typing import Literal

from pynamodb.expressions.operand import Path

from shop.errors import not_found, version_mismatch
from shop.events import users as said
from shop.races import LostRace
from users.model.address import AddressBook, PostalAddress
from users.model.profile import KeptProfile
from users.store import ADDRESSES, address_key, table
from users.store.profiles import find_profile, write_profile


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
            write_profile(tx, after.profile, before.new)
        for other in after.addresses:
            if other.address_id in moved - {address.address_id}:
                # It is shown differently now, so it gets another version.
                key = address_key(other.user_id, other.address_id)
                tx.update(key, condition=Path("version") == other.version, otherwise=LostRace())
        event = said.AddressChanged(user_id=address.user_id, address_id=address.address_id, action=action)
        tx.say(event, version=written.version)
    return written
