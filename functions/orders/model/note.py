"""What is noted about an order: by its customer, by staff for its customer, and by staff for one another."""

from typing import Annotated

from pydantic import StringConstraints

from shop.records import Body, Prose, Record


class OrderNote(Record):
    """ORD-05. An internal one is for staff alone."""

    id: str
    order_id: str
    note: str
    created_by: str
    is_internal: bool = True


class AddNote(Body):
    """What is to be noted; only staff say whether it is internal, and what they leave open is."""

    note: Annotated[Prose, StringConstraints(min_length=1, max_length=10_000)]
    is_internal: bool | None = None
