"""What a shopper does with a cart: open, read, fill, change and empty it, try a code, ask what shipping would cost."""

import secrets
from collections.abc import Callable
from functools import cache

from carts import store
from carts.basket import Basket, quantity_limit
from carts.logic import asking
from carts.model import SESSION_ID_MAX, AddItem, AskEstimate, Cart, Estimate, Owner, Product
from shop import settings
from shop.auth import Caller
from shop.errors import invalid, not_found


def owner_of(caller: Caller) -> Owner:
    """Whose cart a caller means: with a token their own, else that of the session they name."""
    if len(caller.cart_session) > SESSION_ID_MAX:
        raise not_found("cart")
    return Owner("user", caller.user_id) if caller.user_id else Owner("session", caller.cart_session)


def current(owner: Owner, cart_id: str | None = None) -> Basket:
    """The owner's cart, or 404."""
    found = store.live(owner, cart_id)
    if found is None:
        raise not_found("cart")
    return found


def open_cart(caller: Caller) -> tuple[Cart, bool]:
    """The caller's cart, and whether it is new. A guest's new one gets a session id that nobody can guess."""
    owner = owner_of(caller)
    if owner.kind == "user":
        return open_for(owner)
    if owner.id:
        return current(owner).cart(), False
    return open_for(Owner("session", secrets.token_urlsafe(32)))


def open_for(owner: Owner) -> tuple[Cart, bool]:
    """The owner's cart, and whether it is new."""

    def attempt() -> tuple[Cart, bool]:
        pointer = store.pointed(owner)
        seen = pointer.cart_id if pointer else None
        found = store.live(owner, seen) if seen else None
        if found:
            return found.cart(), False
        return store.save(None, Basket.opened(owner), seen=seen).cart(), True

    return asking.settled(attempt)


def add(owner: Owner, body: AddItem, operation_id: str) -> Cart:
    """More of a product; a user without a cart gets one. Repeating the operation adds nothing."""
    if body.quantity > settings.MAX_LINE_QTY:
        raise quantity_limit()
    sellable = cache(lambda: _sellable(body))

    def attempt() -> Cart:
        pointer = store.pointed(owner)
        seen = pointer.cart_id if pointer else None
        before = store.live(owner, seen) if seen else None
        if before is None and owner.kind == "session":
            raise not_found("cart")
        if before and operation_id in before.head.recent_operations:
            return before.cart()
        after = (before.free() if before else Basket.opened(owner)).add(sellable(), body.quantity, operation_id)
        return store.save(before, _settled(before, after), seen=seen).cart()

    return asking.settled(attempt)


def change(owner: Owner, version: int, item_id: str, quantity: int) -> Cart:
    """So many of a line instead."""
    return _changed(owner, lambda basket: basket.set_quantity(item_id, quantity), version)


def empty(owner: Owner, cart_id: str | None) -> None:
    """Take everything out."""
    _changed(owner, lambda basket: basket.holding([]) if basket.lines else basket, cart_id=cart_id)


def estimate_shipping(owner: Owner, body: AskEstimate) -> Cart:
    """What it would cost to send the goods there."""

    def estimated(basket: Basket) -> Basket:
        if not basket.lines:
            raise invalid("cart_empty", "There is nothing to ship")
        return asking.quoted(basket.touched().shipped(Estimate(**dict(body))))

    return _changed(owner, estimated)


def apply_coupon(owner: Owner, code: str) -> Cart:
    """Take something off by a code, in place of any other (422 coupon_invalid with the reason it does not hold)."""

    def couponed(basket: Basket) -> Basket:
        after = basket.with_coupon(code.strip().upper())
        pricing, refused = asking.evaluated(after)
        if refused:
            raise invalid("coupon_invalid", "This code takes nothing off this cart", "/code", reason=refused)
        return after.discounted(pricing)

    return _changed(owner, couponed)


def remove_coupon(owner: Owner) -> Cart:
    """Without a coupon."""
    return _changed(owner, lambda basket: basket.with_coupon(None) if basket.head.coupon_code else basket)


def _changed(
    owner: Owner, how: Callable[[Basket], Basket], version: int | None = None, cart_id: str | None = None
) -> Cart:
    def attempt() -> Cart:
        before = current(owner, cart_id)
        before.head.at(version)
        free = before.free()
        after = how(free)
        if after is free:
            return before.cart()
        return store.save(before, _settled(before, after)).cart()

    return asking.settled(attempt)


def _settled(before: Basket | None, after: Basket) -> Basket:
    return asking.costed(before, asking.stocked(before, after))


def _sellable(body: AddItem) -> Product:
    (product,) = asking.look_up([(body.product_id, body.variant_id)], body.quantity)
    if product.sellable and product.unit_price is not None:
        return product
    if product.reason == "variant_required":
        raise invalid("variant_required", "Say which variant", "/variant_id")
    raise invalid("product_unavailable", "This is not sold", "/product_id")
