"""An order with all that belongs to it, and the moves it may make."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, computed_field

from orders.model.checkout import CheckoutRef, PlacedCheckout, TakenPayment
from orders.model.note import OrderNote
from orders.model.pricing import ERASED, Adjustment, Snapshot, anonymous
from shop.ids import derived
from shop.money import Currency, Money, total, zero
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

Reason = Annotated[str, Field(min_length=1, max_length=255)]


class OrderItem(Record):
    """ORD-02. A line as it was sold; only an edit of the order changes it, or adds one."""

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
    tax_amount: Money | None = None
    tax_rate: str = "0"
    paid_amount: Money | None = None  # what was paid for it: after its part of the discounts, with its tax


class StatusChange(Record):
    """ORD-03. One move of an order: from what to what, who, and why."""

    id: str
    order_id: str
    status: OrderStatus
    previous_status: OrderStatus | None = None
    changed_by: str
    reason: str | None = None
    notes: str | None = None

    def erased(self, user_id: str) -> "StatusChange":
        """Without what this user, or staff about them, wrote in their own words."""
        return self.but(notes=None, reason=None if self.changed_by == user_id else self.reason)


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

    def erased(self) -> "OrderAddress":
        """Without the person."""
        return self.but(**anonymous(self.postal_code))


class PartPayment(Part):
    """What was paid later for a part of an order that it came to cost more."""

    payment_id: str
    amount: Money


class Order(Record):
    """ORD-01. `amount_due` is what an edit made it cost more and nobody has paid yet; `editing` the edit under way.

    It was `paid_at_once` when its money was taken, and not only promised, as it was made.
    """

    order_id: str
    order_number: str
    checkout_id: str | None = None  # an exchange has no checkout, and no cart
    cart_id: str | None = None
    return_id: str | None = None  # what it is an exchange for
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
    shipping_discount_amount: Money | None = None
    shipping_tax_amount: Money | None = None
    prices_include_tax: bool = False
    payment_id: str | None = None
    payment_method_id: str | None = None
    payment_method: str
    paid_at_once: bool = False
    shipping_address_id: str
    billing_address_id: str
    shipping_method: str | None = None
    tracking_number: str | None = None
    coupon_code: str | None = None
    promotion_ids: list[str] = []
    adjustments: list[Adjustment] = []
    notes: str | None = None
    metadata: Json | None = None
    estimated_delivery_date: str | None = None
    confirmed_at: str | None = None
    shipped_at: str | None = None
    delivered_at: str | None = None
    cancelled_at: str | None = None
    edits: int = 0
    editing: str | None = None
    amount_due: Money | None = None
    part_payments: list[PartPayment] = []

    @computed_field  # type: ignore[prop-decorator]
    @property
    def status_id(self) -> str:
        """The status as a row of the status table."""
        return status_id(self.status)

    @property
    def is_bought(self) -> bool:
        """Whether it was bought; an exchange was not, and who gave it up would be left with nothing."""
        return self.return_id is None

    @property
    def first_amount(self) -> Money:
        """What its first payment is for: all that no edit made it cost more."""
        later = total([part.amount for part in self.part_payments], self.currency)
        return self.total_amount - later - (self.amount_due or zero(self.currency))

    @property
    def is_unpaid(self) -> bool:
        """Whether it must not be sent for want of money. Cash is paid when the parcel is handed over."""
        return self.payment_method != "cod" and (self.payment_status != "paid" or self.amount_due is not None)

    @property
    def is_taken(self) -> bool:
        """Whether all its money was taken; of some it may not be known here."""
        return self.paid_at_once and not self.part_payments

    def owing(self, more: Money) -> tuple[Self, Money]:
        """This order with so much more (or less) to pay; and by how much it is overpaid then."""
        due = (self.amount_due or zero(self.currency)) + more
        nothing = zero(self.currency)
        return self.but(amount_due=due if due > nothing else None), max(nothing - due, nothing)

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
    order_notes: list[OrderNote] = []

    @property
    def is_erased(self) -> bool:
        """Whether its customer's account was deleted, and the person with it."""
        return self.shipping_address.full_name == ERASED

    def erased(self) -> "OrderDocument":
        """Without the person; ids, goods, amounts and moves stay."""
        return self.but(
            notes=None,
            metadata=None,
            shipping_address=self.shipping_address.erased(),
            billing_address=self.billing_address.erased(),
            order_notes=[],
            history=[change.erased(self.user_id) for change in self.history],
        )


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
        shipping_discount_amount=sold.shipping_discount_amount,
        shipping_tax_amount=sold.shipping_tax_amount,
        prices_include_tax=sold.prices_include_tax,
        payment_id=payment.payment_id,
        payment_method_id=checkout.payment_method_id,
        payment_method=payment.payment_method,
        paid_at_once=payment.captured_amount == sold.total_amount,
        shipping_address_id=derived("order_address", order_id, "shipping"),
        billing_address_id=derived("order_address", order_id, "billing"),
        shipping_method=sold.shipping_method,
        coupon_code=sold.coupon_code,
        promotion_ids=sold.promotion_ids,
        adjustments=sold.adjustments,
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


class CreatedOrder(CheckoutRef):
    """A checkout, and the order that was made of it, as the machine hands it on."""

    order: OrderDocument | None = None


def alone(document: OrderDocument) -> Order:
    """An order without what belongs to it."""
    return Order(**{name: getattr(document, name) for name in Order.model_fields})


def document(parts: list[Record]) -> OrderDocument | None:
    """An order put together from everything kept about it."""
    order = next((part for part in parts if isinstance(part, Order)), None)
    if order is None:
        return None
    addresses = {part.type: part for part in parts if isinstance(part, OrderAddress)}
    history = [part for part in parts if isinstance(part, StatusChange)]
    notes = [part for part in parts if isinstance(part, OrderNote)]
    return OrderDocument(
        **dict(order),
        items=sorted((part for part in parts if isinstance(part, OrderItem)), key=lambda item: item.line_number),
        shipping_address=addresses["shipping"],
        billing_address=addresses["billing"],
        history=sorted(history, key=lambda row: (row.created_at, row.previous_status is not None)),
        order_notes=sorted(notes, key=lambda note: note.created_at),
    )
