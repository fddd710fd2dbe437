"""The shop with its people; and the report: the matrix whenever cells have run, with PROOF=full every proof as JSON."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.proof.ears import Ears, listening
from tests.proof.house import House, open_house
from tests.proof.report import Report


@pytest.fixture(scope="module")
def opened_house(opened: None) -> House:
    """The shop, its people and their things, made once."""
    with listening() as heard:
        house = open_house()
    house.secrets = heard.secrets
    return house


@pytest.fixture(autouse=True)
def ears(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Iterator[Ears]:
    """What is said and kept secret during a proof in this process; a leak fails it."""
    if "opened" not in request.fixturenames:
        yield Ears()
        return
    request.getfixturevalue("opened")
    known = request.getfixturevalue("opened_house").secrets if "opened_house" in request.fixturenames else {}
    with listening() as heard:
        heard.secrets |= known
        yield heard
    record_property("heard", heard.counted())
    assert not heard.leaks()


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
