"""Providers of money on this machine: Stripe's stand-in, and recorded contracts of others replayed on loopback."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from tests import kit

Json = dict[str, Any]
RECORDINGS = Path(__file__).parent / "recordings"

# localstripe on a free port of loopback, writing nothing to disk. It knows one field by its former name only.
LOCALSTRIPE = """
import socket
from aiohttp import web
from localstripe import resources, server

resources.Store.dump_to_disk = lambda self: None
made = resources.PaymentIntent.__init__

def make(self, allowed_payment_method_types=None, **fields):
    made(self, payment_method_types=allowed_payment_method_types, **fields)

resources.PaymentIntent.__init__ = make
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
web.run_app(server.app, sock=listening, print=None)
"""


@dataclass
class LocalStripe:
    """Stripe's stand-in, as Stripe's own browser script and dashboard would use it."""

    address: str

    def card(self, number: str = "4242424242424242") -> str:
        """A payment method for a card."""
        card = {"number": number, "exp_month": "12", "exp_year": "2040", "cvc": "123"}
        return str(self.call("POST", "/v1/payment_methods", {"type": "card", "card": card})["id"])

    def intents(self) -> list[Json]:
        """All payment intents, newest first."""
        return list(self.call("GET", "/v1/payment_intents")["data"])

    def refunds(self) -> list[Json]:
        """All refunds, newest first."""
        return list(self.call("GET", "/v1/refunds")["data"])

    def authenticate(self, intent: str, secret: str, success: bool = True) -> None:
        """The owner of the card passes 3-D Secure, or does not."""
        self.call("POST", f"/v1/payment_intents/{intent}/_authenticate", {"client_secret": secret, "success": success})

    def call(self, method: str, path: str, body: Json | None = None) -> Any:
        answer = httpx.request(method, self.address + path, json=body, auth=("sk_test_of_the_test", ""))
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def localstripe() -> Iterator[LocalStripe]:
    """Stripe's stand-in in a process of its own, while inside."""
    with subprocess.Popen([sys.executable, "-c", LOCALSTRIPE], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield LocalStripe(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()


@dataclass
class Asked:
    """What a provider was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Contract:
    """A provider's recorded answers. Some are given only in one state of things, and some lead to another.

    What is in double braces was said in an earlier request (`remember`: the name, and the field it was said in).
    """

    exchanges: list[Json]
    state: str = "new"
    address: str = ""
    asked: list[Asked] = field(default_factory=list)
    silent: dict[str, str] = field(default_factory=dict)  # part of a path -> unanswered "before" or "after" its effect
    heard: dict[str, str] = field(default_factory=dict)

    def times(self, method: str, part: str) -> int:
        """How often it was asked this."""
        return sum(asked.method == method and part in asked.path for asked in self.asked)

    def answer(self, asked: Asked) -> tuple[int, Any] | None:
        """What is answered, or None when the line goes dead."""
        self.asked.append(asked)
        part = next((part for part in self.silent if asked.method == "POST" and part in asked.path), None)
        when = self.silent.pop(part) if part else None
        if when == "before":
            return None
        unknown: Json = {"status": 404, "body": {"name": "RESOURCE_NOT_FOUND"}}
        found = next((e for e in self.exchanges if self._fits(e, asked)), unknown)
        for name, said_in in found.get("remember", {}).items():
            self.heard[name] = asked.body[said_in]
        self.state = found.get("then", self.state)
        text = json.dumps(found["body"])
        for name, value in self.heard.items():
            text = text.replace(f"{{{{{name}}}}}", value)
        return None if when == "after" else (found["status"], json.loads(text))

    def _fits(self, exchange: Json, asked: Asked) -> bool:
        path = exchange["path"]
        for name, value in self.heard.items():
            path = path.replace(f"{{{{{name}}}}}", value)
        fits_body = all((asked.body or {}).get(k) == v for k, v in exchange.get("body_has", {}).items())
        fits_path = asked.path.startswith(path[:-1]) if path.endswith("*") else asked.path == path
        fits_state = self.state in exchange.get("when", [self.state])
        return exchange["method"] == asked.method and fits_path and fits_state and fits_body


@contextmanager
def replaying(name: str) -> Iterator[Contract]:
    """A provider's contract on loopback, while inside."""
    contract = Contract(json.loads((RECORDINGS / f"{name}.json").read_text()))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = "json" not in (self.headers["Content-Type"] or "")
            self._answer(raw if form else json.loads(raw or "{}"))

        def _answer(self, body: Any) -> None:
            headers = {key.lower(): value for key, value in self.headers.items()}
            answer = contract.answer(Asked(self.command, self.path, headers, body))
            if answer is None:
                self.close_connection = True
                return
            raw = b"" if answer[1] is None else json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    contract.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield contract
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def told(kind: str, data: Json, event_id: str = "e1") -> None:
    """Let payments hear one event."""
    detail = {
        "id": event_id,
        "type": kind,
        "version": 1,
        "occurred_at": "2026-01-31T09:00:00.000Z",
        "aggregate_type": kind.split(".")[0],
        "aggregate_id": "a1",
        "aggregate_version": 2,
        "correlation_id": "c",
        "actor": {"type": "system", "id": None},
        "data": data,
    }
    kit.hear(kind, detail, lambda service: service == "payments")


def confirmed(order: str = "o1", event_id: str = "confirmed-1") -> None:
    """The order was confirmed."""
    sample = json.loads((kit.ROOT / "events/samples/order.confirmed.json").read_text())
    data = {**(sample.get("detail") or sample)["data"], "order_id": order}
    told("order.confirmed", data, event_id)


def sent(order: str = "o1", event_id: str = "sent-1") -> None:
    """The first parcel of the order has left."""
    told("order.shipped", {"order_id": order, "order_number": "ORD-1", "user_id": "ann"}, event_id)
