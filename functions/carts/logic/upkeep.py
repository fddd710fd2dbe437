"""What carts does unasked: follow the catalog, let go of what is past, and of users who may not buy."""

from typing import TYPE_CHECKING

from carts import store
from carts.basket import Basket
from carts.logic import asking
from carts.model import Owner, Product
from shop import clock, telemetry
from shop.events import carts as said

if TYPE_CHECKING:
    from shop.events.auth import UserDeleted, UserStatusChanged
    from shop.events.catalog import (
        ProductPriceChanged,
        ProductStatusChanged,
        ProductUpdated,
        VariantDeleted,
        VariantUpdated,
    )

    CatalogNews = ProductPriceChanged | ProductStatusChanged | ProductUpdated | VariantDeleted | VariantUpdated

# One product's news refreshes at most so many carts; a checkout asks for the price in any case.
CARTS_AN_EVENT = 1000


def on_product_changed(event: "CatalogNews") -> None:
    """Bring the lines of this product up to date, in all carts that hold it.

    The news only says that something changed: the catalog is asked what is so now, after each cart was read. So news
    may come twice, late or in any order, and every cart ends at the truth.
    """
    seen = 0
    for cart_ids in store.holding(event.product_id):
        seen += len(cart_ids)
        if seen > CARTS_AN_EVENT:
            telemetry.logger.warning("carts left as they are", extra={"product_id": event.product_id})
            return
        _refresh_all([basket for cart_id in cart_ids if (basket := store.basket(cart_id))], event.product_id)


def refresh(cart_id: str, product_id: str) -> None:
    """Bring a cart's lines of one product up to date with the catalog."""

    def attempt() -> None:
        before = store.basket(cart_id)
        if before:
            _refreshed(before, asking.look_up(_units(before, product_id)))

    asking.settled(attempt)


def reprice(cart_id: str) -> None:
    """Bring a cart up to date with the catalog, and with what discounts takes off and taxes now."""

    def attempt() -> None:
        before = store.basket(cart_id)
        if before is None or before.head.status != "active" or not before.lines:
            return
        after = asking.costed(None, before.refreshed(asking.look_up(_units(before, None))))
        if after != before:
            store.save(before, after)

    asking.settled(attempt)


def _refresh_all(baskets: list[Basket], product_id: str) -> None:
    """One question for all of them; whichever has changed since is read again by itself."""
    found = asking.look_up({unit: None for basket in baskets for unit in _units(basket, product_id)})
    for basket in baskets:
        try:
            _refreshed(basket, found)
        except store.Overtaken:
            refresh(basket.head.cart_id, product_id)


def _refreshed(before: Basket, found: list[Product]) -> None:
    after = before.refreshed(found)
    if after is not before and before.head.status == "active":
        store.save(before, asking.costed(before, after))


def _units(basket: Basket, product_id: str | None) -> list[asking.Unit]:
    if basket.head.status != "active":
        return []
    return [line.unit for line in basket.lines if product_id in (None, line.product_id)]


def expire_carts() -> None:
    """Drop locks that have passed; carts past their time become abandoned, and those with goods in them tell so."""
    told = 0
    for cart_id in store.due(clock.now()):
        try:
            told += _expire(cart_id)
        except store.Overtaken:  # its owner came back this moment
            continue
    telemetry.logger.info("carts expired", extra={"abandoned": told})


def _expire(cart_id: str) -> bool:
    before = store.basket(cart_id)
    if before is None or before.head.status != "active" or before.head.is_locked:
        return False
    if before.head.is_live:
        lock = before.head.checkout_lock
        if lock:
            store.unlock(before.head, lock.checkout_id)
        return False
    left = _abandoned(before) if before.lines else []
    store.save(before, before.closed("abandoned"), *left)
    return bool(before.lines)


def _abandoned(basket: Basket) -> "list[said.CartAbandoned]":
    items = [said.LeftItem.model_validate(dict(line)) for line in basket.lines]
    head = basket.head
    return [said.CartAbandoned(cart_id=head.cart_id, user_id=head.user_id, items=items, subtotal=head.subtotal)]


def on_user_deleted(event: "UserDeleted") -> None:
    """Drop everything a deleted user has or had in carts (B75); a checkout that holds one finds that it has changed.

    Every part may be repeated: a place in the inbox would only cut a second try short.
    """

    def drop(cart_id: str) -> None:
        basket = store.basket(cart_id)
        if basket:
            store.drop(basket)

    for cart_id in store.of_user(event.user_id):
        asking.settled(lambda cart_id=cart_id: drop(cart_id))  # type: ignore[misc]
    owner = Owner("user", event.user_id)
    if store.pointed(owner):
        store.unpoint(owner)


def on_user_status_changed(event: "UserStatusChanged") -> None:
    """Someone who may not buy has no cart."""
    owner = Owner("user", event.user_id)
    assert event.meta is not None
    version = event.meta.aggregate_version

    def attempt() -> None:
        before = None if event.is_active else store.live(owner)
        with store.table.transaction(cause=event) as tx:
            store.hear_user(tx, event.user_id, version)
            if before:
                store.write(tx, before, before.closed("abandoned"))

    asking.settled(attempt)
