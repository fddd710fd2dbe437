"""All that a local shop is made of and calls is among what LocalStack does without an account (localstack.yaml)."""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from tests.contract.test_template import _statements
from tests.kit import ROOT, template
from tools.sam import LOCAL

FREE = yaml.safe_load((ROOT / "tests/contract/localstack.yaml").read_text())
# What SAM makes of its own kinds, as this shop uses them.
SAM = {
    "Api": ["ApiGateway::RestApi", "ApiGateway::Deployment", "ApiGateway::Stage"],
    "Application": ["CloudFormation::Stack"],
    "Function": ["Lambda::Function", "Lambda::Version", "Lambda::Alias"],
    "LayerVersion": ["Lambda::LayerVersion"],
    "StateMachine": ["StepFunctions::StateMachine", "IAM::Role"],
    "Schedule": ["Events::Rule", "Lambda::Permission"],
}
Made = tuple[str, str, dict[str, Any]]  # its name, kind and declaration


class Stack:
    """A template as it is deployed on a local cloud: its conditions decided, its nested stacks opened."""

    def __init__(self, name: str, given: dict[str, Any]) -> None:
        self.name, self.template = name, template(name)
        declared = self.template.get("Parameters", {})
        self.parameters = {key: given.get(key, of.get("Default")) for key, of in declared.items()}

    def value(self, said: Any) -> Any:
        """What an expression comes to; what only a deployment knows is left as it is."""
        match said:
            case {"Ref": str(name)}:
                return self.parameters.get(name, said)
            case {"Fn::Equals": [one, other]}:
                return str(self.value(one)) == str(self.value(other))
            case {"Fn::Not": [one]}:
                return not self.value(one)
            case {"Fn::And": parts}:
                return all(map(self.value, parts))
            case {"Fn::Or": parts}:
                return any(map(self.value, parts))
            case {"Condition": str(name)}:
                return self.value(self.template["Conditions"][name])
            case {"Fn::If": [name, one, other]}:
                return self.value(one if self.value({"Condition": name}) else other)
        return said

    def made(self) -> Iterator[Made]:
        """Everything in it, those in its nested stacks too."""
        for name, resource in self.template["Resources"].items():
            inside = resource[2] if name.startswith("Fn::ForEach") else {name: resource}
            for each, made in inside.items():
                if "Condition" in made and not self.value({"Condition": made["Condition"]}):
                    continue
                yield f"{self.name}: {each}", made["Type"], made
                location = made["Properties"].get("Location") if made["Type"].endswith("::Application") else None
                if location:
                    told = {key: self.value(said) for key, said in made["Properties"]["Parameters"].items()}
                    yield from Stack(location, told).made()


EVERYTHING = list(Stack("template.yaml", LOCAL).made())


def kinds(kind: str, made: dict[str, Any]) -> Iterator[str]:
    """The kinds of resources one becomes."""
    if kind.startswith("AWS::Serverless::"):
        yield from (f"AWS::{each}" for each in SAM[kind.removeprefix("AWS::Serverless::")])
        for event in made["Properties"].get("Events", {}).values():
            yield from (f"AWS::{each}" for each in SAM[event["Type"]])
    else:
        yield kind


def test_every_kind_of_resource_is_free_or_only_made_on_aws() -> None:
    used = {each: name for name, kind, made in EVERYTHING for each in kinds(kind, made)}
    assert len(used) > 20
    known = {*FREE["resources"], *FREE["passed_over"]}
    assert {each: name for each, name in used.items() if each not in known} == {}
    assert known - set(used) == set(), "listed, and not used any more"


def test_nothing_depends_on_what_is_passed_over() -> None:
    for name, kind, _ in EVERYTHING:
        if kind in FREE["passed_over"]:
            file, logical = name.split(": ")
            rest = {key: made for key, made in template(file)["Resources"].items() if key != logical}
            said = json.dumps([rest, template(file).get("Outputs", {})])
            assert not any(f'"{word}": "{logical}' in said for word in ("Ref", "Fn::GetAtt", "DependsOn")), name
    compose = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]["localstack"]
    assert compose["environment"]["CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES"] == 1


def test_every_call_the_functions_may_make_is_free() -> None:
    used = set()
    for _, statement in _statements():
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        used.update(actions)
    known = {f"{service}:{action}" for service, actions in FREE["actions"].items() for action in actions}
    assert used - known == set()
    assert known - used == set(), "listed, and not used any more"
    assert {action.split(":")[0] for action in used} >= {"dynamodb", "events", "kms", "lambda", "sqs", "states"}


def test_what_only_aws_has_stands_behind_a_condition_that_is_false_here() -> None:
    shown = {name.split(": ")[0] for name, _, _ in EVERYTHING}
    assert {"infra/data.yaml", "infra/messaging.yaml", "infra/roles.yaml", "infra/flows.yaml"} <= shown
    assert not {"infra/backup.yaml", "infra/logs.yaml"} & shown
    on_aws = {kind for name, kind, _ in Stack("template.yaml", {"Stage": "prod", "Edge": "true"}).made()}
    assert {"AWS::Backup::BackupVault", "AWS::Logs::MetricFilter", "AWS::WAFv2::WebACL"} <= on_aws
