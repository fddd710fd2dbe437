"""Joining a guest's cart to the user's at sign-in, once."""

from typing import TYPE_CHECKING

from carts import store
from carts.basket import Basket
from carts.logic import asking, shopping
from carts.model import SESSION_ID_MAX, Cart, Owner
from shop import clock, settings
from shop.errors import Refusal, not_found
from shop.events import carts as said

if TYPE_CHECKING:
    from shop.events.auth import UserLoggedIn


def merge(user_id: str, session_id: str) -> Cart:
    """Join the session's cart to the user's; again, it changes nothing. Another user's, or none, is 404."""
    owner = Owner("user", user_id)

    def attempt() -> Cart:
        guest = _guest(user_id, session_id)
        if guest is None:
            raise not_found("cart")
        if guest.head.merged_into:
            return shopping.open_for(owner)[0]
        return _join(owner, guest).cart()

    return asking.settled(attempt)


def on_user_logged_in(event: "UserLoggedIn") -> None:
    """Join what the guest had put aside, if anything. A cart that cannot take it stays, and so does the guest's."""
    session_id = event.cart_session_id
    if session_id is None:
        return

    def attempt() -> None:
        guest = _guest(event.user_id, session_id)
        if guest and guest.lines and not guest.head.merged_into:
            _join(Owner("user", event.user_id), guest, cause=event)

    try:
        asking.settled(attempt)
    except Refusal as refusal:
        if refusal.status != 422:
            raise


def _guest(user_id: str, session_id: str) -> Basket | None:
    """The session's cart: live, or joined to this user's before."""
    if len(session_id) > SESSION_ID_MAX:
        return None
    guest = store.latest(Owner("session", session_id))
    return guest if guest and (guest.head.is_live or guest.head.merged_by == user_id) else None


def _join(owner: Owner, guest: Basket, cause: "UserLoggedIn | None" = None) -> Basket:
    pointer = store.pointed(owner)
    seen = pointer.cart_id if pointer else None
    mine = store.live(owner, seen) if seen else None
    free = mine.free() if mine else Basket.opened(owner)
    joined = free.merged(guest, settings.CART_MERGE)
    closed = guest.closed("converted", converted_at=clock.now(), merged_into=joined.head.cart_id, merged_by=owner.id)
    told = said.CartMerged(from_cart_id=guest.head.cart_id, to_cart_id=joined.head.cart_id, user_id=owner.id)
    with store.table.transaction(cause) as tx:
        if mine is None or joined is not free:
            joined = store.write(tx, mine, asking.costed(mine, joined), seen)
        store.write_head(tx, guest, closed)
        tx.say(told, version=joined.head.version)
    store.shelve(closed)
    return joined
