"""The shop in this process with its streams, bus and queues, counting what runs and what is called.

Relaying and hearing come in rounds, as they do with the batch windows of `infra/flows.yaml`: everything a round has
written is relayed together (a function for each table) and heard together (a function for each queue); by those whose
window is longer than a round, once all is said.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from moto.events.models import EventPattern

from gateway.authorizer import authorize
from relay import app as relay
from relay import logic as relaying
from shop import aws, settings, telemetry
from shop.auth import Caller
from tests import kit
from tests.bench import units
from tests.bench.bill import Bill, Call, Invocation
from tests.kit import ROOT, Client, Reply, anyone, perform
from tests.proof.machine import Json, StepFunctions, running
from tools.loops import expanded, template

PASSWORD = "a long walk by the sea"
STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/{}/stream/bench"
ROUND = 2  # seconds
METHOD = "arn:aws:execute-api:us-east-1:123456789012:bench/v/GET/v1"


@dataclass
class Member(Client):
    """Someone with a real session, who comes by the authorizer the first time (its answer is kept a while)."""

    token: str = ""
    cloud: "Cloud | None" = None

    def call(self, method: str, path: str, body: Any, **headers: str) -> Reply:
        if self.cloud and self.token not in self.cloud.known:
            with self.cloud.invocation("authorizer"):
                authorize({"authorizationToken": f"Bearer {self.token}", "methodArn": METHOD}, None)
            self.cloud.known.add(self.token)
        return super().call(method, path, body, **headers)


@dataclass
class Cloud:
    """What AWS does around the functions."""

    machine: StepFunctions
    bill: Bill = field(default_factory=Bill)
    known: set[str] = field(default_factory=set)  # tokens whose answer the gateway keeps
    _running: list[Invocation] = field(default_factory=list)
    _entries: list[Json] = field(default_factory=list)
    _queues: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def member(self, name: str) -> Member:
        """Someone who has registered and signed in."""
        anyone().post("/v1/accounts", {"email": f"{name}@example.com", "password": PASSWORD}).ok(201)
        return self.signed_in(f"{name}@example.com")

    def admin(self) -> Member:
        """Who runs the shop, signed in."""
        perform("auth", "seed_admin", email="root@example.com", password=PASSWORD)
        return self.signed_in("root@example.com")

    def signed_in(self, email: str) -> Member:
        """Someone who is known, with a new session."""
        pair = anyone().post("/v1/sessions", {"identifier": email, "password": PASSWORD}).ok(201)
        session = pair["session"]
        roles = ["customer", "admin"] if email.startswith("root@") else ["customer"]
        caller = Caller(user_id=session["user_id"], roles=roles, session_id=session["session_id"])
        return Member(caller, token=pair["access_token"], cloud=self)

    @contextmanager
    def counting(self) -> Iterator[Bill]:
        """A new bill for what happens inside."""
        before, self.bill = self.bill, Bill()
        runs = set(self.machine.runs)
        try:
            yield self.bill
        finally:
            self.bill.transitions = sum(len(r.path) for name, r in self.machine.runs.items() if name not in runs)
            self.bill = before

    def settle(self) -> None:
        """Let the checkout's runs end, and everything be relayed and heard."""
        self.machine.drain()
        while self._relay() or self._queues:
            self._hear([service for service in self._queues if _is_quick(service)] or [*self._queues])

    def _relay(self) -> bool:
        """Follow the tables' streams; whether anything was said."""
        kit.project("inventory")
        for service in kit.SERVICES:
            rows = kit._unpublished(service)
            arn = STREAM.format(settings.table_name(service))
            for batch in _batches(rows, _most(f"{service}Stream")):
                records = [{"eventSourceARN": arn, "dynamodb": {"NewImage": row}} for row in batch]
                relay.stream({"Records": records}, None)
        said, self._entries = self._entries, []
        self.bill.entries += len(said)
        for entry in said:
            for service in _listeners(entry):
                self.bill.messages += 1
                self._queues[service].append(
                    json.dumps({"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])})
                )
        return bool(said)

    def _hear(self, services: Iterable[str]) -> None:
        for service in services:
            for batch in _batches(self._queues.pop(service), _most(f"-{service}-events")):
                self.bill.batches += 1
                records = [{"messageId": str(number), "body": body} for number, body in enumerate(batch)]
                told = import_module(f"{service}.app").events({"Records": records}, None)
                assert told == {"batchItemFailures": []}, (service, batch, told)

    def put_events(self, Entries: list[Json]) -> Json:
        """The bus."""
        self._note("events", "PutEvents", {})
        self._entries += Entries
        return {"Entries": [{} for _ in Entries]}

    @contextmanager
    def invocation(self, door: str, **facts: Any) -> Iterator[Json]:
        """One run of a function."""
        run = Invocation(door)
        self.bill.invocations.append(run)
        self._running.append(run)
        try:
            yield {}
        finally:
            self._running.pop()

    def call(self, client: BaseClient, operation: str, params: Json) -> Any:
        """One call of botocore's."""
        service = client.meta.service_model.service_name
        if not self._running:
            return CALL(client, operation, params)
        if service != "dynamodb":
            self._note(service, operation, params)
            return CALL(client, operation, params)
        used = units.Units()
        try:
            with units.counted(operation, params, used):
                used.answer = CALL(client, operation, params)
        finally:  # a write that is refused is a call, too
            self._note(service, operation, params, used)
        return used.answer

    def _note(self, service: str, operation: str, params: Json, used: units.Units | None = None) -> None:
        used = used or units.Units()
        self._running[-1].calls.append(Call(service, operation, _about(params), used.read, used.wrote))


CALL = BaseClient._make_api_call  # type: ignore[attr-defined]


def _about(params: Json) -> str:
    """What a call of DynamoDB is about, for those who look at a bill closely."""
    writes = [next(iter(write.values())) for write in params.get("TransactItems", [])] or [params]
    keys = [write.get("Key") or write.get("Item") or {} for write in writes]
    names = [f"{k['PK']['S'].partition('#')[0]}/{k['SK']['S'].partition('#')[0]}" for k in keys if "PK" in k]
    asked = [value["S"] for value in params.get("ExpressionAttributeValues", {}).values() if "S" in value]
    return " ".join(names) or (asked[0] if asked and "KeyConditionExpression" in params else "")


def _batches(things: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    return (things[start : start + most] for start in range(0, len(things), most))


@cache
def _mapping(source: str) -> Json:
    """How what a source has to say comes to its function, as the template has it."""
    for made in (made for _, made in expanded(template(ROOT / "infra/flows.yaml")["Resources"])):
        asked = made["Properties"].get("EventSourceArn", {})
        if "BatchSize" in made["Properties"] and next(iter(asked.values()), "").endswith(source):
            properties: Json = made["Properties"]
            return properties
    raise LookupError(source)


def _most(source: str) -> int:
    """How many come together."""
    return int(_mapping(source)["BatchSize"])


def _is_quick(service: str) -> bool:
    """Whether a service hears what was said before the others have answered it."""
    return int(_mapping(f"-{service}-events")["MaximumBatchingWindowInSeconds"]) <= ROUND


@cache
def _rules() -> list[tuple[str, EventPattern]]:
    """Each rule's pattern and the service whose queue is its target."""
    rules = [
        rule["Properties"]
        for rule in kit.template("infra/messaging.yaml")["Resources"].values()
        if isinstance(rule, dict) and rule.get("Type") == "AWS::Events::Rule" and "EventBusName" in rule["Properties"]
    ]
    queues = [(rule["Targets"][0]["Arn"].get("Fn::GetAtt", ""), rule["EventPattern"]) for rule in rules]
    return [
        (queue.split(".")[0].removesuffix("Queue"), EventPattern.load(json.dumps(pattern)))
        for queue, pattern in queues
        if queue
    ]


def _listeners(entry: Json) -> list[str]:
    said: Any = {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
    return [service for service, pattern in _rules() if pattern.matches_event(said)]


@contextmanager
def opened() -> Iterator[Cloud]:
    """An empty shop in its cloud."""
    with ExitStack() as stack:
        stack.enter_context(kit.shop())
        machine = stack.enter_context(running())
        cloud = Cloud(machine)
        machine.paused = True
        # What is kept for a minute is kept while the bench runs: a slow machine reads no more than a quick one.
        stack.enter_context(patch("shop.keeping.time", SimpleNamespace(time=lambda: 0.0)))
        real = aws.client
        stack.enter_context(patch.dict(os.environ, {"EVENT_BUS": "bench"}))
        stack.enter_context(patch.object(relaying, "client", lambda name: cloud if name == "events" else real(name)))
        stack.enter_context(patch.object(telemetry, "invocation", cloud.invocation))
        stack.enter_context(patch.object(BaseClient, "_make_api_call", lambda c, o, p: cloud.call(c, o, p)))
        yield cloud
