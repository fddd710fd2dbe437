"""Dead letters: looking at them where they are, and putting them back where they came from.

What fails again dies again. Whatever was answered in part or in the meantime is safe: who hears an event a second time
changes nothing. `tools.redrive` does the same from a terminal, when the API does not answer.
"""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from operations.model.letters import UNDELIVERED, Letter
from shop import clock
from shop.errors import not_found
from shop.masking import masked

SHOWN = 10
HELD = 60  # seconds a message that is being moved by hand is nobody else's
ROUNDS = 3  # looks that bring nothing new, or nothing at all, before we believe there is no more
PAGES = 20  # of a log, read for the reasons
UNKNOWN = {"InvalidAction", "UnsupportedOperation", "UnknownOperationException", "AWS.SimpleQueueService.InvalidAction"}
MISSING = {"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"}

Json = dict[str, Any]


class Dead:
    """The dead letters of one service, or of one of its own queues (catalog-transfers, webhooks-deliveries)."""

    def __init__(self, stage: str, service: str, client: Callable[[str], Any]) -> None:
        self.stage, self.service = stage, service
        self.sqs, self.logs = client("sqs"), client("logs")
        self.url = self._url(f"{stage}-{service}" if service == UNDELIVERED else f"{stage}-{service}-dead")

    def count(self) -> int:
        """How many there are, about."""
        return int(self._attribute("ApproximateNumberOfMessages"))

    def look(self) -> list[Letter]:
        """Some of them, the newest first; they stay where they are."""
        seen: dict[str, Json] = {}
        idle = 0
        while idle < ROUNDS and len(seen) < SHOWN:
            known = len(seen)
            seen |= {message["MessageId"]: message for message in self._receive(0)}
            idle = idle + 1 if len(seen) == known else 0
        why = self._reasons(min((_sent(message) for message in seen.values()), default=0))
        letters = [_letter(message, why(message["MessageId"])) for message in seen.values()]
        return sorted(letters, key=lambda letter: letter.sent_at, reverse=True)

    def start(self) -> str | None:
        """Have SQS move them by itself: its name for that. None where it cannot: they are moved by hand."""
        if self.service == UNDELIVERED:  # each of them came from somewhere else
            return None
        try:
            return str(self.sqs.start_message_move_task(SourceArn=self.arn())["TaskHandle"])
        except ClientError as error:
            if error.response["Error"]["Code"] not in UNKNOWN:
                raise
            return None  # an emulator knows no such task

    def arn(self) -> str:
        """What AWS calls the queue."""
        return self._attribute("QueueArn")

    def by_hand(self) -> Iterator[int]:
        """Put them back; how many that are so far, now and then.

        A message is removed once it is sent: whoever stops between the two has sent it twice, which harms nobody.
        No more than there are now: what dies again meanwhile waits for the next time.
        """
        moved, idle, there = 0, 0, self.count()
        while idle < ROUNDS and moved < there:
            messages = self._receive(HELD)
            idle = 0 if messages else idle + 1
            for message in messages:
                target = self._target(message)
                if target:
                    attributes = message.get("MessageAttributes", {}) if self.service != UNDELIVERED else {}
                    self.sqs.send_message(QueueUrl=target, MessageBody=message["Body"], MessageAttributes=attributes)
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                moved += 1
            yield moved

    def _target(self, message: Json) -> str:
        """Where a message belongs. News belong nowhere: a job comes again, and the sweep has the events of a batch."""
        if self.service != UNDELIVERED:
            suffix = "" if "-" in self.service else "-events"
            return self._url(f"{self.stage}-{self.service}{suffix}")
        if "TARGET_ARN" in message.get("MessageAttributes", {}):
            return self._url(message["MessageAttributes"]["TARGET_ARN"]["StringValue"].rpartition(":")[2])
        return ""

    def _url(self, name: str) -> str:
        try:
            return str(self.sqs.get_queue_url(QueueName=name)["QueueUrl"])
        except ClientError as error:
            if error.response["Error"]["Code"] not in MISSING:
                raise
            raise not_found(f"queue: {name}") from error

    def _attribute(self, name: str) -> str:
        return str(self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])["Attributes"][name])

    def _receive(self, hidden: int) -> list[Json]:
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=hidden,
            AttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        found: list[Json] = answer.get("Messages", [])
        return found

    def _reasons(self, since: int) -> Callable[[str], str]:
        """What the log of the function says of each message it could not answer: the newest word of it."""
        if self.service == UNDELIVERED or not since:
            return lambda message_id: ""
        door = self.service if "-" in self.service else f"{self.service}-events"
        found: dict[str, str] = {}
        try:
            pages = self.logs.get_paginator("filter_log_events").paginate(
                logGroupName=f"/aws/lambda/{self.stage}-{door}", filterPattern='"failed"', startTime=since
            )
            for page in islice(pages, PAGES):
                for line in map(_parsed, (event["message"] for event in page["events"])):
                    if "message_id" in line and "exception" in line:
                        found[line["message_id"]] = str(line["exception"]).strip().splitlines()[-1]
        except ClientError as error:
            unread = f"its log cannot be read: {error.response['Error']['Code']}"
            return lambda message_id: unread
        return lambda message_id: found.get(message_id, "")


def _sent(message: Json) -> int:
    return int(message["Attributes"]["SentTimestamp"])


def _letter(message: Json, reason: str) -> Letter:
    body, attributes = _parsed(message["Body"]), message.get("MessageAttributes", {})
    detail = body.get("detail") or {}
    refused = [attributes[name]["StringValue"] for name in ("ERROR_CODE", "ERROR_MESSAGE") if name in attributes]
    given_up = body.get("requestContext", {}).get("condition", "")
    job = (body.get("requestPayload") or {}).get("job", "")
    door = body["requestContext"]["functionArn"].split(":")[6] if job else ""
    raised = (body.get("responsePayload") or {}).get("errorMessage", "")
    return Letter(
        message_id=message["MessageId"],
        sent_at=clock.stamp(_sent(message) / 1000),
        what=body.get("detail-type") or body.get("task") or job or ("a batch of an outbox" if given_up else "?"),
        about=detail.get("aggregate_id", door),
        correlation_id=detail.get("correlation_id", ""),
        reason=masked(reason or ": ".join(refused) or raised or given_up or "not in the log any more"),
    )


def _parsed(text: str) -> Json:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}
