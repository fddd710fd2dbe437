"""What a checkout comes to: lines, discounts, shipping and tax, added up."""

from typing import Any

from pydantic import Field

from shop.money import Currency, Money, total, zero
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

    def erased(self) -> "Address":
        """Without the person."""
        return self.model_copy(update=anonymous(self.postal_code))


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
