"""Methods and rates: made, changed, removed; and what a parcel costs."""

from shipping.model.methods import (
    AskQuote,
    ChangeMethod,
    Method,
    MethodFields,
    Parcel,
    Quote,
    Rate,
    RateFields,
    quote,
)
from shipping.store import methods as store
from shipping.store import zones
from shop.errors import invalid


def create_method(method_id: str, body: MethodFields) -> Method:
    """A new method of a zone that exists."""
    zones.zone(body.zone_id)
    return store.save_method(_one_currency(Method(id=method_id, **dict(body))), new=True)


def change_method(method_id: str, version: int, body: ChangeMethod) -> Method:
    """A method with some fields changed."""
    changed = store.method(method_id).at(version).but(**body.model_dump(exclude_unset=True))
    return store.save_method(_one_currency(changed))


def delete_method(method_id: str, version: int) -> None:
    """Remove a method."""
    store.delete_method(store.method(method_id).at(version))


def create_rate(method_id: str, rate_id: str, body: RateFields) -> Rate:
    """A new rate that overlaps none of the method's others (422 overlapping_range)."""
    store.method(method_id)
    return store.save_rate(_apart(Rate(id=rate_id, method_id=method_id, **dict(body))))


def change_rate(method_id: str, rate_id: str, version: int, body: RateFields) -> Rate:
    """A rate with other bounds or another price."""
    before = store.rate(method_id, rate_id).at(version)
    return store.save_rate(_apart(before.but(**dict(body))), before)


def delete_rate(method_id: str, rate_id: str, version: int) -> None:
    """Remove a rate."""
    store.delete_rate(store.rate(method_id, rate_id).at(version))


def quotes(asked: AskQuote) -> list[Quote]:
    """Every active method that serves the address in the subtotal's currency, cheapest first (422 when none does)."""
    found = [
        quote(method, store.rates_of(method.id), asked)
        for zone_id in zones.zones_of(asked.address)
        for method in store.methods_of(zone_id)
        if method.is_active and method.currency == asked.subtotal.currency
    ]
    if not found:
        raise invalid("no_method_for_address", "Nothing is sent to this address in this currency", "/address")
    return sorted(found, key=lambda quote: (quote.price.amount, quote.estimated_days, quote.method_id))


def quote_chosen(parcel: Parcel) -> Quote:
    """What the chosen method asks for this parcel; refused as no_shipping_method when it does not serve the address."""
    method, covering = zones.method_and_zones(parcel.method_id, parcel.address)
    serves = method is not None and method.is_active and method.zone_id in covering
    if method is None or not serves or method.currency != parcel.subtotal.currency:
        raise invalid("no_shipping_method", "This method does not serve this address")
    return quote(method, store.tariff(method.id), parcel)


def _one_currency(method: Method) -> Method:
    if len(method.currencies) > 1:
        raise invalid("currency_mismatch", "All prices of a method are in one currency", "/base_price")
    return method


def _apart(rate: Rate) -> Rate:
    if any(rate.overlaps(other) for other in store.rates_of(rate.method_id) if other.id != rate.id):
        raise invalid("overlapping_range", "Another rate of this method covers some of this", "/min_weight")
    return rate
