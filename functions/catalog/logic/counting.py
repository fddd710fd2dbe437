"""How often products are looked at and bought: counted as it happens, shown within a minute or two."""

import time
from typing import TYPE_CHECKING

from catalog.logic import reading
from catalog.model.views import ONCE_IN, NoteView, ProductView, Stats, Viewer, ViewList
from catalog.store import products as shelf
from catalog.store import views as store
from catalog.store import writing
from shop import clock
from shop.auth import Caller
from shop.errors import Refusal, Transient, not_found
from shop.events import catalog as said
from shop.ids import derived
from shop.pages import Page
from shop.races import LostRace, until_won
from shop.telemetry import logger

if TYPE_CHECKING:
    from shop.events.orders import OrderConfirmed


BATCH = 100  # parts of each shard, each minute
PATIENCE = 20.0  # seconds a run of the job takes new products on


def view(product_id: str, body: NoteView, operation: str, caller: Caller) -> None:
    """Count that somebody looks at a product, and tell; again within half an hour it is the same look (B89)."""
    shown = reading.product(product_id, caller)
    if not shown.is_listed:  # whoever runs the shop looks at what they prepare
        return
    now = clock.now()
    viewer = Viewer(
        product_id=product_id,
        viewer=_viewer(body.cart_session_id or caller.cart_session, operation, caller),
        expires_at=clock.after(ONCE_IN, now),
    )
    user_id = caller.user_id or None
    news = said.ProductViewed(product_id=product_id, user_id=user_id, name=shown.name, price=shown.price, viewed_at=now)
    try:
        store.note(ProductView(product_id=product_id, user_id=user_id, viewed_at=now), viewer, news, shown.version)
    except Refusal as refusal:
        if refusal is not store.LATELY:
            raise


def _viewer(cart_session: str, operation: str, caller: Caller) -> str:
    """Under which name a look is remembered: the user's, a guest's cart's, or, of a stranger, only the request's."""
    if caller.user_id:
        return derived("user", caller.user_id)
    return derived("cart", cart_session) if cart_session else derived("request", operation)


def views(product_id: str, query: ViewList) -> Page[ProductView]:
    """Who looked at a product on a day (R90)."""
    if shelf.head(product_id) is None:
        raise not_found("product")
    return store.of_day(product_id, query.day or clock.now()[:10], query)


def on_order_confirmed(event: "OrderConfirmed") -> None:
    """Count what was bought (B90)."""
    quantities: dict[str, int] = {}
    for item in event.items:
        quantities[item.product_id] = quantities.get(item.product_id, 0) + item.quantity
    store.count_purchases(quantities, event)


def roll_up() -> None:
    """Show the counts that have changed; what there is no time for is done in the next minute."""
    stop = time.monotonic() + PATIENCE
    for product_id, changed in store.due(BATCH).items():
        if time.monotonic() > stop:
            return
        try:
            parts = until_won(lambda product_id=product_id: _add_up(product_id))  # type: ignore[misc]
        except Transient:  # everybody is changing this one: the others do not wait for it
            logger.info("counts left to the next run", extra={"product_id": product_id})
            continue
        for part in parts:
            if part.part in changed:
                _settle(part)


def _add_up(product_id: str) -> list[Stats]:
    """Show what the parts of a product's counts come to, and return them.

    They are read after the product, which must not change until its counts are written: of two runs at once the
    slower one cannot bring old counts back.
    """
    before, parts = shelf.head(product_id), store.parts(product_id)
    counts = {
        "view_count": sum(part.view_count for part in parts),
        "purchase_count": sum(part.purchase_count for part in parts),
    }
    if before is not None and (before.view_count, before.purchase_count) != tuple(counts.values()):
        writing.save_copies(before, before.model_copy(update={**counts, "version": before.version + 1}))
    return parts


def _settle(part: Stats) -> None:
    try:
        store.settle(part)
    except LostRace:  # counted on since: the next run adds that up
        return
