"""The wishlist of a customer, and its copies of what the catalog says."""

from typing import TYPE_CHECKING

from shop import telemetry
from shop.events import users as said
from shop.races import LostRace, until_won
from users.logic.asking import look_up
from users.model.belongings import Activity, AddWish, ChangeWish, WishlistItem
from users.store import wishes as store

if TYPE_CHECKING:
    from shop.events.catalog import ProductPriceChanged, ProductUpdated


# What a wish copies besides the price, in the words of the catalog's news. Stock changes too often to look at.
COPIED = frozenset({"name", "images"})
# One product's news refreshes at most so many wishes; the others keep what they last copied.
WISHES_AN_EVENT = 2000


def add(user_id: str, body: AddWish) -> tuple[WishlistItem, bool]:
    """Wish for a product, and whether that is new (R60; 422 product_unavailable)."""

    def write() -> tuple[WishlistItem, bool]:
        found = store.find_wish(user_id, body.product_id)
        if found:
            return found, False
        product = look_up([body.product_id])[body.product_id]
        wish = WishlistItem.of(user_id, product, body.notes)
        return store.add(wish, _activity(said.WishlistItemAdded.type, wish)), True

    return until_won(write)


def change(user_id: str, product_id: str, body: ChangeWish) -> WishlistItem:
    """Note something beside a wish (R61)."""

    def write() -> WishlistItem:
        wish = store.wish(user_id, product_id)
        return wish if wish.notes == body.notes else store.change(wish.but(notes=body.notes))

    return until_won(write)


def remove(user_id: str, product_id: str) -> None:
    """Wish for a product no longer (R62)."""

    def write() -> None:
        wish = store.wish(user_id, product_id)
        store.remove(wish, _activity(said.WishlistItemRemoved.type, wish))

    until_won(write)


def on_product_updated(event: "ProductUpdated") -> None:
    """Bring the copies of a product up to date where something changed of which there are copies."""
    if COPIED & set(event.changed_fields):
        _follow(event.product_id)


def on_product_price_changed(event: "ProductPriceChanged") -> None:
    """Bring the price of a product up to date; that of a variant is nobody's wish."""
    if event.variant_id is None:
        _follow(event.product_id)


def _follow(product_id: str) -> None:
    """Bring the copies of a product up to date, in everyone's wishes.

    The news only says that something changed: the catalog is asked what is so now, after the wishes were read. So news
    may come twice, late or in any order, and every wish ends at the truth.
    """
    seen = 0
    for user_ids in store.wishers(product_id):
        _refresh(product_id, user_ids)
        seen += len(user_ids)
        if seen >= WISHES_AN_EVENT:
            telemetry.logger.warning("wishes left as they are", extra={"product_id": product_id})
            return


def _refresh(product_id: str, user_ids: list[str]) -> None:
    """One question for all of them; whichever has changed since is read again with those like it."""
    waiting = user_ids

    def write() -> None:
        nonlocal waiting
        wishes = store.of_users(product_id, waiting)
        product, waiting = look_up([product_id])[product_id], []
        for wish in wishes:
            after = wish.refreshed(product)
            try:
                if after != wish:
                    store.change(after)
            except LostRace:
                waiting.append(wish.user_id)
        if waiting:
            raise LostRace

    until_won(write)


def _activity(kind: str, wish: WishlistItem) -> Activity:
    about = {"product_name": wish.product_name}
    return Activity(
        user_id=wish.user_id, activity_type=kind, entity_type="product", entity_id=wish.product_id, metadata=about
    )
