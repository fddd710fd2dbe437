"""Payment methods in the table, as payments tells them; how many there are stands in the profile."""

from pynamodb.expressions.operand import Path

from shop.events import Event
from shop.inbox import AlreadyHeard
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import ABSENT, TABLE
from users.model.belongings import DetachedMethod, KeptMethodRef
from users.model.profile import KeptProfile
from users.store import DETACHED, METHODS, detached_key, method_key, table
from users.store.profiles import write_profile


def find_method(user_id: str, method_id: str) -> KeptMethodRef | None:
    """A payment method, if it was heard of."""
    return METHODS.get(method_key(user_id, method_id))


def methods(user_id: str, paging: Paging) -> Page[KeptMethodRef]:
    """The payment methods of a user."""
    return METHODS.page(f"USER#{user_id}", paging, index=TABLE, prefix="PM#", newest_first=False)


def attach(method: KeptMethodRef, profile: KeptProfile, new: bool, cause: Event) -> None:
    """Keep a method that was not known, unless it is known to be detached."""
    with table.transaction(cause=cause) as tx:
        tx.create(METHODS, method, LostRace())
        tx.check(detached_key(method.user_id, method.id), ABSENT, AlreadyHeard())
        write_profile(tx, profile.but(payment_methods=profile.payment_methods + 1), new)


def change(method: KeptMethodRef, cause: Event) -> None:
    """Write a changed method."""
    with table.transaction(cause=cause) as tx:
        tx.save(METHODS, method, otherwise=LostRace())


def detach(mark: DetachedMethod, known: KeptMethodRef | None, profile: KeptProfile, new: bool, cause: Event) -> None:
    """Remove a method, if it was known, and remember that it is gone."""
    key = method_key(mark.user_id, mark.id)
    with table.transaction(cause=cause) as tx:
        tx.put(DETACHED, mark)
        if known:
            tx.delete(key, Path("version") == known.version, LostRace())
            profile = profile.but(payment_methods=profile.payment_methods - 1)
        else:
            tx.check(key, ABSENT, LostRace())
        write_profile(tx, profile, new)
