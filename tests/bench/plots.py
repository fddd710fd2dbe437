"""Pictures of what was measured, for docs/performance: the same figures make the same file."""

from collections.abc import Sequence
from pathlib import Path

import pygal
from pygal.style import CleanStyle

from tests.bench.rows import Row
from tests.kit import ROOT

PLACE = ROOT / "docs/performance"
LOOK = {
    "js": [],
    "no_prefix": True,
    "style": CleanStyle(colors=("#4c78a8", "#d1495b", "#54a24b")),
    "explicit_size": True,
}


def drawn(rows: Sequence[Row]) -> list[Path]:
    """Draw what these rows have figures for; the files."""
    PLACE.mkdir(parents=True, exist_ok=True)
    return [path for draw in (starts, costs, splits) for path in draw(rows)]


def starts(rows: Sequence[Row]) -> list[Path]:
    """Import times beside their budgets."""
    found = [row for row in rows if row.name.startswith("import of ") and row.unit == "ratio"]
    chart = pygal.HorizontalBar(title="Import of each function, over boto3.client('dynamodb')", height=620, **LOOK)
    chart.x_labels = [row.name.removeprefix("import of ") for row in found]
    chart.add("measured", [round(row.value, 2) for row in found])
    chart.add("budget", [row.budget for row in found])
    return _kept(chart, "imports.svg", found)


def costs(rows: Sequence[Row]) -> list[Path]:
    """What 1,000 orders cost, by service."""
    found = [row for row in rows if row.name == "AWS list price of 1,000 orders"]
    chart = pygal.HorizontalBar(title="AWS list price of 1,000 orders, placed to delivered ($)", height=360, **LOOK)
    for row in found:
        chart.x_labels = sorted(row.parts, key=lambda name: row.parts[name])
        chart.add("dollars", [round(row.parts[name], 3) for name in chart.x_labels])
    chart.show_legend = False
    return _kept(chart, "price.svg", found)


def splits(rows: Sequence[Row]) -> list[Path]:
    """A hot item's reservations a second, by its splits."""
    found = [row for row in rows if row.name.startswith("hot item: ") and row.unit == "reservations/s"]
    chart = pygal.Bar(title="Reservations a second of one stock item, by its splits", height=360, **LOOK)
    chart.x_labels = [row.name.removeprefix("hot item: ") for row in found]
    chart.add("measured", [row.value for row in found])
    chart.add("at least", [row.budget for row in found])
    return _kept(chart, "hot_item.svg", found)


def _kept(chart: "pygal.Graph", name: str, found: Sequence[Row]) -> list[Path]:
    if not found:
        return []
    path = PLACE / name
    path.write_bytes(chart.render() + b"\n")
    return [path]
