"""The template and the code say the same: functions and doors, rules and listeners, jobs, roles and tables."""

import json
from importlib import import_module
from typing import Any

import pytest

from shop.api import Api
from shop.events.webhooks import WebhookEndpointTested
from tests.kit import ROOT, tables, template
from tools.rooms import apps, doors
from tools.schemas import speakers

MAP = template("template.yaml")["Resources"]
MESSAGING = template("infra/messaging.yaml")["Resources"]
FLOWS = template("infra/flows.yaml")["Resources"]
ROLES = template("infra/roles.yaml")["Resources"]
FUNCTIONS = {name: made["Properties"] for name, made in MAP.items() if made["Type"] == "AWS::Serverless::Function"}
APPS: dict[str, Api] = dict(apps())

ON_THE_BUS = {event.type for _, events in speakers() for event in events} - {WebhookEndpointTested.type}

# What may name every resource, and why.
ANY_RESOURCE = {
    ("ses:SendEmail", "ses:SendRawEmail"): "SES checks the sender's identity",
    ("sns:Publish",): "a text message goes to a phone number, which is no resource",
    ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics"): "figures belong to no resource",
}
# What may name more than its own table, and why.
SEES_OTHERS = {"relayRole": "carries every outbox", "gatewayRole": "looks at the session behind a token"}


def has(app: Api, door: str) -> bool:
    """Whether a service has this kind of door."""
    return bool({"api": app.doors, "events": app.hears.handlers, "steps": app.step_doors, "jobs": app.job_doors}[door])


def scheduled(service: str) -> set[str]:
    """The jobs the template runs for a service."""
    events = FUNCTIONS.get(f"{service.capitalize()}Jobs", {}).get("Events", {})
    return {json.loads(event["Properties"]["Input"])["job"] for event in events.values()}


# These take their queues in larger batches than the others.
LARGER = {"IndexWriter": "search", "CatalogEvents": "catalog", "WebhooksEvents": "webhooks"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_opens_a_door_that_is_there(name: str) -> None:
    module, _, attribute = FUNCTIONS[name]["Handler"].rpartition(".")
    assert callable(getattr(import_module(module), attribute))
    service = module.partition(".")[0]
    assert FUNCTIONS[name]["FunctionName"]["Fn::Sub"].startswith(f"${{Stage}}-{service}-")
    assert FUNCTIONS[name]["Role"] == {"Fn::GetAtt": f"Roles.Outputs.{service}Arn"}


@pytest.mark.parametrize("service", APPS)
@pytest.mark.parametrize("door", ["api", "events", "steps", "jobs"])
def test_every_door_has_its_function(service: str, door: str) -> None:
    function = f"{service.capitalize()}{door.capitalize()}"
    assert (function in FUNCTIONS) == has(APPS[service], door), f"{function} in template.yaml, and {service}.app.{door}"


@pytest.mark.parametrize("service", APPS)
def test_every_job_is_scheduled(service: str) -> None:
    assert scheduled(service) == set(APPS[service].job_doors)


def test_every_listener_has_a_queue_and_every_queue_a_listener() -> None:
    listening = {service for service, app in APPS.items() if app.hears.handlers}
    assert set(MESSAGING["Fn::ForEach::Listeners"][1]) == listening
    for mapping, service in LARGER.items():
        own = FLOWS[mapping]["Properties"]
        assert own["FunctionName"] == {"Fn::Sub": f"${{Stage}}-{service}-events:live"}
        assert own["EventSourceArn"]["Fn::Sub"].endswith(f":${{Stage}}-{service}-events")
    assert {*FLOWS["Fn::ForEach::Queues"][1], *LARGER.values()} == listening


def test_every_service_with_routes_may_be_called_by_the_gateway() -> None:
    assert set(FLOWS["Fn::ForEach::Doors"][1]) == {service for service, app in APPS.items() if app.doors}


def test_every_outbox_flows_to_the_relay() -> None:
    from relay.store import SERVICES

    assert set(FLOWS["Fn::ForEach::Outboxes"][1]) == set(tables()) == set(SERVICES)


@pytest.mark.parametrize("service", [service for service, app in APPS.items() if app.hears.handlers])
def test_a_rule_brings_exactly_what_is_heard(service: str) -> None:
    brought = [
        detail_type
        for rule in MESSAGING.values()
        if isinstance(rule, dict)
        and rule["Type"] == "AWS::Events::Rule"
        and rule["Properties"]["Targets"][0]["Arn"] == {"Fn::GetAtt": f"{service}Queue.Arn"}
        for wanted in rule["Properties"]["EventPattern"]["detail-type"]
        for detail_type in ([wanted] if isinstance(wanted, str) else ON_THE_BUS - set(wanted["anything-but"]))
    ]
    assert sorted(brought) == sorted(APPS[service].hears.handlers)


def test_roles_name_their_own_table_and_nothing_broad() -> None:
    """B1."""
    for name, statement in _statements():
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        assert not any(action == "*" or action.endswith(":*") for action in actions), name
        if "*" in resources:
            assert tuple(actions) in ANY_RESOURCE, (name, actions)
        for resource in resources:
            if "dynamodb" in str(resource) and name not in SEES_OTHERS:
                own = "${Stage}-${Service}" in resource["Fn::Sub"] or "${Stage}-inventory/stream" in resource["Fn::Sub"]
                assert own, (name, resource)


def _statements() -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []

    def collect(name: str, resource: dict[str, Any]) -> None:
        properties = resource["Properties"]
        for policy in properties.get("Policies", [properties] if "PolicyDocument" in properties else []):
            found.extend((name, statement) for statement in policy["PolicyDocument"]["Statement"])

    for name, resource in ROLES.items():
        if name.startswith("Fn::ForEach"):
            for inner, made in resource[2].items():
                collect(inner, made)
        else:
            collect(name, resource)
    assert found
    return found


def test_no_two_services_answer_one_route_and_api_gateway_can_tell_them_apart() -> None:
    seen: set[tuple[str, str]] = set()
    nodes: dict[str, str] = {}
    for service, door in doors():
        assert (door.method, door.path) not in seen, (service, door.path)
        seen.add((door.method, door.path))
        parts = door.path.split("/")
        for depth, part in enumerate(parts):
            if part.startswith("{"):
                parent = "/".join(parts[:depth])
                assert nodes.setdefault(parent, part) == part, f"{parent} has {part} and {nodes[parent]}"
    paths = {"/".join(parts[:n]) for _, path in seen for parts in [path.split("/")] for n in range(1, len(parts) + 1)}
    assert len(paths) < 300, "API Gateway takes 300 resources"


def test_the_machine_may_invoke_what_it_names() -> None:
    machine = json.loads((ROOT / "infra/statemachines/checkout.asl.json").read_text())
    named = {state["Resource"].strip("${}") for state in machine["States"].values() if state["Type"] == "Task"}
    properties = MAP["Checkout"]["Properties"]
    allowed = {policy["LambdaInvokePolicy"]["FunctionName"]["Ref"] for policy in properties["Policies"]}
    assert named == allowed == set(properties["DefinitionSubstitutions"])
