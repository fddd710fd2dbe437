"""Keeping tax rates; a country's are in memory for a minute."""

from collections.abc import Sequence

from pynamodb.expressions.operand import Path

from discounts.model.tax import TaxRate
from discounts.store import TAX_RATES, table, tax_key
from shop.errors import conflict, not_found, version_mismatch
from shop.keeping import Kept
from shop.pages import Page, Paging
from shop.table import Key

_kept: Kept[list[TaxRate]] = Kept()


def rates(country: str) -> list[TaxRate]:
    """The rates of a country, at most a minute old. One Query."""
    return _kept.get(country, lambda: stored(country))


def stored(country: str) -> list[TaxRate]:
    """The rates of a country. One Query."""
    return TAX_RATES.query(f"TAX#{country}", prefix="RATE#")


def listed(paging: Paging, country: str | None) -> Page[TaxRate]:
    """Rates by country, state and class."""
    return TAX_RATES.page("TAXRATES", paging, prefix=f"{country}#" if country else "", newest_first=False)


def rate(rate_id: str) -> TaxRate:
    """A rate, or 404."""
    country, _, rest = rate_id.partition("-")
    state, _, tax_class = rest.partition("-")
    found = TAX_RATES.get(Key(f"TAX#{country}", f"RATE#{state}#{tax_class}"))
    if found is None:
        raise not_found("tax rate")
    return found


def create(rate: TaxRate) -> TaxRate:
    """A new rate; there is one for each place and class (409 rate_exists)."""
    with table.transaction() as tx:
        made = tx.create(
            TAX_RATES, rate, conflict("rate_exists", "There is a rate for this place and class", id=rate.id)
        )
    _kept.forget()
    return made


def save(rate: TaxRate) -> TaxRate:
    """Write a changed rate."""
    with table.transaction() as tx:
        saved = tx.save(TAX_RATES, rate)
    _kept.forget()
    return saved


def delete(rate: TaxRate) -> None:
    """Remove a rate."""
    with table.transaction() as tx:
        tx.delete(tax_key(rate), Path("version") == rate.version, version_mismatch())
    _kept.forget()


def replace(written: Sequence[TaxRate], gone: Sequence[TaxRate]) -> None:
    """Write rates whatever there was, and remove others. Interrupted, it may be done again."""
    table.put_all([TAX_RATES.item(rate) for rate in written])
    table.delete_all([tax_key(rate) for rate in gone])
    _kept.forget()
