"""`make restore-drill SERVICE=orders`: brings a table back beside the live one, and compares the two item by item.

The live table is read before the moment it is restored to, and again once the copy is there. What was the same both
times was so at that moment too, and must be in the copy exactly; the rest was being changed, and is only counted. With
`MOMENT=` an earlier one is brought back, and what became of its items since is told: so an accident is looked into.
"""

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from rich.table import Table as Sheet

from shop import clock
from shop.table import Item, Key, from_value
from tools import invariants
from tools.emulator import CloudError
from tools.places import place, words
from tools.progress import console, phase
from tools.rooms import table_of

BEHIND = 900.0  # seconds; what can be restored is some five minutes behind
PATIENCE = 6 * 3600  # seconds; a restore takes twenty minutes even of a small table
PARTS = 4
SHOWN = 20
SHAPE = ("KeySchema", "AttributeDefinitions")

Contents = dict[Key, bytes]  # what each item hashes to: a table may be large


@dataclass
class Findings:
    """What a drill came to."""

    copy: str
    moment: datetime
    counts: dict[str, int] = field(default_factory=dict)
    since: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def told(self) -> None:
        """The report."""
        sheet = Sheet("items", "how many", title=f"{self.copy}, {self.moment:%Y-%m-%dT%H:%M:%SZ}")
        for what, count in self.counts.items():
            sheet.add_row(what, f"{count:,}")
        console.print(sheet)
        for line in self.since[:SHOWN]:
            console.print(line, markup=False)
        for fault in self.faults[:SHOWN]:
            console.print(fault, style="red", markup=False)
        console.print(f"{len(self.faults)} faults" if self.faults else "No fault was found")


@dataclass
class Drill:
    """A service's table, and its way back."""

    database: Any
    stage: str
    service: str
    at: datetime | None = None
    keep: bool = False

    @property
    def table(self) -> str:
        """The live table."""
        return f"{self.stage}-{self.service}"

    def run(self) -> Findings:
        """Restore, compare, and take the copy away again."""
        with phase(f"looking at {self.table}"):
            self._prepare()
        before: Contents | None = None
        if self.at is None:
            with phase(f"reading {self.table}"):
                before = self._contents(self.table)
        moment = self.at or datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
        copy = f"{self.table}-{'restored' if self.keep else 'drill'}-{datetime.now(UTC):%Y%m%d%H%M%S}"
        with self._restored(copy, moment):
            findings = Findings(copy, moment)
            with phase(f"reading {copy}"):
                copied = self._contents(copy, findings)
            with phase(f"reading {self.table} again"):
                after = self._contents(self.table)
            if before is None:
                tell_since(findings, copied, after)
            else:
                compare(findings, copied, before, after)
            if self._shape(copy) != self._shape(self.table):
                findings.faults.append("its keys or indexes are not those of the live table")
            if self.stage == "local" and self.service in invariants.SERVICES:
                with phase("checking the shop's books with the copy in the table's place"):
                    findings.faults += self._books(copy)
        return findings

    def _prepare(self) -> None:
        """The table can be restored, and nothing of an earlier drill is in the way."""
        told = self.database.describe_continuous_backups(TableName=self.table)["ContinuousBackupsDescription"]
        recovery = told.get("PointInTimeRecoveryDescription", {})
        if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
            if self.stage != "local":
                raise CloudError(f"{self.table} has no point-in-time recovery: deploy infra/data.yaml")
            self.database.update_continuous_backups(
                TableName=self.table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )
        for page in self.database.get_paginator("list_tables").paginate():
            for name in page["TableNames"]:
                if name.startswith(f"{self.table}-drill-"):
                    self._remove(name)

    @contextmanager
    def _restored(self, copy: str, moment: datetime) -> Iterator[None]:
        with phase(f"waiting until {moment:%H:%M:%S} can be restored"):
            self._restore(copy, moment)
        try:
            with phase(f"restoring {copy}"):
                wait = {"Delay": 15 if self.stage != "local" else 1, "MaxAttempts": PATIENCE // 15}
                self.database.get_waiter("table_exists").wait(TableName=copy, WaiterConfig=wait)
            yield
        finally:
            if not self.keep:
                self._remove(copy)

    def _restore(self, copy: str, moment: datetime) -> None:
        until = time.monotonic() + BEHIND
        while True:
            try:
                self.database.restore_table_to_point_in_time(
                    SourceTableName=self.table, TargetTableName=copy, RestoreDateTime=moment
                )
            except self.database.exceptions.InvalidRestoreTimeException as error:
                if self.at or time.monotonic() > until:
                    raise CloudError(f"{self.table} cannot be restored to {moment:%Y-%m-%dT%H:%M:%SZ}") from error
                time.sleep(15)
            else:
                return

    def _remove(self, copy: str) -> None:
        try:
            self.database.delete_table(TableName=copy)
        except self.database.exceptions.ResourceInUseException:
            console.print(f"{copy} is still being made; the next drill removes it", style="yellow")

    def _contents(self, table: str, findings: Findings | None = None) -> Contents:
        """What a table holds; with findings, also whether the code can read it."""
        kinds = table_of(self.service).kinds

        def part(number: int) -> Contents:
            found: Contents = {}
            pages = self.database.get_paginator("scan").paginate(
                TableName=table, Segment=number, TotalSegments=PARTS, ConsistentRead=True
            )
            for item in (item for page in pages for item in page["Items"]):
                key = Key(item["PK"]["S"], item["SK"]["S"])
                found[key] = fingerprint(item)
                kind = kinds.get(item.get("kind", {}).get("S"))
                if findings and kind:
                    try:
                        kind.thing(item)
                    except ValidationError as error:
                        where = ", ".join(str(fault["loc"]) for fault in error.errors(include_input=False))
                        findings.faults.append(f"{spelled(key)} cannot be read: {where}")
            return found

        with ThreadPoolExecutor(PARTS) as pool:
            return {key: digest for found in pool.map(part, range(PARTS)) for key, digest in found.items()}

    def _shape(self, table: str) -> Any:
        told = self.database.describe_table(TableName=table)["Table"]
        indexes = {index["IndexName"]: index["KeySchema"] for index in told.get("GlobalSecondaryIndexes", [])}
        return [sorted(told[part], key=str) for part in SHAPE], indexes

    def _books(self, copy: str) -> list[str]:
        tables = invariants.read(self.database, self.stage)
        pages = self.database.get_paginator("scan").paginate(TableName=copy, ConsistentRead=True)
        tables[self.service] = [
            {name: from_value(value) for name, value in item.items()} for page in pages for item in page["Items"]
        ]
        return invariants.violations(tables, clock.now())


def compare(findings: Findings, copied: Contents, before: Contents, after: Contents) -> None:
    """What stayed the same while we looked must be in the copy, and as it was."""
    steady = {key for key, digest in before.items() if after.get(key) == digest}
    known = before.keys() | after.keys()
    lost = [key for key in steady if key not in copied]
    other = [key for key in steady if key in copied and copied[key] != before[key]]
    strange = [key for key in copied if key not in known]
    findings.counts |= {
        "in the copy": len(copied),
        "in the table": len(after),
        "changed while we looked": len(known) - len(steady),
        "in the copy only": len(strange),
        "missing in the copy": len(lost),
        "different in the copy": len(other),
    }
    findings.faults += [f"{spelled(key)} is missing in the copy" for key in lost]
    findings.faults += [f"{spelled(key)} is different in the copy" for key in other]
    if len(steady) == len(known):  # else they may have come and gone
        findings.faults += [f"{spelled(key)} is in the copy only" for key in strange]


def tell_since(findings: Findings, copied: Contents, now: Contents) -> None:
    """What became of the items of an earlier moment."""
    gone = [key for key in copied if key not in now]
    changed = [key for key in copied if key in now and now[key] != copied[key]]
    findings.counts |= {
        "in the copy": len(copied),
        "in the table": len(now),
        "gone since": len(gone),
        "changed since": len(changed),
        "come since": len(now.keys() - copied.keys()),
    }
    findings.since += [f"gone: {spelled(key)}" for key in gone] + [f"changed: {spelled(key)}" for key in changed]


def fingerprint(item: Item) -> bytes:
    """The same for the same contents, in whichever order a set is listed."""
    return hashlib.blake2b(json.dumps(_sorted(item), sort_keys=True).encode(), digest_size=16).digest()


def _sorted(value: Any) -> Any:
    match value:
        case {"SS": members} | {"NS": members}:
            return sorted(members)
        case {"B": content}:
            return content.hex()
        case dict():
            return {name: _sorted(inner) for name, inner in value.items()}
        case list():
            return [_sorted(inner) for inner in value]
    return value


def spelled(key: Key) -> str:
    """A key as people read it."""
    return f"{key.pk} / {key.sk}"


def main() -> int:
    """`python -m tools.drill <service> [--stage prod] [--moment 2026-01-31T14:04:00Z] [--keep]`."""
    asking = words(__doc__)
    asking.add_argument("service")
    asking.add_argument("--moment", type=datetime.fromisoformat, help="an earlier moment, in UTC")
    asking.add_argument("--keep", action="store_true", help="leave the copy there, to take things from it")
    asked = asking.parse_args()
    at = asked.moment and asked.moment.replace(tzinfo=asked.moment.tzinfo or UTC)
    try:
        shop = place(asked.stage)
        if shop.stage == "local":
            if at:
                raise CloudError("The local cloud keeps no history: an earlier moment can only be brought back on AWS")
            console.print("The local cloud keeps no history: it restores a table as it is now")
        findings = Drill(shop.client("dynamodb"), shop.stage, asked.service, at, asked.keep).run()
    except CloudError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    findings.told()
    return 1 if findings.faults else 0


if __name__ == "__main__":
    sys.exit(main())
