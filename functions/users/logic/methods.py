"""The payment methods of a customer, followed from what payments tells in whatever order."""

from typing import TYPE_CHECKING

from shop.inbox import AlreadyHeard
from shop.pages import Page, Paging
from shop.races import until_won
from users.model.belongings import DetachedMethod, KeptMethodRef, PaymentMethodRef
from users.model.profile import KeptProfile
from users.store import methods as store
from users.store.profiles import find_profile

if TYPE_CHECKING:
    from shop.events.payments import PaymentMethodAttached, PaymentMethodDetached


def payment_methods(user_id: str, paging: Paging) -> Page[PaymentMethodRef]:
    """What a customer pays with, without tokens (R55)."""
    return store.methods(user_id, paging)


def on_payment_method_told(event: "PaymentMethodAttached") -> None:
    """Keep what is said of a method, new or changed, unless something newer was said."""
    assert event.meta is not None
    said = {
        **event.model_dump(include={"card_type", "last4", "is_default"}),
        "type": event.method_type,
        "heard_version": event.meta.aggregate_version,
    }

    def follow() -> None:
        profile, new = _profile(event.user_id)
        known = store.find_method(event.user_id, event.id)
        if known is None:
            store.attach(KeptMethodRef(id=event.id, user_id=event.user_id, **said), profile, new, event)
        elif known.heard_version < said["heard_version"]:
            store.change(known.but(**said), event)
        else:
            raise AlreadyHeard

    until_won(follow)


def on_payment_method_detached(event: "PaymentMethodDetached") -> None:
    """Forget a method for good, also one that is not known yet."""

    def follow() -> None:
        profile, new = _profile(event.user_id)
        mark = DetachedMethod(id=event.id, user_id=event.user_id)
        store.detach(mark, store.find_method(event.user_id, event.id), profile, new, event)

    until_won(follow)


def _profile(user_id: str) -> tuple[KeptProfile, bool]:
    """The profile to count in, read first so that writing it notices what came after; and whether it is new."""
    found = find_profile(user_id)
    if found and found.erased_at:
        raise AlreadyHeard
    return found or KeptProfile.of(user_id), found is None
