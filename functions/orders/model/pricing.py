"""What a checkout comes to: lines, discounts, shipping and tax, added up."""

from decimal import Decimal
from typing import Any

from pydantic import Field

from shop.money import Currency, Money, taxed, total, zero
from shop.records import Part

ERASED = "(erased)"
AREA = 3  # so many characters of a postal code name an area, not a street


def anonymous(postal_code: str | None) -> dict[str, Any]:
    """What an address says once its person is erased: state, country and postal area stay, for the tax they decided."""
    gone = dict.fromkeys(("first_name", "last_name", "phone", "address_line2", "city"))
    area = postal_code[:AREA].strip() if postal_code else None
    return {**gone, "full_name": ERASED, "address_line1": ERASED, "postal_code": area}


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
    tax_amount: Money | None = None
    tax_rate: str = "0"
    paid_amount: Money | None = None  # what is paid for it: after its part of the discounts, with its tax

    @property
    def total_price(self) -> Money:
        """The price of all its units, before discounts."""
        return self.unit_price * self.quantity

    def taxed(self, off: Money, tax: Money, rate: str, included: bool) -> "Line":
        """This line with its part of the discounts, and its tax, which may be in the price."""
        left = self.total_price - off
        parts = {"discount_amount": off, "tax_amount": tax, "paid_amount": left if included else left + tax}
        return self.model_copy(update={**parts, "tax_rate": rate})


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

    def erased(self) -> "Address":
        """Without the person."""
        return self.model_copy(update=anonymous(self.postal_code))


class Adjustment(Part):
    """What one promotion or coupon takes off, and why. `parts` are minor units by line; the shipping has none."""

    type: str
    id: str
    name: str
    code: str | None = None
    reason: str
    amount: Money | None = None
    parts: list[int] = []


class Taxes(Part):
    """What tax each line bears, and the rates of lines and shipping: fractions such as 0.2, as text."""

    prices_include_tax: bool = False
    lines: list[str] = []
    shipping: str = "0"
    amounts: list[Money] = []


class Discounts(Part):
    """What is taken off, and where; and what tax the rest bears."""

    discount_amount: Money
    line_discounts: list[Money] = []
    free_shipping: bool = False
    coupon_code: str | None = None
    promotion_ids: list[str] = []
    adjustments: list[Adjustment] = []
    tax: Taxes = Field(default_factory=Taxes)

    def shown(self, shipping: Money) -> list[Adjustment]:
        """What was taken off, the shipping by the first that frees it."""
        free = next((one for one in self.adjustments if one.amount is None), None)
        return [
            one.model_copy(update={"amount": shipping}) if one is free else one
            for one in self.adjustments
            if one.amount is not None or one is free
        ]


class ShippingQuote(Part):
    """What the chosen method asks for."""

    method_id: str
    name: str
    price: Money
    estimated_days: int | None = None


class Snapshot(Part):
    """Everything the order will be made of. The parts add up: goods - discounts + shipping + tax.

    The shipping is after its own discount; where prices include the tax, it is not added again.
    """

    lines: list[Line]
    currency: Currency
    subtotal: Money
    discount_amount: Money
    shipping_amount: Money
    tax_amount: Money
    total_amount: Money
    shipping_discount_amount: Money | None = None
    shipping_tax_amount: Money | None = None
    prices_include_tax: bool = False
    coupon_code: str | None = None
    promotion_ids: list[str] = []
    adjustments: list[Adjustment] = []
    shipping_method: str
    estimated_days: int | None = None
    shipping_address: Address
    billing_address: Address

    def erased(self) -> "Snapshot":
        """Without the person."""
        addresses = {"shipping_address": self.shipping_address, "billing_address": self.billing_address}
        return self.model_copy(update={name: address.erased() for name, address in addresses.items()})


class SoldLine(Part):
    """So many of one unit."""

    product_id: str
    variant_id: str | None = None
    quantity: int


class Priced(Part):
    """What is to be paid, and what is to be reserved."""

    total_amount: Money
    lines: list[SoldLine]


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
        """Add it up: goods, less discounts, then shipping, and the tax on what is left of both (B124)."""
        currency, tax = self.quote.price.currency, self.discounts.tax
        nothing = [zero(currency)] * len(self.lines)
        off, taxes = self.discounts.line_discounts or nothing, tax.amounts or nothing
        rates = tax.lines or ["0"] * len(self.lines)
        lines = [
            line.taxed(less, levied, rate, tax.prices_include_tax)
            for line, less, levied, rate in zip(self.lines, off, taxes, rates, strict=True)
        ]
        goods, discount = total([line.total_price for line in lines], currency), total(off, currency)
        free = self.quote.price if self.discounts.free_shipping else zero(currency)
        shipping = self.quote.price - free
        shipping_tax = Money(
            amount=taxed(shipping.amount, Decimal(tax.shipping), tax.prices_include_tax), currency=currency
        )
        all_tax = total([*taxes, shipping_tax], currency)
        return Snapshot(
            lines=lines,
            currency=currency,
            subtotal=goods,
            discount_amount=discount,
            shipping_amount=shipping,
            tax_amount=all_tax,
            total_amount=goods - discount + shipping + (zero(currency) if tax.prices_include_tax else all_tax),
            shipping_discount_amount=free,
            shipping_tax_amount=shipping_tax,
            prices_include_tax=tax.prices_include_tax,
            adjustments=self.discounts.shown(free),
            coupon_code=self.discounts.coupon_code,
            promotion_ids=self.discounts.promotion_ids,
            shipping_method=self.quote.name,
            estimated_days=self.quote.estimated_days,
            shipping_address=self.shipping_address,
            billing_address=self.billing_address,
        )
