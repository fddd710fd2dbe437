"""A cart, the lines in it, and what a shopper, a checkout or the catalog says about them."""

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, computed_field

from shop import clock, settings
from shop.ids import new_id
from shop.money import Money, zero
from shop.records import STANDARD, Body, Country, Part, Record, Xid

SESSION_ID_MAX = 128
IMAGE_URL_MAX = 512  # a longer one is not copied
# No checkout can succeed once its reservation has expired; twice that leaves time for its undo.
LOCK_TTL = 2 * settings.RESERVATION_TTL
# How long items outlive the cart they belong to, and how many adds a cart remembers by their operation id.
GRACE, CLOSED_GRACE, LINE_GRACE = 7 * settings.DAY, 90 * settings.DAY, 30 * settings.DAY
OPERATIONS_KEPT = 10

CartStatus = Literal["active", "abandoned", "converted"]


class Owner(NamedTuple):
    """Whose a cart is: a user's, or the guest's who knows its session id."""

    kind: Literal["user", "session"]
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class PriceChanged(Part):
    """The catalog asks another price than the shopper has seen."""

    code: Literal["price_changed"] = "price_changed"
    item_id: str
    old_price: Money
    price: Money


class InsufficientStock(Part):
    """When the line was last changed there were fewer than it asks for."""

    code: Literal["insufficient_stock"] = "insufficient_stock"
    item_id: str
    available: int


class ProductUnavailable(Part):
    """The product is no longer sold like this."""

    code: Literal["product_unavailable"] = "product_unavailable"
    item_id: str


class MethodCleared(Part):
    """The shipping method chosen for the estimate no longer serves this cart."""

    code: Literal["no_shipping_method"] = "no_shipping_method"
    item_id: None = None
    method_id: str


class LinesLeftOut(Part):
    """So many lines of the guest's cart did not fit."""

    code: Literal["cart_full"] = "cart_full"
    item_id: None = None
    left_out: int


class CouponRemoved(Part):
    """The coupon no longer holds of this cart, and was taken out; `reason` says why."""

    code: Literal["coupon_removed"] = "coupon_removed"
    item_id: None = None
    coupon_code: str
    reason: str


Notice = Annotated[MethodCleared | LinesLeftOut | CouponRemoved, Field(discriminator="code")]
Warned = PriceChanged | InsufficientStock | ProductUnavailable | MethodCleared | LinesLeftOut | CouponRemoved


class Product(Part):
    """What the catalog says of one line: whether it is sold, and the copies a cart keeps."""

    product_id: str
    variant_id: str | None = None
    sellable: bool
    reason: str | None = None
    product_name: str | None = None
    product_sku: str | None = None
    product_image_url: str | None = None
    unit_price: Money | None = None
    weight_grams: int | None = None
    category_ids: list[str] = []
    tax_class: str = STANDARD

    @property
    def image(self) -> str | None:
        """The image, if its address is short enough to be copied."""
        url = self.product_image_url
        return url if url and len(url) <= IMAGE_URL_MAX else None


class Item(Record):
    """CART-02. One line as its owner sees it."""

    id: str = Field(default_factory=new_id)
    product_id: str
    variant_id: str | None = None
    product_name: str
    product_sku: str
    product_image_url: str | None = None
    quantity: int
    unit_price: Money
    added_at: str = Field(default_factory=clock.now)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def total_price(self) -> Money:
        """The price of all of them."""
        return self.unit_price * self.quantity


class Line(Item):
    """One line as it is kept. `old_price` is what the shopper saw, while that is not the price."""

    cart_id: str
    position: int
    weight_grams: int | None = None
    category_ids: list[str] = []
    tax_class: str = STANDARD
    old_price: Money | None = None
    is_sold: bool = True
    available: int | None = None
    in_open_cart: bool = True
    keep_until: str = ""

    @property
    def unit(self) -> tuple[str, str | None]:
        """What is sold: a product, or one variant of it."""
        return self.product_id, self.variant_id

    @property
    def accepted(self) -> "Line":
        """The line once the shopper, having seen its price, changes it."""
        return self.but(old_price=None)

    def refreshed(self, product: Product) -> "Line":
        """The line with what the catalog says now."""
        price = product.unit_price
        if not product.sellable or price is None or price.currency != self.unit_price.currency:
            return self.but(is_sold=False)
        seen = self.old_price or self.unit_price
        return self.but(
            product_name=product.product_name or self.product_name,
            product_sku=product.product_sku or self.product_sku,
            product_image_url=product.image,
            unit_price=price,
            old_price=None if seen == price else seen,
            weight_grams=product.weight_grams,
            category_ids=product.category_ids,
            tax_class=product.tax_class,
            is_sold=True,
        )

    @property
    def is_short(self) -> bool:
        """Whether there were fewer than this line asks for."""
        return self.available is not None and self.available < self.quantity

    @property
    def warnings(self) -> list[Warned]:
        """What the shopper should know about this line."""
        found: list[Warned] = []
        if not self.is_sold:
            found.append(ProductUnavailable(item_id=self.id))
        if self.old_price:
            found.append(PriceChanged(item_id=self.id, old_price=self.old_price, price=self.unit_price))
        if self.available is not None and self.is_short:
            found.append(InsufficientStock(item_id=self.id, available=self.available))
        return found


class Lock(Part):
    """The checkout that is buying a cart, and until when it may."""

    checkout_id: str
    until: str


class Estimate(Part):
    """Where the goods would go, and what the chosen method asks."""

    country: str
    state: str | None = None
    postal_code: str
    method_id: str | None = None
    method_name: str | None = None
    price: Money | None = None
    estimated_days: int | None = None


class AdjustedLine(Part):
    """What is taken off one line."""

    item_id: str
    amount: Money


class Adjustment(Part):
    """What one promotion or coupon takes off, and why; that of the shipping has no lines."""

    type: Literal["promotion", "coupon"]
    id: str
    name: str
    code: str | None = None
    reason: str
    amount: Money
    lines: list[AdjustedLine] = []


class Reduction(Part):
    """An adjustment as it is kept: minor units by line, in their order; that of the shipping has no amount yet."""

    type: Literal["promotion", "coupon"]
    id: str
    name: str
    code: str | None = None
    reason: str
    amount: Money | None = None
    parts: list[int] = []

    def shown(self, line_ids: Sequence[str], shipping: Money) -> Adjustment:
        """As the cart's owner sees it."""
        amount = self.amount or shipping
        lines = [
            AdjustedLine(item_id=line_id, amount=Money(amount=part, currency=amount.currency))
            for line_id, part in zip(line_ids, self.parts or [0] * len(line_ids), strict=True)
            if part
        ]
        return Adjustment(**{**self.model_dump(exclude={"parts"}), "amount": amount, "lines": lines})


class Pricing(Part):
    """What discounts said of these goods: what is taken off, and what tax the rest bears."""

    discount_amount: Money
    adjustments: list[Reduction] = []
    free_shipping: bool = False
    tax_amount: Money
    shipping_tax_rate: str = "0"
    prices_include_tax: bool = False


def _nothing() -> Money:
    return zero(settings.DEFAULT_CURRENCY)


class CartHead(Record):
    """CART-01. A cart without its lines."""

    cart_id: str = Field(default_factory=new_id)
    user_id: str | None = None
    session_id: str | None = None
    status: CartStatus = "active"
    currency: str = settings.DEFAULT_CURRENCY
    coupon_code: str | None = None
    shipping_estimate: Estimate | None = None
    expires_at: str
    converted_at: str | None = None
    subtotal: Money = Field(default_factory=_nothing)
    discount_amount: Money = Field(default_factory=_nothing)
    shipping_amount: Money = Field(default_factory=_nothing)
    tax_amount: Money = Field(default_factory=_nothing)
    total_amount: Money = Field(default_factory=_nothing)


class Cart(CartHead):
    """A cart as its owner sees it."""

    items: Sequence[Item]
    adjustments: Sequence[Adjustment]
    warnings: Sequence[Warned]


class StoredCart(CartHead):
    """A cart as it is kept. `content_version` is the version of the last change to what it holds.

    A lock changes neither version: whoever read the cart before a failed checkout may try again.
    """

    content_version: int = 1
    pricing: Pricing | None = None
    line_count: int = 0
    added_count: int = 0
    notices: list[Notice] = []
    recent_operations: list[str] = []
    checkout_lock: Lock | None = None
    released_checkout: str | None = None
    order_id: str | None = None
    merged_into: str | None = None
    merged_by: str | None = None
    owner_kept_until: str = ""

    @property
    def owner(self) -> Owner:
        """Whose it is."""
        return Owner("user", self.user_id) if self.user_id else Owner("session", self.session_id or "")

    @property
    def is_live(self) -> bool:
        """Whether its owner still has it."""
        return self.status == "active" and self.expires_at > clock.now()

    @property
    def is_locked(self) -> bool:
        """Whether a checkout is buying it this moment."""
        return self.checkout_lock is not None and self.checkout_lock.until > clock.now()

    @property
    def due(self) -> str:
        """When somebody should look after it: its lock passes, or it expires."""
        return self.checkout_lock.until if self.checkout_lock else self.expires_at

    @property
    def gone_at(self) -> str:
        """When it may be cleaned up."""
        if self.status == "active":
            return clock.after(GRACE, self.expires_at)
        return clock.after(CLOSED_GRACE, self.updated_at)


class CartOwner(Record):
    """CART-03. Which cart is an owner's; it counts only while that cart is live and says the same."""

    owner_kind: Literal["user", "session"]
    owner_id: str
    cart_id: str | None = None
    heard_version: int | None = None


class OpenCart(Body):
    """Ask for a cart."""


class AddItem(Body):
    """Put so many of something into the cart."""

    product_id: Xid
    variant_id: Xid | None = None
    quantity: int = Field(ge=1)


class ChangeItem(Body):
    """So many of it instead; none removes the line."""

    quantity: int = Field(ge=0)


class AskEstimate(Body):
    """Where the goods would go, and by which method."""

    country: Country
    state: str | None = Field(default=None, max_length=100)
    postal_code: str = Field(min_length=1, max_length=20)
    method_id: Xid | None = None


class ApplyCoupon(Body):
    """A code to be tried."""

    code: str = Field(min_length=1, max_length=50)


class MergeCart(Body):
    """Take over the guest's cart of this session."""

    session_id: str = Field(min_length=1, max_length=SESSION_ID_MAX)


class LockCart(Part):
    """A checkout asks for the cart as its owner read it."""

    cart_id: str
    cart_version: int
    user_id: str
    checkout_id: str


class LockedLine(Part):
    """So much of something, at the price the cart shows."""

    product_id: str
    variant_id: str | None
    quantity: int
    unit_price: Money


class LockedCart(Part):
    """What a checkout is to buy."""

    lines: list[LockedLine]
    currency: str
    coupon_code: str | None


class UnlockCart(Part):
    """A checkout gives the cart back."""

    cart_id: str
    checkout_id: str


class CartRef(Part):
    """Which cart."""

    cart_id: str


class ConvertCart(CartRef):
    """The cart became this order."""

    order_id: str
    user_id: str


class Done(Part):
    """It is so."""

    cart_id: str
