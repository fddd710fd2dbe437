"""Keeping tax rates: one by one, or many at once."""

from discounts.model.tax import ChangeTaxRate, Imported, ImportTaxRates, TaxRate, TaxRateFields
from discounts.store import taxes as store
from shop.errors import invalid


def create(body: TaxRateFields) -> TaxRate:
    """A new rate."""
    return store.create(TaxRate.of(body))


def change(rate_id: str, version: int, body: ChangeTaxRate) -> TaxRate:
    """A rate with some fields changed."""
    return store.save(store.rate(rate_id).at(version).but(**body.model_dump(exclude_unset=True)))


def delete(rate_id: str, version: int) -> None:
    """Remove a rate: the next less specific one applies."""
    store.delete(store.rate(rate_id).at(version))


def bring(body: ImportTaxRates) -> Imported:
    """Write many rates, each in place of what there was for its place and class. Doing it again changes nothing."""
    wanted = {rate.id: rate for rate in map(TaxRate.of, body.rates)}
    if len(wanted) < len(body.rates):
        raise invalid("duplicate_rate", "Two rates are for the same place and class", "/rates")
    there = {rate.id: rate for country in {r.country for r in wanted.values()} for rate in store.stored(country)}
    written = [_over(there.get(rate.id), rate) for rate in wanted.values()]
    gone = [rate for rate in there.values() if rate.id not in wanted] if body.replace else []
    store.replace([rate for rate in written if rate is not there.get(rate.id)], gone)
    return Imported(imported=len(written), removed=len(gone))


def _over(before: TaxRate | None, rate: TaxRate) -> TaxRate:
    """The rate in place of the one before: itself when it says the same."""
    if before is None:
        return rate
    if (before.rate, before.name) == (rate.rate, rate.name):
        return before
    return rate.but(version=before.version + 1, created_at=before.created_at)
