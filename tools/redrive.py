"""Looks at dead letters, and puts them back where they came from: `make redrive SERVICE=orders`.

Do it once the cause is mended: what fails again dies again, and is back here after a quarter of an hour. Whatever was
answered in part or in the meantime is safe: who hears an event a second time changes nothing.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from rich.markup import escape

from shop import clock
from tools.emulator import CloudError
from tools.places import Place, place, words
from tools.progress import console, lay_out, table

SHOWN = 10
HELD = 60  # seconds a message that is being moved by hand is nobody else's
ROUNDS = 3  # looks that bring nothing new, or nothing at all, before we believe there is no more
UNDELIVERED = "undelivered"  # not the dead letters of a queue, but what never reached one
UNKNOWN = {"InvalidAction", "UnsupportedOperation", "UnknownOperationException", "AWS.SimpleQueueService.InvalidAction"}

Json = dict[str, Any]


class Letter(NamedTuple):
    """A dead letter: what it is, and why it is here, if its function's log still tells."""

    message_id: str
    sent_at: str
    what: str
    about: str
    correlation_id: str
    reason: str


class Dead:
    """The dead letters of one service, or of one of its own queues (catalog-transfers, webhooks-deliveries)."""

    def __init__(self, where: Place, service: str) -> None:
        self.stage, self.service, self.logs = where.stage, service, where.client("logs")
        self.sqs = where.client("sqs")
        name = service if service == UNDELIVERED else f"{service}-dead"
        try:
            self.url = self.sqs.get_queue_url(QueueName=f"{where.stage}-{name}")["QueueUrl"]
        except ClientError as error:
            raise CloudError(f"There is no queue {where.stage}-{name}: {error}") from error

    def count(self) -> int:
        """How many there are, about."""
        asked = "ApproximateNumberOfMessages"
        told = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[asked])
        return int(told["Attributes"][asked])

    def look(self) -> list[Letter]:
        """Some of them, the newest first; they stay where they are."""
        seen: dict[str, Json] = {}
        idle = 0
        while idle < ROUNDS and len(seen) < SHOWN:
            known = len(seen)
            seen |= {message["MessageId"]: message for message in self._receive(0)}
            idle = idle + 1 if len(seen) == known else 0
        reasons = self._reasons(min((_sent(message) for message in seen.values()), default=0))
        letters = [_letter(message, reasons.get(message["MessageId"], "")) for message in seen.values()]
        return sorted(letters, key=lambda letter: letter.sent_at, reverse=True)

    def move(self) -> Iterator[int]:
        """Put them back; how many that are so far, now and then."""
        if self.service == UNDELIVERED:
            yield from self._by_hand()
            return
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]
        try:
            self.sqs.start_message_move_task(SourceArn=attributes["QueueArn"])
        except ClientError as error:
            if error.response["Error"]["Code"] not in UNKNOWN:
                raise
            yield from self._by_hand()  # an emulator knows no such task
            return
        while True:
            task = self.sqs.list_message_move_tasks(SourceArn=attributes["QueueArn"], MaxResults=1)["Results"][0]
            yield int(task.get("ApproximateNumberOfMessagesMoved", 0))
            if task["Status"] in ("FAILED", "CANCELLED"):
                raise CloudError(f"The task {task['Status'].lower()}: {task.get('FailureReason', '')}")
            if task["Status"] == "COMPLETED":
                return
            time.sleep(1)

    def _by_hand(self) -> Iterator[int]:
        """A message is removed once it is sent: whoever stops between the two has sent it twice, which harms nobody.

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
        """Where a message belongs. News of a batch the relay gave up on belong nowhere: the sweep has its events."""
        if self.service != UNDELIVERED:
            suffix = "" if "-" in self.service else "-events"
            name = f"{self.stage}-{self.service}{suffix}"
        elif "TARGET_ARN" in message.get("MessageAttributes", {}):
            name = message["MessageAttributes"]["TARGET_ARN"]["StringValue"].rpartition(":")[2]
        else:
            return ""
        return str(self.sqs.get_queue_url(QueueName=name)["QueueUrl"])

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

    def _reasons(self, since: int) -> dict[str, str]:
        """What the log of the function says of each message it could not answer: the newest word of it."""
        if self.service == UNDELIVERED or not since:
            return {}
        door = self.service if "-" in self.service else f"{self.service}-events"
        found: dict[str, str] = {}
        try:
            pages = self.logs.get_paginator("filter_log_events").paginate(
                logGroupName=f"/aws/lambda/{self.stage}-{door}", filterPattern='"failed"', startTime=since
            )
            for page in pages:
                for line in map(_parsed, (event["message"] for event in page["events"])):
                    if "message_id" in line and "exception" in line:
                        found[line["message_id"]] = str(line["exception"]).strip().splitlines()[-1]
        except ClientError as error:
            console.print(f"Its log cannot be read: {error}", style="yellow", markup=False)
        return found


def _sent(message: Json) -> int:
    return int(message["Attributes"]["SentTimestamp"])


def _letter(message: Json, reason: str) -> Letter:
    body, attributes = _parsed(message["Body"]), message.get("MessageAttributes", {})
    detail = body.get("detail") or {}
    refused = [attributes[name]["StringValue"] for name in ("ERROR_CODE", "ERROR_MESSAGE") if name in attributes]
    given_up = body.get("requestContext", {}).get("condition", "")
    return Letter(
        message["MessageId"],
        clock.stamp(_sent(message) / 1000),
        body.get("detail-type") or body.get("task") or ("a batch of an outbox" if given_up else "?"),
        detail.get("aggregate_id", ""),
        detail.get("correlation_id", ""),
        reason or ": ".join(refused) or given_up or "not in the log any more",
    )


def _parsed(text: str) -> Json:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def redrive(dead: Dead, only_look: bool) -> int:
    """Show what there is, and put it back unless it is only to be looked at. How many went."""
    count, letters = dead.count(), dead.look()
    console.print(f"{count} dead letters of {dead.service} in {dead.stage}")
    rows = table("sent", "what", "about", "correlation_id", "reason")
    for letter in letters:
        rows.add_row(*(escape(told) for told in letter[1:]))
    if letters:
        lay_out(rows)
    if only_look or not letters:
        return 0
    moved = 0
    with console.status("moving") as status:
        for moved in dead.move():
            status.update(f"moving: {moved} of {count}")
    console.print(f"{moved} put back; {dead.count()} left")
    return moved


def main() -> int:
    """`python -m tools.redrive SERVICE [--look] [--stage STAGE]`."""
    parser = words((__doc__ or "").partition("\n")[0])
    parser.add_argument("service", help="a service; or undelivered, catalog-transfers, webhooks-deliveries")
    parser.add_argument("--look", action="store_true", help="show them, and leave them where they are")
    asked = parser.parse_args()
    try:
        redrive(Dead(place(asked.stage), asked.service), asked.look)
    except CloudError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
