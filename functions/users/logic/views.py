"""What a customer has looked at: the newest fifty products, each once."""

from typing import TYPE_CHECKING

from shop.errors import Refusal
from shop.ids import derived
from shop.inbox import AlreadyHeard
from shop.races import until_won
from users.logic.asking import look_up
from users.model.belongings import MAX_VIEWS, RecentlyViewed
from users.store import views as store

if TYPE_CHECKING:
    from shop.events.catalog import ProductViewed


def recently_viewed(user_id: str) -> list[RecentlyViewed]:
    """Newest first, with names and prices as they are now; as they were seen while the catalog is away (R63)."""
    views = store.newest(user_id)
    try:
        products = look_up(view.product_id for view in views)
    except Refusal:
        return views
    return [view.refreshed(products[view.product_id]) for view in views]


def clear(user_id: str) -> None:
    """Forget what was looked at (R64)."""
    until_won(lambda: store.clear(user_id, store.every(user_id)))


def on_product_viewed(event: "ProductViewed") -> None:
    """Note what a signed-in customer looked at, in place of the oldest when there are enough."""
    user_id = event.user_id
    if user_id is None:
        return
    view = RecentlyViewed(
        id=derived("view", user_id, event.product_id),
        user_id=user_id,
        product_id=event.product_id,
        product_name=event.name,
        product_price=event.price,
        viewed_at=event.viewed_at,
    )

    def note() -> None:
        known = store.every(user_id)
        before = next((old for old in known if old.product_id == view.product_id), None)
        others = [old for old in known if old is not before]
        leaving = others[MAX_VIEWS - 1 :]
        if leaving and view.viewed_at <= leaving[0].viewed_at:
            raise AlreadyHeard
        store.note(view.but(version=before.version + 1 if before else 1), leaving, event)

    until_won(note)
