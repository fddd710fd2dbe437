"""What must happen together: writes, their conditions with the refusal of each, and the events that tell of them."""

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pynamodb.exceptions import PynamoDBException, VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from shop import clock
from shop.database import BUSY, Item, connection, patiently, to_value
from shop.errors import Refusal, Transient, conflict, version_mismatch
from shop.events import Event
from shop.ids import new_id
from shop.inbox import AlreadyHeard, inbox_item
from shop.keys import ABSENT, PRESENT, Key, marker
from shop.outbox import outbox_item
from shop.records import Record

if TYPE_CHECKING:
    from shop.table import Kind, Table

T = TypeVar("T", bound=Record)

MAX_ACTIONS = 100  # of one DynamoDB transaction


class AlreadyMade(Refusal):
    """409: the thing to be created is there. A repeat of the request that made it is answered with it."""

    def __init__(self, kind: "Kind[Any]", key: Key) -> None:
        super().__init__(409, "conflict", f"This {kind.name.replace('_', ' ')} exists")
        self.kind, self.key = kind, key

    def thing(self) -> Record | None:
        """What is there. One GetItem."""
        return self.kind.get(self.key)


class _Write(NamedTuple):
    operation: str
    arguments: dict[str, Any]
    otherwise: Refusal | None


# The order in which DynamoDB's answer lists the reasons is the order we send: this one.
_OPERATIONS = ("check", "delete", "put", "update")


class Transaction:
    """Writes that happen together or not at all. `otherwise` is the refusal when a write's own condition fails."""

    def __init__(self, table: "Table") -> None:
        self.table = table
        self.writes: list[_Write] = []
        self.now = clock.now()

    def create(self, kind: "Kind[T]", thing: T, otherwise: Refusal | None = None) -> T:
        """Put a thing that must not be there yet (else AlreadyMade). Create it before claiming its unique values."""
        self._put(kind, thing, ABSENT, otherwise or AlreadyMade(kind, kind.row(thing).key))
        return thing

    def save(
        self, kind: "Kind[T]", thing: T, condition: Condition | None = None, otherwise: Refusal | None = None
    ) -> T:
        """Put a changed thing in place of what was read: its version must still be the one read (412 otherwise)."""
        unchanged = Path("version") == thing.version
        saved = thing.model_copy(update={"version": thing.version + 1, "updated_at": self.now})
        self._put(
            kind, saved, unchanged if condition is None else unchanged & condition, otherwise or version_mismatch()
        )
        return saved

    def put(self, kind: "Kind[T]", thing: T, condition: Condition | None = None, otherwise: Refusal | None = None) -> T:
        """Put a thing whatever is there, or on your own condition."""
        self._put(kind, thing, condition, otherwise)
        return thing

    def update(
        self, key: Key, *actions: Action, condition: Condition | None = None, otherwise: Refusal | None = None
    ) -> None:
        """Change attributes of an item that exists; its version and updated_at move along."""
        actions = (
            *actions,
            Path("version").set((Path("version") | 0) + 1),  # what an upsert has made has none
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

    def hear(self, cause: Event) -> None:
        """Answer an event, once: AlreadyHeard when that has been done."""
        self._raw_put(inbox_item(cause, self.table.service), AlreadyHeard())

    def commit(self, cause: Event | None = None) -> None:
        """Write it all. Raises the refusal of the first condition that failed, or Transient when rivals win."""
        if not self.writes:
            return
        if cause is not None and cause.meta is not None:
            self.hear(cause)
        if len(self.writes) > MAX_ACTIONS:
            raise ValueError(f"{len(self.writes)} writes do not fit one transaction")
        for attempt in patiently():
            reasons = self._send()
            if reasons is None:
                return
            for write, code in reasons:
                if code == "ConditionalCheckFailed":
                    raise write.otherwise or conflict("conflict")
            if not {code for _, code in reasons} <= BUSY:
                raise RuntimeError(f"DynamoDB refused the transaction: {[code for _, code in reasons]}")
            attempt(True)
        raise Transient("Others are changing the same things")

    def _send(self) -> list[tuple[_Write, str]] | None:
        """Send the writes once; None, or what stood in the way."""
        db = connection(self.table.name)
        if len(self.writes) == 1 and self.writes[0].operation != "check":
            write = self.writes[0]
            try:
                getattr(db, f"{write.operation}_item")(self.table.name, **write.arguments)
            except PynamoDBException as error:
                code = {"ConditionalCheckFailedException": "ConditionalCheckFailed"}.get(
                    str(error.cause_response_code), str(error.cause_response_code)
                )
                if code not in BUSY | {"ConditionalCheckFailed"}:
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
            if error.cause_response_code in BUSY:
                return [(self.writes[0], str(error.cause_response_code))]
            if not isinstance(error.cause, VerboseClientError) or not error.cause.cancellation_reasons:
                raise
            sent = [write for name in _OPERATIONS for write in groups[name]]
            return [
                (w, reason.code) for w, reason in zip(sent, error.cause.cancellation_reasons, strict=True) if reason
            ]
        return None

    def _put(self, kind: "Kind[T]", thing: T, condition: Condition | None, otherwise: Refusal | None) -> None:
        self._raw_put(kind.item(thing), otherwise, condition)

    def _raw_put(self, item: Item, otherwise: Refusal | None = None, condition: Condition | None = ABSENT) -> None:
        key = Key(item.pop("PK")["S"], item.pop("SK")["S"])
        self._add("put", otherwise, key, attributes=item, condition=condition)

    def _add(self, operation: str, otherwise: Refusal | None, key: Key, **arguments: Any) -> None:
        self.writes.append(_Write(operation, {"hash_key": key.pk, "range_key": key.sk, **arguments}, otherwise))
