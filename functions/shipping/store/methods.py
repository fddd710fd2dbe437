"""Methods and their rates in the table."""

from pynamodb.expressions.operand import Path

from shipping.model.methods import Method, Rate
from shipping.store import METHODS, RATES, method_key, rate_key, table
from shop.errors import not_found
from shop.keeping import Kept
from shop.pages import Page, Paging
from shop.table import GSI1, PRESENT

# Rates change seldom and are asked for by every checkout: each method's are kept for a minute.
tariffs: Kept[list[Rate]] = Kept()


def method(method_id: str) -> Method:
    """A method, or 404."""
    found = METHODS.get(method_key(method_id))
    if found is None:
        raise not_found("shipping method")
    return found


def methods(zone_id: str, paging: Paging) -> Page[Method]:
    """The methods of a zone, cheapest first."""
    return METHODS.page(f"ZONE#{zone_id}", paging, prefix="METHOD#", newest_first=False)


def methods_of(zone_id: str) -> list[Method]:
    """All methods of a zone."""
    return METHODS.query(f"ZONE#{zone_id}", index=GSI1, prefix="METHOD#")


def save_method(method: Method, new: bool = False) -> Method:
    """Write a method."""
    with table.transaction() as tx:
        return tx.create(METHODS, method) if new else tx.save(METHODS, method)


def delete_method(method: Method) -> None:
    """Remove a method and its rates."""
    tariffs.forget()
    with table.transaction() as tx:
        tx.delete(method_key(method.id), PRESENT)
        for rate in rates_of(method.id):
            tx.delete(rate_key(rate))


def rates_of(method_id: str) -> list[Rate]:
    """The rates of a method by lower bounds."""
    return RATES.query(f"METHOD#{method_id}", prefix="RATE#")


def tariff(method_id: str) -> list[Rate]:
    """The rates of a method, as they were at most a minute ago."""
    return tariffs.get(method_id, lambda: rates_of(method_id))


def rate(method_id: str, rate_id: str) -> Rate:
    """A rate of a method, or 404."""
    found = next((rate for rate in rates_of(method_id) if rate.id == rate_id), None)
    if found is None:
        raise not_found("shipping rate")
    return found


def save_rate(rate: Rate, before: Rate | None = None) -> Rate:
    """Write a rate; one whose lower bounds moved gets another key."""
    tariffs.forget()
    with table.transaction() as tx:
        if before is None:
            return tx.create(RATES, rate)
        if rate_key(rate) == rate_key(before):
            return tx.save(RATES, rate)
        tx.delete(rate_key(before), Path("version") == before.version)
        return tx.create(RATES, rate.but(version=before.version + 1))


def delete_rate(rate: Rate) -> None:
    """Remove a rate."""
    tariffs.forget()
    with table.transaction() as tx:
        tx.delete(rate_key(rate), Path("version") == rate.version)
