"""What DynamoDB charges for a call: read and write units, from the sizes of the items (moto and emulators guess)."""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

Item = Mapping[str, Any]
Place = tuple[str, str, str]  # table, PK, SK

INDEXES = ("GSI1", "GSI2")
WRITES = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}


@dataclass
class Units:
    """What a call answered, and the units it read and wrote."""

    answer: dict[str, Any] = field(default_factory=dict)
    read: float = 0.0
    wrote: float = 0.0


@contextmanager
def counted(operation: str, params: Mapping[str, Any], units: Units) -> Iterator[None]:
    """Put beside the answer of the call made inside what it costs; a refused write costs what its items are."""
    places = list(_written(operation, params))
    before = [_found(place) for place in places]
    try:
        yield
    finally:
        price = 2 if operation == "TransactWriteItems" else 1
        for place, was in zip(places, before, strict=True):
            now = _found(place)
            units.wrote += price * _kilobytes(was, now) + (_indexed(was, now) if units.answer else 0)
    units.read = _read(operation, params, units.answer)


def _written(operation: str, params: Mapping[str, Any]) -> Iterator[Place]:
    if operation in WRITES:
        yield _place(params)
    for item in params.get("TransactItems", []):
        yield _place(next(iter(item.values())))
    if operation == "BatchWriteItem":
        for table, requests in params["RequestItems"].items():
            yield from (_place({"TableName": table, **next(iter(request.values()))}) for request in requests)


def _place(write: Mapping[str, Any]) -> Place:
    key = write.get("Key") or write["Item"]
    return write["TableName"], key["PK"]["S"], key["SK"]["S"]


def _found(place: Place) -> dict[str, Any]:
    table, pk, sk = place
    rows = dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables[table].items.get(DynamoType({"S": pk}), {})
    item = rows.get(DynamoType({"S": sk}))
    return item.to_json()["Attributes"] if item else {}


def _read(operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    found: Iterable[Iterable[Item]] = []
    strong = params.get("ConsistentRead", False)
    if operation == "GetItem":
        found = [[answer.get("Item", {})]]
    elif operation == "Query":
        found = [answer.get("Items", [])]
    elif operation == "BatchGetItem":
        found = [[item] for items in answer.get("Responses", {}).values() for item in items]
        strong = any(asked.get("ConsistentRead") for asked in params["RequestItems"].values())
    pages = [sum(map(size, items)) for items in found]
    return sum(max(math.ceil(page / 4096), 1) for page in pages) * (1.0 if strong else 0.5)


def _kilobytes(was: Item, now: Item) -> int:
    return math.ceil(max(size(was), size(now), 1) / 1024)


def _indexed(was: Item, now: Item) -> int:
    """An entry that moves is removed here and written there; one that stays is written when the item changed."""
    units = 0
    for index in INDEXES:
        entries = [(i[f"{index}PK"]["S"], i[f"{index}SK"]["S"]) for i in (was, now) if f"{index}PK" in i]
        units += len(dict.fromkeys(entries)) * _kilobytes(was, now)
    return units


def size(item: Item) -> int:
    """Bytes of an item as DynamoDB measures it, to within a few."""
    return sum(len(name.encode()) + _bytes(value) for name, value in item.items())


def _bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "M":
            return 3 + size(content) + len(content)
        case "L":
            return 3 + sum(map(_bytes, content)) + len(content)
        case "S":
            return len(content.encode())
        case "N":
            return len(content) // 2 + 1
    return len(str(content))
