"""The category tree."""

from collections.abc import Mapping

from catalog.model.words import Seo, unacceptable
from shop.errors import invalid
from shop.records import Part, Record

DEPTH_MAX = 6


class Category(Record):
    """CAT-04. The counts are kept by the products that come and go; they do not change the version."""

    category_id: str
    name: str
    slug: str
    description: str | None = None
    parent_id: str | None = None
    level: int = 0
    sort_order: int = 0
    image_url: str | None = None
    icon_url: str | None = None
    is_active: bool = True
    product_count: int = 0
    link_count: int = 0
    seo: Seo | None = None
    operation: str = ""


class CategoryDocument(Record):
    """A category as it is shown; a root is at level 0."""

    category_id: str
    name: str
    slug: str
    description: str | None = None
    parent_id: str | None = None
    level: int = 0
    sort_order: int = 0
    image_url: str | None = None
    icon_url: str | None = None
    is_active: bool = True
    product_count: int = 0
    seo: Seo | None = None
    children: "list[CategoryDocument] | None" = None


class Trunk(Record):
    """What every change of the tree's shape changes: two at once cannot both pass."""


class Branch(Record):
    """Where a category hangs."""

    category_id: str
    parent_id: str | None = None


class Tree(Part):
    """The shape of the tree, as it was at one version of its trunk (None before the first category)."""

    trunk: Trunk | None
    parents: Mapping[str, str | None]

    def level(self, category_id: str) -> int:
        """How many are above it."""
        above = self.parents.get(category_id)
        return 0 if above is None else self.level(above) + 1

    def children(self, category_id: str | None) -> list[str]:
        """Those right below it."""
        return [child for child, parent in self.parents.items() if parent == category_id]

    def height(self, category_id: str) -> int:
        """How many levels hang below it."""
        return max((self.height(child) + 1 for child in self.children(category_id)), default=0)

    def level_below(self, parent_id: str | None, category_id: str) -> int:
        """The level the category would have there; 422 when it cannot hang there."""
        if parent_id is None:
            return 0
        if parent_id not in self.parents:
            raise unacceptable("/parent_id", "unknown_category", "No such category")
        above: str | None = parent_id
        while above is not None:
            if above == category_id:
                raise invalid("category_cycle", "A category cannot be below itself", "/parent_id")
            above = self.parents[above]
        level = self.level(parent_id) + 1
        if level + self.height(category_id) >= DEPTH_MAX:
            raise invalid("category_too_deep", f"The tree has at most {DEPTH_MAX} levels", "/parent_id")
        return level
