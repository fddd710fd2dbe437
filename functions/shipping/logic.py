"""What shipping can be asked to do: keep its zones, methods and rates, and say what a parcel costs."""

from shipping import store
from shipping.model import (
    AskQuote,
    ChangeMethod,
    ChangeZone,
    Method,
    MethodFields,
    Parcel,
    Quote,
    Rate,
    RateFields,
    Zone,
    ZoneFields,
    quote,
)
from shop.errors import conflict, invalid


def create_zone(zone_id: str, body: ZoneFields) -> Zone:
    """A new zone."""
    return store.save_zone(_somewhere(Zone(id=zone_id, **dict(body))))


def change_zone(zone_id: str, version: int, body: ChangeZone) -> Zone:
    """A zone with some fields changed."""
    before = store.zone(zone_id).at(version)
    return store.save_zone(_somewhere(before.but(**body.model_dump(exclude_unset=True))), before)


def delete_zone(zone_id: str, version: int) -> None:
    """Remove a zone that no method serves (409 in_use)."""
    zone = store.zone(zone_id).at(version)
    if store.methods_of(zone_id):
        raise conflict("in_use", "Methods still serve this zone")
    store.delete_zone(zone)


def create_method(method_id: str, body: MethodFields) -> Method:
    """A new method of a zone that exists."""
    store.zone(body.zone_id)
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
        for zone_id in store.zones_of(asked.address)
        for method in store.methods_of(zone_id)
        if method.is_active and method.currency == asked.subtotal.currency
    ]
    if not found:
        raise invalid("no_method_for_address", "Nothing is sent to this address in this currency", "/address")
    return sorted(found, key=lambda quote: (quote.price.amount, quote.estimated_days, quote.method_id))


def quote_chosen(parcel: Parcel) -> Quote:
    """What the chosen method asks for this parcel; refused as no_shipping_method when it does not serve the address."""
    method, zones = store.method_and_zones(parcel.method_id, parcel.address)
    serves = method is not None and method.is_active and method.zone_id in zones
    if method is None or not serves or method.currency != parcel.subtotal.currency:
        raise invalid("no_shipping_method", "This method does not serve this address")
    return quote(method, store.rates_of(method.id), parcel)


def _somewhere(zone: Zone) -> Zone:
    if zone.nowhere:
        raise invalid("places_missing", f"A zone of type {zone.type} names its places", "/type")
    return zone


def _one_currency(method: Method) -> Method:
    if len(method.currencies) > 1:
        raise invalid("currency_mismatch", "All prices of a method are in one currency", "/base_price")
    return method


def _apart(rate: Rate) -> Rate:
    if any(rate.overlaps(other) for other in store.rates_of(rate.method_id) if other.id != rate.id):
        raise invalid("overlapping_range", "Another rate of this method covers some of this", "/min_weight")
    return rate
