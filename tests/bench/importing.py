"""A whole import: `python -m tests.bench importing`; with `ROWS=10000` before it, a shorter look.

Each row of the file is a product of its own, with a variant's data and an image, which costs more than several rows of
one product. The real function does every task that the queue brings, first to last, on tables that stay as quick as
they are. In the middle of a batch it is killed, what the queue held is lost, and the job that looks after imports sets
it going again. Then the same file comes once more.

CPU is that of the whole process, so it includes the tables'. How long a task would take on AWS is estimated from it
and from its calls, one after another. What late batches take over early ones is measured against what reading the rows
of the first batch takes at the same moment, for no machine is equally quick all the time.
"""

import gc
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from statistics import median
from typing import Any, NamedTuple
from unittest.mock import patch

from catalog.logic import transfers
from catalog.logic.imports import BATCH_ROWS
from catalog.model.formats import FORMATS
from catalog.store import writing
from shop.aws import calls, client
from shop.settings import table_name
from tests import kit
from tests.bench.rows import Row, Tell
from tests.bench.tables import of_any_size
from tests.database import items
from tests.kit import app_of, template
from tests.service.transfers_kit import begin, perform, shown, taken
from tests.service.transfers_kit import tell as tell_of

ROWS = 100_000
VCPUS = 1024 / 1769  # of the function's memory
A_CALL = 0.015  # seconds: a large transaction takes longer than a read
COLUMNS = "Handle,Title,Body (HTML),Vendor,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,"
COLUMNS += "Variant Price,Image Src"


class Task(NamedTuple):
    """What one invocation of the function took."""

    name: str
    cpu: float
    calls: int
    yardstick: float  # CPU of something that never changes, right afterwards

    @property
    def seconds(self) -> float:
        """About how long it takes on AWS."""
        return self.cpu / VCPUS + self.calls * A_CALL


class Killed(BaseException):
    """The process is gone."""


def rows(tell: Tell) -> Iterator[Row]:
    """The rows of the table."""
    wanted = int(os.environ.get("ROWS", ROWS))
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, {"COUNT_CALLS": "true"}))
        stack.enter_context(kit.shop())
        stack.enter_context(of_any_size())
        gc.disable()  # what it would look through are the tables of this process, which AWS's functions do not have
        stack.callback(gc.enable)
        file = _file(wanted)
        tell(f"{wanted:,} rows for the first time")
        first, done, lost = _imported(file, tell, kill_at=wanted // 400)
        made = _count("product.created")
        tell(f"{wanted:,} rows again")
        again, same, _ = _imported(file, tell)
    limit = template("template.yaml")["Resources"]["CatalogTransfers"]["Properties"]["Timeout"]
    batches = [task for task in first if task.name == "import_batch"]
    repeats = [task for task in again if task.name == "import_batch"]
    tenth = max(1, len(batches) // 10)
    early, late = batches[:tenth], batches[-tenth:]
    cpu = sum(task.cpu for task in again) / sum(task.cpu for task in first)
    yield Row("import: products made of the rows", done["products"]["created"], "products", wanted, least=True)
    yield Row("import: products made twice", made - wanted, "products", 0, note=f"killed once, {lost} tasks lost")
    yield Row("import: longest task, of its timeout", max(t.seconds for t in first) / limit, "x", 0.25)
    yield Row("import: the same, second time", max(t.seconds for t in again) / limit, "x", 0.25)
    yield Row("import: CPU of a batch, last over first", _cpu(late) / _cpu(early), "x", 1.2)
    yield Row("import: calls of a batch, last over first", _calls(late) / _calls(early), "x", 1.0)
    yield Row("import: calls for a product", sum(t.calls for t in batches) / wanted, "calls", 1.1)
    yield Row("import: calls for a product, second time", sum(t.calls for t in repeats) / wanted, "calls", 1.1)
    yield Row("import: unchanged the second time", same["products"]["unchanged"], "products", wanted, least=True)
    yield Row("import: CPU of the second time, over the first", cpu, "x", 1.0)


def _file(wanted: int) -> bytes:
    said = "<p>" + "A fine thing for the house that is made to last. " * 4 + "</p>"
    lines = (
        f"thing-{n},Thing number {n},{said},Maker {n % 50},true,Title,Default Title,THING-{n},{n % 30},"
        f"{n % 90 + 1}.50,https://pictures.example/{n}.jpg"
        for n in range(wanted)
    )
    return "\n".join([COLUMNS, *lines, ""]).encode()


def _imported(file: bytes, tell: Tell, kill_at: int = -1) -> tuple[list[Task], dict[str, Any], int]:
    """Every task of an import, how it ended, and how many tasks of the queue were lost on the way."""
    begun = begin()
    client("s3").put_object(Bucket=os.environ["TRANSFERS_BUCKET"], Key=f"imports/{begun['import_id']}", Body=file)
    tell_of(begun)
    done, lost = list[Task](), 0
    waiting = taken()
    while waiting:
        task = waiting.pop(0)
        if task.get("number") == kill_at:
            _die(task)
            lost, kill_at = len(waiting) + 1, -1
            with patch.object(transfers, "STALE", -60):
                app_of("catalog").jobs({"job": "resume_transfers"}, None)
            waiting = taken()
            continue
        started = time.process_time()
        assert perform(task), task
        cpu, asked = time.process_time() - started, sum(calls.values())
        done.append(Task(task.get("task", "read_file"), cpu, asked, _yardstick(file)))
        if len(done) % 20 == 0:
            tell(f"{len(done)} tasks done, the last in {done[-1].cpu:.2f} s")
        waiting = waiting or taken()
    return done, shown(begun), lost


def _die(task: dict[str, Any]) -> None:
    """Let the function be killed when it has written half of a batch."""
    save, left = writing.Together.save, [7]

    def saved(together: writing.Together) -> None:
        left[0] -= 1
        if not left[0]:
            raise Killed
        save(together)

    with patch.object(writing.Together, "save", saved), suppress(Killed):
        perform(task)


def _yardstick(file: bytes) -> float:
    kind, sample = FORMATS["shopify_csv"], b"\n".join(file.split(b"\n", BATCH_ROWS + 1)[:-1])
    header = kind.header(sample)
    started = time.process_time()
    for piece in kind.pieces([sample[header.start :]], header, header.start, header.number):
        assert kind.draft(piece, header.columns, "USD").wanted()
    return time.process_time() - started


def _cpu(tasks: list[Task]) -> float:
    return median(task.cpu / task.yardstick for task in tasks)


def _calls(tasks: list[Task]) -> float:
    return median(task.calls for task in tasks)


def _count(kind: str) -> int:
    return Counter(row["detail_type"]["S"] for row in items(table_name("catalog"), "OBX#"))[kind]
