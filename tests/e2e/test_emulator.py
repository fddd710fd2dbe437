"""The local cloud behaves as the real one where the shop depends on it, and starts and stops without doing harm."""

import io
import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tools import sam
from tools.client import until
from tools.emulator import CloudError, MiniStack, command_of, free_port

pytestmark = pytest.mark.cloud

ROLE = {"Version": "2012-10-17", "Statement": []}
HANDLER = """
import json, os, tired
class Transient(Exception): ...
def handle(event, context):
    print("invoked with", len(event.get("Records", [])))
    if event.get("count"):
        metrics = [{"Namespace": "Shop", "Dimensions": [["currency"]], "Metrics": [{"Name": "Sales", "Unit": "Count"}]}]
        print(json.dumps({"_aws": {"CloudWatchMetrics": metrics}, "currency": "USD", "Sales": [event["count"]]}))
    if event.get("refuse"):
        raise Transient('{"code": "busy"}')
    place = os.path.realpath(tired.__file__)
    return {"pid": os.getpid(), "word": tired.WORD, "layer": place, "env": sorted(os.environ)}
"""
PROBLEM = {"application/json": '{"code": "not_found"}'}
API = {
    "openapi": "3.0.1",
    "paths": {"/a": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}},
    "x-amazon-apigateway-gateway-responses": {
        "MISSING_AUTHENTICATION_TOKEN": {"statusCode": 404, "responseTemplates": PROBLEM}
    },
}
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
    },
}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStack]:
    ours = MiniStack(free_port(), tmp_path_factory.mktemp("cloud"), tied=True)
    ours.start()
    yield ours
    ours.stop()


@pytest.fixture(scope="module")
def function(emulator: MiniStack) -> Any:
    role = sam.client(emulator.endpoint, "iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(ROLE))
    functions = sam.client(emulator.endpoint, "lambda")
    layer = functions.publish_layer_version(
        LayerName="words", Content={"ZipFile": zipped("python/tired.py", "WORD = 'zzz'")}
    )
    for name in ("one", "two"):
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="app.handle",
            Role=role["Role"]["Arn"],
            Layers=[layer["LayerVersionArn"]],
            Code={"ZipFile": zipped("app.py", HANDLER)},
        )

    def invoke(name: str, event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = json.load(functions.invoke(FunctionName=name, Payload=json.dumps(event))["Payload"])
        return answer

    return invoke


def test_an_exception_keeps_its_name_and_its_worker(function: Any) -> None:
    worker = function("one", {})["pid"]
    failed = function("one", {"refuse": True})
    assert (failed["errorType"], failed["errorMessage"]) == ("Transient", '{"code": "busy"}')
    assert function("one", {})["pid"] == worker


def test_a_layer_is_unpacked_once_for_all_functions(function: Any) -> None:
    one, two = function("one", {}), function("two", {})
    assert one["word"] == two["word"] == "zzz"
    assert one["pid"] != two["pid"]
    assert one["layer"] == two["layer"]


def test_functions_see_nothing_of_our_own_environment(function: Any) -> None:
    assert not {"VIRTUAL_ENV", "PYTEST_CURRENT_TEST", "USER"} & set(function("one", {})["env"])


def test_the_gateway_answers_as_its_description_says(emulator: MiniStack) -> None:
    stack(emulator, "gateway", api_stack())
    api = sam.client(emulator.endpoint, "apigateway").get_rest_apis()["items"][0]["id"]
    answer = httpx.get(f"{emulator.endpoint}/_aws/execute-api/{api}/v/nowhere")
    assert (answer.status_code, answer.json()) == (404, {"code": "not_found"})


def test_a_nested_stack_that_grows_still_knows_its_table(emulator: MiniStack) -> None:
    templates = sam.client(emulator.endpoint, "s3")
    templates.create_bucket(Bucket="templates")
    arns = []
    for n in range(2):
        tables = {f"Table{number}": TABLE for number in range(n + 1)}
        nested = {"Resources": tables, "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Table0", "Arn"]}}}}
        templates.put_object(Bucket="templates", Key=f"{n}.json", Body=json.dumps(nested))
        arns.append(stack(emulator, "nest", nest(f"{emulator.endpoint}/templates/{n}.json"), change=n > 0)["Arn"])
    assert arns[0] == arns[1]


def test_a_rule_writes_events_into_a_log_as_it_words_them(emulator: MiniStack) -> None:
    bus, logs = sam.client(emulator.endpoint, "events"), sam.client(emulator.endpoint, "logs")
    logs.create_log_group(logGroupName="/aws/events/all")
    bus.put_rule(Name="all", EventPattern='{"source": [{"prefix": "shop."}]}')
    wording = {
        "InputPathsMap": {"at": "$.time", "type": "$.detail-type", "n": "$.detail.n"},
        "InputTemplate": '{"timestamp": <at>, "message": "<type> number <n>"}',
    }
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/all"
    bus.put_targets(Rule="all", Targets=[{"Id": "log", "Arn": arn, "InputTransformer": wording}])
    for source in ("shop.orders", "elsewhere"):
        bus.put_events(Entries=[{"Source": source, "DetailType": "order.created", "Detail": '{"n": 7, "secret": "x"}'}])
    (line,) = logs.filter_log_events(logGroupName="/aws/events/all")["events"]
    assert line["message"] == "order.created number 7"
    assert abs(line["timestamp"] / 1000 - time.time()) < 60


def test_figures_are_taken_out_of_what_functions_print(emulator: MiniStack, function: Any) -> None:
    for _ in range(3):
        function("one", {"count": 5})
    assert summed(emulator, "Shop", "Sales", {"currency": "USD"}, "Sum") == 15


def test_what_comes_within_a_window_is_heard_together(emulator: MiniStack, function: Any) -> None:
    queues, functions = sam.client(emulator.endpoint, "sqs"), sam.client(emulator.endpoint, "lambda")
    logs = sam.client(emulator.endpoint, "logs")
    url = queues.create_queue(QueueName="news")["QueueUrl"]
    function("two", {})  # so that there is a log
    functions.create_event_source_mapping(
        FunctionName="two",
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:news",
        BatchSize=100,
        MaximumBatchingWindowInSeconds=2,
    )
    for number in range(12):
        queues.send_message(QueueUrl=url, MessageBody=str(number))
        time.sleep(0.05)
    until(lambda: heard(logs, "/aws/lambda/two"))
    assert heard(logs, "/aws/lambda/two") == ["invoked with 12"]


def heard(logs: Any, group: str) -> list[str]:
    """What the function said of the batches it was run on."""
    lines = logs.filter_log_events(logGroupName=group, filterPattern='"invoked with"')["events"]
    said = [line["message"].strip() for line in lines]
    return [line for line in said if line != "invoked with 0"]


def test_how_long_a_machine_ran_is_counted(emulator: MiniStack) -> None:
    machines = sam.client(emulator.endpoint, "stepfunctions")
    steps = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "End": True}}}
    arn = machines.create_state_machine(
        name="m", definition=json.dumps(steps), roleArn="arn:aws:iam::000000000000:role/r"
    )["stateMachineArn"]
    machines.start_execution(stateMachineArn=arn)
    ran = until(lambda: summed(emulator, "AWS/States", "ExecutionTime", {"StateMachineArn": arn}, "p50"))
    assert 1000 <= ran < 5000


def summed(emulator: MiniStack, namespace: str, name: str, about: dict[str, str], statistic: str) -> float:
    """All there is of a metric."""
    known = [{"Name": key, "Value": value} for key, value in about.items()]
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": known}
    asked = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": statistic}}
    now = datetime.now(UTC)
    told = sam.client(emulator.endpoint, "cloudwatch").get_metric_data(
        MetricDataQueries=[asked], StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=1)
    )
    return float(sum(told["MetricDataResults"][0]["Values"]))


def test_a_port_of_someone_else_is_left_alone(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CloudError, match="taken by another program"):
            MiniStack(other.getsockname()[1], tmp_path).start()


def test_a_stale_note_never_stops_a_stranger(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (tmp_path / "emulator.pid").write_text(f"{stranger.pid} 4566")
    MiniStack(4566, tmp_path).stop()
    assert stranger.poll() is None
    assert not (tmp_path / "emulator.pid").exists()
    stranger.communicate()


def test_a_stopped_emulator_is_gone_and_a_killed_one_is_noticed(tmp_path: Path) -> None:
    ours = MiniStack(free_port(), tmp_path, tied=True)
    ours.start()
    pid = int((tmp_path / "emulator.pid").read_text().split()[0])
    os.killpg(pid, 9)
    os.waitpid(pid, 0)
    assert not ours.running()
    ours.start()
    assert ours.running()
    pid = int((tmp_path / "emulator.pid").read_text().split()[0])
    ours.stop()
    ours.stop()
    assert not command_of(pid)
    assert [path.name for path in tmp_path.iterdir()] == ["emulator.log"]


def zipped(name: str, text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, text)
    return out.getvalue()


def stack(emulator: MiniStack, name: str, template: dict[str, Any], change: bool = False) -> dict[str, str]:
    formation = sam.client(emulator.endpoint, "cloudformation")
    verb = "update" if change else "create"
    getattr(formation, f"{verb}_stack")(StackName=name, TemplateBody=json.dumps(template))
    formation.get_waiter(f"stack_{verb}_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    told = formation.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in told["Outputs"]}


def api_stack() -> dict[str, Any]:
    api = {"Ref": "Api"}
    deployment = {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": api}}
    stage = {"RestApiId": api, "StageName": "v", "DeploymentId": {"Ref": "Deployment"}}
    return {
        "Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api", "Body": API}},
            "Deployment": deployment,
            "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": stage},
        }
    }


def nest(url: str) -> dict[str, Any]:
    return {
        "Resources": {"Data": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Data", "Outputs.Arn"]}}},
    }
