"""`make migrate SERVICE=catalog`: rewrites what was stored in earlier shapes, at a pace, from where it stopped.

Functions read every shape there ever was (the upcasts of a `Kind`), so nothing waits for this. It is run when a release
is everywhere, before the next one relies on the new shape in a condition or an index. It may be stopped at any moment
and run again, on another machine too: how far each part of the table has been read is kept in the table itself.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from shop.settings import DAY
from shop.table import Item, Kind, from_value
from tools.emulator import CloudError
from tools.places import place, words
from tools.progress import console
from tools.rooms import table_of

PAGE = 100
TRIES = 5
NOTE = "migration"  # the kind of item that says how far a part was read
PLACED = ("GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK")  # what a row says anew, or not at all


@dataclass
class Migration:
    """One table's way into today's shapes."""

    database: Any
    table: str
    kinds: Mapping[str, Kind[Any]]
    parts: int = 4
    rate: float = 200.0  # items read a second
    told: Callable[[int], None] = lambda read: None
    found: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._turn, self._next = Lock(), time.monotonic()

    @property
    def goal(self) -> str:
        """The shapes this leads to; another goal begins anew."""
        return ",".join(f"{name}={kind.shape}" for name, kind in sorted(self.kinds.items()))

    def run(self) -> Counter[str]:
        """Go through all parts at once: how many were read, rewritten, and left because others kept changing them."""
        with ThreadPoolExecutor(self.parts) as pool:
            list(pool.map(self._part, range(self.parts)))
        for part in range(self.parts):
            self.database.delete_item(TableName=self.table, Key=self._note(part))
        return self.found

    def _part(self, part: int) -> None:
        noted = self.database.get_item(TableName=self.table, Key=self._note(part), ConsistentRead=True).get("Item", {})
        after = noted["after"]["M"] if "after" in noted else None
        while "done" not in noted:
            page = self.database.scan(
                TableName=self.table,
                Segment=part,
                TotalSegments=self.parts,
                Limit=PAGE,
                ConsistentRead=True,
                **({"ExclusiveStartKey": after} if after else {}),
            )
            for item in page["Items"]:
                self._renew(item)
            after = page.get("LastEvaluatedKey")
            noted = self._note(part) | ({"after": {"M": after}} if after else {"done": {"BOOL": True}})
            kept = {"kind": {"S": NOTE}, "ttl": {"N": str(int(time.time()) + 30 * DAY)}}
            self.database.put_item(TableName=self.table, Item=noted | kept)
            self._pace(len(page["Items"]))

    def _note(self, part: int) -> Item:
        return {"PK": {"S": "MIGRATION"}, "SK": {"S": f"{self.goal}#{part}/{self.parts}"}}

    def _renew(self, item: Item) -> None:
        """Rewrite one item if it is of an earlier shape and nobody changes it meanwhile; whoever does is read again."""
        name, key = item.get("kind", {}).get("S"), {name: item[name] for name in ("PK", "SK")}
        kind = self.kinds.get(name)
        self.found["read"] += name != NOTE
        for _ in range(TRIES):
            if kind is None or not item or int(item.get("sv", {"N": "1"})["N"]) >= kind.shape:
                return
            try:
                self.database.update_item(TableName=self.table, Key=key, **difference(item, renewed(kind, item)))
            except self.database.exceptions.ConditionalCheckFailedException:
                item = self.database.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item", {})
            else:
                self.found["rewritten"] += 1
                return
        self.found["left"] += 1

    def _pace(self, read: int) -> None:
        with self._turn:
            self.told(read)
            self._next = max(self._next, time.monotonic()) + read / self.rate
            wait = self._next - time.monotonic()
        time.sleep(max(0.0, wait))


def renewed(kind: Kind[Any], item: Item) -> Item:
    """An item in today's shape. What the model does not know of stays; what an upcast took away goes."""
    plain = {name: from_value(value) for name, value in item.items()}
    lifted = kind.lifted(plain)
    stays = {name: value for name, value in item.items() if name in lifted and name not in PLACED}
    return stays | kind.item(kind.model.model_validate(lifted))


def difference(old: Item, new: Item) -> dict[str, Any]:
    """The update that makes one item of the other: only what differs, and only while all is as it was read."""
    names, values = {f"#{number}": name for number, name in enumerate(sorted({*old, *new} - {"PK", "SK"}))}, {}
    sets, removes, holds = [], [], []
    for short, name in names.items():
        value = short.replace("#", ":o")
        if name in old:
            values[value] = old[name]
            holds.append(f"{short} = {value}")
        else:
            holds.append(f"attribute_not_exists({short})")
        if name not in new:
            removes.append(short)
        elif new[name] != old.get(name):
            values[short.replace("#", ":n")] = new[name]
            sets.append(f"{short} = {short.replace('#', ':n')}")
    return {
        "UpdateExpression": " ".join(
            f"{verb} {', '.join(what)}" for verb, what in (("SET", sets), ("REMOVE", removes)) if what
        ),
        "ConditionExpression": " AND ".join(holds),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def main() -> int:
    """`python -m tools.migrate <service> [--stage prod] [--rate 200] [--parts 4]`."""
    asking = words(__doc__)
    asking.add_argument("service")
    asking.add_argument("--rate", type=float, default=200.0, help="items read a second")
    asking.add_argument("--parts", type=int, default=4, help="how many parts of the table are read side by side")
    asked = asking.parse_args()
    kinds = {name: kind for name, kind in table_of(asked.service).kinds.items() if kind.upcasts}
    if not kinds:
        console.print(f"All kinds of {asked.service} are in their first shape: there is nothing to rewrite")
        return 0
    try:
        shop = place(asked.stage)
    except CloudError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    database, table = shop.client("dynamodb"), f"{shop.stage}-{asked.service}"
    about = database.describe_table(TableName=table)["Table"]["ItemCount"] or None  # counted by AWS every six hours
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} items"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task(table, total=about)
        migration = Migration(database, table, kinds, asked.parts, asked.rate, lambda read: bars.advance(bar, read))
        found = migration.run()
    console.print(f"{migration.goal}: {found['read']} items read, {found['rewritten']} rewritten, {found['left']} left")
    return 1 if found["left"] else 0


if __name__ == "__main__":
    sys.exit(main())
