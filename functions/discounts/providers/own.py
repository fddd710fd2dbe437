"""The shop's own tax rates, as its merchant keeps them."""

from discounts.model.pricing import TaxRates
from discounts.model.tax import SHIPPING, rate_of
from discounts.providers import TaxQuestion
from discounts.store import taxes


class OwnRates:
    """Rates by country, state and tax class; without any, nothing is taxed."""

    def rates(self, asked: TaxQuestion) -> TaxRates:
        """The most specific rate for each line and for the shipping."""
        known, state = taxes.rates(asked.destination.country), asked.destination.area
        by_class = {line.tax_class: rate_of(known, state, line.tax_class) for line in asked.lines}
        return TaxRates(
            lines=[by_class[line.tax_class] for line in asked.lines], shipping=rate_of(known, state, SHIPPING)
        )
