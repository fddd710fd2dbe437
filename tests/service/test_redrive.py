"""A poison message goes to the dead letters, the rest of its batch does not, and it comes back when asked (B36)."""

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from carts import app as carts
from operations.logic.dead import Dead
from shop import ids
from shop.events.orders import CheckoutFailed
from tests.kit import REGION, logged
from tools.redrive import move, redrive

pytestmark = pytest.mark.usefixtures("shop")

LOG = "/aws/lambda/test-carts-events"


class Sqs:
    """moto's queues; it knows no tasks that move messages, and this says so as an emulator does."""

    def __init__(self, tasks: list[dict[str, Any]] | None = None) -> None:
        self.real: Any = boto3.client("sqs", REGION)
        self.tasks = tasks

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def start_message_move_task(self, SourceArn: str) -> dict[str, str]:
        if self.tasks is None:
            raise ClientError({"Error": {"Code": "InvalidAction"}}, "StartMessageMoveTask")
        return {"TaskHandle": "a-task"}

    def list_message_move_tasks(self, SourceArn: str, MaxResults: int) -> dict[str, Any]:
        assert self.tasks
        return {"Results": [self.tasks.pop(0)]}


@pytest.fixture
def sqs(shop: None) -> Iterator[Sqs]:
    made = Sqs()
    dead = made.create_queue(QueueName="test-carts-dead")["QueueUrl"]
    arn = made.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "5"})
    made.create_queue(QueueName="test-carts-events", Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})
    yield made
    for name in ("test-carts-events", "test-carts-dead"):
        made.delete_queue(QueueUrl=made.get_queue_url(QueueName=name)["QueueUrl"])


@pytest.fixture
def dead(sqs: Sqs) -> Iterator[Dead]:
    logs = boto3.client("logs", REGION)
    logs.create_log_group(logGroupName=LOG)
    logs.create_log_stream(logGroupName=LOG, logStreamName="s")
    yield Dead("test", "carts", lambda name: sqs if name == "sqs" else logs)
    logs.delete_log_group(logGroupName=LOG)


def put(sqs: Sqs, checkout_id: str) -> None:
    """An event in the queue, as the bus puts it there."""
    failed = CheckoutFailed(checkout_id=checkout_id, order_id="o", user_id="u", cart_id="c", code="out_of_stock")
    envelope = {
        "id": ids.new_id(),
        "type": failed.type,
        "version": 1,
        "occurred_at": "2026-01-31T09:00:00.000Z",
        "aggregate_type": "checkout",
        "aggregate_id": checkout_id,
        "aggregate_version": 1,
        "correlation_id": f"request-of-{checkout_id}",
        "causation_id": None,
        "actor": {"type": "system", "id": None},
        "data": failed.model_dump(),
    }
    url = sqs.get_queue_url(QueueName="test-carts-events")["QueueUrl"]
    body = {"detail-type": failed.type, "source": "shop.orders", "detail": envelope}
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))


def work(sqs: Sqs) -> None:
    """What Lambda does with the queue until it is empty: batches, and only what was answered is removed."""
    url = sqs.get_queue_url(QueueName="test-carts-events")["QueueUrl"]
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        batch = {"Records": [{"messageId": m["MessageId"], "body": m["Body"]} for m in messages]}
        failed = {item["itemIdentifier"] for item in carts.events(batch, None)["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_a_poison_message_dies_alone_and_is_answered_once_its_cause_is_mended(
    sqs: Sqs, dead: Dead, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered: list[str] = []

    def hear(event: CheckoutFailed) -> None:
        if event.checkout_id == "poison" and not mended:
            raise ValueError("no such column")
        answered.append(event.checkout_id)

    mended = False
    monkeypatch.setitem(carts.app.hears.handlers, CheckoutFailed.type, (CheckoutFailed, hear))
    for checkout_id in ("a", "poison", "b"):
        put(sqs, checkout_id)
    with logged() as lines:
        work(sqs)
    assert sorted(answered) == ["a", "b"]
    failures = [line for line in lines if line["message"] == "event failed"]
    assert [line["correlation_id"] for line in failures] == ["request-of-poison"] * 5
    kept = [{"timestamp": int(time.time() * 1000), "message": json.dumps(line)} for line in failures]
    boto3.client("logs", REGION).put_log_events(logGroupName=LOG, logStreamName="s", logEvents=kept)

    (letter,) = dead.look()
    assert (letter.what, letter.about, letter.correlation_id) == (
        "checkout.failed",
        "poison",
        "request-of-poison",
    )
    assert letter.reason == "ValueError: no such column"
    assert redrive(dead, only_look=True) == 0
    assert dead.count() == 1

    assert redrive(dead, only_look=False) == 1  # too early: it dies again, and is not lost
    work(sqs)
    assert dead.count() == 1
    mended = True
    assert redrive(dead, only_look=False) == 1
    work(sqs)
    assert sorted(answered) == ["a", "b", "poison"]
    assert (dead.count(), dead.look()) == (0, [])
    assert redrive(dead, only_look=False) == 0


def test_on_aws_sqs_moves_them_by_itself_and_is_watched(sqs: Sqs, dead: Dead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    sqs.tasks = [
        {"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 3},
        {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 7},
    ]
    assert list(move(dead)) == [3, 7]


def test_what_never_reached_a_queue_is_sent_to_its_own_and_news_are_removed(sqs: Sqs) -> None:
    url = sqs.create_queue(QueueName="test-undelivered")["QueueUrl"]
    said = {"TARGET_ARN": "arn:aws:sqs:us-east-1:1:test-carts-events", "ERROR_CODE": "SDK_CLIENT_ERROR"}
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in said.items()}
    sqs.send_message(QueueUrl=url, MessageBody='{"detail-type": "x", "detail": {}}', MessageAttributes=attributes)
    given_up = {"requestContext": {"condition": "RecordAgeExceeded"}, "DDBStreamBatchInfo": {"batchSize": 1}}
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(given_up))
    arn = "arn:aws:lambda:us-east-1:1:function:test-orders-jobs:live"
    failed = {
        "requestContext": {"condition": "RetriesExhausted", "functionArn": arn},
        "requestPayload": {"job": "expire_unpaid_orders"},
        "responsePayload": {"errorMessage": "the table is gone"},
    }
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(failed))
    dead = Dead("test", "undelivered", lambda name: sqs)
    assert {(letter.what, letter.about, letter.reason) for letter in dead.look()} == {
        ("x", "", "SDK_CLIENT_ERROR"),
        ("a batch of an outbox", "", "RecordAgeExceeded"),
        ("expire_unpaid_orders", "test-orders-jobs", "the table is gone"),
    }
    assert redrive(dead, only_look=False) == 3
    target = sqs.get_queue_url(QueueName="test-carts-events")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=target)["Messages"]
    assert (message["Body"], dead.count()) == ('{"detail-type": "x", "detail": {}}', 0)
