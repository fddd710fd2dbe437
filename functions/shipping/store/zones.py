"""Zones in the table, and the places they are found by."""

from pynamodb.expressions.operand import Path

from shipping.model.methods import Method
from shipping.model.zones import Destination, Zone, ZoneMatch
from shipping.store import MATCHES, ZONES, match_key, method_key, table, zone_key
from shop.errors import not_found
from shop.pages import Page, Paging
from shop.table import PRESENT


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
