"""What users can be asked to do: keep a profile in step with its account, and keep its owner's addresses."""

from collections.abc import Callable
from typing import Any, TypeVar

from shop.errors import invalid, not_found
from shop.events import Event
from shop.events.auth import UserCreated, UserEmailChanged, UserPhoneVerified, UserStatusChanged
from shop.events.users import ProfileCreated, ProfileUpdated
from shop.inbox import AlreadyHeard
from shop.pages import Page, Paging
from shop.table import AlreadyMade
from users import store
from users.model import (
    Address,
    AddressFields,
    ChangeAddress,
    ChangeProfile,
    ChosenAddresses,
    KeptProfile,
    PostalAddress,
    ResolvedAddresses,
    joined,
)

T = TypeVar("T")
TRIES = 8


def change_profile(user_id: str, version: int, body: ChangeProfile) -> KeptProfile:
    """A profile with some fields changed; nothing is written or told when nothing is different."""
    before = store.profile(user_id).at(version)
    after = before.changed(body.model_dump(exclude_unset=True))
    fields = ChangeProfile.model_fields
    different = {name: getattr(after, name) for name in fields if getattr(after, name) != getattr(before, name)}
    if not different:
        return before
    return store.change_profile(after, ProfileUpdated(user_id=user_id, changed=different))


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
    profile = store.find_profile(user_id)
    return Address(**dict(found), is_default=profile is not None and address_id in profile.defaults)


def add_address(user_id: str, address_id: str, body: AddressFields) -> Address:
    """A new address; the first of its kind becomes the default (422 address_limit beyond the most there may be)."""

    def add() -> Address:
        before = store.book(user_id)
        if (made := before.find(address_id)) is not None:
            return before.shown(made)
        address = PostalAddress(address_id=address_id, user_id=user_id, **body.model_dump(exclude={"is_default"}))
        after = before.holding([*before.addresses, address], address if body.is_default else None)
        return after.shown(store.write_address(address, "added", before, after))

    try:
        return _decided(add)
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

    return _decided(change)


def delete_address(user_id: str, address_id: str, version: int) -> None:
    """Remove an address; where it was the default, the newest of those left is."""

    def delete() -> None:
        before = store.book(user_id)
        address = before.find(address_id)
        if address is None:
            raise not_found("address")
        after = before.holding([other for other in before.addresses if other is not address])
        store.write_address(address.at(version), "removed", before, after)

    _decided(delete)


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


def on_user_created(event: UserCreated) -> None:
    """Make the profile, or fill in the one that came with the first address or an event that overtook this one."""

    def introduce(profile: KeptProfile, version: int) -> KeptProfile:
        if profile.introduced:
            raise AlreadyHeard
        told = profile.told(version, email=event.email, is_active=True)
        return told.but(
            introduced=True,
            first_name=event.first_name,
            last_name=event.last_name,
            full_name=joined(event.first_name, event.last_name),
            phone=event.phone,
            preferred_language=event.language,
        )

    _learned(event.user_id, event, introduce, ProfileCreated(user_id=event.user_id))


def on_user_email_changed(event: UserEmailChanged) -> None:
    """Keep the copy of the email address in step."""
    _learned(event.user_id, event, lambda profile, version: profile.told(version, email=event.email))


def on_user_status_changed(event: UserStatusChanged) -> None:
    """Keep the copy of whether the account is active in step."""
    _learned(event.user_id, event, lambda profile, version: profile.told(version, is_active=event.is_active))


def on_user_phone_verified(event: UserPhoneVerified) -> None:
    """Note which number is known to be the user's."""
    _learned(event.user_id, event, lambda profile, version: profile.told(version, verified_phone=event.phone))


def _learned(user_id: str, event: Any, tell: Callable[[KeptProfile, int], KeptProfile], *news: Event) -> None:
    """Apply what an event tells to the profile; one that tells nothing new changes nothing."""

    def learn() -> None:
        before = store.find_profile(user_id)
        profile = before or KeptProfile.of(user_id)
        after = tell(profile, event.meta.aggregate_version)
        if after == profile:
            raise AlreadyHeard
        store.learn(after, before is None, event, *news)

    _decided(learn)


def _decided(decide: Callable[[], T]) -> T:
    """Read, decide and write; again when someone else wrote in between."""
    for _ in range(TRIES - 1):
        try:
            return decide()
        except store.LostRace:
            continue
    return decide()
