"""The addresses of a customer."""

from shop.errors import invalid, not_found
from shop.pages import Page, Paging
from shop.races import until_won
from shop.table import AlreadyMade
from users.model.address import (
    Address,
    AddressFields,
    ChangeAddress,
    ChosenAddresses,
    PostalAddress,
    ResolvedAddresses,
)
from users.store import addresses as store
from users.store.profiles import find_profile


def list_addresses(user_id: str, paging: Paging) -> Page[Address]:
    """The addresses of a user, newest first."""
    book, after = store.book(user_id), paging.after
    rows = [address for address in book.addresses if after is None or address.place < after]
    shown = rows[: paging.limit]
    return paging.page(
        [book.shown(address) for address in shown], last=shown[-1].place if len(rows) > paging.limit else None
    )


def get_address(user_id: str, address_id: str) -> Address:
    """One address of a user, or 404."""
    found = store.address(user_id, address_id)
    profile = find_profile(user_id)
    return Address(**dict(found), is_default=profile is not None and address_id in profile.defaults)


def add_address(user_id: str, address_id: str, body: AddressFields) -> Address:
    """A new address; the first of its kind becomes the default (422 address_limit beyond the most there may be)."""

    def add() -> Address:
        before = store.book(user_id)
        if (made := before.find(address_id)) is not None:
            return before.shown(made)
        if before.profile.erased_at:
            raise not_found("profile")
        address = PostalAddress(address_id=address_id, user_id=user_id, **body.model_dump(exclude={"is_default"}))
        after = before.holding([*before.addresses, address], address if body.is_default else None)
        return after.shown(store.write_address(address, "added", before, after))

    try:
        return until_won(add)
    except AlreadyMade:
        return get_address(user_id, address_id)


def change_address(user_id: str, address_id: str, version: int, body: ChangeAddress) -> Address:
    """An address with some fields changed, or made the default of its kinds."""

    def change() -> Address:
        before = store.book(user_id)
        was = before.find(address_id)
        if was is None:
            raise not_found("address")
        address = was.at(version).changed(body.model_dump(exclude_unset=True, exclude={"is_default"}))
        if "is_default" in body.model_fields_set and not body.is_default and address_id in before.profile.defaults:
            raise invalid("default_needed", "Make another address the default instead", "/is_default")
        others = [other for other in before.addresses if other is not was]
        after = before.holding([*others, address], address if body.is_default else None)
        if address == was and after.profile == before.profile:
            return before.shown(was)
        return after.shown(store.write_address(address, "changed", before, after))

    return until_won(change)


def delete_address(user_id: str, address_id: str, version: int) -> None:
    """Remove an address; where it was the default, the newest of those left is."""

    def delete() -> None:
        before = store.book(user_id)
        address = before.find(address_id)
        if address is None:
            raise not_found("address")
        after = before.holding([other for other in before.addresses if other is not address])
        store.write_address(address.at(version), "removed", before, after)

    until_won(delete)


def resolve_addresses(chosen: ChosenAddresses) -> ResolvedAddresses:
    """A checkout's addresses; refused as address_invalid when one is not the user's or lacks what delivery needs."""
    ids = [chosen.shipping_address_id, chosen.billing_address_id or chosen.shipping_address_id]
    found = store.addresses(chosen.user_id, ids)
    for address_id in ids:
        address = found.get(address_id)
        reason = address.fault() if address else "not_found"
        if reason:
            raise invalid(
                "address_invalid", "This address cannot be used for an order", reason=reason, address_id=address_id
            )
    shipping, billing = (found[address_id] for address_id in ids)
    return ResolvedAddresses(shipping_address=shipping, billing_address=billing)
