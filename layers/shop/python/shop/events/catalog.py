"""What the catalog tells: products, their variants, prices and categories."""

from typing import Any

from shop.events import Event
from shop.money import Money
from shop.records import Part


class NewVariant(Part):
    """A variant as it comes into the world, perhaps with a stock; without a price it cannot be bought yet."""

    variant_id: str
    sku: str
    price: Money | None = None
    opening_stock: int = 0


class ProductCreated(Event):
    """E21. `variants` is empty for a product sold as itself."""

    type, about = "product.created", "product"
    product_id: str
    sku: str
    name: str
    status: str
    seller_id: str | None = None
    opening_stock: int = 0
    variants: list[NewVariant] = []


class ProductUpdated(Event):
    """E22. `product` is the whole public document."""

    type, about = "product.updated", "product"
    product_id: str
    product: dict[str, Any]
    changed_fields: list[str]


class ProductStatusChanged(Event):
    """E23."""

    type, about = "product.status_changed", "product"
    product_id: str
    was: str
    status: str
    is_visible: bool


class ProductPriceChanged(Event):
    """E24. Of the product, or of one of its variants; `old_price` is null for the first."""

    type, about = "product.price_changed", "product"
    product_id: str
    variant_id: str | None = None
    old_price: Money | None = None
    price: Money
    compare_at_price: Money | None = None
    changed_by: str
    reason: str | None = None


class VariantCreated(Event):
    """E25."""

    type, about = "variant.created", "product"
    product_id: str
    variant_id: str
    sku: str
    price: Money | None = None
    opening_stock: int = 0


class VariantUpdated(Event):
    """E26."""

    type, about = "variant.updated", "product"
    product_id: str
    variant_id: str
    changed_fields: list[str]


class VariantDeleted(Event):
    """E27."""

    type, about = "variant.deleted", "product"
    product_id: str
    variant_id: str
    changed_fields: list[str] = []


class CategoryCreated(Event):
    """E28."""

    type, about = "category.created", "category"
    category_id: str
    name: str
    slug: str
    parent_id: str | None = None
    is_active: bool


class CategoryUpdated(Event):
    """E29."""

    type, about = "category.updated", "category"
    category_id: str
    name: str
    slug: str
    parent_id: str | None = None
    is_active: bool


class CategoryDeleted(Event):
    """E30."""

    type, about = "category.deleted", "category"
    category_id: str
    name: str
    slug: str
    parent_id: str | None = None
    is_active: bool = False


class ProductViewed(Event):
    """E31. By a guest when no user is named; a product may have no price of its own."""

    type, about = "product.viewed", "product"
    product_id: str
    user_id: str | None = None
    name: str
    price: Money | None = None
    viewed_at: str


class StockAlertCreated(Event):
    """E32."""

    type, about = "stock_alert.created", "alert"
    alert_id: str
    product_id: str
    variant_id: str | None = None
    user_id: str


class StockAlertTriggered(Event):
    """E33. What a user waited for is back."""

    type, about = "stock_alert.triggered", "alert"
    alert_id: str
    product_id: str
    variant_id: str | None = None
    user_id: str
    email: str | None = None
    product_name: str
