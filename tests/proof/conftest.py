"""The shop with its people; and the report: the matrix whenever cells have run, with PROOF=full every proof as JSON."""

import os
from typing import Any

import pytest

from tests.proof.house import House, open_house
from tests.proof.report import Report


@pytest.fixture(scope="module")
def opened_house(opened: None) -> House:
    """The shop, its people and their things, made once."""
    return open_house()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Lines at the end of the run."""
    report = Report()
    for outcome in ("passed", "failed", "error"):
        report.add(terminalreporter.stats.get(outcome, []))
    report.add(each for each in terminalreporter.stats.get("", []) if each.when != "call")
    if report.cells:
        terminalreporter.section("fault matrix")
        for line in report.matrix():
            terminalreporter.line(line)
    if os.environ.get("PROOF") == "full":
        report.write()
        terminalreporter.section("proofs")
        for line in report.rows():
            terminalreporter.line(line)
