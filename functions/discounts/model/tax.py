"""Tax rates by place and class of goods, and which of them applies."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from shop.pages import Paging
from shop.records import STANDARD, Body, Country, Part, Record, TaxClass

SHIPPING = "shipping"  # the tax class of the shipping
Fraction = Annotated[
    str,
    StringConstraints(pattern=r"^[01](\.\d{1,6})?$"),
    AfterValidator(lambda text: _at_most_one(text)),
]
State = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,3}$")]


def _at_most_one(text: str) -> str:
    if Decimal(text) > 1:
        raise ValueError("a rate is a fraction: 0.2 for 20 %")
    return text


class TaxRateFields(Body):
    """The rate of a class of goods sent to a country, or to one state of it, which then replaces the country's."""

    country: Country
    state: State | None = None
    tax_class: TaxClass = STANDARD
    rate: Fraction
    name: str | None = Field(default=None, max_length=100)


class ChangeTaxRate(Body):
    """What may change about a rate; what is left out stays."""

    rate: Fraction = "0"
    name: str | None = Field(default=None, max_length=100)


class ImportTaxRates(Body):
    """Many rates at once. With `replace`, the countries named keep no others."""

    rates: list[TaxRateFields] = Field(min_length=1, max_length=1000)
    replace: bool = False


class TaxRate(Record):
    """DISC-07. A rate; its id says what it is of."""

    id: str = ""
    country: str
    state: str | None = None
    tax_class: str = STANDARD
    rate: str
    name: str | None = None

    @classmethod
    def of(cls, fields: TaxRateFields) -> "TaxRate":
        """The rate these fields describe."""
        return cls(**dict(fields), id=f"{fields.country}-{fields.state or '_'}-{fields.tax_class}")


class TaxRateList(Paging):
    """Rates by place; all, or one country's."""

    country: Country | None = None


class Imported(Part):
    """What an import has done."""

    imported: int
    removed: int


class Destination(Part):
    """Where the goods go: the place that decides the tax."""

    country: str
    state: str | None = None
    postal_code: str | None = None

    @property
    def area(self) -> str | None:
        """The state as rates name it."""
        return self.state.strip().upper() if self.state else None


def rate_of(rates: Sequence[TaxRate], state: str | None, tax_class: str) -> str:
    """The rate of a class of goods: the state's before the country's, its own before the standard one; else nothing."""
    known = {(rate.state, rate.tax_class): rate.rate for rate in rates}
    asked = [(place, kind) for kind in (tax_class, STANDARD) for place in dict.fromkeys((state, None))]
    return next((known[key] for key in asked if key in known), "0")
