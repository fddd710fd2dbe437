"""docs/coverage.md: what the shop is to do, and the tests that show it, found by the numbers in their docstrings.

The lists of what is to be done stand in docs/coverage/*.csv. A test names what it shows: B12 (a behaviour), R138 (a
route), AUTH-06 (a kind of thing), or ranges such as B118-B121.
"""

import ast
import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from shop.api import Door
from tools.rooms import ROOT, apps, doors

TESTS = ROOT / "tests"
LISTS = ROOT / "docs/coverage"
HEADER = "<!-- Generated from docs/coverage/*.csv and the tests' docstrings by `make generate`. -->\n"
NOT_YET = "not yet"
NUMBER = re.compile(r"\b(AP|[BRE]|[A-Z]{3,5}-)(\d+)(?:(?:[-\u2013]| to )(?:\1)?(\d+))?\b")

Shown = dict[str, list[str]]  # number -> the tests that name it


def listed(name: str) -> list[dict[str, str]]:
    """The rows of one of the lists."""
    with (LISTS / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def numbers(text: str) -> Iterator[str]:
    """Every number a docstring names, ranges written out."""
    for kind, first, last in NUMBER.findall(text):
        for number in range(int(first), int(last or first) + 1):
            yield f"{kind}{number:0{len(first)}d}"


def shown() -> Shown:
    """Which tests name which numbers: a test where it says so itself, otherwise its whole module."""
    found: dict[str, dict[Path, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(TESTS.rglob("test_*.py")):
        module = ast.parse(path.read_text())
        for number in numbers(ast.get_docstring(module) or ""):
            found[number][path] += []
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in numbers(ast.get_docstring(node) or ""):
                    found[number][path].append(node.name)
    return {
        number: [label for path, tests in places.items() for label in _labels(path, tests)]
        for number, places in found.items()
    }


def declared() -> dict[tuple[str, str], tuple[str, Door]]:
    """Every declared route by method and shape of path."""
    return {(door.method, shape(door.path)): (service, door) for service, door in doors()}


def shape(path: str) -> str:
    """A path whatever its parameters are called."""
    return re.sub(r"{\w+}", "{}", path)


def page() -> str:
    """docs/coverage.md."""
    tests = shown()
    structures, behaviours, routes = _structures(tests), _behaviours(tests), _routes(tests)
    summary = [
        [f"[{title}](#{title})", str(len(rows)), str(sum(NOT_YET not in row[-1] for row in rows))]
        for title, rows in (("structures", structures), ("behaviours", behaviours))
    ]
    summary.append(["[routes](#routes)", str(len(routes)), str(sum(row[3] != NOT_YET for row in routes))])
    return "\n".join(
        [
            HEADER,
            "# Coverage",
            "",
            "What five source designs (S0 to S4) keep, what the shop is to do, and its routes; each with the tests",
            "that show it. A test is found by the numbers in its docstring, so one that is renamed or removed makes",
            "this page stale, and `make check` says so.",
            "",
            *_table(["", "in all", "shown"], summary),
            "",
            "For routes, shown means declared.",
            "",
            "## structures",
            "",
            *_table(["source", "structure", "kept as", "shown by"], structures),
            "",
            "## behaviours",
            "",
            *_table(["", "behaviour", "shown by"], behaviours),
            "",
            "## routes",
            "",
            "What other services ask (`/internal`) are steps, called as functions and not over HTTP.",
            "",
            *_table(["", "route", "who", "declared by", "shown by"], routes),
            "",
        ]
    )


def _structures(tests: Shown) -> list[list[str]]:
    names = {row["number"]: row["name"] for row in listed("entities")}
    rows = []
    for row in listed("structures"):
        kinds = row["entities"].split()
        missing = [kind for kind in kinds if kind not in tests]
        by = _joined([test for kind in kinds for test in tests.get(kind, [])])
        if missing and by:
            by += f"; {', '.join(missing)} {NOT_YET}"
        kept = ", ".join(f"{kind} {names[kind]}" for kind in kinds)
        rows.append([row["source"], f"`{row['structure']}`", kept, by or NOT_YET])
    return rows


def _behaviours(tests: Shown) -> list[list[str]]:
    return [
        [row["number"], row["behaviour"], _joined(tests.get(row["number"], [])) or NOT_YET]
        for row in listed("behaviours")
    ]


def _routes(tests: Shown) -> list[list[str]]:
    there = declared()
    steps = {f"{service}.{step}" for service, app in apps() for step in app.step_doors}
    rows = []
    for row in listed("routes"):
        service, _ = there.get((row["method"], shape(row["path"])), (NOT_YET, None))
        by = f"step `{row['step']}`" if row["step"] in steps else service
        rows.append(
            [
                row["number"],
                f"{row['method']} `{row['path']}`",
                row["who"],
                by,
                _joined(tests.get(row["number"], [])) or NOT_YET,
            ]
        )
    return rows


def _labels(path: Path, tests: list[str]) -> list[str]:
    place = path.relative_to(TESTS)
    name = f"{place.parent}/{place.stem.removeprefix('test_')}"
    link = f"../tests/{place}"
    return [f"[{name}: {test.removeprefix('test_')}]({link})" for test in dict.fromkeys(tests)] or [f"[{name}]({link})"]


def _joined(labels: list[str]) -> str:
    return ", ".join(dict.fromkeys(labels))


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]]
