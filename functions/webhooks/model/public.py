"""Which events leave the house: all, but for what is the shop's own business."""

from types import ModuleType

from shop.events import (
    Event,
    auth,
    carts,
    catalog,
    discounts,
    inventory,
    notifications,
    orders,
    payments,
    returns,
    reviews,
    search,
    shipping,
    users,
)

# Everybody who speaks, but for this service itself: what it says it does not hear, so nothing goes round in a circle.
SPEAKERS = (
    *(auth, carts, catalog, discounts, inventory, notifications, orders),
    *(payments, returns, reviews, search, shipping, users),
)
INTERNAL: frozenset[type[Event]] = frozenset(
    {
        # One-time tokens travel in them, if only as ciphertext.
        auth.EmailVerificationRequested,
        auth.PasswordResetRequested,
        auth.PhoneVerificationRequested,
        # Who signs in, from where, in which session, and how well an account is guarded.
        auth.UserLoggedIn,
        auth.UserLocked,
        auth.UserPasswordChanged,
        auth.UserMfaChanged,
        auth.RefreshTokenReuseDetected,
        # With what it holds the customer's browser may pay.
        payments.PaymentRequiresAction,
        # A service reminds itself.
        search.IndexRebuildAdvanced,
    }
)


def _said(speaker: ModuleType) -> list[type[Event]]:
    found = [thing for thing in vars(speaker).values() if isinstance(thing, type) and issubclass(thing, Event)]
    return [event for event in found if event.__module__ == speaker.__name__]


PUBLIC: dict[str, type[Event]] = {
    event.type: event for speaker in SPEAKERS for event in _said(speaker) if event not in INTERNAL
}
