"""Things stored in earlier shapes are read in today's, and rewritten by a tool that may be stopped at any moment."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from pynamodb.expressions.operand import Path

from shop.records import Record
from shop.table import GSI1, Key, Row, Table
from tests import kit
from tools.migrate import Migration
from tools.rooms import table_of

pytestmark = pytest.mark.usefixtures("shop")


class Named(Record):
    """A lamp as it was first kept."""

    id: str
    name: str


class Lamp(Record):
    """A lamp as it is kept now: what it is called in two parts, and found by its family."""

    id: str
    family: str
    model: str
    watts: int = 0


def split(plain: dict[str, Any]) -> dict[str, Any]:
    family, _, model = plain.pop("name").partition(" ")
    return {**plain, "family": family, "model": model}


def weigh(plain: dict[str, Any]) -> dict[str, Any]:
    return {**plain, "watts": int(plain["model"])}


def key(lamp_id: str) -> Key:
    return Key(f"LAMP#{lamp_id}", "META")


here = Table("users")
BEFORE = here.kind("lamp", Named, lambda lamp: Row(key(lamp.id), gsi1=("NAMES", lamp.name), ttl=4_000_000_000))
LAMPS = Table("users").kind(
    "lamp", Lamp, lambda lamp: Row(key(lamp.id), gsi1=(f"FAMILY#{lamp.family}", lamp.model)), upcasts=(split, weigh)
)


def light(count: int) -> None:
    """So many lamps of the first shape."""
    for number in range(count):
        with here.transaction() as tx:
            tx.create(BEFORE, Named(id=str(number), name=f"Luna {number}"))


def raw(lamp_id: str) -> dict[str, Any]:
    return here.at([key(lamp_id)])[0]


def migration(**more: Any) -> Migration:
    database = boto3.Session().client("dynamodb", kit.REGION)  # of its own: tests meddle with it
    return Migration(database, here.name, {"lamp": LAMPS}, **{"parts": 2, "rate": 1e6, **more})


def meanwhile(ours: Migration, operation: str, does: Callable[[dict[str, Any]], None]) -> None:
    """Let something happen just before each such call of ours."""
    really = ours.database._make_api_call

    def call(name: str, arguments: dict[str, Any]) -> Any:
        if name == operation:
            does(arguments)
        return really(name, arguments)

    ours.database._make_api_call = call


def test_an_earlier_shape_is_read_as_todays_and_written_as_todays() -> None:
    light(2)
    lamp = LAMPS.get(key("1"))
    assert lamp
    assert (lamp.family, lamp.model, lamp.watts, lamp.version) == ("Luna", "1", 1, 1)
    with here.transaction() as tx:
        tx.save(LAMPS, lamp)
    assert (raw("1")["sv"], "name" in raw("1"), LAMPS.shape) == ({"N": "3"}, False, 3)
    assert LAMPS.query("FAMILY#Luna", index=GSI1) == [LAMPS.get(key("1"))]


def test_everything_is_rewritten_once_and_nothing_else_is_touched() -> None:
    light(5)
    with here.transaction() as tx:
        tx.upsert(Key("COUNTER", "X"), Path("count").set(7), Path("kind").set("counter"))
        tx.upsert(key("3"), Path("seen").set(9))  # the model does not know of it
    before = raw("3")
    assert migration().run() == {"read": 6, "rewritten": 5}
    after = raw("3")
    assert after["seen"] == {"N": "9"}
    assert after["version"] == before["version"]
    assert after["ttl"] == before["ttl"]
    assert after["updated_at"] == before["updated_at"]
    assert (after["GSI1PK"], after["sv"]) == ({"S": "FAMILY#Luna"}, {"N": "3"})
    assert "name" not in after
    assert [lamp.model for lamp in LAMPS.query("FAMILY#Luna", index=GSI1)] == list("01234")
    assert here.at([Key("COUNTER", "X")])[0]["count"] == {"N": "7"}
    assert migration().run() == {"read": 6}


def test_one_that_was_killed_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    light(12)
    monkeypatch.setattr("tools.migrate.PAGE", 3)
    killed = migration(parts=1)
    pages: list[int] = []

    def die(params: dict[str, Any]) -> None:
        pages.append(1)
        if len(pages) == 3:
            raise KeyboardInterrupt

    meanwhile(killed, "Scan", die)
    with pytest.raises(KeyboardInterrupt):
        killed.run()
    assert killed.found["rewritten"] == 6
    assert migration(parts=1).run() == {"read": 6, "rewritten": 6}
    assert migration(parts=1).run() == {"read": 12}


def test_whoever_changes_a_thing_meanwhile_wins() -> None:
    light(3)
    ours = migration(parts=1)

    def rival(params: dict[str, Any]) -> None:
        lamp_id = params["Key"]["PK"]["S"].removeprefix("LAMP#")
        if lamp_id == "0" and "name" in raw("0"):  # new code saves it, in today's shape
            with here.transaction() as tx:
                tx.save(LAMPS, LAMPS.get(key("0")).but(watts=100))  # type: ignore[union-attr]
        if lamp_id == "1" and "seen" not in raw("1"):  # somebody counts, without a version
            with here.transaction() as tx:
                tx.upsert(key("1"), Path("seen").add(1))
        if lamp_id == "2" and here.at([key("2")]):
            with here.transaction() as tx:
                tx.delete(key("2"))

    meanwhile(ours, "UpdateItem", rival)
    assert ours.run() == {"read": 3, "rewritten": 1}
    lamps = [LAMPS.get(key(number)) for number in "012"]
    assert [lamp and lamp.watts for lamp in lamps] == [100, 1, None]
    assert raw("1")["seen"] == {"N": "1"}


def test_what_is_never_left_alone_is_left_for_the_next_time() -> None:
    light(1)
    ours = migration(parts=1)

    def count(params: dict[str, Any] | None = None) -> None:
        with here.transaction() as tx:
            tx.upsert(key("0"), Path("seen").add(1))

    count()
    meanwhile(ours, "UpdateItem", count)
    assert ours.run() == {"read": 1, "left": 1}
    assert raw("0")["seen"] == {"N": "6"}
    assert "sv" not in raw("0")


def test_every_service_has_its_table_and_says_what_there_is_to_do() -> None:
    for service in kit.SERVICES:
        table = table_of(service)
        assert (table.service, bool(table.kinds)) == (service, True)
