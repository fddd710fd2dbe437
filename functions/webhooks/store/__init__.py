"""Where webhooks keeps its things. `{s}` is one of ten shards, `<at>` when it was made.

| thing     | PK             | SK            | GSI1PK / GSI1SK                    | GSI2PK / GSI2SK           |
|-----------|----------------|---------------|------------------------------------|---------------------------|
| Endpoint  | WHE#<id>       | META          | ENDPOINTS / <at>#<id>              | -                         |
| Delivery  | WHD#<id>       | META          | WHD#<endpoint>#<status> / <at>#<id> | WHDUE#{s} / <due_at>#<id> |
| Attempt   | WHD#<id>       | TRY#<at>#<id> | -                                  | -                         |
| EventCopy | WHV#<event_id> | EVENT         | -                                  | -                         |

The id of a delivery follows from its endpoint and its event. Only what is pending is due. One copy of an event serves
all its deliveries. But for endpoints, everything is gone four weeks after it was written.
"""

from shop.table import Key, Table

table = Table("webhooks")


def endpoint_key(endpoint_id: str) -> Key:
    """Where an endpoint is."""
    return Key(f"WHE#{endpoint_id}", "META")


def delivery_key(delivery_id: str) -> Key:
    """Where a delivery is; its attempts are in the same partition."""
    return Key(f"WHD#{delivery_id}", "META")


def event_key(event_id: str) -> Key:
    """Where the copy of an event is."""
    return Key(f"WHV#{event_id}", "EVENT")
