"""Who says at which rates goods are taxed: the shop's own rates, or a tax service outside."""

import os
from typing import Protocol

from discounts.model.pricing import TaxRates
from discounts.model.tax import Destination
from shop.money import Money
from shop.records import Part


class TaxedLine(Part):
    """What is left to pay of one line, after its discounts."""

    product_id: str
    variant_id: str | None = None
    tax_class: str
    amount: Money


class TaxQuestion(Part):
    """These goods go there."""

    destination: Destination
    currency: str
    lines: list[TaxedLine]


class TaxProvider(Protocol):
    """Names a rate for each line and for the shipping; rounding stays the shop's own, so that all parts add up."""

    def rates(self, asked: TaxQuestion) -> TaxRates:
        """The rates, or Transient when they cannot be had now."""
        ...


def tax_provider() -> TaxProvider:
    """The provider this shop uses: a service when TAX_SERVICE_URL names one, else its own rates."""
    url = os.environ.get("TAX_SERVICE_URL")
    if url:
        from discounts.providers.service import TaxService

        return TaxService(url)
    from discounts.providers.own import OwnRates

    return OwnRates()
