"""The bench reckons rightly: what is inside a budget, what a bill costs, and pictures that stay the same."""

from pathlib import Path

import pytest

from tests.bench import plots, prices, units
from tests.bench.bill import Bill, Call, Invocation
from tests.bench.rows import Row
from tests.bench.stack import count, jobs_a_month


def test_a_row_is_inside_its_budget_or_at_least_at_it() -> None:
    assert Row("calls", 4, "calls", 4).ok
    assert not Row("calls", 5, "calls", 4).ok
    assert Row("rate", 8, "orders/s", 7.8, least=True).ok
    assert not Row("rate", 7, "orders/s", 7.8, least=True).ok
    assert Row("told", 1e9, "units").ok
    told = Row("calls", 5, "calls", 4).told()
    assert told == {"name": "calls", "value": 5, "unit": "calls", "budget": 4, "ok": False}


def test_a_bill_is_priced_by_what_it_counts_and_the_banks_writes_are_not_ours() -> None:
    calls = [Call("dynamodb", "TransactWriteItems", "ORDER/META", wrote=4), Call("dynamodb", "PutItem", "MOCKBANK/X")]
    bill = Bill([Invocation("POST /v1/checkouts", calls), Invocation("orders.events")], entries=2, transitions=14)
    assert (bill.functions(), bill.functions("request"), len(bill.calls())) == (2, 1, 1)
    dollars = prices.of_orders(1000, [bill])
    assert dollars["Step Functions"] == pytest.approx(0.35)
    assert dollars["DynamoDB"] == pytest.approx(0.0025)
    assert dollars["API Gateway"] == pytest.approx(0.0035)


def test_items_are_as_long_as_their_names_and_values() -> None:
    assert units.size({"PK": {"S": "ORDER#1"}, "n": {"N": "1234"}}) == 2 + 7 + 1 + 3
    assert units.size({"m": {"M": {"a": {"S": "xy"}}}}) == 1 + 3 + (1 + 2) + 1


def test_the_templates_are_counted_with_their_loops_written_out() -> None:
    assert count("AWS::DynamoDB::Table") >= 14
    assert jobs_a_month() > 730


def test_the_same_figures_draw_the_same_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "PLACE", tmp_path)
    rows = [Row("import of orders.app", 1.1, "ratio", 1.15), Row("hot item: 1 split", 500, "reservations/s", 450)]
    drawn = {path.name: path.read_bytes() for path in plots.drawn(rows)}
    assert set(drawn) == {"imports.svg", "hot_item.svg"}
    assert drawn == {path.name: path.read_bytes() for path in plots.drawn(rows)}
