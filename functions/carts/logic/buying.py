"""What a checkout does with a cart: hold it, give it back, or make it an order."""

from typing import TYPE_CHECKING

from carts import store
from carts.basket import Basket
from carts.logic import asking, upkeep
from carts.model import LOCK_TTL, Cart, CartRef, ConvertCart, Done, LockCart, LockedCart, LockedLine, Owner, UnlockCart
from shop import clock
from shop.errors import Refusal, conflict, not_found
from shop.events import Event
from shop.events import carts as said

if TYPE_CHECKING:
    from shop.events.orders import CheckoutFailed, OrderConfirmed


# Why a checkout failed that the cart did not know of.
MOVED_ON = {"price_changed", "product_unavailable", "coupon_invalid", "coupon_exhausted", "coupon_limit_per_user"}


def find(asked: CartRef) -> Cart:
    """A cart by its id, or 404."""
    found = store.basket(asked.cart_id)
    if found is None:
        raise not_found("cart")
    return found.cart()


def lock(asked: LockCart) -> LockedCart:
    """Hold the cart as its owner read it (409 cart_locked, cart_changed, cart_empty). Again, the same answer."""

    def attempt() -> LockedCart:
        held = store.lock(asked, clock.after(LOCK_TTL))
        found = store.basket(asked.cart_id)
        if not held or found is None:
            raise _refusal(asked, found)
        lines = [LockedLine.model_validate(dict(line)) for line in found.lines]
        return LockedCart(lines=lines, currency=found.head.currency, coupon_code=found.head.coupon_code)

    return asking.settled(attempt)


def unlock(asked: UnlockCart, cause: Event | None = None) -> Done:
    """Give the cart back if this checkout holds it, and let a late lock of the same checkout come to nothing."""

    def attempt() -> None:
        cart = store.head(asked.cart_id)
        if cart is None or cart.status != "active":
            return
        lock = cart.checkout_lock
        if cart.released_checkout != asked.checkout_id or (lock and lock.checkout_id == asked.checkout_id):
            store.unlock(cart, asked.checkout_id, cause)

    asking.settled(attempt)
    return Done(cart_id=asked.cart_id)


def convert(asked: ConvertCart, cause: Event | None = None) -> Done:
    """The cart has been bought; once."""

    def attempt() -> None:
        before = store.basket(asked.cart_id)
        if before is None or before.head.user_id != asked.user_id:
            raise not_found("cart")
        if before.head.status != "active":
            return
        after = before.closed("converted", converted_at=clock.now(), order_id=asked.order_id)
        told = said.CartConverted(cart_id=asked.cart_id, order_id=asked.order_id, user_id=asked.user_id)
        store.save(before, after, told, cause=cause)

    asking.settled(attempt)
    return Done(cart_id=asked.cart_id)


def on_order_confirmed(event: "OrderConfirmed") -> None:
    """The cart of a confirmed order has been bought; a cart we do not know changes nothing."""
    if event.cart_id is None:
        return
    try:
        convert(ConvertCart(cart_id=event.cart_id, order_id=event.order_id, user_id=event.user_id), cause=event)
    except Refusal as refusal:
        if refusal.status != 404:
            raise


def on_checkout_failed(event: "CheckoutFailed") -> None:
    """Give the cart back; where prices or discounts had moved on, the cart shows it (B113)."""
    unlock(UnlockCart(cart_id=event.cart_id, checkout_id=event.checkout_id), cause=event)
    if event.code in MOVED_ON:
        upkeep.reprice(event.cart_id)


def _refusal(asked: LockCart, found: Basket | None) -> Refusal:
    """Why a cart could not be locked, read after the attempt; Overtaken when what stood in the way is gone."""
    if found is None or found.head.owner != Owner("user", asked.user_id) or not found.head.is_live:
        return conflict("cart_changed", "This cart is not there any more")
    head, lock = found.head, found.head.checkout_lock
    if lock and head.is_locked and lock.checkout_id != asked.checkout_id:
        return conflict("cart_locked", "Another checkout is buying this cart")
    if head.released_checkout == asked.checkout_id:
        return conflict("cart_changed", "This checkout has given the cart back")
    if not head.content_version <= asked.cart_version <= head.version:
        return conflict("cart_changed", "It has changed since it was read")
    if not found.lines:
        return conflict("cart_empty", "There is nothing in this cart")
    return store.Overtaken()
