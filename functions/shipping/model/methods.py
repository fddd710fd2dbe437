"""Methods, their rates, and the price of a parcel."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shipping.model.zones import Destination, Name
from shop.freeform import FreeForm
from shop.ids import new_id
from shop.money import Money, Price, Total, rounded, zero
from shop.records import Body, Part, Record, folded

CarrierCode = Annotated[Literal["fedex", "ups", "dhl", "usps", "custom"], folded]
ServiceType = Annotated[Literal["standard", "express", "overnight"], folded]


class MethodFields(Body):
    """What a merchant says about a method; all its prices are in one currency."""

    zone_id: str
    name: Name
    carrier: CarrierCode = "custom"
    service_type: ServiceType = "standard"
    base_price: Price
    price_per_kg: Price | None = None
    price_per_item: Price | None = None
    estimated_days: int = Field(ge=0, le=365)
    is_active: bool = True
    configuration: FreeForm = {}


class ChangeMethod(Body):
    """What may change about a method; what is left out stays."""

    name: Name = ""
    service_type: ServiceType = "standard"
    base_price: Price = Field(default_factory=lambda: zero("USD"))
    price_per_kg: Price | None = None
    price_per_item: Price | None = None
    estimated_days: int = Field(default=0, ge=0, le=365)
    is_active: bool = True
    configuration: FreeForm = {}


class Method(Record):
    """SHIP-02. A way to send a parcel into a zone."""

    id: str = Field(default_factory=new_id)
    zone_id: str
    name: str
    carrier: str
    service_type: str
    base_price: Money
    price_per_kg: Money | None = None
    price_per_item: Money | None = None
    estimated_days: int
    is_active: bool = True
    configuration: FreeForm = {}

    @property
    def currency(self) -> str:
        """The one currency of all its prices."""
        return self.base_price.currency

    @property
    def currencies(self) -> set[str]:
        """The currencies of its prices, which must be one."""
        return {price.currency for price in (self.base_price, self.price_per_kg, self.price_per_item) if price}


class RateFields(Body):
    """A fixed price for parcels within these bounds; a bound left out is open. Weights are grams."""

    min_weight: int | None = Field(default=None, ge=0)
    max_weight: int | None = Field(default=None, ge=0)
    min_amount: Price | None = None
    max_amount: Price | None = None
    rate: Price

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "RateFields":
        low, high = self.min_weight, self.max_weight
        if low is not None and high is not None and low > high:
            raise ValueError("min_weight is at most max_weight")
        if self.min_amount and self.max_amount and self.min_amount > self.max_amount:
            raise ValueError("min_amount is at most max_amount")
        return self


class Rate(Record):
    """SHIP-03. Bounds are inclusive."""

    id: str = Field(default_factory=new_id)
    method_id: str
    min_weight: int | None = None
    max_weight: int | None = None
    min_amount: Money | None = None
    max_amount: Money | None = None
    rate: Money

    def covers(self, grams: int, subtotal: Money) -> bool:
        """Whether a parcel of this weight and worth falls within the bounds."""
        return (
            (self.min_weight or 0) <= grams
            and (self.max_weight is None or grams <= self.max_weight)
            and (self.min_amount is None or self.min_amount <= subtotal)
            and (self.max_amount is None or subtotal <= self.max_amount)
        )

    def overlaps(self, other: "Rate") -> bool:
        """Whether some parcel would fall within both."""

        def apart(low: int | None, high: int | None, other_low: int | None, other_high: int | None) -> bool:
            return (high is not None and (other_low or 0) > high) or (
                other_high is not None and (low or 0) > other_high
            )

        return not (
            apart(self.min_weight, self.max_weight, other.min_weight, other.max_weight)
            or apart(
                _minor(self.min_amount), _minor(self.max_amount), _minor(other.min_amount), _minor(other.max_amount)
            )
        )


class Goods(Body):
    """So many of one thing, each so heavy."""

    product_id: str
    variant_id: str | None = None
    quantity: int = Field(ge=1)
    weight_grams: int | None = Field(default=None, ge=0)


class AskQuote(Body):
    """What it would cost to send these goods, worth `subtotal`, to an address."""

    address: Destination
    items: list[Goods] = Field(min_length=1, max_length=100)
    subtotal: Total

    @property
    def grams(self) -> int:
        """The weight of the parcel."""
        return sum((goods.weight_grams or 0) * goods.quantity for goods in self.items)

    @property
    def pieces(self) -> int:
        """How many things are in the parcel."""
        return sum(goods.quantity for goods in self.items)


class Parcel(AskQuote):
    """What a checkout asks: the price of one chosen method."""

    method_id: str


class Quote(Part):
    """One way to send the parcel."""

    method_id: str
    name: str
    carrier: str
    service_type: str
    price: Money
    estimated_days: int


def quote(method: Method, rates: list[Rate], asked: AskQuote) -> Quote:
    """The matching rate, else the base price, plus that for the weight (rounded half up), plus that for the pieces."""
    fitting = next((rate.rate for rate in rates if rate.covers(asked.grams, asked.subtotal)), None)
    by_weight = rounded(Decimal(_minor(method.price_per_kg) or 0) * asked.grams / 1000)
    by_piece = (_minor(method.price_per_item) or 0) * asked.pieces
    computed = Money(amount=method.base_price.amount + by_weight + by_piece, currency=method.currency)
    return Quote(
        method_id=method.id,
        name=method.name,
        carrier=method.carrier,
        service_type=method.service_type,
        price=fitting or computed,
        estimated_days=method.estimated_days,
    )


def _minor(money: Money | None) -> int | None:
    return money.amount if money else None
