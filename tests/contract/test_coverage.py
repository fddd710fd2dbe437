"""The lists behind docs/coverage.md are whole, and tests name only numbers that are in them."""

from shop.api import Who
from tools.coverage import listed, numbers, shown


def test_nothing_is_missing_from_the_lists() -> None:
    assert len(listed("structures")) == 130
    assert [row["number"] for row in listed("behaviours")] == [f"B{number}" for number in range(1, 189)]
    assert [row["number"] for row in listed("routes")][:281] == [f"R{number}" for number in range(1, 282)]
    assert {row["who"] for row in listed("routes")} == {"internal", *(who.value for who in Who)}
    kinds = {row["number"] for row in listed("entities")}
    assert {kind for row in listed("structures") for kind in row["entities"].split()} == kinds


def test_tests_name_only_what_is_listed() -> None:
    known = {row["number"] for name in ("behaviours", "routes") for row in listed(name)}
    named = {number for number in shown() if number[0] in "BR" and number[1:].isdigit()}
    assert named <= known


def test_ranges_are_written_out() -> None:
    assert list(numbers("(B9-B11, R47-48; AUTH-01 to AUTH-02, E7)")) == [
        *("B9", "B10", "B11"),
        *("R47", "R48"),
        *("AUTH-01", "AUTH-02"),
        "E7",
    ]
