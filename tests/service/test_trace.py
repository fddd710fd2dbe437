"""One request, followed to its last consequence; and the story of an order that operators are told (B35)."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any
from unittest.mock import patch

import boto3
import pytest

from relay import app as relay
from relay import logic as relaying
from shop import aws, ids
from shop.events.auth import UserCreated
from shop.masking import masked
from shop.table import Table
from tests import kit
from tests.database import items
from tests.kit import SERVICES, app_of, logged
from tests.proof import machine
from tests.proof.machine import Json, StepFunctions, running
from tests.proof.shopper import Buyer, Shelf, a_buyer, fresh, furnished, webhook
from tools.places import Place
from tools.trace import __main__ as trace
from tools.trace.moments import money
from tools.trace.story import NoSuchOrder, tell

pytestmark = pytest.mark.usefixtures("shop")


class Bus:
    """Carries what the relay puts on it to each listener's queue, and hands that to its function as Lambda does."""

    def __init__(self) -> None:
        self.entries: list[Json] = []

    def put_events(self, Entries: list[Json]) -> Json:
        self.entries += Entries
        return {"Entries": [{"EventId": ids.new_id()} for _ in Entries]}

    def carry(self) -> None:
        """Until nothing is left to be said. Each function is a process of its own: it knows what it was handed."""
        while self._relay():
            entries, self.entries = self.entries, []
            for listener in SERVICES:
                heard = [
                    {"messageId": ids.new_id(), "body": json.dumps({"detail-type": kind, "detail": detail})}
                    for entry in entries
                    if (kind := entry["DetailType"]) in app_of(listener).hears.handlers
                    and (detail := json.loads(entry["Detail"]))
                ]
                for batch in (heard[n : n + 10] for n in range(0, len(heard), 10)):
                    answer = Context().run(app_of(listener).events, {"Records": batch}, None)
                    assert answer == {"batchItemFailures": []}

    def _relay(self) -> bool:
        for service in SERVICES:
            arn = f"arn:aws:dynamodb:us-east-1:1:table/test-{service}/stream/x"
            rows = [row for row in items(f"test-{service}", "OBX#") if "published_at" not in row]
            if rows:
                records = [{"eventSourceARN": arn, "dynamodb": {"NewImage": row}} for row in rows]
                Context().run(relay.stream, {"Records": records}, None)
        return bool(self.entries)


def said() -> dict[str, Json]:
    """All events so far, by id."""
    rows = (row for service in SERVICES for row in items(f"test-{service}", "OBX#"))
    return {row["event_id"]["S"]: json.loads(row["detail"]["S"]) for row in rows}


@contextmanager
def bus() -> Iterator[Bus]:
    made = Bus()
    with (
        patch.dict("os.environ", {"EVENT_BUS": "test-shop"}),
        patch.object(relaying, "client", lambda name: made if name == "events" else aws.client(name)),
    ):
        yield made


def a_member(shelf: Shelf) -> Buyer:
    """Somebody who pays by card, and whose mail address is known."""
    kit.perform("notifications", "seed_templates")
    buyer = a_buyer(shelf)
    with Table("auth").transaction() as tx:
        tx.say(UserCreated(user_id=buyer.user_id, email="ann@example.com", roles=["customer"], language="en"))
    return buyer


def apart(service: str, payload: Json) -> Any:
    """A step, in a process of its own."""
    return Context().run(machine.perform, service, payload)


def somewhere(runs: StepFunctions) -> Place:
    return Place("test", lambda name: runs if name == "stepfunctions" else boto3.client(name, kit.REGION))  # type: ignore[call-overload]


def test_a_request_is_followed_from_the_api_through_the_machine_and_every_event_to_the_last_who_hears_of_it() -> None:
    """B35: one correlation id in each run, each event and each log line, however far from the request."""
    buyer, request_id = a_member(furnished()), f"request-{uuid.uuid4()}"
    with bus() as carrier, running(perform=apart) as runs:
        wish = buyer.wish(buyer.fill())
        carrier.carry()
        before = said()
        with logged() as lines:
            placed = buyer.client.post(
                "/v1/checkouts", wish, idempotency_key=fresh("k"), prefer="wait=1", x_request_id=request_id
            )
            assert placed.headers["X-Request-Id"] == request_id
            carrier.carry()
    (run,) = runs.runs.values()
    assert (run.status, run.input["correlation_id"]) == ("SUCCEEDED", request_id)
    new = {event_id: event for event_id, event in said().items() if event_id not in before}
    assert {event["correlation_id"] for event in new.values()} == {request_id}
    last = {event["type"]: event for event in new.values()}
    assert last["payment.succeeded"]["causation_id"] is last["notification.sent"]["causation_id"] is None  # steps
    assert new[last["cart.converted"]["causation_id"]]["type"] == "order.confirmed"
    doors = {line["door"]: line for line in lines if "door" in line}
    assert {"POST /v1/checkouts", "carts.lock_cart", "relay.stream", "notifications.events", "shipping.events"} <= {
        *doors
    }
    for line in lines:
        assert request_id in [line["correlation_id"], *line.get("correlation_ids", [])], line
    assert doors["notifications.events"]["correlation_ids"] == [request_id]


def test_an_orders_whole_story_is_told_in_the_order_of_time(capsys: pytest.CaptureFixture[str]) -> None:
    """From the cart to the return, by number or id, with nobody's name, address or number in it."""
    buyer = a_member(furnished())
    with bus() as carrier, running(perform=apart) as runs:
        waiting = a_buyer(buyer.shelf, "tok_requires_action")
        given_up = waiting.buy()
        webhook("payment.failed", given_up["next_action"]["provider_payment_id"]).ok(200)
        carrier.carry()
        order_id = buyer.buy()["order_id"]
        carrier.carry()
        order = buyer.order(order_id)
        why = {"reason": "ask ann@example.com or +1 415 555 0100"}
        buyer.client.post(f"/v1/orders/{order_id}/cancellations", why, idempotency_key=fresh("k")).ok(202)
        carrier.carry()
        place = somewhere(runs)
        by_number, by_id = tell(place, order["order_number"].lower()), tell(place, order_id)
        failed = tell(place, given_up["checkout_id"])
        capsys.readouterr()
        trace.show(by_number)
        with pytest.raises(NoSuchOrder):
            tell(place, "ORD-20000101-000000")
    assert by_number == by_id
    story = [(moment.where, moment.what) for moment in by_number.moments]
    for happened in [
        ("orders", "checkout begun"),
        ("machine", "ChargePayment"),
        ("machine", "run succeeded"),
        ("orders", "order confirmed"),
        ("orders", "order cancelled"),
        ("inventory", "sale"),
        ("inventory", "return"),
        ("payments", "charge succeeded"),
        ("payments", "refund succeeded"),
        ("orders", "told order.cancelled"),
        ("payments", "told refund.succeeded"),
        ("inventory", "told reservation.completed"),
        ("notifications", "told notification.sent"),
        ("notifications", "order_confirmation by email sent"),
        ("notifications", "order_cancelled by email: attempt sent"),
    ]:
        assert happened in story, happened
    assert story.index(("orders", "checkout begun")) < story.index(("orders", "order cancelled"))
    told = {moment.what: moment for moment in by_number.moments}
    assert "carts" in told["told order.confirmed"].detail.partition("answered ")[2].split()
    assert told["told order.cancelled"].correlation_id != told["told order.confirmed"].correlation_id
    undone = [moment.what for moment in failed.moments if moment.where == "machine"]
    assert undone.index("ReversePayment") < undone.index("ReleaseStock") < undone.index("UnlockCart")
    assert any(moment.bad and "payment_declined" in moment.detail for moment in failed.moments)
    printed = capsys.readouterr().out
    assert order["order_number"] in printed
    for private in ("Ann", "Main St", "San Francisco", "415 555", "example.com", "ring twice"):
        assert private not in printed, private


def test_words_are_told_without_addresses_and_numbers() -> None:
    assert masked("to ann.lee+1@mail.example.com, +1 (415) 555-0100") == "to a***@m***.example.com, +***"


def test_amounts_are_read_as_people_write_them() -> None:
    assert money({"amount": 104_000, "currency": "USD"}) == "1,040.00 USD"
    assert money({"amount": 1040, "currency": "JPY"}) == "1,040 JPY"
    assert money(None) == ""
