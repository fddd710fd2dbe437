"""What stands between a release and its customers: an alias everybody calls, logs, and an alarm that takes it back."""

import re
import sys
import tomllib
from types import SimpleNamespace
from typing import Any

import pytest

from shop import aws, settings
from tests.kit import ROOT, template
from tools.loops import expanded

SHOP = template("template.yaml")
FUNCTIONS = {
    made["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("${Stage}-"): made["Properties"]
    for made in SHOP["Resources"].values()
    if made["Type"] == "AWS::Serverless::Function"
}
EVERY = SHOP["Globals"]["Function"]


def written(name: str) -> dict[str, dict[str, Any]]:
    """Every resource of a template, its loops written out."""
    return dict(expanded(template(name)["Resources"]))


def test_every_function_has_its_log_group_and_each_counts_its_failures() -> None:
    groups, filters = {}, set()
    for name, made in written("infra/logs.yaml").items():
        of = made["Properties"]
        if made["Type"] == "AWS::Logs::LogGroup":
            groups[name] = of["LogGroupName"]["Fn::Sub"].removeprefix("/aws/lambda/${Stage}-")
            assert of["RetentionInDays"] == {"Ref": "Retention"}
        elif made["Type"] == "AWS::Logs::MetricFilter":
            filters.add(of["LogGroupName"]["Ref"])
    assert set(groups.values()) == set(FUNCTIONS)
    assert filters == set(groups)
    assert SHOP["Resources"]["Roles"]["DependsOn"] == "Logs", "or a function may write before its log group is there"


def test_everybody_calls_the_alias_so_that_a_release_can_be_tried_and_taken_back() -> None:
    assert EVERY["AutoPublishAlias"] == "live"
    assert EVERY["AutoPublishAliasAllProperties"] is True  # or a new layer would not be a new version
    flows = (ROOT / "infra/flows.yaml").read_text()
    called = re.findall(r"FunctionName: !Sub (\S+)(?!\s+Qualifier: live)\s", flows)
    called += re.findall(r":function:(\S+)", (ROOT / "infra/roles.yaml").read_text())
    called += re.findall(r"functions/(\S+)/invocations", (ROOT / "infra/api.yaml").read_text())
    assert len(called) > 300
    assert [name for name in called if not name.endswith(":live")] == []
    assert all(
        "Alias" in of["Ref"] for of in SHOP["Resources"]["Checkout"]["Properties"]["DefinitionSubstitutions"].values()
    )
    assert settings.function_name("orders", "steps").endswith("-orders-steps:live")


def test_what_is_called_by_its_alias_has_one_before_it_is_called() -> None:
    """The stack of what flows in waits for every function it names."""
    waits = {name.removesuffix("Aliaslive") for name in SHOP["Resources"]["Flows"]["DependsOn"] if "Alias" in name}
    named = {
        made["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("${Stage}-").removesuffix(":live")
        for made in written("infra/flows.yaml").values()
        if "FunctionName" in made["Properties"]
    }
    assert {"".join(word.capitalize() for word in name.split("-")) for name in named} == waits


def test_a_gradual_release_is_rolled_back_by_an_alarm() -> None:
    assert SHOP["Parameters"]["Gradual"]["Default"] == "false"
    preference = EVERY["DeploymentPreference"]
    assert (preference["Enabled"], preference["Type"]) == ({"Ref": "Gradual"}, {"Ref": "GradualType"})
    alarms = {made["Properties"].get("AlarmName", {}).get("Fn::Sub") for made in written("infra/logs.yaml").values()}
    assert {name["Fn::Sub"] for name in preference["Alarms"]} <= alarms


def test_what_has_more_scratch_space_than_a_snapshot_takes_starts_without_one() -> None:
    for name, of in FUNCTIONS.items():
        if of.get("EphemeralStorage", {"Size": 512})["Size"] > 512:
            assert of["SnapStart"] == {"ApplyOn": "None"}, name


def test_what_wakes_from_a_snapshot_rolls_its_own_dice(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[Any] = []
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", SimpleNamespace(register_after_restore=woken.append))
    aws.apart_from_other_copies()
    assert woken == []
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    aws.apart_from_other_copies()
    (seed,) = woken
    seed()


def test_every_stage_sets_parameters_that_are_there() -> None:
    stages = tomllib.loads((ROOT / "samconfig.toml").read_text())
    for stage in ("dev", "prod"):
        told = stages[stage]["deploy"]["parameters"]["parameter_overrides"]
        given = dict(each.split("=") for each in told)
        assert given["Stage"] == stage
        for name, value in given.items():
            allowed = SHOP["Parameters"][name].get("AllowedValues")
            assert allowed is None or value in map(str, allowed), name
