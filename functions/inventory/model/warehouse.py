"""The places where goods lie."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shop.ids import new_id
from shop.records import Body, Part, Record

Code = Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=r"^[^#]+$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Words = Annotated[str, StringConstraints(max_length=100)]
Priority = Annotated[int, Field(ge=0, le=999_999)]
Address = Annotated[dict[Words, Words | None], Field(max_length=50)]


class WarehouseFields(Body):
    """What a merchant says about a warehouse. Low priority numbers are emptied first."""

    code: Code
    name: Name
    location: Words | None = None
    address: Address | None = None
    is_active: bool = True
    priority: Priority = 0


class ChangeWarehouse(Body):
    """What may change about a warehouse."""

    code: Code = ""
    name: Name = ""
    location: Words | None = None
    address: Address | None = None
    is_active: bool = True
    priority: Priority = 0


class SeedWarehouse(Part):
    """A warehouse that a fresh shop begins with."""

    code: Code
    name: Name


class Warehouse(Record):
    """INV-01. A place where goods lie."""

    warehouse_id: str = Field(default_factory=new_id)
    code: str
    name: str
    location: str | None = None
    address: Address | None = None
    is_active: bool = True
    priority: int = 0


class WarehouseUse(Record):
    """How many units have stock levels in a warehouse; it is only removed when none has."""

    warehouse_id: str
    level_count: int = 0
