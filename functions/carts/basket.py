"""A cart together with its lines, and how each change of it comes out."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from carts.model import (
    OPERATIONS_KEPT,
    Adjustment,
    Cart,
    CouponRemoved,
    Estimate,
    Line,
    LinesLeftOut,
    MethodCleared,
    Notice,
    Owner,
    Pricing,
    Product,
    StoredCart,
)
from shop import clock, settings
from shop.errors import Refusal, conflict, invalid, not_found
from shop.ids import new_id
from shop.money import Money, taxed, total, zero
from shop.records import Json


def expiry(owner: Owner) -> str:
    """When a cart that is changed now will be past."""
    return clock.after(settings.USER_CART_TTL if owner.kind == "user" else settings.SESSION_CART_TTL)


def quantity_limit() -> Refusal:
    """422: more of one thing than a cart takes."""
    return invalid(
        "quantity_limit", f"A line takes at most {settings.MAX_LINE_QTY}", "/quantity", limit=settings.MAX_LINE_QTY
    )


class Basket(NamedTuple):
    """A cart and its lines in the order they were added. Changes make another basket."""

    head: StoredCart
    lines: tuple[Line, ...] = ()

    @classmethod
    def opened(cls, owner: Owner) -> "Basket":
        """A new, empty one."""
        whose = {"user_id": owner.id} if owner.kind == "user" else {"session_id": owner.id}
        return cls(StoredCart(expires_at=expiry(owner), **whose))

    def find(self, item_id: str) -> Line:
        """One line, or 404."""
        found = next((line for line in self.lines if line.id == item_id), None)
        if found is None:
            raise not_found("item")
        return found

    def line_of(self, unit: tuple[str, str | None]) -> Line | None:
        """The line of a product or variant, if there is one."""
        return next((line for line in self.lines if line.unit == unit), None)

    def free(self) -> "Basket":
        """This basket, if no checkout is buying it (409 cart_locked)."""
        if self.head.is_locked:
            raise conflict("cart_locked", "A checkout is buying this cart")
        return self.but(checkout_lock=None)

    def but(self, **changes: Any) -> "Basket":
        """The same lines under a changed head."""
        return self._replace(head=self.head.but(**changes))

    def add(self, product: Product, quantity: int, operation_id: str) -> "Basket":
        """With so many more of a product."""
        line = self.line_of((product.product_id, product.variant_id))
        assert product.unit_price is not None
        if self.lines and product.unit_price.currency != self.head.currency:
            raise invalid("currency_mismatch", f"This cart is in {self.head.currency}", "/product_id")
        if line is None and len(self.lines) >= settings.MAX_CART_LINES:
            raise invalid("cart_full", f"A cart takes at most {settings.MAX_CART_LINES} lines", "/product_id")
        if line is None:
            line = self._line(product).but(quantity=0)
        if line.quantity + quantity > settings.MAX_LINE_QTY:
            raise quantity_limit()
        raised = line.accepted.refreshed(product).but(quantity=line.quantity + quantity)
        operations = [*self.head.recent_operations, operation_id][-OPERATIONS_KEPT:]
        return self.holding(self._with(raised)).but(recent_operations=operations)

    def set_quantity(self, item_id: str, quantity: int) -> "Basket":
        """With so many of a line; none removes it."""
        line = self.find(item_id)
        if quantity > settings.MAX_LINE_QTY:
            raise quantity_limit()
        if quantity:
            return self.holding(self._with(line.accepted.but(quantity=quantity)))
        return self.holding([other for other in self.lines if other.id != item_id])

    def merged(self, guest: "Basket", strategy: str) -> "Basket":
        """With what a guest had put aside before signing in; itself when that changes nothing."""
        if not guest.lines or strategy == "user_wins" or (strategy == "guest_if_user_empty" and self.lines):
            return self
        if self.lines and guest.head.currency != self.head.currency:
            raise invalid("currency_mismatch", f"Your cart is in {self.head.currency}", "/session_id")
        count: Callable[[int, int], int] = (
            (lambda mine, theirs: theirs) if strategy == "guest_wins" else (lambda mine, theirs: mine + theirs)
        )
        theirs = {line.unit: line for line in guest.lines}
        lines = [
            line.but(quantity=min(count(line.quantity, theirs[line.unit].quantity), settings.MAX_LINE_QTY))
            if line.unit in theirs
            else line
            for line in self.lines
        ]
        new = [line for line in guest.lines if self.line_of(line.unit) is None]
        room = settings.MAX_CART_LINES - len(lines)
        moved = [self._moved(line, index) for index, line in enumerate(new[:room])]
        left_out: list[Notice] = [LinesLeftOut(left_out=len(new) - room)] if len(new) > room else []
        coupon = self.head.coupon_code or guest.head.coupon_code
        return self.holding([*lines, *moved]).but(notices=left_out, coupon_code=coupon)

    def refreshed(self, products: Sequence[Product]) -> "Basket":
        """With what the catalog says now; its owner did not ask for it, so it does not live longer."""
        said = {(product.product_id, product.variant_id): product for product in products}
        lines = [line.refreshed(said[line.unit]) if line.unit in said else line for line in self.lines]
        return self if tuple(lines) == self.lines else self._priced(lines)

    def stocked(self, available: dict[tuple[str, str | None], int]) -> "Basket":
        """With what inventory says there is of some lines."""
        lines = (line.but(available=available[line.unit]) if line.unit in available else line for line in self.lines)
        return self._replace(lines=tuple(lines))

    def holding(self, lines: Sequence[Line]) -> "Basket":
        """With these lines, by its owner's wish."""
        return self._priced(lines).touched().but(content_version=self.head.version + 1)

    def touched(self) -> "Basket":
        """Changed by its owner just now: it lives longer, and what it had to say has been read."""
        return self.but(expires_at=expiry(self.head.owner), notices=[])

    def shipped(self, estimate: Estimate | None) -> "Basket":
        """With an estimate of what shipping costs."""
        return self.but(shipping_estimate=estimate)._priced(self.lines)

    def with_coupon(self, code: str | None) -> "Basket":
        """With this coupon in place of any other, or with none, by its owner's wish."""
        return self.touched().but(coupon_code=code, content_version=self.head.version + 1)

    def discounted(self, pricing: Pricing | None) -> "Basket":
        """With what discounts says of it; without, while it says nothing."""
        return self.but(pricing=pricing)._priced(self.lines)

    def uncouponed(self, reason: str) -> "Basket":
        """Without its coupon, which no longer holds."""
        removed = CouponRemoved(coupon_code=self.head.coupon_code or "", reason=reason)
        return self.but(coupon_code=None, notices=[*self.head.notices, removed])

    def unshipped(self) -> "Basket":
        """Without the shipping method chosen, which no longer serves it."""
        estimate = self.head.shipping_estimate
        if estimate is None or estimate.method_id is None:
            return self
        bare = Estimate(country=estimate.country, state=estimate.state, postal_code=estimate.postal_code)
        cleared = MethodCleared(method_id=estimate.method_id)
        return self.shipped(bare).but(notices=[*self.head.notices, cleared])

    def closed(self, status: str, **why: Any) -> "Basket":
        """No longer anyone's: left behind, bought, or joined to another; product news no longer reaches it."""
        closed = self.but(status=status, checkout_lock=None, updated_at=clock.now(), **why)
        return closed._replace(lines=tuple(line.but(in_open_cart=False) for line in self.lines))

    @property
    def goods(self) -> list[tuple[Any, ...]]:
        """All that the cost of shipping depends on."""
        lines = [(*line.unit, line.quantity, line.unit_price.amount, line.weight_grams) for line in self.lines]
        return [*lines, (self.head.discount_amount.amount,)]

    @property
    def question(self) -> Json:
        """All that discounts and tax depend on, as discounts is asked."""
        asked = {"product_id", "variant_id", "quantity", "unit_price", "category_ids", "tax_class"}
        estimate = self.head.shipping_estimate
        return {
            "user_id": self.head.user_id,
            "currency": self.head.currency,
            "coupon_code": self.head.coupon_code,
            "destination": estimate.model_dump(include={"country", "state", "postal_code"}) if estimate else None,
            "lines": [line.model_dump(include=asked) for line in self.lines],
        }

    @property
    def parcel(self) -> Json:
        """The goods as shipping asks for them."""
        estimate = self.head.shipping_estimate
        assert estimate is not None
        return {
            "method_id": estimate.method_id,
            "address": estimate.model_dump(include={"country", "state", "postal_code"}),
            "items": [
                line.model_dump(include={"product_id", "variant_id", "quantity", "weight_grams"}) for line in self.lines
            ],
            "subtotal": (self.head.subtotal - self.head.discount_amount).model_dump(),
        }

    def cart(self) -> Cart:
        """The cart as its owner sees it."""
        warnings = [*self.head.notices, *(warning for line in self.lines for warning in line.warnings)]
        return Cart(**{**dict(self.head), "items": self.lines, "adjustments": self.adjustments, "warnings": warnings})

    @property
    def adjustments(self) -> list[Adjustment]:
        """What is taken off, and why; the shipping, at its price, by the first that frees it."""
        found = self.head.pricing.adjustments if self.head.pricing else []
        free = next((one for one in found if one.amount is None), None)
        return [
            one.shown([line.id for line in self.lines], self._quoted(self.head.currency))
            for one in found
            if one is free or one.amount is not None
        ]

    def _quoted(self, currency: str) -> Money:
        """What the chosen shipping method asks, before anything is taken off; nothing while none is chosen."""
        estimate = self.head.shipping_estimate
        return estimate.price if estimate and estimate.price else zero(currency)

    def _with(self, changed: Line) -> list[Line]:
        if self.line_of(changed.unit) is None:
            return [*self.lines, changed]
        return [changed if line.unit == changed.unit else line for line in self.lines]

    def _line(self, product: Product) -> Line:
        return Line(
            cart_id=self.head.cart_id,
            position=self.head.added_count,
            product_id=product.product_id,
            variant_id=product.variant_id,
            product_name=product.product_name or "",
            product_sku=product.product_sku or "",
            quantity=1,
            unit_price=product.unit_price,
        )

    def _moved(self, line: Line, index: int) -> Line:
        position, now = self.head.added_count + index, clock.now()
        moved = {"id": new_id(), "cart_id": self.head.cart_id, "position": position, "keep_until": ""}
        return line.but(**moved, version=1, added_at=now, created_at=now, updated_at=now)

    def _priced(self, lines: Sequence[Line]) -> "Basket":
        """These lines and what they come to; without lines there is nothing to take off, to ship or to tax."""
        currency = lines[0].unit_price.currency if lines else settings.DEFAULT_CURRENCY
        nothing = zero(currency)
        subtotal = total([line.total_price for line in lines], currency)
        estimate, pricing = (self.head.shipping_estimate, self.head.pricing) if lines else (None, None)
        said = pricing or Pricing(discount_amount=nothing, tax_amount=nothing)
        shipping = nothing if said.free_shipping or not lines else self._quoted(currency)
        shipping_tax = taxed(shipping.amount, Decimal(said.shipping_tax_rate), said.prices_include_tax)
        tax = Money(amount=said.tax_amount.amount + shipping_tax, currency=currency)
        whole = subtotal - said.discount_amount + shipping
        if (subtotal + shipping + tax).amount > settings.MAX_TOTAL:
            raise invalid("amount_out_of_range", "A cart comes to at most 12 digits of minor units", "/quantity")
        head = self.head.but(
            currency=currency,
            line_count=len(lines),
            added_count=max([self.head.added_count, *(line.position + 1 for line in lines)]),
            shipping_estimate=estimate,
            pricing=pricing,
            subtotal=subtotal,
            discount_amount=said.discount_amount,
            shipping_amount=shipping,
            tax_amount=tax,
            total_amount=whole if said.prices_include_tax else whole + tax,
        )
        return Basket(head, tuple(lines))
