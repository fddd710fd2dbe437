"""moto's DynamoDB, made as atomic under threads as the real one, and quick.

moto copies a whole table for every write of a transaction; only the items the transaction touches can need restoring.
It adds up a whole item for every attribute it sets; only what is set changes the sum. It looks through the whole table
for every query, and puts it in order by comparing decimals; a partition is found by its key, and our keys are text.
And it answers in HTTP, whose making and reading takes far longer than the work: here a call is the call of a function.
"""

import copy
import functools
import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore import xform_name
from botocore.client import BaseClient
from moto.core.exceptions import ServiceException
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb import models
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

_ABSENT = object()
_REGION = "us-east-1"
_ASKED: ContextVar[DynamoType | None] = ContextVar("_ASKED", default=None)  # whose partition a query is for
_LARGEST = 405_000  # bytes of an item, as moto counts them
_ONE_AT_A_TIME = threading.RLock()
# Of DynamoDB alone, by their names.
_OPERATIONS = {
    *("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem"),
    *("Query", "Scan", "TransactGetItems", "TransactWriteItems", "UpdateItem"),
}


@contextmanager
def atomic_and_quick() -> Iterator[None]:
    """Mend moto while inside."""
    cheap = SimpleNamespace(deepcopy=lambda thing: thing if isinstance(thing, Table) else copy.deepcopy(thing))
    transact = _restoring(models.DynamoDBBackend.transact_write_items)
    with (
        patch.object(BaseClient, "_make_api_call", _directly(vars(BaseClient)["_make_api_call"])),
        patch.object(DynamoHandler, "call_action", _alone(DynamoHandler.call_action)),
        patch.object(models.DynamoDBBackend, "transact_write_items", transact),
        patch.object(models, "copy", cheap),
        patch.object(LimitedSizeDict, "__setitem__", _set_and_add),
        patch.object(Table, "all_items", _in_order),
        patch.object(Table, "query", _of_partition(Table.query)),
    ):
        yield


def items(table: str, prefix: str) -> list[dict[str, Any]]:
    """The items whose partition begins like this, taken straight from moto: what a table's stream would have told."""
    partitions = models.dynamodb_backends[DEFAULT_ACCOUNT_ID][_REGION].tables[table].items
    return [
        item.to_json()["Attributes"]
        for key, rows in list(partitions.items())
        if key.value.startswith(prefix)
        for item in list(rows.values())
    ]


def _directly(call: Callable[..., Any]) -> Callable[..., Any]:
    """botocore's one way out, with a door to moto's handlers; what they refuse goes the long way, which words it."""

    @functools.wraps(call)
    def call_directly(self: Any, operation: str, params: dict[str, Any]) -> Any:
        if operation not in _OPERATIONS:
            return call(self, operation, params)
        body = json.dumps(params, default=lambda value: b64encode(value).decode())
        told = {"model": self.meta.service_model.operation_model(operation), "params": {"body": body, "headers": {}}}
        handler = DynamoHandler()
        handler.body, handler.current_account, handler.region = json.loads(body), DEFAULT_ACCOUNT_ID, _REGION
        with _ONE_AT_A_TIME:
            try:
                answer = getattr(handler, xform_name(operation))().result
            except (ServiceException, HTTPException):
                return call(self, operation, params)
        self.meta.events.emit(f"before-call.dynamodb.{operation}", **told, request_signer=None, context={})
        return {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}

    return call_directly


def _alone(call: Callable[..., Any]) -> Callable[..., Any]:
    def call_alone(*arguments: Any) -> Any:
        with _ONE_AT_A_TIME:
            return call(*arguments)

    return call_alone


def _restoring(transact: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(transact)
    def transact_or_restore(self: Any, transact_items: list[dict[str, Any]]) -> None:
        before = [_found(self, write) for item in transact_items for write in item.values()]
        try:
            transact(self, transact_items)
        except Exception:
            for items, sort_key, found in before:
                if found is _ABSENT:
                    items.pop(sort_key, None)
                else:
                    items[sort_key] = found
            raise

    return transact_or_restore


def _in_order(self: Any) -> list[Item]:
    key = _ASKED.get()
    partitions = list(self.items.values()) if key is None else [self.items.get(key, {})]
    items = [item for partition in partitions for item in list(partition.values())]
    return sorted(items, key=lambda item: (item.hash_key.value, item.range_key.value))


def _of_partition(query: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(query)
    def query_partition(self: Any, hash_key: DynamoType, *arguments: Any, **named: Any) -> Any:
        index_name = arguments[6]
        asked = _ASKED.set(None if index_name else hash_key)
        try:
            return query(self, hash_key, *arguments, **named)
        finally:
            _ASKED.reset(asked)

    return query_partition


def _set_and_add(self: Any, name: str, value: DynamoType) -> None:
    if not hasattr(self, "total"):
        self.total = sum(len(known.encode()) + had.size() for known, had in self.items())
    had = len(name.encode()) + self[name].size() if name in self else 0
    self.total += len(name.encode()) + value.size() - had
    if self.total > _LARGEST:
        raise ItemSizeTooLarge
    dict.__setitem__(self, name, value)


def _found(self: Any, write: dict[str, Any]) -> tuple[dict[DynamoType, Any], DynamoType, Any]:
    """Where the item of one write is kept, and a copy of it."""
    key = write.get("Key") or write["Item"]
    items, sort_key = self.tables[write["TableName"]].items[DynamoType(key["PK"])], DynamoType(key["SK"])
    return items, sort_key, copy.deepcopy(items[sort_key]) if sort_key in items else _ABSENT
