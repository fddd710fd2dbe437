"""`make bench`: every figure beside its budget, in one run; `python -m tests.bench order` measures one part."""

import argparse
import json
import logging
import pkgutil
import sys
import time
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table

from shop import telemetry
from tests import bench
from tests.bench import plots
from tests.bench.rows import Row, Tell
from tests.kit import ROOT

REPORT = ROOT / ".reports/bench.json"
FIRST = ["order", "reads", "starting", "artifacts", "hot_item"]


def parts() -> dict[str, Any]:
    """Every module of this package that measures something."""
    names = sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_"))
    found = {name: import_module(f"tests.bench.{name}") for name in [*FIRST, *(n for n in names if n not in FIRST)]}
    return {name: module.rows for name, module in found.items() if hasattr(module, "rows")}


def main() -> int:
    """Measure, print, keep; the number of rows outside their budget is not the exit status: a bench only tells."""
    known = parts()
    words = argparse.ArgumentParser(prog="make bench", description=__doc__)
    words.add_argument("parts", nargs="*", choices=[*known, []], help="only these")
    asked = words.parse_args().parts or [*known]
    console = Console(file=sys.stderr, highlight=False)
    telemetry.logger.setLevel(logging.CRITICAL)
    rows: list[Row] = []
    for name in asked:
        began = time.monotonic()
        with console.status(name) as status, redirect_stdout(StringIO()):
            rows += known[name](_teller(status, name))
        console.print(f"{name}: {time.monotonic() - began:.0f} s", style="dim")
    Console(highlight=False, width=None if sys.stdout.isatty() else 140).print(_table(rows))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps({"rows": [row.told() for row in rows]}, indent=2) + "\n")
    for path in plots.drawn(rows):
        console.print(f"drawn: {path.relative_to(ROOT)}", style="dim")
    return 0


def _teller(status: Any, name: str) -> Tell:
    return lambda what: status.update(f"{name}: {what}")


def _table(rows: list[Row]) -> Table:
    table = Table("", "measured", "", "budget", "", title="Budgets", title_justify="left")
    for row in rows:
        budget = "" if row.budget is None else f"{'>=' if row.least else '<='} {row.budget:,g}"
        verdict = "" if row.budget is None else "[green]ok" if row.ok else "[red]over"
        table.add_row(row.name, f"{row.value:,.4g}", row.unit, budget, f"{verdict} {row.note}".strip())
    outside = sum(not row.ok for row in rows)
    table.caption = f"{len(rows)} figures, {outside} outside their budget"
    return table


if __name__ == "__main__":
    sys.exit(main())
