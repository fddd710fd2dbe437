"""Keeping a profile in step with its account, and changing it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shop.events import Event
from shop.events import users as said
from shop.inbox import AlreadyHeard
from shop.pages import Page, Paging
from shop.races import until_won
from users.model.profile import ChangeProfile, KeptProfile, Profile, joined
from users.store import profiles as store

if TYPE_CHECKING:
    from shop.events.auth import UserCreated, UserEmailChanged, UserPhoneVerified, UserStatusChanged


def change_profile(user_id: str, version: int, body: ChangeProfile) -> KeptProfile:
    """A profile with some fields changed; nothing is written or told when nothing is different."""
    before = store.profile(user_id).at(version)
    after = before.changed(body.model_dump(exclude_unset=True))
    fields = ChangeProfile.model_fields
    different = {name: getattr(after, name) for name in fields if getattr(after, name) != getattr(before, name)}
    if not different:
        return before
    return store.change_profile(after, said.ProfileUpdated(user_id=user_id, changed=different))


def profiles(email: str | None, paging: Paging) -> Page[Profile]:
    """Everyone's profiles, newest first, or the one of an email address (R48)."""
    return Page(data=store.with_email(email)) if email is not None else store.profiles(paging)


def on_user_created(event: "UserCreated") -> None:
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
            phone=event.phone or told.phone,
            preferred_language=event.language,
        )

    _learned(event.user_id, event, introduce, lambda *_: [said.ProfileCreated(user_id=event.user_id)])


def on_user_email_changed(event: "UserEmailChanged") -> None:
    """Keep the copy of the email address in step."""
    _learned(event.user_id, event, lambda profile, version: profile.told(version, email=event.email))


def on_user_status_changed(event: "UserStatusChanged") -> None:
    """Keep the copy of whether the account is active in step."""
    _learned(event.user_id, event, lambda profile, version: profile.told(version, is_active=event.is_active))


def on_user_phone_verified(event: "UserPhoneVerified") -> None:
    """Note which number is known to be the user's; where there is none, it is the number from now on."""

    def taken(before: KeptProfile, after: KeptProfile) -> list[Event]:
        changed = {"phone": after.phone}
        return [said.ProfileUpdated(user_id=event.user_id, changed=changed)] if after.phone != before.phone else []

    _learned(event.user_id, event, lambda profile, version: profile.proved(version, event.phone), taken)


def _learned(
    user_id: str,
    event: Any,
    tell: Callable[[KeptProfile, int], KeptProfile],
    news: Callable[[KeptProfile, KeptProfile], list[Event]] = lambda *_: [],
) -> None:
    """Apply what an event tells to the profile, and tell the news; what tells nothing new changes nothing."""

    def learn() -> None:
        before = store.find_profile(user_id)
        profile = before or KeptProfile.of(user_id)
        if profile.erased_at:
            raise AlreadyHeard
        after = tell(profile, event.meta.aggregate_version)
        if after == profile:
            raise AlreadyHeard
        store.learn(after, before is None, event, *news(profile, after))

    until_won(learn)
