"""What is watched is what there is, and whoever is called finds out what to do (B35)."""

import json
import re
from typing import Any

from operations.model.letters import QUEUES, UNDELIVERED
from operations.model.metrics import MEASURES
from relay import figures
from shop.telemetry import NAMESPACE
from tests.kit import ROOT, tables, template
from tools.rooms import apps

WATCHED = template("infra/monitoring.yaml")["Resources"]
MESSAGING = template("infra/messaging.yaml")["Resources"]
FLOWS = template("infra/flows.yaml")["Resources"]
PAGE = (ROOT / "docs/alarms.md").read_text()
SECTION = re.compile(r"\(docs/alarms\.md#([a-z-]+)\)$")


def alarms() -> dict[str, dict[str, Any]]:
    """Every alarm by the name of its resource, those of a loop once."""
    found = {name: made for name, made in WATCHED.items() if not name.startswith("Fn::")}
    for name, loop in WATCHED.items():
        if name.startswith("Fn::ForEach"):
            found |= loop[2]
    return {name: made["Properties"] for name, made in found.items() if made["Type"] == "AWS::CloudWatch::Alarm"}


def loop(name: str) -> set[str]:
    return set(WATCHED[f"Fn::ForEach::{name}"][1])


def test_every_alarm_has_its_section_and_every_section_its_alarm() -> None:
    named = {name: SECTION.search(alarm["AlarmDescription"]) for name, alarm in alarms().items()}
    assert [name for name, found in named.items() if not found] == []
    sections = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert {found[1] for found in named.values() if found} == set(sections)
    assert len(sections) == len(set(sections))
    for section in PAGE.split("\n## ")[1:]:
        assert re.findall(r"^\*\*(\w+)\.\*\*", section, re.MULTILINE) == ["Means", "Look", "Do"], section[:40]
    for anchor in re.findall(r"\]\(#([a-z-]+)\)", PAGE):
        assert anchor in sections, anchor


def test_every_alarm_calls_and_says_when_it_is_over_and_takes_silence_for_what_it_is() -> None:
    for name, alarm in alarms().items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "Alarms"}], name
        silence = "breaching" if name == "ClockStopped" else "notBreaching"
        assert alarm["TreatMissingData"] == silence, name
        assert [kind in alarm for kind in ("Statistic", "ExtendedStatistic", "Metrics")].count(True) == 1, name


def test_every_table_dead_letter_queue_and_job_is_watched() -> None:
    services = dict(apps())
    assert loop("Dead") == set(MESSAGING["Fn::ForEach::Listeners"][1])
    asked = WATCHED["Fn::ForEach::TableTroubles"][2]["Table${Trouble}"]["Properties"]["Metrics"][0]["Expression"]
    assert set(re.findall(r"TableName = '\$\{Stage}-(\w+)'", asked["Fn::Sub"])) == set(tables())
    assert set(FLOWS["Fn::ForEach::Jobs"][1]) == {name for name, app in services.items() if app.job_doors}
    queues = [made["Properties"] for made in MESSAGING.values() if isinstance(made, dict)]
    others = {name["QueueName"]["Fn::Sub"] for name in queues if "QueueName" in name and "RedrivePolicy" not in name}
    watched = [alarm for alarm in alarms().values() if alarm.get("Namespace") == "AWS/SQS"]
    assert others <= {alarm["Dimensions"][0]["Value"]["Fn::Sub"] for alarm in watched}


def test_operators_are_shown_every_queue_of_dead_letters() -> None:
    of_services = MESSAGING["Fn::ForEach::Listeners"][1]
    queues = [made["Properties"]["QueueName"]["Fn::Sub"] for made in MESSAGING.values() if is_queue(made)]
    others = {name.removeprefix("${Stage}-").removesuffix("-dead") for name in queues if name.endswith("-dead")}
    assert {*QUEUES} == {*of_services, *others, UNDELIVERED}


def is_queue(made: Any) -> bool:
    """Whether it is a queue, and none of a loop."""
    return isinstance(made, dict) and made["Type"] == "AWS::SQS::Queue"


def test_our_own_figures_are_those_that_are_counted() -> None:
    """No alarm and no graph waits for a figure that nobody counts."""
    money = {"total_amount": {"amount": 1, "currency": "USD"}, "amount": {"amount": 1, "currency": "USD"}}
    data = {"code": "c", "cart_id": "c", **money}
    counted = {
        (f.name, tuple(name for name, _ in f.dimensions)) for read in figures.COUNTED.values() for f in read(data)
    }
    counted |= {(figures.RELAY_LAG, ()), (figures.SWEPT, ())}
    shown = {(m.metric, (m.dimension,) if m.dimension else ()) for m in MEASURES.values() if m.namespace == NAMESPACE}
    assert shown == counted
    waited = {
        (alarm["MetricName"], tuple(dimension["Name"] for dimension in alarm["Dimensions"][1:]))
        for alarm in alarms().values()
        if alarm.get("Namespace") == NAMESPACE
    }
    assert waited <= counted
    drawn = json.dumps(WATCHED["Dashboard"]["Properties"]["DashboardBody"])
    for name, _ in counted:
        assert name in drawn, name
