"""One DynamoDB table per service: models to items and back, keys, queries, pages and transactions.

A `Kind` is a model with its place in the table; a `Transaction` is what must happen together, with the refusal for
each condition written beside it. Conditions and updates are PynamoDB expressions: ``Path("quantity") >= 3``.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import PynamoDBException, VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from shop import clock, settings
from shop.aws import POOL_MAX, count_calls
from shop.errors import Refusal, Transient, conflict, version_mismatch
from shop.events import Event
from shop.ids import SHARDS, new_id, shard
from shop.inbox import AlreadyHeard, inbox_item
from shop.outbox import outbox_item
from shop.pages import Page, Paging
from shop.records import Record

T = TypeVar("T", bound=Record)
Item = dict[str, Any]

MAX_ACTIONS = 100  # of one DynamoDB transaction
BATCH_GET, BATCH_WRITE = 100, 25
_BUSY = {
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

ABSENT = Path("PK").does_not_exist()
PRESENT = Path("PK").exists()


class Key(NamedTuple):
    """Where one item is."""

    pk: str
    sk: str


class Row(NamedTuple):
    """Where a thing is kept: its key, the index entries it should be found under, and when it may be cleaned up."""

    key: Key
    gsi1: tuple[str, str] | None = None
    gsi2: tuple[str, str] | None = None
    ttl: int | None = None


class Index(NamedTuple):
    """An overloaded index, or the table itself."""

    name: str | None
    pk: str
    sk: str


TABLE = Index(None, "PK", "SK")
GSI1 = Index("GSI1", "GSI1PK", "GSI1SK")
GSI2 = Index("GSI2", "GSI2PK", "GSI2SK")


def shards(prefix: str) -> list[str]:
    """The ten partitions of a sharded index."""
    return [f"{prefix}#{number}" for number in range(SHARDS)]


def sharded(prefix: str, key: str) -> str:
    """The one of the ten partitions that `key` belongs to."""
    return f"{prefix}#{shard(key)}"


def newer(version: int, field: str = "heard_version") -> Condition:
    """True where nothing as new as this version of the aggregate has been applied yet."""
    return Path(field).does_not_exist() | (Path(field) < version)


class Kind(Generic[T]):
    """All things of one model in a table, and how to find them."""

    def __init__(self, table: "Table", name: str, model: type[T], row: Callable[[T], Row]) -> None:
        self.table, self.name, self.model, self.row = table, name, model, row

    def item(self, thing: T) -> Item:
        """The thing as a DynamoDB item (attribute values)."""
        row = self.row(thing)
        plain = {**thing.model_dump(), "PK": row.key.pk, "SK": row.key.sk, "kind": self.name}
        for index, entry in ((GSI1, row.gsi1), (GSI2, row.gsi2)):
            if entry:
                plain[index.pk], plain[index.sk] = entry
        if row.ttl is not None:
            plain["ttl"] = row.ttl
        return {name: to_value(value) for name, value in plain.items() if value is not None}

    def thing(self, item: Item) -> T:
        """A DynamoDB item as the thing it is."""
        return self.model.model_validate({name: from_value(value) for name, value in item.items()})

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


class AlreadyMade(Refusal):
    """409: the thing to be created is there. A repeat of the request that made it is answered with it."""

    def __init__(self, kind: Kind[Any], key: Key) -> None:
        super().__init__(409, "conflict", f"This {kind.name.replace('_', ' ')} exists")
        self.kind, self.key = kind, key

    def thing(self) -> Record | None:
        """What is there. One GetItem."""
        return self.kind.get(self.key)


class Table:
    """The table of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.kinds: dict[str, Kind[Any]] = {}

    @property
    def name(self) -> str:
        """The table's name on AWS."""
        return settings.table_name(self.service)

    def kind(self, name: str, model: type[T], row: Callable[[T], Row]) -> Kind[T]:
        """Declare a kind of thing this table keeps."""
        made = Kind(self, name, model, row)
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
        for attempt in _patiently():
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
        for attempt in _patiently():
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
    def transaction(self, cause: Event | None = None) -> Iterator["Transaction"]:
        """Collect writes and commit them together when the block ends; nothing is written when it raises.

        `cause` is the event being answered: its id is claimed in the same write, so that a duplicate changes nothing.
        """
        tx = Transaction(self)
        yield tx
        tx.commit(cause)

    def call(self, what: Callable[[Connection], dict[str, Any]]) -> dict[str, Any]:
        """Call DynamoDB; throttling that outlasts botocore's own retries is Transient."""
        try:
            return what(_connection(self.name))
        except PynamoDBException as error:
            if error.cause_response_code in _BUSY:
                raise Transient("The table is busy") from error
            raise


class _Write(NamedTuple):
    operation: str
    arguments: dict[str, Any]
    otherwise: Refusal | None


# The order in which DynamoDB's answer lists the reasons is the order we send: this one.
_OPERATIONS = ("check", "delete", "put", "update")


class Transaction:
    """Writes that happen together or not at all. `otherwise` is the refusal when a write's own condition fails."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.writes: list[_Write] = []
        self.now = clock.now()

    def create(self, kind: Kind[T], thing: T, otherwise: Refusal | None = None) -> T:
        """Put a thing that must not be there yet (else AlreadyMade). Create it before claiming its unique values."""
        self._put(kind, thing, ABSENT, otherwise or AlreadyMade(kind, kind.row(thing).key))
        return thing

    def save(self, kind: Kind[T], thing: T, condition: Condition | None = None, otherwise: Refusal | None = None) -> T:
        """Put a changed thing in place of what was read: its version must still be the one read (412 otherwise)."""
        unchanged = Path("version") == thing.version
        saved = thing.model_copy(update={"version": thing.version + 1, "updated_at": self.now})
        self._put(
            kind, saved, unchanged if condition is None else unchanged & condition, otherwise or version_mismatch()
        )
        return saved

    def put(self, kind: Kind[T], thing: T, condition: Condition | None = None, otherwise: Refusal | None = None) -> T:
        """Put a thing whatever is there, or on your own condition."""
        self._put(kind, thing, condition, otherwise)
        return thing

    def update(
        self, key: Key, *actions: Action, condition: Condition | None = None, otherwise: Refusal | None = None
    ) -> None:
        """Change attributes of an item that exists; its version and updated_at move along."""
        actions = (
            *actions,
            Path("version").set(Path("version") + 1),
            Path("updated_at").set(self.now),
        )
        self._add(
            "update", otherwise, key, actions=actions, condition=PRESENT if condition is None else PRESENT & condition
        )

    def upsert(
        self, key: Key, *actions: Action, condition: Condition | None = None, otherwise: Refusal | None = None
    ) -> None:
        """Change attributes of an item whether or not it exists (counters, pointers)."""
        self._add("update", otherwise, key, actions=actions, condition=condition)

    def delete(self, key: Key, condition: Condition | None = None, otherwise: Refusal | None = None) -> None:
        """Remove an item; without a condition it need not be there."""
        self._add("delete", otherwise, key, condition=condition)

    def check(self, key: Key, condition: Condition, otherwise: Refusal) -> None:
        """Let the whole happen only if this holds of another item."""
        self._add("check", otherwise, key, condition=condition)

    def claim(self, unique: str, value: str, owner: Key, otherwise: Refusal) -> None:
        """Make `value` the owner's alone, among all values of this kind."""
        self._add(
            "put",
            otherwise,
            marker(unique, value),
            attributes={
                "kind": to_value("unique_marker"),
                "owner_pk": to_value(owner.pk),
                "owner_sk": to_value(owner.sk),
                "created_at": to_value(self.now),
            },
            condition=ABSENT,
        )

    def unclaim(self, unique: str, value: str, owner: Key) -> None:
        """Give up a unique value; only its owner's claim is removed."""
        self._add("delete", None, marker(unique, value), condition=Path("owner_pk") == owner.pk)

    def say(self, event: Event, version: int = 1) -> None:
        """Tell the other services, in the same write. `version` is that of the thing the event is about."""
        self._raw_put(outbox_item(f"shop.{self.table.service}", event, version))

    def commit(self, cause: Event | None = None) -> None:
        """Write it all. Raises the refusal of the first condition that failed, or Transient when rivals win."""
        if not self.writes:
            return
        if cause is not None and cause.meta is not None:
            self._raw_put(inbox_item(cause, self.table.service), AlreadyHeard())
        if len(self.writes) > MAX_ACTIONS:
            raise ValueError(f"{len(self.writes)} writes do not fit one transaction")
        for attempt in _patiently():
            reasons = self._send()
            if reasons is None:
                return
            for write, code in reasons:
                if code == "ConditionalCheckFailed":
                    raise write.otherwise or conflict("conflict")
            if not {code for _, code in reasons} <= _BUSY:
                raise RuntimeError(f"DynamoDB refused the transaction: {[code for _, code in reasons]}")
            attempt(True)
        raise Transient("Others are changing the same things")

    def _send(self) -> list[tuple[_Write, str]] | None:
        """Send the writes once; None, or what stood in the way."""
        db = _connection(self.table.name)
        if len(self.writes) == 1 and self.writes[0].operation != "check":
            write = self.writes[0]
            try:
                getattr(db, f"{write.operation}_item")(self.table.name, **write.arguments)
            except PynamoDBException as error:
                code = {"ConditionalCheckFailedException": "ConditionalCheckFailed"}.get(
                    str(error.cause_response_code), str(error.cause_response_code)
                )
                if code not in _BUSY | {"ConditionalCheckFailed"}:
                    raise
                return [(write, code)]
            return None
        groups = {name: [write for write in self.writes if write.operation == name] for name in _OPERATIONS}
        try:
            db.transact_write_items(
                *(
                    [
                        db.get_operation_kwargs(self.table.name, key="Item" if name == "put" else "Key", **w.arguments)
                        for w in groups[name]
                    ]
                    for name in _OPERATIONS
                ),
                client_request_token=new_id(),
            )
        except PynamoDBException as error:
            if error.cause_response_code in _BUSY:
                return [(self.writes[0], str(error.cause_response_code))]
            if not isinstance(error.cause, VerboseClientError) or not error.cause.cancellation_reasons:
                raise
            sent = [write for name in _OPERATIONS for write in groups[name]]
            return [
                (w, reason.code) for w, reason in zip(sent, error.cause.cancellation_reasons, strict=True) if reason
            ]
        return None

    def _put(self, kind: Kind[T], thing: T, condition: Condition | None, otherwise: Refusal | None) -> None:
        self._raw_put(kind.item(thing), otherwise, condition)

    def _raw_put(self, item: Item, otherwise: Refusal | None = None, condition: Condition | None = ABSENT) -> None:
        key = Key(item.pop("PK")["S"], item.pop("SK")["S"])
        self._add("put", otherwise, key, attributes=item, condition=condition)

    def _add(self, operation: str, otherwise: Refusal | None, key: Key, **arguments: Any) -> None:
        self.writes.append(_Write(operation, {"hash_key": key.pk, "range_key": key.sk, **arguments}, otherwise))


def marker(unique: str, value: str) -> Key:
    """Where the claim on a unique value is kept."""
    return Key(f"UQ#{unique}#{value}", "UQ")


def owner_of(table: Table, unique: str, value: str) -> Key | None:
    """Who holds a unique value. One GetItem."""
    key = marker(unique, value)
    item = table.call(lambda db: db.get_item(table.name, key.pk, key.sk, consistent_read=True)).get("Item")
    return Key(item["owner_pk"]["S"], item["owner_sk"]["S"]) if item else None


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


def _patiently() -> Iterator[Callable[[bool], None]]:
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
def _connection(name: str) -> Connection:
    key = [("PK", "HASH"), ("SK", "RANGE")]
    connection = Connection(
        max_pool_connections=POOL_MAX, connect_timeout_seconds=2, read_timeout_seconds=5, max_retry_attempts=4
    )
    connection.add_meta_table(
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
    count_calls(connection.client)
    return connection


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(SHARDS)
