"""The category tree: who hangs where, and what it is called."""

from functools import partial
from typing import Any

from catalog.logic.slugs import slugs
from catalog.model.category import Category, CategoryDocument
from catalog.model.requests import CategoryList, ChangeCategory, NewCategory
from catalog.store import categories as store
from shop import clock
from shop.auth import Caller
from shop.errors import Refusal, conflict, not_found
from shop.events import catalog as said
from shop.pages import Page
from shop.races import until_won
from shop.table import AlreadyMade


def create(body: NewCategory, operation: str) -> CategoryDocument:
    """A new category. The same request again (by its operation) is answered with what it made."""
    category_id = body.category_id or operation
    taken: Refusal | None = None
    for slug in slugs(body.slug, body.name, category_id):
        fields = {**dict(body), "category_id": category_id, "slug": slug, "operation": operation}
        try:
            return until_won(partial(_create, Category(**fields)))
        except AlreadyMade:
            return _made_before(Category(**fields))
        except Refusal as refusal:
            if refusal.code != "slug_taken":
                raise
            taken = refusal
    assert taken is not None
    raise taken


def _create(category: Category) -> CategoryDocument:
    tree = store.tree()
    level = tree.level_below(category.parent_id, category.category_id)
    placed = category.model_copy(update={"level": level})
    store.create(placed, tree, said.CategoryCreated(**_said(placed)))
    return _document(placed)


def _made_before(category: Category) -> CategoryDocument:
    made = store.find(category.category_id)
    if made is None or made.operation != category.operation:
        raise conflict("conflict", f"The category {category.category_id} exists")
    return _document(made)


def edit(category_id: str, version: int, body: ChangeCategory) -> CategoryDocument:
    """A category with some fields changed, perhaps hung elsewhere."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    return until_won(lambda: _edit(category_id, version, changes))


def set_level(category_id: str, level: int) -> None:
    """Let a category follow the one above it that was moved."""
    if store.find(category_id) is not None:
        until_won(lambda: _edit(category_id, None, {"level": level}))


def _edit(category_id: str, version: int | None, changes: dict[str, Any]) -> CategoryDocument:
    before = store.get(category_id).at(version)
    after, tree = before.model_copy(update=changes), None
    if after.parent_id != before.parent_id:
        tree = store.tree()
        after = after.model_copy(update={"level": tree.level_below(after.parent_id, category_id)})
    if after != before:
        after = after.model_copy(update={"version": before.version + 1, "updated_at": clock.now()})
        store.save(before, after, tree, said.CategoryUpdated(**_said(after)))
    return _document(after)


def delete(category_id: str, version: int) -> None:
    """Remove a category without children and products (409 category_not_empty)."""

    def attempt() -> None:
        category, tree = store.get(category_id).at(version), store.tree()
        if category.link_count or tree.children(category_id):
            raise conflict("category_not_empty", "Something is in this category; deactivate it instead")
        store.delete(category, tree, said.CategoryDeleted(**{**_said(category), "is_active": False}))

    until_won(attempt)


def get(category_id: str, caller: Caller) -> CategoryDocument:
    """A category; one that is not active only for staff."""
    found = store.find(category_id)
    if found is None or not (found.is_active or caller.is_staff):
        raise not_found("category")
    return _document(found)


def by_slug(slug: str, caller: Caller) -> CategoryDocument:
    """The category with this slug."""
    return get(store.id_of_slug(slug) or "", caller)


def categories(query: CategoryList, caller: Caller) -> Page[CategoryDocument]:
    """The children of a category (or the roots) in their order, or the whole tree, each with its children."""
    if query.tree:
        return Page(data=_nested(query.parent_id, caller))
    found = store.children(query.parent_id, query, caller.is_staff)
    data = [_document(category) for category in found.data]
    return found.showing(data)


def _nested(parent_id: str | None, caller: Caller) -> list[CategoryDocument]:
    tree = store.tree()
    found = store.many(list(tree.parents))

    def below(parent_id: str | None) -> list[CategoryDocument]:
        there = [found[child] for child in tree.children(parent_id) if child in found]
        shown = [category for category in there if category.is_active or caller.is_staff]
        return [
            _document(category).model_copy(update={"children": below(category.category_id)})
            for category in sorted(shown, key=lambda c: (c.sort_order, c.name, c.category_id))
        ]

    return below(parent_id)


def _document(category: Category) -> CategoryDocument:
    return CategoryDocument(**dict(category))


def _said(category: Category) -> dict[str, Any]:
    return {name: getattr(category, name) for name in ("category_id", "name", "slug", "parent_id", "is_active")}
