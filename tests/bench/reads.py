"""What a warm read costs: its calls, and its processor time over the least that could answer it."""

import gc
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from logging import StreamHandler
from statistics import median
from typing import Any
from unittest.mock import patch

import boto3
from boto3.dynamodb.conditions import Key
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

from shop import settings, telemetry
from tests.bench.cloud import CALL
from tests.bench.order import House, a_house
from tests.bench.rows import Row, Tell
from tests.kit import REGION, Client, app_of
from tests.proof.shopper import Buyer

TIMES, ROUNDS = 250, 8
Handler = Callable[[Any, Any], Any]
_REAL = telemetry.invocation


def rows(tell: Tell) -> Iterator[Row]:
    """The reads that matter most."""
    with a_house() as house:
        buyer = house.buyer("reader")
        order, _ = house.place(buyer, ("MUG", 2), ("SHIRT-L", 1))
        cart = buyer.fill(("MUG", 1))
        product_id, _ = house.shelf.units["MUG"]
        tell("calls of reads")
        yield from _calls(
            house,
            buyer,
            {
                "GET /products/{id}": (f"/v1/products/{product_id}", 1),
                "GET /orders/{id}": (f"/v1/orders/{order['order_id']}", 1),
                "GET /carts/current?cart_id=": (f"/v1/carts/current?cart_id={cart['cart_id']}", 1),
                "GET /carts/current": ("/v1/carts/current", 2),
            },
        )
        tell("processor time of reads")
        cached = {"PK": f"CACHE#{product_id}", "SK": "CACHE"}
        yield _over("GET /products/{id}", f"/v1/products/{product_id}", buyer, got("catalog", cached))
        yield _over(
            "GET /orders/{id}",
            f"/v1/orders/{order['order_id']}",
            buyer,
            queried("orders", f"ORDER#{order['order_id']}"),
        )


def _calls(house: House, buyer: Buyer, reads: Mapping[str, tuple[str, int]]) -> Iterator[Row]:
    for name, (path, budget) in reads.items():
        buyer.client.get(path).ok(200)
        with house.cloud.counting() as bill:
            buyer.client.get(path).ok(200)
        yield Row(f"{name}: DynamoDB calls", len(bill.calls()), "calls", budget)


def got(service: str, key: Mapping[str, str]) -> Handler:
    """The least that answers with an item: a resource of boto3's, its item as JSON, one line to the log."""
    table = boto3.resource("dynamodb", REGION).Table(settings.table_name(service))

    def handler(event: Any, context: Any) -> Any:
        item = table.get_item(Key=key, ConsistentRead=True)["Item"]
        print(json.dumps({"door": event["requestContext"]["path"]}))
        return {"statusCode": 200, "headers": {}, "body": json.dumps(item, default=int)}

    return handler


def queried(service: str, pk: str) -> Handler:
    """The least that answers with all items under one key."""
    table = boto3.resource("dynamodb", REGION).Table(settings.table_name(service))

    def handler(event: Any, context: Any) -> Any:
        items = table.query(KeyConditionExpression=Key("PK").eq(pk), ConsistentRead=True)["Items"]
        print(json.dumps({"door": event["requestContext"]["path"]}))
        return {"statusCode": 200, "headers": {}, "body": json.dumps(items, default=int)}

    return handler


def _over(name: str, path: str, buyer: Buyer, least: Handler) -> Row:
    """Ours over the least, with DynamoDB's answers ready at hand; the median of rounds in turn."""
    event, ours = _event(buyer.client, path)
    with uncounted(), answers_at_hand(), logged() as log, redirect_stdout(log):
        assert ours(event, None)["statusCode"] == least(event, None)["statusCode"] == 200
        ratios = []
        for _ in range(ROUNDS):
            ratios.append(_spent(ours, event) / _spent(least, event))
            log.seek(0)
            log.truncate()
    return Row(f"{name}: processor time over bare boto3", median(ratios), "ratio", 1.3)


@contextmanager
def logged() -> Iterator[StringIO]:
    """Where the lines of the log go, ours and those of the least."""
    handler, level = telemetry.logger.registered_handler, telemetry.logger.log_level
    assert isinstance(handler, StreamHandler)
    log = StringIO()
    before = handler.setStream(log)
    telemetry.logger.setLevel("INFO")
    try:
        yield log
    finally:
        handler.setStream(before)
        telemetry.logger.setLevel(level)


@contextmanager
def uncounted() -> Iterator[None]:
    """As it is outside of the bench."""
    with patch.object(telemetry, "invocation", _REAL), patch.object(BaseClient, "_make_api_call", CALL):
        yield


def _event(client: Client, path: str) -> tuple[Any, Handler]:
    """The event API Gateway would send, caught at the door."""
    caught: list[tuple[Any, Handler]] = []
    service = {"products": "catalog", "orders": "orders"}[path.split("/")[2]]
    app = app_of(service)
    real = type(app).__call__

    def catch(self: Any, event: Any, context: Any) -> Any:
        caught.append((event, app))
        return real(self, event, context)

    with patch.object(type(app), "__call__", catch):
        client.get(path).ok(200)
    return caught[0]


def _spent(handler: Handler, event: Any) -> float:
    gc.collect()
    began = time.process_time()
    for _ in range(TIMES):
        handler(event, None)
    return time.process_time() - began


@contextmanager
def answers_at_hand() -> Iterator[None]:
    """Each request is answered as it was the first time, without anybody looking it up."""
    kept: dict[tuple[str, bytes], tuple[int, Any, bytes]] = {}
    real = BotocoreStubber.__call__

    def answer(self: Any, event_name: str, request: Any, **more: Any) -> Any:
        asked = str(request.headers.get("X-Amz-Target")), bytes(request.body or b"")
        if asked not in kept:
            first: Any = real(self, event_name, request, **more)
            kept[asked] = first.status_code, first.headers, first.content
        status, headers, content = kept[asked]
        return AWSResponse(request.url, status, headers, MockRawResponse(content))

    with patch.object(BotocoreStubber, "__call__", answer):
        yield
