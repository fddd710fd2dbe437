"""Files of products in tests: uploaded as S3 would tell of it, and carried through the queue by hand."""

import csv
import io
import json
import os
import random
from collections import Counter
from typing import Any

import requests

from catalog import transfers
from catalog.store.keys import table
from shop.aws import client
from shop.database import connection
from tests.kit import Client, admin

Json = dict[str, Any]


def begin(format: str = "shopify_csv", **options: Any) -> Json:
    """An import that waits for its file."""
    made: Json = admin().post("/v1/product-imports", {"format": format, "options": options}).ok(201)
    return made


def upload(begun: Json, content: str | bytes) -> None:
    """Send the file to where it is to go; S3 tells the queue."""
    raw = content.encode() if isinstance(content, str) else content
    answer = requests.put(begun["upload_url"], data=raw, timeout=10)
    assert answer.status_code == 200, answer.text
    tell(begun)


def tell(begun: Json) -> None:
    """What S3 says of an upload, as the bus brings it."""
    detail = {"bucket": {"name": "transfers"}, "object": {"key": f"imports/{begun['import_id']}"}}
    put({"source": "aws.s3", "detail-type": "Object Created", "detail": detail})


def put(task: Json) -> None:
    """Put a task into the queue."""
    client("sqs").send_message(QueueUrl=os.environ["TRANSFERS_QUEUE"], MessageBody=json.dumps(task))


def taken() -> list[Json]:
    """Everything in the queue, taken out of it."""
    found: list[Json] = []
    while (
        some := client("sqs")
        .receive_message(QueueUrl=os.environ["TRANSFERS_QUEUE"], MaxNumberOfMessages=10)
        .get("Messages")
    ):
        for message in some:
            client("sqs").delete_message(QueueUrl=os.environ["TRANSFERS_QUEUE"], ReceiptHandle=message["ReceiptHandle"])
            found.append(json.loads(message["Body"]))
    return found


def work(times: int = 1, shuffle: random.Random | None = None) -> int:
    """Do everything in the queue and what follows from it; how many tasks that were."""
    done = 0
    while tasks := taken() * times:
        if shuffle:
            shuffle.shuffle(tasks)
        for task in tasks:
            assert perform(task), task
        done += len(tasks)
    return done


def perform(task: Json) -> bool:
    """Do one task; whether the queue may forget it."""
    record = {"messageId": "1", "body": json.dumps(task)}
    return not transfers.work({"Records": [record]}, None)["batchItemFailures"]


def made_calls(task: Json) -> Counter[str]:
    """Do one task; what it asked of DynamoDB."""
    made = Counter[str]()

    def note(model: Any, **_: Any) -> None:
        made[model.name] += 1

    events = connection(table.name).client.meta.events
    events.register("before-call.dynamodb", note)
    try:
        assert perform(task), task
    finally:
        events.unregister("before-call.dynamodb", note)
    return made


def imported(content: str | bytes, format: str = "shopify_csv", **options: Any) -> Json:
    """A whole import, as it is in the end."""
    begun = begin(format, **options)
    upload(begun, content)
    work()
    return shown(begun)


def shown(begun: Json, by: Client | None = None) -> Json:
    """An import as it is now."""
    found: Json = (by or admin()).get(f"/v1/product-imports/{begun['import_id']}").ok(200)
    return found


def errors(done: Json) -> list[tuple[int, str, str]]:
    """What was left out: row, column and code of each."""
    if done["errors_url"] is None:
        return []
    rows = csv.DictReader(io.StringIO(requests.get(done["errors_url"], timeout=10).content.decode()))
    return [(int(row["row"]), row["column"], row["code"]) for row in rows]


def exported() -> str:
    """All products as a file."""
    begun = admin().post("/v1/product-exports", {}).ok(202)
    work()
    done = admin().get(f"/v1/product-exports/{begun['export_id']}").ok(200)
    assert done["status"] == "completed"
    return requests.get(done["download_url"], timeout=10).content.decode()
