"""moto's tables made as indifferent to their size as DynamoDB's, for a bench that fills them.

moto looks through the whole table for every Query, measures an item anew with each of its attributes, and reads a
condition each time it is asked. Here a Query looks at its own partition only, also in an index.
"""

import copy
import functools
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from inspect import signature
from typing import Any
from unittest.mock import patch
from weakref import WeakKeyDictionary

from moto.dynamodb import comparisons, models
from moto.dynamodb.models import table as tables
from moto.dynamodb.models.dynamo_type import LimitedSizeDict
from moto.dynamodb.models.table import Table

Partitions = dict[str, dict[str, list[Any]]]  # of each index, by its key

_indexed: WeakKeyDictionary[Table, Partitions] = WeakKeyDictionary()


@contextmanager
def of_any_size() -> Iterator[None]:
    """Mend moto while inside."""
    conditions = _remembering(comparisons.get_filter_expression)
    with ExitStack() as stack:
        for write in ("put_item", "update_item", "delete_item"):
            changed = _forgetting(getattr(models.DynamoDBBackend, write))
            stack.enter_context(patch.object(models.DynamoDBBackend, write, changed))
        for mended in (
            patch.object(Table, "query", _partitioned(Table.query)),
            patch.object(LimitedSizeDict, "__setitem__", dict.__setitem__),
            patch.object(models, "get_filter_expression", conditions),
            patch.object(tables, "get_filter_expression", conditions),
        ):
            stack.enter_context(mended)
        yield
        _indexed.clear()


def _partitioned(query: Callable[..., Any]) -> Callable[..., Any]:
    named = signature(query)

    @functools.wraps(query)
    def query_partition(*arguments: Any, **keywords: Any) -> Any:
        asked = named.bind(*arguments, **keywords)
        table: Table = asked.arguments["self"]
        key, index = asked.arguments["hash_key"], asked.arguments.get("index_name")
        if key is None:
            _, key = asked.arguments["hash_key_conditions"][0]
        if index:
            found = dict(enumerate(_partitions(table).get(index, {}).get(key.value, [])))
        else:
            found = table.items.get(key, {})
        view = copy.copy(table)
        view.items = defaultdict(dict, {key: found})
        asked.arguments["self"] = view
        return query(*asked.args, **asked.kwargs)

    return query_partition


def _partitions(table: Table) -> Partitions:
    if table not in _indexed:
        made: Partitions = {"GSI1": defaultdict(list), "GSI2": defaultdict(list)}
        for item in table.all_items():
            for name, partitions in made.items():
                if f"{name}PK" in item.attrs:
                    partitions[item.attrs[f"{name}PK"].value].append(item)
        _indexed[table] = made
    return _indexed[table]


def _forgetting(write: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(write)
    def write_and_forget(*arguments: Any, **named: Any) -> Any:
        _indexed.clear()
        return write(*arguments, **named)

    return write_and_forget


def _remembering(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Conditions that compare with nothing are the same for every item."""
    known: dict[tuple[str, str], Any] = {}

    @functools.wraps(parse)
    def parse_once(expression: Any, names: Any, values: Any) -> Any:
        if not expression or values:
            return parse(expression, names, values)
        key = (expression, str(names))
        if key not in known:
            known[key] = parse(expression, names, values)
        return known[key]

    return parse_once
