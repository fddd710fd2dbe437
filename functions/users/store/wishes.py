"""Wishes in the table, and who wishes for what."""

from collections.abc import Iterable, Iterator

from pynamodb.expressions.operand import Path

from shop.errors import not_found
from shop.events import users as said
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import GSI1, TABLE, shards
from users.model.belongings import Activity, WishlistItem
from users.store import ACTIVITIES, WISHES, table, wish_key
from users.store.profiles import here

BATCH = 50  # wishes read, and compared with the catalog, at a time


def find_wish(user_id: str, product_id: str) -> WishlistItem | None:
    """A wish, if there is one."""
    return WISHES.get(wish_key(user_id, product_id))


def wish(user_id: str, product_id: str) -> WishlistItem:
    """A wish, or 404."""
    found = find_wish(user_id, product_id)
    if found is None:
        raise not_found("wish")
    return found


def wishes(user_id: str, paging: Paging) -> Page[WishlistItem]:
    """The wishes of a user (AP18)."""
    return WISHES.page(f"USER#{user_id}", paging, index=TABLE, prefix="WISH#", newest_first=False)


def add(wish: WishlistItem, activity: Activity) -> WishlistItem:
    """A new wish, told of and noted."""
    with table.transaction() as tx:
        tx.create(WISHES, wish, LostRace())
        here(tx, wish.user_id, not_found("profile"))
        tx.put(ACTIVITIES, activity)
        tx.say(said.WishlistItemAdded(user_id=wish.user_id, product_id=wish.product_id), wish.version)
    return wish


def change(wish: WishlistItem) -> WishlistItem:
    """Write a changed wish."""
    with table.transaction() as tx:
        return tx.save(WISHES, wish, otherwise=LostRace())


def remove(wish: WishlistItem, activity: Activity) -> None:
    """Remove a wish, told of and noted."""
    with table.transaction() as tx:
        tx.delete(wish_key(wish.user_id, wish.product_id), Path("version") == wish.version, LostRace())
        here(tx, wish.user_id, not_found("profile"))
        tx.put(ACTIVITIES, activity)
        tx.say(said.WishlistItemRemoved(user_id=wish.user_id, product_id=wish.product_id), wish.version + 1)


def wishers(product_id: str) -> Iterator[list[str]]:
    """Who wishes for a product, so many at a time (AP18)."""
    for shard in shards(f"PROD#{product_id}"):
        for batch in WISHES.batches(shard, index=GSI1, prefix="WISH#", size=BATCH):
            yield [wish.user_id for wish in batch]


def of_users(product_id: str, user_ids: Iterable[str]) -> list[WishlistItem]:
    """The wishes of these users for a product, as they are now."""
    return WISHES.many(wish_key(user_id, product_id) for user_id in user_ids)
