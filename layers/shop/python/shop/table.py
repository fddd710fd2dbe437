"""One DynamoDB table per service: models to items and back, keys, queries, pages and transactions.

A `Kind` is a model with its place in the table; a `Transaction` is what must happen together, with the refusal for
each condition written beside it. Conditions and updates are PynamoDB expressions: ``Path("quantity") >= 3``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, Generic, TypeVar

from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from shop import settings
from shop.database import BUSY, Item, connection, from_value, patiently, to_value
from shop.errors import Transient
from shop.events import Event
from shop.ids import SHARDS
from shop.keys import ABSENT, GSI1, GSI2, PRESENT, TABLE, Index, Key, Row, marker, newer, sharded, shards
from shop.pages import Page, Paging
from shop.records import Record
from shop.transaction import MAX_ACTIONS, AlreadyMade, Transaction

# What a room's store is written with.
__all__ = [
    "ABSENT",
    "BATCH_GET",
    "GSI1",
    "GSI2",
    "MAX_ACTIONS",
    "PRESENT",
    "TABLE",
    "AlreadyMade",
    "Index",
    "Item",
    "Key",
    "Kind",
    "Row",
    "Table",
    "Transaction",
    "from_value",
    "marker",
    "newer",
    "owner_of",
    "sharded",
    "shards",
    "to_value",
]

T = TypeVar("T", bound=Record)

Upcast = Callable[[dict[str, Any]], dict[str, Any]]  # an item's plain values in one shape, made into the next

BATCH_GET, BATCH_WRITE = 100, 25


class Kind(Generic[T]):
    """All things of one model in a table, and how to find them.

    Items say as `sv` in which shape of the model they were written: the first, which is not written down, or one more
    for each upcast. Older ones are read through the upcasts they lack, and rewritten by `make migrate`.
    """

    def __init__(
        self, table: "Table", name: str, model: type[T], row: Callable[[T], Row], upcasts: Sequence[Upcast] = ()
    ) -> None:
        self.table, self.name, self.model, self.row, self.upcasts = table, name, model, row, upcasts

    @property
    def shape(self) -> int:
        """The shape things are written in today."""
        return len(self.upcasts) + 1

    def item(self, thing: T) -> Item:
        """The thing as a DynamoDB item (attribute values)."""
        row = self.row(thing)
        plain = {**thing.model_dump(), "PK": row.key.pk, "SK": row.key.sk, "kind": self.name}
        for index, entry in ((GSI1, row.gsi1), (GSI2, row.gsi2)):
            if entry:
                plain[index.pk], plain[index.sk] = entry
        if row.ttl is not None:
            plain["ttl"] = row.ttl
        if self.upcasts:
            plain["sv"] = self.shape
        return {name: to_value(value) for name, value in plain.items() if value is not None}

    def thing(self, item: Item) -> T:
        """A DynamoDB item as the thing it is."""
        return self.model.model_validate(self.lifted({name: from_value(value) for name, value in item.items()}))

    def lifted(self, plain: dict[str, Any]) -> dict[str, Any]:
        """An item's plain values in today's shape, whichever they were written in."""
        for upcast in self.upcasts[plain.get("sv", 1) - 1 :]:
            plain = upcast(plain)
        return plain

    def get(self, key: Key, *, consistent: bool = True) -> T | None:
        """The thing at this key, or None. One GetItem."""
        item = self.table.call(lambda db: db.get_item(self.table.name, key.pk, key.sk, consistent_read=consistent)).get(
            "Item"
        )
        return self.thing(item) if item else None

    def many(self, keys: Iterable[Key], *, consistent: bool = True) -> list[T]:
        """The things at these keys that exist, in no order. One BatchGetItem per hundred."""
        return [self.thing(item) for item in self.table.at(keys, consistent=consistent)]

    def query(
        self,
        pk: str,
        *,
        index: Index = TABLE,
        prefix: str = "",
        low: str | None = None,
        high: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
        consistent: bool | None = None,
    ) -> list[T]:
        """The things of one partition (at most `limit`) whose sort key has the prefix or lies between, in order."""
        items = self.table.items(
            pk,
            index=index,
            prefix=prefix,
            low=low,
            high=high,
            newest_first=newest_first,
            limit=limit,
            consistent=consistent,
        )
        return [self.thing(item) for item in items if item["kind"]["S"] == self.name]

    def batches(self, pk: str, *, index: Index = TABLE, prefix: str = "", size: int = BATCH_GET) -> Iterator[list[T]]:
        """All things of one partition, so many at a time; they may be changed or removed meanwhile."""
        low, high = prefix, prefix + "\U0010ffff"
        while items := self.table.items(pk, index=index, low=low, high=high, limit=size):
            yield [self.thing(item) for item in items if item["kind"]["S"] == self.name]
            low = items[-1][index.sk]["S"] + " "

    def page(
        self,
        pks: str | Sequence[str],
        paging: Paging,
        *,
        index: Index = GSI1,
        prefix: str = "",
        low: str | None = None,
        high: str | None = None,
        newest_first: bool = True,
    ) -> Page[T]:
        """One page over a partition, or over all shards of one, in the order of the sort key. One Query a shard."""
        pks = [pks] if isinstance(pks, str) else pks
        low, high = low if low is not None else prefix, high if high is not None else prefix + "\U0010ffff"
        after = paging.after
        if after is not None:
            low, high = (low, after) if newest_first else (after, high)

        def part(pk: str) -> list[Item]:
            return self.table.items(
                pk, index=index, low=low, high=high, newest_first=newest_first, limit=paging.limit + 2, consistent=None
            )

        parts = [part(pks[0])] if len(pks) == 1 else list(_pool().map(part, pks))
        rows = sorted((item for items in parts for item in items), key=lambda i: i[index.sk]["S"], reverse=newest_first)
        rows = [item for item in rows if item[index.sk]["S"] != after and item["kind"]["S"] == self.name]
        shown = rows[: paging.limit]
        return paging.page(
            [self.thing(item) for item in shown],
            last=shown[-1][index.sk]["S"] if len(rows) > paging.limit else None,
        )


class Table:
    """The table of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.kinds: dict[str, Kind[Any]] = {}

    @property
    def name(self) -> str:
        """The table's name on AWS."""
        return settings.table_name(self.service)

    def kind(self, name: str, model: type[T], row: Callable[[T], Row], upcasts: Sequence[Upcast] = ()) -> Kind[T]:
        """Declare a kind of thing this table keeps, and how its earlier shapes become today's."""
        made = Kind(self, name, model, row, upcasts)
        self.kinds[name] = made
        return made

    def collection(self, pk: str, prefix: str = "") -> list[Record]:
        """Everything in one partition, each as its own model, by sort key. One strong Query (more over 1 MB)."""
        return [
            self.kinds[item["kind"]["S"]].thing(item)
            for item in self.items(pk, prefix=prefix)
            if item["kind"]["S"] in self.kinds
        ]

    def many(self, keys: Iterable[Key], *, consistent: bool = True) -> list[Record]:
        """The things at these keys that exist, each as its own model, in no order. One BatchGetItem per hundred."""
        return [
            self.kinds[item["kind"]["S"]].thing(item)
            for item in self.at(keys, consistent=consistent)
            if item["kind"]["S"] in self.kinds
        ]

    def at(self, keys: Iterable[Key], *, consistent: bool = True) -> list[Item]:
        """The raw items at these keys that exist, in no order. One BatchGetItem per hundred."""
        wanted = [{"PK": {"S": key.pk}, "SK": {"S": key.sk}} for key in dict.fromkeys(keys)]
        found: list[Item] = []
        for attempt in patiently():
            chunk, wanted = wanted[:BATCH_GET], wanted[BATCH_GET:]
            if not chunk:
                return found
            answer = self.call(
                lambda db, chunk=chunk: db.batch_get_item(self.name, chunk, consistent_read=consistent)  # type: ignore[misc]
            )
            found += answer["Responses"].get(self.name, [])
            left = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            wanted = left + wanted
            attempt(bool(left))
        raise Transient("The table is busy")

    def items(
        self,
        pk: str,
        *,
        index: Index = TABLE,
        prefix: str = "",
        low: str | None = None,
        high: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
        consistent: bool | None = None,
    ) -> list[Item]:
        """The raw items of one partition."""
        condition: Condition | None = None
        if low is not None or high is not None:
            condition = Path(index.sk).between(low or " ", high if high is not None else "\U0010ffff")
            if low == "":
                condition = Path(index.sk) <= (high if high is not None else "\U0010ffff")
        elif prefix:
            condition = Path(index.sk).startswith(prefix)
        found: list[Item] = []
        start: Any = None
        while True:
            answer = self.call(
                lambda db, start=start: db.query(  # type: ignore[misc]
                    self.name,
                    pk,
                    range_key_condition=condition,
                    index_name=index.name,
                    scan_index_forward=not newest_first,
                    limit=limit,
                    consistent_read=index is TABLE if consistent is None else consistent,
                    exclusive_start_key=start,
                )
            )
            found += answer["Items"]
            start = answer.get("LastEvaluatedKey")
            if not start or (limit is not None and len(found) >= limit):
                return found[:limit]

    def count(self, pk: str, *, index: Index = TABLE) -> int:
        """How many items a partition holds."""
        return int(self.call(lambda db: db.query(self.name, pk, index_name=index.name, select="COUNT"))["Count"])

    def increment(self, key: Key, *actions: Action, condition: Condition | None = None) -> Item:
        """Change one item's attributes at once, whether or not it exists, and read all of them back (plain values)."""
        answer = self.call(
            lambda db: db.update_item(
                self.name, key.pk, key.sk, actions=actions, condition=condition, return_values="ALL_NEW"
            )
        )
        return {name: from_value(value) for name, value in answer["Attributes"].items()}

    def put_all(self, items: Sequence[Item]) -> None:
        """Put items (attribute values) without conditions. One BatchWriteItem per twenty-five."""
        self._write_all([{"PutRequest": {"Item": item}} for item in items])

    def delete_all(self, keys: Iterable[Key]) -> None:
        """Remove items without conditions; they need not be there. One BatchWriteItem per twenty-five."""
        gone = [{"PK": {"S": key.pk}, "SK": {"S": key.sk}} for key in dict.fromkeys(keys)]
        self._write_all([{"DeleteRequest": {"Key": key}} for key in gone])

    def _write_all(self, waiting: list[dict[str, Any]]) -> None:
        for attempt in patiently():
            chunk, waiting = waiting[:BATCH_WRITE], waiting[BATCH_WRITE:]
            if not chunk:
                return
            put = [entry["PutRequest"]["Item"] for entry in chunk if "PutRequest" in entry]
            gone = [entry["DeleteRequest"]["Key"] for entry in chunk if "DeleteRequest" in entry]
            answer = self.call(
                lambda db, put=put, gone=gone: db.batch_write_item(self.name, put_items=put, delete_items=gone)  # type: ignore[misc]
            )
            left = answer.get("UnprocessedItems", {}).get(self.name, [])
            waiting = left + waiting
            attempt(bool(left))
        raise Transient("The table is busy")

    @contextmanager
    def transaction(self, cause: Event | None = None) -> Iterator[Transaction]:
        """Collect writes and commit them together when the block ends; nothing is written when it raises.

        `cause` is the event being answered: its id is claimed in the same write, so that a duplicate changes nothing.
        """
        tx = Transaction(self)
        yield tx
        tx.commit(cause)

    def call(self, what: Callable[[Connection], dict[str, Any]]) -> dict[str, Any]:
        """Call DynamoDB; throttling that outlasts botocore's own retries is Transient."""
        try:
            return what(connection(self.name))
        except PynamoDBException as error:
            if error.cause_response_code in BUSY:
                raise Transient("The table is busy") from error
            raise


def owner_of(table: Table, unique: str, value: str) -> Key | None:
    """Who holds a unique value. One GetItem."""
    key = marker(unique, value)
    item = table.call(lambda db: db.get_item(table.name, key.pk, key.sk, consistent_read=True)).get("Item")
    return Key(item["owner_pk"]["S"], item["owner_sk"]["S"]) if item else None


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(SHARDS)
