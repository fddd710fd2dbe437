"""What operators see of a running shop: figures, live events and dead letters (R362-R366)."""

import json
import time
from collections.abc import Iterator
from functools import reduce
from typing import Any

import boto3
import pytest
from moto.cloudwatch.models import Statistics

from operations.logic import letters
from operations.model.events import Seen
from shop import aws, clock, ids
from shop.settings import DAY, HOUR
from shop.telemetry import NAMESPACE
from tests import kit
from tests.kit import REGION, ROOT, Client, admin, template, user
from tests.proof.machine import ARN
from tests.service.test_redrive import LOG, Sqs

pytestmark = pytest.mark.usefixtures("shop")

EVENTS = "/aws/events/test-shop"
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _one_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "SERVICES", ["operations"])
    monkeypatch.setenv("CHECKOUT_MACHINE", ARN)


@pytest.fixture
def support() -> Client:
    return user("support-1", "support")


# --- figures


def count(name: str, value: float = 1, at: float | None = None, **dimensions: str) -> None:
    """A figure as CloudWatch takes it out of the log (EMF)."""
    known = {"stage": "test", **dimensions}
    datum = {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": told} for key, told in known.items()],
        "Timestamp": at or time.time() - 60,
        "Value": value,
    }
    boto3.client("cloudwatch", REGION).put_metric_data(Namespace=NAMESPACE, MetricData=[datum])


def drawn(client: Client, query: str) -> Json:
    found: Json = client.get(f"/v1/operations/metrics?{query}").ok(200)
    return found


def test_figures_are_drawn_a_line_for_each_currency(support: Client) -> None:
    count("OrdersConfirmed")
    count("OrdersConfirmed")
    count("Revenue", 1050, currency="USD")
    count("Revenue", 700, currency="EUR")
    count("Revenue", 9, currency="USD", stage="another-stage")
    found = drawn(support, "names=OrdersConfirmed,Revenue,StockOuts")
    lines = {(line["name"], *line["dimensions"].values()): line for line in found["series"]}
    assert {key: sum(point["value"] for point in line["points"]) for key, line in lines.items()} == {
        ("OrdersConfirmed",): 2,
        ("Revenue", "EUR"): 700,
        ("Revenue", "USD"): 1050,
        ("StockOuts",): 0,
    }
    assert {line["unit"] for key, line in lines.items() if key[0] == "Revenue"} == {"minor_units"}
    assert found["period"] == 300


def test_how_long_checkouts_take_is_what_step_functions_counted(
    support: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # moto knows no percentiles
    monkeypatch.setattr(Statistics, "get_statistics_for_type", lambda told, asked: told.metric_data[0].value)
    datum = {
        "MetricName": "ExecutionTime",
        "Dimensions": [{"Name": "StateMachineArn", "Value": ARN}],
        "Timestamp": time.time() - 30,
        "Value": 1200.0,
    }
    boto3.client("cloudwatch", REGION).put_metric_data(Namespace="AWS/States", MetricData=[datum])
    found = drawn(support, "names=CheckoutDuration")
    assert [(line["statistic"], line["unit"]) for line in found["series"]] == [
        ("p50", "milliseconds"),
        ("p95", "milliseconds"),
    ]
    assert [[point["value"] for point in line["points"]] for line in found["series"]] == [[1200.0], [1200.0]]


def test_points_are_as_close_as_is_asked_and_as_is_kept(support: Client) -> None:
    now = time.time()
    long_ago, today = clock.stamp(now - 30 * DAY), clock.stamp(now)
    an_hour = f"from={clock.stamp(now - HOUR)}&to={today}"
    assert drawn(support, f"names=StockOuts&{an_hour}")["period"] == 60
    assert drawn(support, f"names=StockOuts&{an_hour}&period=900")["period"] == 900
    assert drawn(support, f"names=StockOuts&from={long_ago}&to={today}")["period"] == DAY
    then = f"from={long_ago}&to={clock.stamp(now - 30 * DAY + HOUR)}"
    assert drawn(support, f"names=StockOuts&{then}")["period"] == 300  # nobody keeps minutes that long


@pytest.mark.parametrize(
    "query",
    [
        "",
        "names=",
        "names=Salaries",
        "names=Revenue&period=7",
        "names=Revenue&from=yesterday",
        "names=Revenue&from=2026-02-31T00:00:00.000Z",
        "names=Revenue&from=2026-02-02T00:00:00.000Z&to=2026-02-01T00:00:00.000Z",
        "names=Revenue&from=2024-01-01T00:00:00.000Z&to=2026-02-01T00:00:00.000Z",
        "names=Revenue&from=2026-01-01T00:00:00.000Z&to=2026-02-01T00:00:00.000Z&period=60",
    ],
)
def test_a_question_about_figures_that_nobody_can_answer_is_refused(support: Client, query: str) -> None:
    support.get(f"/v1/operations/metrics?{query}").refused(400, "invalid_parameter")


# --- live events


@pytest.fixture
def log() -> Iterator[Any]:
    """The event log, as its rule makes it."""
    logs = boto3.client("logs", REGION)
    logs.create_log_group(logGroupName=EVENTS)
    logs.create_log_stream(logGroupName=EVENTS, logStreamName="one")
    yield logs
    logs.delete_log_group(logGroupName=EVENTS)


def happens(log: Any, kind: str, ago: float = 1, version: int = 1, about: str = "o-1") -> str:
    """An event, as the bus writes it down; its id."""
    event_id, at = ids.new_id(), time.time() - ago
    said = f"{event_id} {kind} shop.orders {about} {version} {clock.stamp(at)} request-1"
    log.put_log_events(
        logGroupName=EVENTS, logStreamName="one", logEvents=[{"timestamp": round(at * 1000), "message": said}]
    )
    return event_id


def passed(client: Client, query: str = "") -> Json:
    found: Json = client.get(f"/v1/operations/events{query}").ok(200)
    return found


def test_events_pass_the_newest_first_and_then_only_what_has_come_since(log: Any, support: Client) -> None:
    first, second = happens(log, "order.created", ago=20), happens(log, "order.confirmed", ago=2, version=2)
    found = passed(support)
    assert [event["event_id"] for event in found["data"]] == [second, first]
    assert found["data"][0] == {
        "event_id": second,
        "type": "order.confirmed",
        "source": "shop.orders",
        "aggregate_id": "o-1",
        "aggregate_version": 2,
        "occurred_at": found["data"][0]["occurred_at"],
        "correlation_id": "request-1",
    }
    assert passed(support, f"?after={found['after']}") == {**found, "data": []}
    time.sleep(0.002)  # so that it is written in another millisecond
    third = happens(log, "order.shipped", ago=30, version=3)  # it happened before, and is written only now
    since = passed(support, f"?after={found['after']}")
    assert [event["event_id"] for event in since["data"]] == [third]
    assert passed(support, f"?after={since['after']}")["data"] == []


def test_events_of_one_type_are_found_however_long_ago_and_no_more_than_asked_for(log: Any, support: Client) -> None:
    old = happens(log, "refund.created", ago=DAY)
    for _ in range(3):
        happens(log, "order.created")
    assert [event["event_id"] for event in passed(support, "?type=refund.created")["data"]] == [old]
    found = passed(support, "?limit=2")
    assert ([event["type"] for event in found["data"]], found["has_more"]) == (["order.created"] * 2, True)
    assert len(passed(support)["data"]) == 4
    support.get("/v1/operations/events?type=%22a%22").refused(400, "invalid_parameter")


def test_the_rule_of_the_bus_writes_what_is_read_here_and_nothing_of_what_the_event_tells() -> None:
    resources = template("infra/messaging.yaml")["Resources"]
    assert resources["EventLogGroup"]["Properties"]["LogGroupName"]["Fn::Sub"] == "/aws/events/${Stage}-shop"
    (target,) = resources["EventsLogged"]["Properties"]["Targets"]
    event = json.loads((ROOT / "events/samples/order.confirmed.json").read_text())
    detail = event["detail"]
    line = target["InputTransformer"]["InputTemplate"]
    for name, path in target["InputTransformer"]["InputPathsMap"].items():
        value = reduce(lambda part, key: part[key], path.removeprefix("$.").split("."), event)
        line = line.replace(f'"timestamp": <{name}>', f'"timestamp": "{value}"').replace(f"<{name}>", str(value))
    seen = Seen.read(json.loads(line)["message"])
    assert seen
    assert (seen.event_id, seen.source, seen.correlation_id) == (detail["id"], "shop.orders", detail["correlation_id"])
    assert (seen.type, seen.aggregate_id) == ("order.confirmed", detail["aggregate_id"])
    assert detail["data"]["shipping_address"]["full_name"] not in line


def test_a_line_nobody_can_read_is_passed_over(log: Any, support: Client) -> None:
    log.put_log_events(
        logGroupName=EVENTS,
        logStreamName="one",
        logEvents=[{"timestamp": round(time.time() * 1000), "message": "what is this"}],
    )
    assert passed(support)["data"] == []


def test_where_no_log_is_kept_it_says_so(support: Client) -> None:
    assert passed(support) == {"data": [], "after": None, "has_more": False, "recorded": False}


# --- dead letters


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sqs]:
    """The queues of carts, and the log of who hears for it."""
    sqs, logs = Sqs(), boto3.client("logs", REGION)
    monkeypatch.setattr(letters, "client", lambda name: sqs if name == "sqs" else aws.client(name))
    urls = [sqs.create_queue(QueueName=f"test-{name}")["QueueUrl"] for name in ("carts-events", "carts-dead")]
    logs.create_log_group(logGroupName=LOG)
    logs.create_log_stream(logGroupName=LOG, logStreamName="s")
    yield sqs
    logs.delete_log_group(logGroupName=LOG)
    for url in urls:
        sqs.delete_queue(QueueUrl=url)


def dies(sqs: Sqs, reason: str) -> str:
    """A letter nobody could answer, and what the log says of it."""
    detail = {"aggregate_id": "o-1", "correlation_id": "request-1"}
    body = json.dumps({"detail-type": "order.confirmed", "detail": detail})
    url = sqs.get_queue_url(QueueName="test-carts-dead")["QueueUrl"]
    message_id = str(sqs.send_message(QueueUrl=url, MessageBody=body)["MessageId"])
    line = json.dumps({"message": "event failed", "message_id": message_id, "exception": f"Traceback\n{reason}"})
    written = [{"timestamp": round(time.time() * 1000), "message": line}]
    aws.client("logs").put_log_events(logGroupName=LOG, logStreamName="s", logEvents=written)
    return message_id


def test_dead_letters_are_counted_read_where_they_are_and_put_back(queues: Sqs, support: Client) -> None:
    assert support.get("/v1/operations/dead-letters").ok(200) == {"queues": [{"name": "carts", "count": 0}]}
    message_id = dies(queues, "ValueError: ann@example.com is unknown")
    for _ in range(2):
        found = support.get("/v1/operations/dead-letters/carts").ok(200)
        (letter,) = found["letters"]
        assert (found["count"], letter) == (
            1,
            {
                "message_id": message_id,
                "sent_at": letter["sent_at"],
                "what": "order.confirmed",
                "about": "o-1",
                "correlation_id": "request-1",
                "reason": "ValueError: a***@e***.com is unknown",
            },
        )
    moved = admin().post("/v1/operations/dead-letters/carts/redrive", idempotency_key="once").ok(202)
    assert moved == {"queue": "carts", "moved": 1, "task": None}
    assert support.get("/v1/operations/dead-letters").ok(200) == {"queues": [{"name": "carts", "count": 0}]}
    url = queues.get_queue_url(QueueName="test-carts-events")["QueueUrl"]
    (message,) = queues.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["detail-type"] == "order.confirmed"
    again = admin().post("/v1/operations/dead-letters/carts/redrive", idempotency_key="once").ok(202)
    assert again["moved"] == 0


def test_on_aws_sqs_moves_them_in_its_own_time(queues: Sqs) -> None:
    queues.tasks = []
    moving = admin().post("/v1/operations/dead-letters/carts/redrive").ok(202)
    assert moving == {"queue": "carts", "moved": None, "task": "a-task"}


def test_a_queue_of_dead_letters_that_is_none_is_not_found(support: Client) -> None:
    for name in ("salaries", "search"):  # nobody's; and one this stage does not have
        support.get(f"/v1/operations/dead-letters/{name}").refused(404, "not_found")
        admin().post(f"/v1/operations/dead-letters/{name}/redrive").refused(404, "not_found")


def test_staff_look_and_only_the_admin_moves(support: Client) -> None:
    for path in ("metrics?names=Revenue", "events", "dead-letters", "dead-letters/carts"):
        user().get(f"/v1/operations/{path}").refused(403, "forbidden")
    support.post("/v1/operations/dead-letters/carts/redrive").refused(403, "forbidden")
