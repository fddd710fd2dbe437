"""The catalog's table: where each kind of thing is."""

from catalog.model.category import Branch, Category, Trunk
from catalog.model.product import CategoryLink, Feature, Image, PriceChange, Product, Tag, UnitStock, Variant
from shop import clock
from shop.records import Record
from shop.table import Key, Row, Table, sharded

table = Table("catalog")

HIDDEN = "hidden"  # where products of every status are listed that are not to be seen


class ProductCache(Record):
    """CAT-12. A product's document as JSON; without one, the note that anything older than `product_version` is old."""

    product_id: str
    product_version: int
    document: str | None = None
    expires_at: str


def product_key(product_id: str) -> Key:
    """Where a product is; all its parts are in the same partition."""
    return Key(f"PROD#{product_id}", "META")


def variant_key(product_id: str, variant_id: str) -> Key:
    """Where a variant is."""
    return Key(f"PROD#{product_id}", f"VAR#{variant_id}")


def cache_key(product_id: str) -> Key:
    """Where a product's cached document is."""
    return Key(f"CACHE#{product_id}", "CACHE")


def category_key(category_id: str) -> Key:
    """Where a category is."""
    return Key(f"CATEGORY#{category_id}", "META")


def branch_key(category_id: str) -> Key:
    """Where a category's place in the tree is."""
    return Key("CATTREE", f"NODE#{category_id}")


def stock_key(product_id: str, variant_id: str | None) -> Key:
    """Where the stock of a unit is."""
    return Key(f"PROD#{product_id}", f"STOCK#{variant_id or ''}")


TRUNK_KEY = Key("CATTREE", "META")  # sorts before the branches: a Query reads it first


def _product(p: Product) -> Row:
    newest, state = f"{p.created_at}#{p.product_id}", p.status if p.is_visible else HIDDEN
    seller = (f"SELLER#{p.seller_id}#{state}", newest) if p.seller_id else None
    return Row(
        product_key(p.product_id),
        gsi1=(sharded(f"PST#{state}", p.product_id), newest),
        gsi2=seller,
    )


def _feature(f: Feature) -> Row:
    return Row(
        Key(f"PROD#{f.product_id}", "IDX#FEAT"),
        gsi1=("FEATURED" if f.is_listed else "FEATREST", f"{f.product_created_at}#{f.product_id}"),
    )


def _link(c: CategoryLink) -> Row:
    return Row(
        Key(f"PROD#{c.product_id}", f"CAT#{c.category_id}"),
        gsi1=(
            sharded(f"{'CATPROD' if c.is_listed else 'CATREST'}#{c.category_id}", c.product_id),
            f"{c.product_created_at}#{c.product_id}",
        ),
        gsi2=(sharded(f"CATLINK#{c.category_id}", c.product_id), f"{c.category_version:09d}#{c.product_id}"),
    )


def _tag(t: Tag) -> Row:
    return Row(
        Key(f"PROD#{t.product_id}", f"TAG#{t.tag}"),
        gsi1=(
            sharded(f"{'TAGPROD' if t.is_listed else 'TAGREST'}#{t.tag}", t.product_id),
            f"{t.product_created_at}#{t.product_id}",
        ),
    )


def _category(c: Category) -> Row:
    return Row(
        category_key(c.category_id),
        gsi1=(
            f"{'CATCHILD' if c.is_active else 'CATHIDDEN'}#{c.parent_id or 'ROOT'}",
            f"{c.sort_order:06d}#{c.name}#{c.category_id}",
        ),
    )


PRODUCTS = table.kind("product", Product, _product)
FEATURES = table.kind("featured_product", Feature, _feature)
VARIANTS = table.kind("product_variant", Variant, lambda v: Row(variant_key(v.product_id, v.variant_id)))
IMAGES = table.kind("product_image", Image, lambda i: Row(Key(f"PROD#{i.product_id}", f"IMG#{i.id}")))
LINKS = table.kind("product_category", CategoryLink, _link)
TAGS = table.kind("product_tag", Tag, _tag)
STOCK = table.kind("unit_stock", UnitStock, lambda s: Row(stock_key(s.product_id, s.variant_id)))
PRICES = table.kind("price_change", PriceChange, lambda p: Row(Key(f"PRICE#{p.product_id}", f"{p.created_at}#{p.id}")))
CACHE = table.kind("product_cache", ProductCache, lambda c: Row(cache_key(c.product_id), ttl=clock.ttl(c.expires_at)))
CATEGORIES = table.kind("category", Category, _category)
TRUNKS = table.kind("category_tree", Trunk, lambda t: Row(TRUNK_KEY))
BRANCHES = table.kind("category_branch", Branch, lambda b: Row(branch_key(b.category_id)))
