"""Prints the fault matrix when its cells have run."""

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The cells that ran, a line for each state: how each ended."""
    cells = {}
    for report in [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]:
        told = dict(report.user_properties)
        if report.when == "call" and "cell" in told:
            cells[tuple(told["cell"])] = told.get("ended", "FAILED")
    if not cells:
        return
    columns = list(dict.fromkeys((fault, mode) for _, fault, mode in cells))
    states = list(dict.fromkeys(state for state, _, _ in cells))
    terminalreporter.section("fault matrix")
    for number, (fault, mode) in enumerate(columns, start=1):
        terminalreporter.line(f"{number:>3} {fault}, {mode}")
    terminalreporter.line("")
    terminalreporter.line(" " * 18 + "".join(f"{number:>9}" for number in range(1, len(columns) + 1)))
    for state in states:
        row = "".join(f"{cells.get((state, *column), ''):>9}" for column in columns)
        terminalreporter.line(f"{state:<18}{row}")
