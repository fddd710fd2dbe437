"""Events are written with the change, never lost and never made up (B4, B5, B29, I6; AP1; PLT-01)."""

import json
from typing import Any

import boto3
import pytest

from relay import app as relay
from relay import logic, store
from shop import clock, ids
from shop.aws import client
from shop.errors import Refusal, Transient, conflict
from shop.events.orders import CheckoutCompensationFailed, CheckoutFailed, DeliveryAddress, OrderConfirmed
from shop.events.users import AddressChanged
from shop.money import Money
from shop.table import PRESENT, Key, Table
from tests import kit

pytestmark = pytest.mark.usefixtures("shop")

users = Table("users")


class Bus:
    """Stands where the bus is: takes entries, or refuses those it is told to."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.refuses: set[str] = set()
        self.breaks = False

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        assert len(Entries) <= 10
        assert sum(len(entry["Detail"]) for entry in Entries) < 262_144
        if self.breaks:
            raise ConnectionError("the bus is away")
        answer = []
        for entry in Entries:
            refused = json.loads(entry["Detail"])["aggregate_id"] in self.refuses
            self.taken += [] if refused else [entry]
            answer.append({"ErrorCode": "InternalFailure"} if refused else {"EventId": ids.new_id()})
        return {"Entries": answer}


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    made = Bus()
    monkeypatch.setenv("EVENT_BUS", "test-shop")
    monkeypatch.setattr(logic, "client", lambda name: made if name == "events" else client(name))
    return made


def say(address_id: str, action: str = "added") -> None:
    with users.transaction() as tx:
        tx.say(AddressChanged(user_id="u", address_id=address_id, action=action), version=3)


def records(service: str = "users") -> dict[str, Any]:
    arn = f"arn:aws:dynamodb:us-east-1:1:table/test-{service}/stream/x"
    rows = store.pending(service, older_than=-1)
    return {"Records": [{"eventSourceARN": arn, "dynamodb": {"NewImage": row}} for row in rows]}


def test_what_was_written_is_published_once_in_its_envelope(bus: Bus) -> None:
    say("a-1")
    relay.stream(records(), None)
    (entry,) = bus.taken
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == (
        "test-shop",
        "shop.users",
        "address.changed",
    )
    detail = json.loads(entry["Detail"])
    assert detail["data"] == {"user_id": "u", "address_id": "a-1", "action": "added"}
    assert (detail["aggregate_type"], detail["aggregate_id"], detail["aggregate_version"]) == ("address", "a-1", 3)
    assert store.pending("users", older_than=-1) == []


def test_a_failed_change_says_nothing(bus: Bus) -> None:
    def change() -> None:
        with users.transaction() as tx:
            tx.check(Key("nobody", "here"), PRESENT, conflict("gone"))
            tx.say(AddressChanged(user_id="u", address_id="a", action="added"))

    with pytest.raises(Refusal, match="gone"):
        change()
    assert store.pending("users", older_than=-1) == []


def test_a_refused_entry_stays_in_the_outbox_and_is_sent_later(bus: Bus) -> None:
    say("good")
    say("bad")
    bus.refuses = {"bad"}
    with pytest.raises(Transient):
        relay.stream(records(), None)
    assert [json.loads(entry["Detail"])["aggregate_id"] for entry in bus.taken] == ["good"]
    bus.refuses = set()
    assert logic.sweep(older_than=-1) == (1, 0)
    assert [json.loads(entry["Detail"])["aggregate_id"] for entry in bus.taken] == ["good", "bad"]
    assert logic.sweep(older_than=-1) == (0, 0)


def test_the_sweep_leaves_what_is_younger_than_two_minutes_to_the_stream(bus: Bus) -> None:
    say("young")
    assert logic.sweep() == (0, 0)
    assert bus.taken == []


def test_an_outbox_that_cannot_be_emptied_does_not_keep_the_others_from_being(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Table("auth").transaction() as tx:
        tx.say(AddressChanged(user_id="u", address_id="bad", action="added"))
    say("good")
    bus.refuses = {"bad"}
    monkeypatch.setattr(clock, "after", lambda seconds, moment=None: "2999-01-01T00:00:00.000Z")  # all of it is old
    with pytest.raises(Transient, match="1 events"):
        relay.sweep({}, None)
    assert [json.loads(entry["Detail"])["aggregate_id"] for entry in bus.taken] == ["good"]
    bus.breaks = True
    say("later")
    with pytest.raises(Transient, match="2 events or outboxes"):
        relay.sweep({}, None)


def test_events_too_large_for_one_call_go_in_several(bus: Bus) -> None:
    """An order of ninety lines is 40 KB: ten of them are more than PutEvents takes."""
    for number in range(10):
        say(f"a-{number}", "x" * 60_000)
    assert logic.sweep(older_than=-1) == (10, 0)
    assert len(bus.taken) == 10


def test_what_the_business_did_is_counted_as_it_passes(bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    """B35: in the log, as figures CloudWatch takes; the numbers of an exchange are no sale."""

    def sold(amount: int, currency: str, cart_id: str | None = "c") -> OrderConfirmed:
        price = Money(amount=amount, currency=currency)
        sums = dict.fromkeys(("subtotal", "discount_amount", "shipping_amount", "tax_amount", "total_amount"), price)
        home = {"full_name": "A", "address_line1": "1", "city": "B", "postal_code": "1", "country": "US"}
        ids = {name: name for name in ("order_id", "order_number", "user_id", "status", "payment_status")}
        return OrderConfirmed(
            **ids, **sums, items=[], cart_id=cart_id, payment_method="card", shipping_address=DeliveryAddress(**home)
        )

    with Table("orders").transaction() as tx:
        for said in (sold(1200, "USD"), sold(800, "USD"), sold(500, "EUR"), sold(0, "USD", None)):
            tx.say(said)
        checkout = {name: name for name in ("checkout_id", "order_id", "user_id", "cart_id")}
        tx.say(CheckoutFailed(**checkout, code="out_of_stock"))
        tx.say(CheckoutFailed(**checkout, code="payment_declined"))
        tx.say(CheckoutCompensationFailed(checkout_id="c", step="ReleaseStock", error="x"))
    relay.stream(records("orders"), None)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    counted = {
        (name["Name"], *(line[of] for of in where["Dimensions"][0])): line[name["Name"]]
        for line in told
        for where in line["_aws"]["CloudWatchMetrics"]
        for name in where["Metrics"]
    }
    lag = counted.pop(("RelayLag", "test"))
    assert len(lag) == 7
    assert all(0 <= milliseconds < 60_000 for milliseconds in lag)
    assert {name: sorted(values) for name, values in counted.items()} == {
        ("OrdersConfirmed", "test"): [1, 1, 1],
        ("Revenue", "test", "USD"): [800, 1200],
        ("Revenue", "test", "EUR"): [500],
        ("CheckoutsFailed", "test", "out_of_stock"): [1],
        ("CheckoutsFailed", "test", "payment_declined"): [1],
        ("CompensationsFailed", "test"): [1],
    }


def test_more_than_ten_events_go_in_several_calls(bus: Bus) -> None:
    for number in range(23):
        say(f"a-{number}")
    relay.stream(records(), None)
    assert len(bus.taken) == 23


def test_a_published_row_is_kept_for_a_week_and_then_cleaned_up(bus: Bus) -> None:
    say("a-1")
    relay.stream(records(), None)
    rows = boto3.client("dynamodb", kit.REGION).scan(TableName="test-users")["Items"]
    (row,) = [row for row in rows if row["kind"]["S"] == "outbox_event"]
    assert row["GSI1PK"]["S"] == "OBXABOUT#a-1"
    assert int(row["ttl"]["N"]) > 0
