"""Events are written with the change, never lost and never made up (B4, B5, B29, I6; AP1; PLT-01)."""

import json
from typing import Any

import boto3
import pytest

from relay import app as relay
from relay import logic, store
from shop import ids
from shop.aws import client
from shop.errors import Refusal, Transient, conflict
from shop.events.users import AddressChanged
from shop.table import PRESENT, Key, Table
from tests import kit

pytestmark = pytest.mark.usefixtures("shop")

users = Table("users")


class Bus:
    """Stands where the bus is: takes entries, or refuses those it is told to."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.refuses: set[str] = set()

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        assert len(Entries) <= 10
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


def say(address_id: str) -> None:
    with users.transaction() as tx:
        tx.say(AddressChanged(user_id="u", address_id=address_id, action="added"), version=3)


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
    assert logic.sweep(older_than=-1) == 1
    assert [json.loads(entry["Detail"])["aggregate_id"] for entry in bus.taken] == ["good", "bad"]
    assert logic.sweep(older_than=-1) == 0


def test_the_sweep_leaves_what_is_younger_than_two_minutes_to_the_stream(bus: Bus) -> None:
    say("young")
    assert logic.sweep() == 0
    assert bus.taken == []


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
    assert "GSI1PK" not in row
    assert int(row["ttl"]["N"]) > 0
