"""The shop in one process: moto's tables, a client that knocks like API Gateway, and the bus carried by hand."""

import json
import logging
import random
import uuid
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.ses.models import ses_backends

from shop import auth, aws, database, settings, steps, telemetry, tokens
from shop.api import Api, Door
from shop.auth import Caller
from shop.events import envelope
from shop.keeping import Kept
from tests.database import atomic_and_quick, items
from tools import loops

ROOT = Path(__file__).parents[1]
SERVICES = [
    "auth",
    "users",
    "catalog",
    "inventory",
    "carts",
    "discounts",
    "shipping",
    "orders",
    "payments",
    "returns",
    "reviews",
    "search",
    "notifications",
    "webhooks",
]
WITHOUT_TABLES = ["gateway", "operations"]
REGION = "us-east-1"
PAYMENT_SECRETS = {
    "stripe": {"api_key": "sk_test_tradewind", "webhook_secret": "whsec_tradewind"},
    "paypal": {"client_id": "tradewind", "client_secret": "paypal-secret", "webhook_id": "8PT597110X687430LKGECATA"},
    "razorpay": {"key_id": "rzp_test_tradewind", "key_secret": "razorpay-key", "webhook_secret": "razorpay-secret"},
}

MESSAGE_SECRETS = {"callbacks": {"fcm": "a-secret-we-share"}}


def template(name: str) -> dict[str, Any]:
    """A template of the repository, its short tags written out."""
    return loops.template(ROOT / name)


def tables() -> dict[str, dict[str, Any]]:
    """Each service's table as infra/data.yaml declares it."""
    _, services, body = template("infra/data.yaml")["Resources"]["Fn::ForEach::Tables"]
    (resource,) = body.values()
    return dict.fromkeys(services, resource["Properties"])


def app_of(service: str) -> Api:
    """A service's app."""
    found: Api = import_module(f"{service}.app").app
    return found


@dataclass
class Reply:
    """An answer of the API."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def etag(self) -> str:
        return self.headers["ETag"]

    def ok(self, status: int | None = None) -> Any:
        """The body of an answer that must be good."""
        assert self.status == status if status else self.status < 400, (self.status, self.body)
        return self.body

    def refused(self, status: int, code: str) -> Any:
        """The problem of an answer that must be this refusal."""
        assert (self.status, self.body.get("code")) == (status, code), (self.status, self.body)
        assert self.headers["Content-Type"] == "application/problem+json"
        return self.body


@dataclass
class Client:
    """Knocks at the services' doors as one caller, in the events API Gateway sends."""

    caller: Caller | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Reply:
        return self.call("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        return self.call("POST", path, body if body is not None else {}, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Reply:
        return self.call("PUT", path, body if body is not None else {}, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Reply:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Reply:
        return self.call("DELETE", path, None, **headers)

    def call(self, method: str, path: str, body: Any, **headers: str) -> Reply:
        """`headers` are written idempotency_key=..., if_match=...; a str or bytes body is sent as it is."""
        path, _, query = path.partition("?")
        door, app, parameters = _door(method, path)
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        raw = body if isinstance(body, str) or body is None else json.dumps(body)
        if raw is not None:
            sent.setdefault("content-type", "application/json")
        context: dict[str, Any] = {
            "resourcePath": door.path,
            "httpMethod": method,
            "path": path,
            "requestId": str(uuid.uuid4()),
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "tests"},
        }
        if self.caller and door.who.signed_in:
            context["authorizer"] = {
                "user_id": self.caller.user_id,
                "roles": ",".join(self.caller.roles),
                "session_id": self.caller.session_id,
            }
        elif self.caller:
            sent.setdefault("authorization", f"Bearer {_token(self.caller)}")
        pairs: dict[str, list[str]] = {}
        for pair in filter(None, query.split("&")):
            name, _, value = pair.partition("=")
            pairs.setdefault(name, []).append(value)
        event = {
            "headers": sent,
            "multiValueQueryStringParameters": pairs or None,
            "pathParameters": parameters or None,
            "requestContext": context,
            "body": raw,
            "isBase64Encoded": False,
            "stageVariables": None,
        }
        answer = app(event, None)
        text = answer["body"]
        if answer.get("isBase64Encoded"):
            return Reply(answer["statusCode"], answer["headers"], b64decode(text))
        is_json = "json" in answer["headers"].get("Content-Type", "")
        return Reply(answer["statusCode"], answer["headers"], json.loads(text) if text and is_json else text or None)


def _door(method: str, path: str) -> tuple[Door, Api, dict[str, str]]:
    parts = path.split("/")
    best: tuple[int, Door, Api, dict[str, str]] | None = None
    for service in [*SERVICES, *WITHOUT_TABLES]:
        for door in app_of(service).doors:
            wanted = door.path.split("/")
            if door.method != method or len(wanted) != len(parts):
                continue
            if all(w == p or w.startswith("{") for w, p in zip(wanted, parts, strict=True)):
                fixed = sum(w == p for w, p in zip(wanted, parts, strict=True))
                found = {w[1:-1]: p for w, p in zip(wanted, parts, strict=True) if w.startswith("{")}
                if best is None or fixed > best[0]:
                    best = (fixed, door, app_of(service), found)
    assert best, f"no route {method} {path}"
    return best[1:]


def _token(caller: Caller) -> str:
    return json.dumps(caller.model_dump())


def anyone() -> Client:
    """Someone without a token."""
    return Client()


def user(user_id: str | None = None, *roles: str) -> Client:
    """Someone signed in, with these roles (customer when none is named)."""
    user_id = user_id or str(uuid.uuid4())
    return Client(Caller(user_id=user_id, roles=list(roles) or ["customer"], session_id=f"session-of-{user_id}"))


def admin() -> Client:
    """The admin."""
    return user("admin-1", "admin")


def perform(service: str, step: str, **payload: Any) -> Any:
    """Perform a step as the state machine would; what it refuses is raised."""
    return app_of(service).steps({"step": step, **payload}, None)


def pending(service: str) -> list[tuple[str, dict[str, Any]]]:
    """The service's events that nobody has published, oldest first: (detail-type, detail)."""
    return [(row["detail_type"]["S"], json.loads(row["detail"]["S"])) for row in _unpublished(service)]


def _unpublished(service: str) -> list[dict[str, Any]]:
    rows = items(settings.table_name(service), "OBX#")
    return sorted((row for row in rows if "published_at" not in row), key=lambda row: str(row["occurred_at"]["S"]))


def deliver(
    *services: str,
    times: int = 1,
    shuffle: random.Random | None = None,
    to: Callable[[str], bool] = lambda service: True,
) -> list[str]:
    """Carry every pending event (of these services, or all) to its listeners until none is left; the types carried."""
    from relay import store as outboxes

    carried: list[str] = []
    while True:
        batch: list[tuple[str, dict[str, Any]]] = []
        for service in services or SERVICES:
            project(service)
            rows = _unpublished(service)
            outboxes.mark_published(service, rows)
            batch += [(row["detail_type"]["S"], json.loads(row["detail"]["S"])) for row in rows]
        if not batch:
            return carried
        carried += [detail_type for detail_type, _ in batch]
        batch = batch * times
        if shuffle:
            shuffle.shuffle(batch)
        for detail_type, detail in batch:
            hear(detail_type, detail, to)


def counted(service: str, act: Callable[..., Any], *given: Any) -> list[str]:
    """The calls of DynamoDB that something takes of a service."""
    done: list[str] = []

    def note(model: Any, **_: Any) -> None:
        done.append(model.name)

    events = database.connection(settings.table_name(service)).client.meta.events
    events.register("before-call", note)
    try:
        act(*given)
    finally:
        events.unregister("before-call", note)
    return done


def hear(detail_type: str, detail: dict[str, Any], to: Callable[[str], bool] = lambda service: True) -> None:
    """Let every listening service hear one event."""
    body = json.dumps({"detail-type": detail_type, "source": "shop", "detail": detail})
    for listener in SERVICES:
        if to(listener) and detail_type in app_of(listener).hears.handlers:
            app_of(listener).hears.hear(*envelope(body))


def project(service: str) -> None:
    """Do what a service does with its own table's stream: inventory's totals follow the levels that changed."""
    if service != "inventory":
        return
    rows = items(settings.table_name(service), "")
    rows = [row for row in rows if row.get("kind", {}).get("S") in ("stock_level", "stock_item")]
    off = Counter[tuple[str, str, str]]()  # by how much an item's totals and its levels differ
    for row in rows:
        for name in ("quantity", "reserved_quantity"):
            amount = int(row[name]["N"])
            off[(*_unit(row), name)] += amount if row["kind"]["S"] == "stock_level" else -amount
    changed = [
        {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": {"PK": row["PK"], "SK": row["SK"]}}}
        for row in rows
        if row["kind"]["S"] == "stock_level"
        and (off[(*_unit(row), "quantity")] or off[(*_unit(row), "reserved_quantity")] or row["buckets"]["N"] != "1")
    ]
    if changed:
        import_module("inventory.app").events({"Records": changed}, None)


def _unit(row: dict[str, Any]) -> tuple[str, str]:
    return row["PK"]["S"], row["SK"]["S"].split("#")[1]


@contextmanager
def shop() -> Iterator[None]:
    """An empty shop: all tables as declared, keys, secrets, and services that can ask one another."""
    with ExitStack() as stack:
        stack.enter_context(
            patch.dict(
                "os.environ",
                {
                    "AWS_ACCESS_KEY_ID": "test",
                    "AWS_SECRET_ACCESS_KEY": "test",
                    "AWS_DEFAULT_REGION": REGION,
                    "AWS_EC2_METADATA_DISABLED": "true",
                },
            )
        )
        stack.enter_context(mock_aws())
        stack.enter_context(atomic_and_quick())
        _forget_clients()
        stack.enter_context(patch.object(boto3, "client", cache(boto3.client)))  # the making of one takes a while
        database = boto3.client("dynamodb", REGION)
        for service, shape in tables().items():
            wanted = {k: v for k, v in shape.items() if k in _CREATE}
            database.create_table(**{**wanted, "TableName": settings.table_name(service)})
        key = boto3.client("kms", REGION).create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        data_key = boto3.client("kms", REGION).create_key()
        secret = boto3.client("secretsmanager", REGION).create_secret(Name="s", SecretString="a-secret-for-tests")
        aws.client("s3").create_bucket(Bucket="transfers")
        aws.client("s3").create_bucket(Bucket="index")
        queue = boto3.client("sqs", REGION).create_queue(QueueName="transfers")
        deliveries = boto3.client("sqs", REGION).create_queue(QueueName="deliveries")
        providers = boto3.client("secretsmanager", REGION).create_secret(
            Name="payments", SecretString=json.dumps(PAYMENT_SECRETS)
        )
        messages = boto3.client("secretsmanager", REGION).create_secret(
            Name="notifications", SecretString=json.dumps(MESSAGE_SECRETS)
        )
        stack.enter_context(
            patch.dict(
                "os.environ",
                {
                    "TOKEN_KEYS": key["KeyMetadata"]["Arn"],
                    "DATA_KEY": data_key["KeyMetadata"]["Arn"],
                    "CURSOR_SECRET": secret["ARN"],
                    "MOCK_WEBHOOK_SECRET": secret["ARN"],
                    "PAYMENT_SECRETS": providers["ARN"],
                    "NOTIFICATION_SECRETS": messages["ARN"],
                    "MAIL_FROM": "shop@example.com",
                    "INDEX_BUCKET": "index",
                    "TRANSFERS_BUCKET": "transfers",
                    "TRANSFERS_QUEUE": queue["QueueUrl"],
                    "WEBHOOKS_QUEUE": deliveries["QueueUrl"],
                },
            )
        )
        boto3.client("ses", REGION).verify_email_identity(EmailAddress="shop@example.com")
        stack.enter_context(patch.object(settings, "ARGON2_MEMORY_KIB", 64))  # passwords cost little in tests
        for name in LIMITS:
            stack.enter_context(patch.object(settings, name, 0))  # a test that wants limits sets them
        stack.enter_context(patch.object(steps, "ask", _ask))
        stack.enter_context(patch.object(auth, "ask", _ask))
        stack.enter_context(patch("shop.requests.verify", _verify))
        yield
        _forget_clients()


def empty() -> None:
    """Forget everything the shop has stored, sent or ended; its tables and keys stay."""
    for made in dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables.values():
        made.items.clear()
    ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages.clear()
    ENDED.clear()
    for kept in Kept.every:
        kept.forget()
    import_module("search.logic.searching").shelf.forget()


@contextmanager
def logged() -> Iterator[list[dict[str, Any]]]:
    """The log lines written meanwhile, as CloudWatch takes them; the list is filled when it is over."""
    lines: list[dict[str, Any]] = []
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(telemetry.logger.registered_formatter)
    told = logging.getLogger(telemetry.logger.name)
    told.addHandler(handler)
    try:
        yield lines
    finally:
        told.removeHandler(handler)
        lines += [json.loads(line) for line in out.getvalue().splitlines()]


def mails() -> list[Any]:
    """The mails sent so far."""
    return list(ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages)


LIMITS = [name for name in vars(settings) if name.startswith("RATE_")]
_CREATE = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
ENDED: set[str] = set()  # sessions of kit users that are over


def _ask(service: str, step: str, payload: dict[str, Any]) -> dict[str, Any]:
    if step == "check_session" and payload["session_id"].startswith("session-of-"):
        user_id = payload["session_id"].removeprefix("session-of-")
        roles = (
            ["admin"] if user_id.startswith("admin") else ["support"] if user_id.startswith("support") else ["customer"]
        )
        return {"active": payload["session_id"] not in ENDED, "user_id": user_id, "roles": roles}
    answered: dict[str, Any] = app_of(service).steps({"step": step, **payload}, None)
    return answered


def _verify(token: str) -> Caller:
    if token.startswith("{"):
        return Caller.model_validate_json(token)
    return auth.verify(token)


def _forget_clients() -> None:
    from shop import pages

    for cached in (aws.client, database.connection, settings.secret, tokens.public_keys, pages._signer):
        cached.cache_clear()
    boto3.DEFAULT_SESSION = None
