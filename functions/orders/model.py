"""A checkout, the order it leads to, and the moves each may make."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, computed_field, model_validator

from shop.ids import derived
from shop.money import Currency, Money, Total, total, zero
from shop.records import Body, Json, Part, Record, Text, folded

OrderStatus = Literal["pending", "confirmed", "processing", "shipped", "delivered", "cancelled", "refunded"]
STATUSES: tuple[OrderStatus, ...] = (
    "pending",
    "confirmed",
    "processing",
    "shipped",
    "delivered",
    "cancelled",
    "refunded",
)
MOVES: dict[str, set[str]] = {
    "pending": {"confirmed", "cancelled"},
    "confirmed": {"processing", "cancelled"},
    "processing": {"shipped", "cancelled"},
    "shipped": {"delivered", "refunded"},
    "delivered": {"refunded"},
    "cancelled": set(),
    "refunded": set(),
}
MARKS = {"confirmed", "shipped", "delivered", "cancelled"}  # the moves whose moment an order keeps: <status>_at
CUSTOMER_CANCELS, STAFF_CANCELS = {"pending", "confirmed"}, {"pending", "confirmed", "processing"}
PaymentStatus = Literal["pending", "paid", "failed", "refunded"]

CheckoutStatus = Literal[
    "pending", "in_progress", "awaiting_payment", "succeeded", "compensating", "failed", "compensation_failed"
]
RUNNING = {"pending", "in_progress", "awaiting_payment"}
OVER = {"succeeded", "failed", "compensation_failed"}
SETTLED = {*OVER, "awaiting_payment"}  # nothing more comes without the customer
FAILURES = {
    "cart_locked",
    "cart_changed",
    "cart_empty",
    "product_unavailable",
    "address_invalid",
    "price_changed",
    "no_shipping_method",
    "coupon_invalid",
    "out_of_stock",
    "coupon_exhausted",
    "coupon_limit_per_user",
    "payment_declined",
    "payment_expired",
    "cancelled_by_customer",
    "reservation_expired",
    "internal_error",
}

Reference = Annotated[str, Field(min_length=1, max_length=64)]
Reason = Annotated[str, Field(min_length=1, max_length=255)]


class PlaceCheckout(Body):
    """What a customer asks for: this cart, at this price, sent there by this method, paid so."""

    cart_id: Reference
    cart_version: int = Field(ge=1)
    expected_total: Total
    shipping_address_id: Reference
    billing_address_id: Reference | None = None
    shipping_method_id: Reference
    payment_method_id: Reference | None = None
    payment_method: Annotated[Literal["cod", "wallet"], folded] | None = None
    notes: Text | None = None

    @model_validator(mode="after")
    def _paid_one_way(self) -> "PlaceCheckout":
        if (self.payment_method_id is None) == (self.payment_method is None):
            raise ValueError("exactly one of payment_method_id and payment_method")
        return self


class Line(Part):
    """One line as the catalog sells it now."""

    product_id: str
    variant_id: str | None = None
    quantity: int = Field(gt=0)
    unit_price: Money
    product_name: str
    product_sku: str
    product_image_url: str | None = None
    size: str | None = None
    color: str | None = None
    weight_grams: int | None = None
    category_ids: list[str] = []
    discount_amount: Money | None = None

    @property
    def total_price(self) -> Money:
        """The price of all its units, before discounts."""
        return self.unit_price * self.quantity


class Address(Part):
    """Where something is sent, or billed to, as it was at checkout."""

    address_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    full_name: str
    phone: str | None = None
    address_line1: str
    address_line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str


class Discounts(Part):
    """What is taken off, and where."""

    discount_amount: Money
    line_discounts: list[Money] = []
    free_shipping: bool = False
    coupon_code: str | None = None
    promotion_ids: list[str] = []


class ShippingQuote(Part):
    """What the chosen method asks for."""

    method_id: str
    name: str
    price: Money
    estimated_days: int | None = None


class Snapshot(Part):
    """Everything the order will be made of. The parts add up (money.md): goods - discounts + shipping + tax."""

    lines: list[Line]
    currency: Currency
    subtotal: Money
    discount_amount: Money
    shipping_amount: Money
    tax_amount: Money
    total_amount: Money
    coupon_code: str | None = None
    promotion_ids: list[str] = []
    shipping_method: str
    estimated_days: int | None = None
    shipping_address: Address
    billing_address: Address


class PriceCheckout(Part):
    """What the machine has gathered about a checkout, to be added up."""

    checkout_id: str
    expected_total: Money
    lines: list[Line] = Field(min_length=1)
    discounts: Discounts
    quote: ShippingQuote
    shipping_address: Address
    billing_address: Address

    def snapshot(self) -> Snapshot:
        """Add it up: goods, less discounts, then shipping, then tax on what is left of both."""
        currency = self.quote.price.currency
        off = self.discounts.line_discounts or [zero(currency)] * len(self.lines)
        lines = [line.model_copy(update={"discount_amount": less}) for line, less in zip(self.lines, off, strict=True)]
        goods = total([line.total_price for line in lines], currency)
        discount = total(off, currency)
        shipping = zero(currency) if self.discounts.free_shipping else self.quote.price
        tax = zero(currency)  # every rate is 0 until TAX_RATES has some
        return Snapshot(
            lines=lines,
            currency=currency,
            subtotal=goods,
            discount_amount=discount,
            shipping_amount=shipping,
            tax_amount=tax,
            total_amount=goods - discount + shipping + tax,
            coupon_code=self.discounts.coupon_code,
            promotion_ids=self.discounts.promotion_ids,
            shipping_method=self.quote.name,
            estimated_days=self.quote.estimated_days,
            shipping_address=self.shipping_address,
            billing_address=self.billing_address,
        )


class SoldLine(Part):
    """So many of one unit."""

    product_id: str
    variant_id: str | None = None
    quantity: int


class Priced(Part):
    """What is to be paid, and what is to be reserved."""

    total_amount: Money
    lines: list[SoldLine]


class TakenPayment(Part):
    """The payment as the machine hands it on."""

    payment_id: str | None = None
    status: str
    payment_method: str
    next_action: Json | None = None


class CheckoutRef(Part):
    """A checkout, by id."""

    checkout_id: str


class WithPayment(CheckoutRef):
    """A checkout and its payment; none when the run goes on after the customer's step."""

    payment: TakenPayment | None = None


class Stuck(Part):
    """An undo that did not come to an end."""

    step: str
    error: str


class Raised(Part):
    """An error as the machine catches it."""

    Error: str
    Cause: str | None = None


class Failure(Part):
    """Why the machine could not go on: the state that raised, and what. Empty when it was told to undo."""

    stage: str | None = None
    code: str | None = None
    raised: Raised | None = None


class FailCheckout(CheckoutRef):
    """The last word of the machine on a checkout that came to nothing."""

    failure: Failure = Failure()
    stuck: list[Stuck] = []


class Checkout(Record):
    """ORD-07, as its customer sees it."""

    checkout_id: str
    order_id: str
    order_number: str
    cart_id: str
    status: CheckoutStatus = "pending"
    failure_code: str | None = None
    failure_detail: Json | None = None
    next_action: Json | None = None
    payment_id: str | None = None
    total_amount: Money | None = None


class PlacedCheckout(Checkout):
    """All of a checkout: what was asked, what it was priced at, and how far its runs have come."""

    user_id: str
    cart_version: int
    expected_total: Money
    shipping_address_id: str
    billing_address_id: str
    shipping_method_id: str
    payment_method_id: str | None = None
    payment_method: str | None = None
    notes: str | None = None
    correlation_id: str
    execution_arn: str | None = None
    snapshot: Snapshot | None = None
    payment: TakenPayment | None = None
    suspended_at: str | None = None
    resumed_at: str | None = None
    waits_until: str | None = None
    compensations: int = 0
    failed_stage: str | None = None

    def run_input(self, mode: str) -> Json:
        """What a run of the machine is started with: ids, and the amount the customer agreed to."""
        handed = (
            "checkout_id",
            "order_id",
            "order_number",
            "user_id",
            "cart_id",
            "cart_version",
            "expected_total",
            "shipping_address_id",
            "billing_address_id",
            "shipping_method_id",
            "payment_method_id",
            "payment_method",
            "correlation_id",
        )
        return {"mode": mode, **{name: value for name, value in self.model_dump().items() if name in handed}}


class OrderItem(Record):
    """ORD-02. A line as it was sold; it never changes."""

    order_item_id: str
    order_id: str
    user_id: str
    line_number: int
    product_id: str
    variant_id: str | None = None
    product_name: str
    product_sku: str
    product_image_url: str | None = None
    size: str | None = None
    color: str | None = None
    quantity: int
    unit_price: Money
    total_price: Money
    discount_amount: Money


class StatusChange(Record):
    """ORD-03. One move of an order: from what to what, who, and why."""

    id: str
    order_id: str
    status: OrderStatus
    previous_status: OrderStatus | None = None
    changed_by: str
    reason: str | None = None
    notes: str | None = None


class OrderAddress(Record):
    """ORD-04. An address as it was at checkout; it never changes."""

    id: str
    order_id: str
    type: Literal["shipping", "billing"]
    source_address_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    full_name: str
    phone: str | None = None
    address_line1: str
    address_line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str


class Order(Record):
    """ORD-01."""

    order_id: str
    order_number: str
    checkout_id: str
    cart_id: str
    user_id: str
    status: OrderStatus = "pending"
    payment_status: PaymentStatus = "pending"
    currency: Currency
    subtotal: Money
    discount_amount: Money
    shipping_amount: Money
    tax_amount: Money
    total_amount: Money
    refunded_amount: Money
    prices_include_tax: bool = False
    payment_id: str | None = None
    payment_method_id: str | None = None
    payment_method: str
    shipping_address_id: str
    billing_address_id: str
    shipping_method: str | None = None
    tracking_number: str | None = None
    coupon_code: str | None = None
    promotion_ids: list[str] = []
    notes: str | None = None
    metadata: Json | None = None
    estimated_delivery_date: str | None = None
    confirmed_at: str | None = None
    shipped_at: str | None = None
    delivered_at: str | None = None
    cancelled_at: str | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def status_id(self) -> str:
        """The status as a row of the status table."""
        return status_id(self.status)

    def moved(self, to: OrderStatus, moment: str) -> Self:
        """This order after an allowed move. Cash is paid when the parcel is handed over."""
        changes: dict[str, Any] = {"status": to}
        if to in MARKS:
            changes[f"{to}_at"] = moment
        if to == "confirmed" and self.payment_method != "cod":
            changes["payment_status"] = "paid"
        if to == "delivered" and self.payment_status == "pending":
            changes["payment_status"] = "paid"
        return self.but(**changes)


class OrderDocument(Order):
    """An order with all that belongs to it."""

    items: list[OrderItem]
    shipping_address: OrderAddress
    billing_address: OrderAddress
    history: list[StatusChange]
    order_notes: list[Json] = []


class OrderRef(Part):
    """An order, by id."""

    order_id: str


class CancelOrder(Body):
    """Why an order is given up."""

    reason: Reason | None = None


class ChangeStatus(Body):
    """Where staff move an order to, and why."""

    status: Annotated[OrderStatus, folded]
    reason: Reason
    notes: Text | None = None


class StatusRow(Part):
    """ORD-06. A row of the status table."""

    id: str
    name: str


def order_id_of(checkout_id: str) -> str:
    """The one order a checkout can lead to."""
    return derived("order", checkout_id)


def status_id(name: str) -> str:
    """The fixed id of an order status."""
    return derived("order_status", name)


def order_of(checkout: PlacedCheckout, sold: Snapshot, payment: TakenPayment, moment: str) -> Order:
    """The order a priced checkout leads to."""
    order_id = checkout.order_id
    return Order(
        order_id=order_id,
        order_number=checkout.order_number,
        checkout_id=checkout.checkout_id,
        cart_id=checkout.cart_id,
        user_id=checkout.user_id,
        currency=sold.currency,
        subtotal=sold.subtotal,
        discount_amount=sold.discount_amount,
        shipping_amount=sold.shipping_amount,
        tax_amount=sold.tax_amount,
        total_amount=sold.total_amount,
        refunded_amount=zero(sold.currency),
        payment_id=payment.payment_id,
        payment_method_id=checkout.payment_method_id,
        payment_method=payment.payment_method,
        shipping_address_id=derived("order_address", order_id, "shipping"),
        billing_address_id=derived("order_address", order_id, "billing"),
        shipping_method=sold.shipping_method,
        coupon_code=sold.coupon_code,
        promotion_ids=sold.promotion_ids,
        notes=checkout.notes,
        created_at=moment,
        updated_at=moment,
    )


def items_of(order: Order, sold: Snapshot) -> list[OrderItem]:
    """The lines of an order, as they were sold."""
    return [
        OrderItem(
            order_item_id=derived("order_item", order.order_id, str(number)),
            order_id=order.order_id,
            user_id=order.user_id,
            line_number=number,
            total_price=line.total_price,
            created_at=order.created_at,
            updated_at=order.created_at,
            **{**line.model_dump(), "discount_amount": line.discount_amount or zero(order.currency)},
        )
        for number, line in enumerate(sold.lines, start=1)
    ]


def addresses_of(order: Order, sold: Snapshot) -> list[OrderAddress]:
    """Where an order goes, and where its bill goes."""
    return [
        OrderAddress(
            id=derived("order_address", order.order_id, kind),
            order_id=order.order_id,
            type=kind,
            source_address_id=address.address_id,
            created_at=order.created_at,
            updated_at=order.created_at,
            **address.model_dump(exclude={"address_id"}),
        )
        for kind, address in (("shipping", sold.shipping_address), ("billing", sold.billing_address))
    ]


def document(parts: list[Record]) -> OrderDocument | None:
    """An order put together from everything kept about it."""
    order = next((part for part in parts if isinstance(part, Order)), None)
    if order is None:
        return None
    addresses = {part.type: part for part in parts if isinstance(part, OrderAddress)}
    history = [part for part in parts if isinstance(part, StatusChange)]
    return OrderDocument(
        **dict(order),
        items=sorted((part for part in parts if isinstance(part, OrderItem)), key=lambda item: item.line_number),
        shipping_address=addresses["shipping"],
        billing_address=addresses["billing"],
        history=sorted(history, key=lambda row: (row.created_at, row.previous_status is not None)),
    )
