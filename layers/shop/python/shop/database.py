"""The way to DynamoDB: connections, attribute values, and patience with a busy table."""

import random
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from botocore.config import Config
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable

from shop.aws import POOL_MAX, USER_AGENT, count_calls

Item = dict[str, Any]  # as DynamoDB writes it: name -> attribute value

BUSY = {
    "TransactionConflict",
    "TransactionConflictException",
    "ThrottlingError",
    "ThrottlingException",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
}
_TRIES = 8


def to_value(plain: Any) -> dict[str, Any]:
    """A plain value as a DynamoDB attribute value; None inside maps and lists is kept as NULL."""
    match plain:
        case str():
            return {"S": plain}
        case bool():
            return {"BOOL": plain}
        case int() | Decimal():
            return {"N": str(plain)}
        case None:
            return {"NULL": True}
        case dict():
            return {"M": {name: to_value(value) for name, value in plain.items()}}
        case list() | tuple():
            return {"L": [to_value(value) for value in plain]}
        case set():
            return {"SS": sorted(plain)}
        case bytes():
            return {"B": plain}
    raise TypeError(f"{type(plain).__name__} is not stored")


def from_value(value: dict[str, Any]) -> Any:
    """A DynamoDB attribute value as a plain value; numbers without a fraction are int."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL" | "B":
            return content
        case "N":
            return int(content) if content.lstrip("-").isdigit() else Decimal(content)
        case "NULL":
            return None
        case "SS":
            return set(content)
        case "M":
            return {name: from_value(inner) for name, inner in content.items()}
        case "L":
            return [from_value(inner) for inner in content]
    raise TypeError(f"{kind} is not stored")


def patiently() -> Iterator[Callable[[bool], None]]:
    """Rounds of an attempt with growing pauses (full jitter) after each that was told it failed."""
    failures = 0

    def attempt(failed: bool) -> None:
        nonlocal failures
        if failed:
            failures += 1
            time.sleep(random.uniform(0, min(0.4, 0.02 * 2**failures)))

    while failures < _TRIES:
        yield attempt


@cache
def connection(name: str) -> Connection:
    """The one connection of this process to a table."""
    key = [("PK", "HASH"), ("SK", "RANGE")]
    made = Connection(
        max_pool_connections=POOL_MAX, connect_timeout_seconds=2, read_timeout_seconds=5, max_retry_attempts=4
    )
    made.session.set_default_client_config(Config(user_agent=USER_AGENT))
    made.add_meta_table(
        MetaTable(
            {
                "TableName": name,
                "KeySchema": [{"AttributeName": n, "KeyType": t} for n, t in key],
                "AttributeDefinitions": [
                    {"AttributeName": n, "AttributeType": "S"}
                    for n in ("PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK")
                ],
                "GlobalSecondaryIndexes": [
                    {"IndexName": g, "KeySchema": [{"AttributeName": g + n, "KeyType": t} for n, t in key]}
                    for g in ("GSI1", "GSI2")
                ],
            }
        )
    )
    count_calls(made.client)
    return made
