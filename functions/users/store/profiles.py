"""Profiles in the table."""

from pynamodb.expressions.operand import Path

from shop.errors import Refusal, not_found
from shop.events import Event
from shop.events import users as said
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import GSI1, GSI2, Transaction, shards
from users.model.profile import KeptProfile
from users.store import PROFILES, by_email, profile_key, table


def find_profile(user_id: str) -> KeptProfile | None:
    """What is kept of a user, introduced or not."""
    return PROFILES.get(profile_key(user_id))


def profile(user_id: str) -> KeptProfile:
    """A profile, or 404 until the account's creation was heard."""
    found = find_profile(user_id)
    if found is None or not found.introduced:
        raise not_found("profile")
    return found


def change_profile(profile: KeptProfile, event: "said.ProfileUpdated") -> KeptProfile:
    """Write a changed profile; 412 when it has changed since it was read."""
    with table.transaction() as tx:
        saved = tx.save(PROFILES, profile.settled())
        tx.say(event, version=saved.version)
    return saved


def learn(profile: KeptProfile, new: bool, cause: Event, *news: Event) -> None:
    """Write what was heard of an account into its profile, once; LostRace when the profile has changed meanwhile."""
    with table.transaction(cause=cause) as tx:
        saved = write_profile(tx, profile, new)
        for event in news:
            tx.say(event, version=saved.version)


def with_email(email: str) -> list[KeptProfile]:
    """The profiles of this email address: one, or none (AP16)."""
    return PROFILES.query(by_email(email), index=GSI1)


def profiles(paging: Paging) -> Page[KeptProfile]:
    """Everyone's profiles, newest first (AP16)."""
    return PROFILES.page(shards("PROFILES"), paging, index=GSI2)


def here(tx: Transaction, user_id: str, otherwise: Refusal) -> None:
    """Let the rest happen only while the user's personal data has not been erased."""
    tx.check(profile_key(user_id), Path("erased_at").does_not_exist(), otherwise)


def write_profile(tx: Transaction, profile: KeptProfile, new: bool) -> KeptProfile:
    """Add a profile to a transaction: it must still be what was read, or not be there."""
    if new:
        return tx.create(PROFILES, profile.settled(), LostRace())
    return tx.save(PROFILES, profile.settled(), otherwise=LostRace())
