"""Tells what was proven: the fault matrix whenever cells have run, and with PROOF=full every proof, also as JSON."""

import os
from typing import Any

from tests.proof.report import Report


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
