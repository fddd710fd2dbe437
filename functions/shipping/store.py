"""Where shipping keeps its things.

| thing     | PK           | SK                                    | GSI1PK / GSI1SK                           |
|-----------|--------------|---------------------------------------|-------------------------------------------|
| Zone      | ZONE#<id>    | META                                  | ZONES / <name>#<id>                       |
| ZoneMatch | ZM#<place>   | ZM                                    | -                                         |
| Method    | METHOD#<id>  | META                                  | ZONE#<zone_id> / METHOD#<base_price>#<id> |
| Rate      | METHOD#<id>  | RATE#<min_weight>#<min_amount>#<id>   | -                                         |
"""

from pynamodb.expressions.operand import Path

from shipping.model import Destination, Method, Rate, Zone, ZoneMatch
from shop.errors import not_found
from shop.pages import Page, Paging
from shop.table import GSI1, PRESENT, Key, Row, Table

table = Table("shipping")


def zone_key(zone_id: str) -> Key:
    """Where a zone is."""
    return Key(f"ZONE#{zone_id}", "META")


def method_key(method_id: str) -> Key:
    """Where a method is."""
    return Key(f"METHOD#{method_id}", "META")


def rate_key(rate: Rate) -> Key:
    """Where a rate is: beside its method, in the order of its lower bounds."""
    low, worth = rate.min_weight or 0, rate.min_amount.amount if rate.min_amount else 0
    return Key(f"METHOD#{rate.method_id}", f"RATE#{low:010d}#{worth:012d}#{rate.id}")


def match_key(place: str) -> Key:
    """Where the zones of a place are."""
    return Key(f"ZM#{place}", "ZM")


ZONES = table.kind("shipping_zone", Zone, lambda z: Row(zone_key(z.id), gsi1=("ZONES", f"{z.name}#{z.id}")))
MATCHES = table.kind("zone_match", ZoneMatch, lambda m: Row(match_key(m.place)))
METHODS = table.kind(
    "shipping_method",
    Method,
    lambda m: Row(method_key(m.id), gsi1=(f"ZONE#{m.zone_id}", f"METHOD#{m.base_price.amount:012d}#{m.id}")),
)
RATES = table.kind("shipping_rate", Rate, lambda r: Row(rate_key(r)))


def zone(zone_id: str) -> Zone:
    """A zone, or 404."""
    found = ZONES.get(zone_key(zone_id))
    if found is None:
        raise not_found("shipping zone")
    return found


def zones(paging: Paging) -> Page[Zone]:
    """All zones by name."""
    return ZONES.page("ZONES", paging, newest_first=False)


def zones_of(address: Destination) -> set[str]:
    """The active zones that cover an address by its most specific place (AP49). One BatchGet."""
    return _nearest(MATCHES.many([match_key(place) for place in address.places]), address)


def method_and_zones(method_id: str, address: Destination) -> tuple[Method | None, set[str]]:
    """A method, if there is one, and the zones that cover an address. One BatchGet."""
    found = table.many([method_key(method_id), *(match_key(place) for place in address.places)])
    matches = [thing for thing in found if isinstance(thing, ZoneMatch)]
    return next((thing for thing in found if isinstance(thing, Method)), None), _nearest(matches, address)


def _nearest(matches: list[ZoneMatch], address: Destination) -> set[str]:
    covered = {match.place: match.zone_ids for match in matches}
    return next((covered[place] for place in address.places if covered.get(place)), set())


def save_zone(zone: Zone, before: Zone | None = None) -> Zone:
    """Write a zone and the places it is found by."""
    with table.transaction() as tx:
        saved = tx.save(ZONES, zone) if before else tx.create(ZONES, zone)
        was = before.places if before else set()
        for place in zone.places - was:
            tx.upsert(
                match_key(place),
                Path("zone_ids").add({zone.id}),
                Path("kind").set(MATCHES.name),
                Path("place").set(place),
            )
        for place in was - zone.places:
            tx.upsert(match_key(place), Path("zone_ids").delete({zone.id}))
    return saved


def delete_zone(zone: Zone) -> None:
    """Remove a zone."""
    with table.transaction() as tx:
        tx.delete(zone_key(zone.id), PRESENT)
        for place in zone.places:
            tx.upsert(match_key(place), Path("zone_ids").delete({zone.id}))


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
    with table.transaction() as tx:
        tx.delete(method_key(method.id), PRESENT)
        for rate in rates_of(method.id):
            tx.delete(rate_key(rate))


def rates_of(method_id: str) -> list[Rate]:
    """The rates of a method by lower bounds."""
    return RATES.query(f"METHOD#{method_id}", prefix="RATE#")


def rate(method_id: str, rate_id: str) -> Rate:
    """A rate of a method, or 404."""
    found = next((rate for rate in rates_of(method_id) if rate.id == rate_id), None)
    if found is None:
        raise not_found("shipping rate")
    return found


def save_rate(rate: Rate, before: Rate | None = None) -> Rate:
    """Write a rate; one whose lower bounds moved gets another key."""
    with table.transaction() as tx:
        if before is None:
            return tx.create(RATES, rate)
        if rate_key(rate) == rate_key(before):
            return tx.save(RATES, rate)
        tx.delete(rate_key(before), Path("version") == before.version)
        return tx.create(RATES, rate.but(version=before.version + 1))


def delete_rate(rate: Rate) -> None:
    """Remove a rate."""
    with table.transaction() as tx:
        tx.delete(rate_key(rate), Path("version") == rate.version)
