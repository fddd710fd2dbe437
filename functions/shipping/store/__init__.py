"""Where shipping keeps its things. `{s}` is one of ten shards, `@` is `<created_at>#<id>`.

| thing         | PK                   | SK                                | GSI1PK / GSI1SK                           |
|---------------|----------------------|-----------------------------------|-------------------------------------------|
| Zone          | ZONE#<id>            | META                              | ZONES / <name>#<id>                       |
| ZoneMatch     | ZM#<place>           | ZM                                | -                                         |
| Method        | METHOD#<id>          | META                              | ZONE#<zone_id> / METHOD#<base_price>#<id> |
| Rate          | METHOD#<id>          | RATE#<min_weight>#<min_amount>#<id| -                                         |
| Carrier       | CARRIER#<id>         | META                              | CARRIERS / <code>                         |
| Shipment      | SHIP#<id>            | META                              | ORDER#<order_id> / SHIP#@                 |
| ShipmentOwner | SHIP#<id>            | OWNER                             | USER#<user_id> / SHIP#@                   |
| Tracking      | SHIP#<id>            | TRK#<timestamp>#<id>              | -                                         |
| SoldOrder     | ORDERSHIP#<order_id> | ORDER                             | USER#<user_id> / ORDER#<order_id>         |
| Left          | ORDERSHIP#<order_id> | ITEM#<order_item_id>              | -                                         |
| Forgotten     | GONE#<user_id>       | GONE                              | -                                         |

GSI2: Shipment ST#<status>#{s} / @. Unique: CARRIER (codes), TRACK (tracking numbers).
"""

from shipping.model.carriers import StoredCarrier
from shipping.model.methods import Method, Rate
from shipping.model.shipments import Forgotten, Left, Shipment, ShipmentOwner, SoldOrder, Tracking
from shipping.model.zones import Zone, ZoneMatch
from shop import clock, settings
from shop.table import Key, Row, Table, sharded

table = Table("shipping")

NEWS_KEPT = 60 * settings.DAY  # longer than the bus replays old news


def zone_key(zone_id: str) -> Key:
    """Where a zone is."""
    return Key(f"ZONE#{zone_id}", "META")


def match_key(place: str) -> Key:
    """Where the zones of a place are."""
    return Key(f"ZM#{place}", "ZM")


def method_key(method_id: str) -> Key:
    """Where a method is."""
    return Key(f"METHOD#{method_id}", "META")


def rate_key(rate: Rate) -> Key:
    """Where a rate is: beside its method, in the order of its lower bounds."""
    low, worth = rate.min_weight or 0, rate.min_amount.amount if rate.min_amount else 0
    return Key(f"METHOD#{rate.method_id}", f"RATE#{low:010d}#{worth:012d}#{rate.id}")


def carrier_key(carrier_id: str) -> Key:
    """Where a carrier is."""
    return Key(f"CARRIER#{carrier_id}", "META")


def shipment_key(shipment_id: str) -> Key:
    """Where a shipment is; its sightings are in the same partition."""
    return Key(f"SHIP#{shipment_id}", "META")


def order_key(order_id: str) -> Key:
    """Where the copy of an order is; what is left of its lines is in the same partition."""
    return Key(f"ORDERSHIP#{order_id}", "ORDER")


def left_key(order_id: str, order_item_id: str) -> Key:
    """Where it is counted how much of an order line is left."""
    return Key(f"ORDERSHIP#{order_id}", f"ITEM#{order_item_id}")


def forgotten_key(user_id: str) -> Key:
    """Where it is noted that a customer was deleted."""
    return Key(f"GONE#{user_id}", "GONE")


def _method_row(m: Method) -> Row:
    return Row(method_key(m.id), gsi1=(f"ZONE#{m.zone_id}", f"METHOD#{m.base_price.amount:012d}#{m.id}"))


def _shipment_row(s: Shipment) -> Row:
    return Row(
        shipment_key(s.id),
        gsi1=(f"ORDER#{s.order_id}", f"SHIP#{s.created_at}#{s.id}"),
        gsi2=(sharded(f"ST#{s.status}", s.id), f"{s.created_at}#{s.id}"),
    )


def _owner_row(o: ShipmentOwner) -> Row:
    return Row(
        Key(f"SHIP#{o.shipment_id}", "OWNER"), gsi1=(f"USER#{o.user_id}", f"SHIP#{o.created_at}#{o.shipment_id}")
    )


def _sold_row(o: SoldOrder) -> Row:
    return Row(order_key(o.order_id), gsi1=(f"USER#{o.user_id}", f"ORDER#{o.order_id}") if o.user_id else None)


ZONES = table.kind("shipping_zone", Zone, lambda z: Row(zone_key(z.id), gsi1=("ZONES", f"{z.name}#{z.id}")))
MATCHES = table.kind("zone_match", ZoneMatch, lambda m: Row(match_key(m.place)))
METHODS = table.kind("shipping_method", Method, _method_row)
RATES = table.kind("shipping_rate", Rate, lambda r: Row(rate_key(r)))
CARRIERS = table.kind("carrier", StoredCarrier, lambda c: Row(carrier_key(c.id), gsi1=("CARRIERS", c.code)))
SHIPMENTS = table.kind("shipment", Shipment, _shipment_row)
OWNERS = table.kind("shipment_owner", ShipmentOwner, _owner_row)
TRACKING = table.kind(
    "shipment_tracking", Tracking, lambda t: Row(Key(f"SHIP#{t.shipment_id}", f"TRK#{t.timestamp}#{t.id}"))
)
ORDERS = table.kind("sold_order", SoldOrder, _sold_row)
LEFT = table.kind("left_to_ship", Left, lambda item: Row(left_key(item.order_id, item.order_item_id)))
FORGOTTEN = table.kind(
    "forgotten_customer",
    Forgotten,
    lambda f: Row(forgotten_key(f.user_id), ttl=clock.ttl(f.created_at, NEWS_KEPT)),
)
