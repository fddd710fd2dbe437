"""Webhooks in tests: a receiver on this machine, events out of the samples, and the queue carried by hand."""

import json
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any

import time_machine
from standardwebhooks import Webhook

from shop import clock
from shop.aws import client
from tests import kit
from tests.kit import ROOT, Reply, admin
from webhooks import deliveries

Json = dict[str, Any]
PATH = "/v1/webhook-endpoints"


@dataclass
class Post:
    """What came, and how it was asked for."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def event(self) -> Json:
        found: Json = json.loads(self.body)
        return found

    def verified_by(self, secret: str) -> Json:
        """What was said, if it was said under this secret; by the library receivers use."""
        return dict(Webhook(secret).verify(self.body, self.headers))


@dataclass
class Receiver:
    """Somebody's program that is told what happens in the shop."""

    port: int = 0
    scheme: str = "http"
    answers: Callable[[int], int] = lambda _: 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    got: list[Post] = field(default_factory=list)
    before_answering: Callable[[], object] = lambda: None

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hooks?shop=1"


@contextmanager
def receiver(tls: SSLContext | None = None) -> Iterator[Receiver]:
    """One that listens."""
    ours = Receiver(scheme="https" if tls else "http")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            ours.got.append(Post(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            ours.before_answering()
            self.send_response(ours.answers(len(ours.got)))
            for name, value in {"Content-Length": str(len(ours.body)), **ours.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(ours.body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who was hung up on may complain
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    ours.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield ours
    finally:
        server.shutdown()
        server.server_close()


def endpoint(url: str, *event_types: str, **more: Any) -> Json:
    """A new endpoint, with its secret."""
    body = {"url": url, "event_types": list(event_types) or ["*"], **more}
    made: Json = admin().post(PATH, body).ok(201)
    return made


def happened(event_type: str = "order.confirmed", occurred_at: str | None = None) -> Json:
    """An event as it comes over the bus, and is heard. It has just happened, unless it says when."""
    detail: Json = json.loads((ROOT / f"events/samples/{event_type}.json").read_text())["detail"]
    detail = {**detail, "id": str(uuid.uuid4()), "occurred_at": occurred_at or clock.now()}
    heard(detail)
    return detail


def heard(detail: Json) -> None:
    """Let webhooks alone hear an event."""
    kit.hear(detail["type"], detail, to=lambda service: service == "webhooks")


def taken() -> list[Json]:
    """The messages whose time has come, taken out of the queue."""
    queue, found = os.environ["WEBHOOKS_QUEUE"], list[Json]()
    while some := client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in some:
            client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            found.append({"messageId": message["MessageId"], "body": message["Body"]})
    return found


def carried() -> int:
    """Let senders work on all messages whose time has come; how many those are."""
    if records := taken():
        assert deliveries.work({"Records": records}, None) == {"batchItemFailures": []}
    return len(records)


def woken() -> None:
    """Let the job find what is due."""
    kit.app_of("webhooks").jobs({"job": "send_due"}, None)


@contextmanager
def later(seconds: float) -> Iterator[None]:
    """So much later."""
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds)):
        yield


def deliveries_of(made: Json, **query: str) -> list[Json]:
    """What is on its way to an endpoint, or was; newest first."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    found: list[Json] = admin().get(f"{PATH}/{made['id']}/deliveries?{asked}").ok()["data"]
    return found


def read(made: Json, delivery: Json | None = None) -> Json:
    """One delivery to an endpoint, with all that is known of it."""
    delivery = delivery or deliveries_of(made)[0]
    found: Json = admin().get(f"{PATH}/{made['id']}/deliveries/{delivery['id']}").ok()
    return found


def change(made: Json, **fields: Any) -> Reply:
    """Change an endpoint as it is now."""
    etag = admin().get(f"{PATH}/{made['id']}").etag
    return admin().patch(f"{PATH}/{made['id']}", fields, if_match=etag)
