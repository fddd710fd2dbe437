"""What `make prove` says in the end, and writes to .reports/prove.json: a row for each proof, and the fault matrix."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.kit import ROOT
from tests.proof.machine import definition

PROOFS = {
    "fault matrix": ["test_fault_matrix", "test_invariants"],
    "races": ["test_races", "test_hot_item", "test_inventory_races", "test_discounts_races"],
    "redelivery": ["test_redelivery"],
    "stateful": ["test_stateful"],
    "fuzz": ["test_fuzz"],
    "authorization": ["test_authorization"],
    "IAM": ["test_template"],
    "secrets": ["test_secrets"],
    "acceptance": ["test_acceptance"],
}
FILE = ROOT / ".reports/prove.json"


@dataclass
class Proof:
    """How one proof stands."""

    proof: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0
    counted: Counter[str] = field(default_factory=Counter)

    def add(self, report: Any) -> None:
        """One test's outcome, and what it counted."""
        self.seconds += report.duration
        if report.when == "call" or report.failed:
            self.passed += report.passed
            self.failed += report.failed
        if report.when == "call":
            for name, counted in report.user_properties:
                if name == "counted":
                    self.counted.update(counted)


@dataclass
class Report:
    """All that was proven, and each cell of the fault matrix."""

    proofs: dict[str, Proof] = field(default_factory=lambda: {name: Proof(name) for name in PROOFS})
    cells: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def add(self, reports: Iterable[Any]) -> None:
        """What pytest reports."""
        for report in reports:
            module = report.nodeid.partition("::")[0].rpartition("/")[2].removesuffix(".py")
            for name, modules in PROOFS.items():
                if module in modules:
                    self.proofs[name].add(report)
            told = dict(report.user_properties)
            if report.when == "teardown" and "heard" in told:
                self.proofs["secrets"].counted.update(told["heard"])
            if report.when == "call" and "cell" in told:
                state, fault, mode = told["cell"]
                self.cells[state, fault, mode] = told.get("ended", "FAILED")

    def write(self) -> None:
        """The same as JSON."""
        FILE.parent.mkdir(exist_ok=True)
        rows = [{**vars(proof), "seconds": round(proof.seconds, 1)} for proof in self.proofs.values()]
        cells = [
            {"state": state, "fault": fault, "mode": mode, "ended": ended}
            for (state, fault, mode), ended in self.cells.items()
        ]
        FILE.write_text(json.dumps({"proofs": rows, "fault_matrix": cells}, indent=1) + "\n")

    def rows(self) -> list[str]:
        """A line for each proof that ran."""
        lines = []
        for proof in self.proofs.values():
            if proof.passed or proof.failed:
                counted = ", ".join(f"{number:,} {name}" for name, number in proof.counted.items())
                stands = f"{proof.failed} FAILED" if proof.failed else "holds"
                lines.append(
                    f"{proof.proof:<14}{proof.passed:>5} tests {proof.seconds:>7.0f} s  {stands:<10} {counted}"
                )
        return lines

    def matrix(self) -> list[str]:
        """How the cells ended, a line for each state."""
        columns = sorted({(fault, mode) for _, fault, mode in self.cells})
        states = [state for state in definition()["States"] if any(state == cell[0] for cell in self.cells)]
        lines = [f"{number:>3} {fault}, {mode}" for number, (fault, mode) in enumerate(columns, start=1)]
        lines += ["", " " * 18 + "".join(f"{number:>9}" for number in range(1, len(columns) + 1))]
        for state in states:
            row = "".join(f"{self.cells.get((state, *column), ''):>9}" for column in columns)
            lines.append(f"{state:<18}{row}")
        return lines
