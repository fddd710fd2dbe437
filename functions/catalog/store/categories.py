"""Categories in the table, and the shape of their tree."""

from collections.abc import Sequence

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from catalog.model.category import Branch, Category, Tree, Trunk
from catalog.model.product import slug_taken
from catalog.model.words import is_id
from catalog.store.keys import BRANCHES, CATEGORIES, TRUNK_KEY, TRUNKS, branch_key, category_key, table
from shop.errors import not_found
from shop.events import Event
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import Transaction, owner_of


def find(category_id: str) -> Category | None:
    """A category, if there is such a one."""
    return CATEGORIES.get(category_key(category_id)) if is_id(category_id) else None


def get(category_id: str) -> Category:
    """A category, or 404."""
    found = find(category_id)
    if found is None:
        raise not_found("category")
    return found


def many(category_ids: Sequence[str]) -> dict[str, Category]:
    """Those of these categories that exist."""
    return {c.category_id: c for c in CATEGORIES.many([category_key(category_id) for category_id in category_ids])}


def id_of_slug(slug: str) -> str | None:
    """The category with this slug."""
    owner = owner_of(table, "CSLUG", slug[:201])
    return owner.pk.removeprefix("CATEGORY#") if owner else None


def children(parent_id: str | None, paging: Paging, everything: bool) -> Page[Category]:
    """The categories below one (or the roots), in their order (AP25)."""
    prefixes = ["CATCHILD", "CATHIDDEN"] if everything else ["CATCHILD"]
    return CATEGORIES.page([f"{prefix}#{parent_id or 'ROOT'}" for prefix in prefixes], paging, newest_first=False)


def tree() -> Tree:
    """The shape of the whole tree. One strongly consistent Query."""
    trunk, parents = None, {}
    for record in table.collection(TRUNK_KEY.pk):
        if isinstance(record, Branch):
            parents[record.category_id] = record.parent_id
        elif isinstance(record, Trunk):
            trunk = record
    return Tree(trunk=trunk, parents=parents)


def create(category: Category, tree: Tree, event: Event) -> None:
    """Write a new category into the tree it was judged by."""
    with table.transaction() as tx:
        tx.create(CATEGORIES, category)
        tx.claim("CSLUG", category.slug, category_key(category.category_id), slug_taken(category.slug))
        tx.put(BRANCHES, Branch(category_id=category.category_id, parent_id=category.parent_id))
        _grow(tx, tree)
        tx.say(event, version=category.version)


def save(before: Category, after: Category, tree: Tree | None, event: Event) -> None:
    """Write a changed category, and its place if it moved within `tree`, unless anything has changed meanwhile."""
    key = category_key(after.category_id)
    with table.transaction() as tx:
        tx.put(CATEGORIES, after, _still(before), LostRace())
        if after.slug != before.slug:
            tx.claim("CSLUG", after.slug, key, slug_taken(after.slug))
            tx.unclaim("CSLUG", before.slug, key)
        if tree is not None:
            tx.put(BRANCHES, Branch(category_id=after.category_id, parent_id=after.parent_id))
            _grow(tx, tree)
        tx.say(event, version=after.version)


def delete(category: Category, tree: Tree, event: Event) -> None:
    """Remove a category, unless anything about it or the tree has changed meanwhile."""
    key = category_key(category.category_id)
    with table.transaction() as tx:
        tx.delete(key, _still(category), LostRace())
        tx.unclaim("CSLUG", category.slug, key)
        tx.delete(branch_key(category.category_id))
        _grow(tx, tree)
        tx.say(event, version=category.version + 1)


def repeat(cause: Event, event: Event, version: int) -> None:
    """Tell the same again, so that the rest of a long work is done by the next who hears it."""
    with table.transaction(cause=cause) as tx:
        tx.say(event, version=version)


def _still(read: Category) -> Condition:
    """True while the category is as it was read, its counts included."""
    return (
        (Path("version") == read.version)
        & (Path("link_count") == read.link_count)
        & (Path("product_count") == read.product_count)
    )


def _grow(tx: Transaction, tree: Tree) -> None:
    if tree.trunk is None:
        tx.create(TRUNKS, Trunk(), LostRace())
    else:
        tx.save(TRUNKS, tree.trunk, otherwise=LostRace())
