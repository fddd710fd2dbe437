"""Zones: made, changed, removed."""

from shipping.model.zones import ChangeZone, Zone, ZoneFields
from shipping.store import methods as kept
from shipping.store import zones as store
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
    if kept.methods_of(zone_id):
        raise conflict("in_use", "Methods still serve this zone")
    store.delete_zone(zone)


def _somewhere(zone: Zone) -> Zone:
    if zone.nowhere:
        raise invalid("places_missing", f"A zone of type {zone.type} names its places", "/type")
    return zone
