"""How many reservations a second one stock item takes, by the number of its splits: `python -m tests.bench hot_item`.

Real reservations and commits are made in a shop in this process, and what each of them reads and writes is noted. Then
a rush of buyers with just these reads and writes is simulated against what DynamoDB takes: 1,000 write and 3,000 read
units a second an item, and as much for a list that only grows at its end (a ledger, a key of an index), since such a
list cannot be divided. A transactional write costs double. Not simulated: transactions on one item that overlap are
refused and tried again, which costs some of what is shown here.
"""

import json
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from shop.database import connection, from_value
from shop.settings import table_name
from tests import kit
from tests.bench.rows import Row, Tell
from tests.database import items
from tests.kit import admin, perform
from tests.service.inventory_kit import a_unit, a_warehouse, commit, line, reserve

SPLITS = (1, 2, 4, 8)
WRITES, READS = 1000, 3000  # units a second
TICKS = 1000  # of a second
LIMIT, ABOUT = 500, 0.9  # reservations a second of one split, by DynamoDB's limits, and how near to it is near

Footprint = Counter[tuple[str, int]]  # what is touched, and how much it takes a second -> units


class Rush(NamedTuple):
    """What came of a rush of buyers."""

    splits: int
    reservations_per_second: int
    sales_per_second: int
    busiest: str


def rows(tell: Tell) -> Iterator[Row]:
    """Rushes at an item that is split more and more."""
    with kit.shop():
        for splits in SPLITS:
            tell(f"a rush at one item with {splits} splits")
            (rush,) = measure([splits])
            name = f"hot item: {splits} split{'s' * (splits > 1)}"
            least, note = ABOUT * LIMIT * splits, f"limited by {rush.busiest.split(' ')[0].split('#')[0]}"
            yield Row(name, rush.reservations_per_second, "reservations/s", least, least=True, note=note)
            yield Row(f"{name}, committed", rush.sales_per_second, "sales/s")


def measure(splits: Sequence[int], samples: int = 25, seconds: int = 3) -> list[Rush]:
    """A rush for each number of splits; `samples` real sales are made for each bucket."""
    return [_rush(number, samples * number, seconds) for number in splits]


def _rush(splits: int, samples: int, seconds: int) -> Rush:
    kit.empty()
    reserves, sales = _footprints(splits, samples)
    offered = 750 * splits  # half as many again as its levels can take
    reserved, busiest = simulate(reserves, offered, seconds)
    sold, _ = simulate(sales, offered, seconds)
    return Rush(splits, reserved, sold, busiest)


def _footprints(splits: int, samples: int) -> tuple[list[Footprint], list[Footprint]]:
    """What reservations touch, and what whole sales do (each reserved, then committed)."""
    _stock(splits, 1000 * splits)
    reserves, sales = [], []
    for number in range(samples):
        order = f"order-{number}"
        with noted() as held:
            reserve(order, line(1, "hot"))
        with noted() as sold:
            commit(order)
        reserves.append(held)
        sales.append(held + sold)
    return reserves, sales


def _stock(splits: int, quantity: int) -> None:
    """A unit with stock, split, and known to be so by this process."""
    a_warehouse()
    inventory_id = a_unit("hot", quantity)
    admin().put(f"/v1/inventory-items/{inventory_id}/splits", {"splits": splits}).ok()
    kit.project("inventory")
    perform("inventory", "look_up_stock", lines=[line(1, "hot")])


@contextmanager
def noted() -> Iterator[Footprint]:
    """What the inventory's table has to take while inside."""
    footprint: Footprint = Counter()

    def note(params: dict[str, Any], **_: Any) -> None:
        body = json.loads(params["body"])
        for write in body.get("TransactItems", []):
            footprint.update(_written(next(iter(write.values()))))
        for asked in body.get("RequestItems", {}).values():
            footprint.update((f"{_name(key)} read", READS) for key in asked["Keys"])

    events = connection(table_name("inventory")).client.meta.events
    events.register("before-call.dynamodb", note, unique_id="hot-item")
    try:
        yield footprint
    finally:
        events.unregister("before-call.dynamodb", unique_id="hot-item")


def _written(write: dict[str, Any]) -> Footprint:
    key = write.get("Key") or {name: write["Item"][name] for name in ("PK", "SK")}
    before = next((i for i in items(table_name("inventory"), key["PK"]["S"]) if i["SK"] == key["SK"]), {})
    after = write.get("Item") or before
    units = math.ceil(max(_size(before), _size(after), 1) / 1024)
    footprint: Footprint = Counter({(_name(key), WRITES): 2 * units})
    for index in ("GSI1", "GSI2"):
        entries = [(i[f"{index}PK"]["S"], i[f"{index}SK"]["S"]) for i in (before, after) if f"{index}PK" in i]
        for partition, _ in dict.fromkeys(entries):  # an entry that moves is removed here and written there
            footprint[f"{index} {partition}", WRITES] += units
    return footprint


def _name(key: dict[str, Any]) -> str:
    """What has a limit of its own: each item of a product, else all that is under one key."""
    partition, place = from_value(key["PK"]), from_value(key["SK"])
    return f"{partition} {place}" if partition.startswith("PROD#") else str(partition)


def _size(item: dict[str, Any]) -> int:
    return sum(len(name) + len(str(next(iter(value.values())))) for name, value in item.items())


def simulate(footprints: Sequence[Footprint], offered: int, seconds: int) -> tuple[int, str]:
    """How many a second get through of those offered a second, and what was busiest. Who does not tries again."""
    chance = random.Random(1)
    common = Counter(what for footprint in footprints for what in footprint)
    limits = dict(what for what, times in common.items() if times > 1)  # what only one buyer touches limits nobody
    wanted = [{name: units for (name, _), units in f.items() if name in limits} for f in footprints]
    tokens, used = dict.fromkeys(limits, 0.0), Counter[str]()
    tries: list[list[dict[str, int]]] = [[] for _ in range((seconds + 1) * TICKS)]
    through = 0
    for tick in range(seconds * TICKS):
        for name, limit in limits.items():
            tokens[name] = min(tokens[name] + limit / TICKS, limit / 10)
        new = offered * (tick + 1) // TICKS - offered * tick // TICKS
        for buyer in tries[tick] + chance.choices(wanted, k=new):
            if any(tokens[name] < units for name, units in buyer.items()):
                tries[tick + chance.randint(20, 400)].append(buyer)
                continue
            through += 1
            used.update(buyer)
            for name, units in buyer.items():
                tokens[name] -= units
    return through // seconds, max(used, key=lambda name: used[name] / limits[name])
