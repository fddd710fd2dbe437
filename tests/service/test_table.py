"""Transactions, races and pages of the one table a service has (B10, B14, B16, B19, B31; AP2, AP3; PLT-02, PLT-03)."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.expressions.operand import Path

from shop import database, ids
from shop.errors import Refusal, Transient, conflict
from shop.events.users import AddressChanged
from shop.inbox import AlreadyHeard
from shop.pages import Paging
from shop.records import Record
from shop.table import AlreadyMade, Key, Row, Table, owner_of, sharded, shards

pytestmark = pytest.mark.usefixtures("shop")


class Box(Record):
    id: str
    size: int = 0
    tags: list[str] = []
    inside: dict[str, Any] | None = None


here = Table("users")
BOXES = here.kind(
    "box",
    Box,
    lambda box: Row(Key(f"BOX#{box.id}", "META"), gsi1=(sharded("BOXES", box.id), f"{box.size:04d}#{box.id}")),
)


def make(box: Box) -> Box:
    with here.transaction() as tx:
        return tx.create(BOXES, box)


def read(box_id: str) -> Box | None:
    return BOXES.get(Key(f"BOX#{box_id}", "META"))


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """Make so many of the next writes lose against a rival."""

    def arrange(times: int) -> list[str]:
        client = database.connection(here.name).client
        really, seen = client._make_api_call, []

        def call(operation: str, arguments: dict[str, Any]) -> Any:
            if operation in ("TransactWriteItems", "PutItem"):
                seen.append(operation)
                if len(seen) <= times:
                    error: Any = {"Error": {"Code": "TransactionCanceledException", "Message": "x"}}
                    error["CancellationReasons"] = [{"Code": "TransactionConflict"}, {"Code": "None"}]
                    raise ClientError(error, operation)
            return really(operation, arguments)

        monkeypatch.setattr(client, "_make_api_call", call)
        monkeypatch.setattr("shop.database.time.sleep", lambda seconds: None)
        return seen

    return arrange


def test_what_is_kept_comes_back_as_it_was() -> None:
    box = Box(id="1", size=7, tags=["a", ""], inside={"deep": [1, None, {"x": "é"}], "yes": True})
    make(box)
    assert read("1") == box


def test_a_thing_is_made_once() -> None:
    make(Box(id="1", size=7))
    with pytest.raises(AlreadyMade) as caught:
        make(Box(id="1", size=8))
    assert caught.value.thing() == read("1")


def test_a_change_needs_the_version_that_was_read() -> None:
    box = make(Box(id="1"))
    with here.transaction() as tx:
        saved = tx.save(BOXES, box.but(size=1))
    assert (saved.version, read("1")) == (2, saved)
    with pytest.raises(Refusal, match="version_mismatch"), here.transaction() as tx:
        tx.save(BOXES, box.but(size=2))


def test_all_happens_or_nothing() -> None:
    make(Box(id="1"))
    with pytest.raises(Refusal, match="too_big"), here.transaction() as tx:
        tx.create(BOXES, Box(id="2"))
        tx.update(Key("BOX#1", "META"), Path("size").set(3), condition=Path("size") > 5, otherwise=conflict("too_big"))
    assert read("2") is None


def test_a_unique_value_has_one_owner() -> None:
    for box_id in "12":
        with here.transaction() as tx:
            tx.create(BOXES, Box(id=box_id))
            tx.claim("NAME", box_id, Key(f"BOX#{box_id}", "META"), conflict("taken"))
    with pytest.raises(Refusal, match="taken"), here.transaction() as tx:
        tx.create(BOXES, Box(id="3"))
        tx.claim("NAME", "1", Key("BOX#3", "META"), conflict("taken"))
    assert owner_of(here, "NAME", "1") == Key("BOX#1", "META")
    assert read("3") is None


def test_rivals_are_waited_for(busy: Callable[[int], list[str]]) -> None:
    tried = busy(3)
    with here.transaction() as tx:
        tx.create(BOXES, Box(id="1"))
        tx.create(BOXES, Box(id="2"))
    assert len(tried) == 4
    assert read("2") is not None


def test_rivals_that_never_stop_are_transient(busy: Callable[[int], list[str]]) -> None:
    busy(1000)
    with pytest.raises(Transient), here.transaction() as tx:
        tx.create(BOXES, Box(id="1"))
        tx.create(BOXES, Box(id="2"))


def test_an_event_is_answered_once() -> None:
    def event() -> AddressChanged:
        return AddressChanged.received(
            {
                **{"id": "e-1", "type": "address.changed", "version": 1, "occurred_at": "2026-01-01T00:00:00.000Z"},
                **{"aggregate_type": "address", "aggregate_id": "a", "aggregate_version": 1, "correlation_id": "c"},
                "actor": {"type": "user", "id": "u"},
                "data": {"user_id": "u", "address_id": "a", "action": "added"},
            }
        )

    def answer() -> None:
        with here.transaction(cause=event()) as tx:
            tx.upsert(Key("COUNT", "1"), Path("size").add(1))

    answer()
    with pytest.raises(AlreadyHeard):
        answer()
    assert here.items("COUNT")[0]["size"] == {"N": "1"}


@pytest.mark.parametrize("newest_first", [True, False])
def test_one_cursor_resumes_all_shards(newest_first: bool) -> None:
    boxes = [make(Box(id=ids.new_id(), size=number)) for number in range(23)]
    sizes: list[int] = []
    paging = Paging(limit=5)
    while True:
        paging.within("boxes")
        page = BOXES.page(shards("BOXES"), paging, newest_first=newest_first)
        sizes += [box.size for box in page.data]
        if not page.has_more:
            break
        paging = Paging(limit=5, cursor=page.next_cursor)
    assert sizes == sorted((box.size for box in boxes), reverse=newest_first)


def test_many_things_are_read_at_once_whatever_their_number() -> None:
    made = {make(Box(id=str(number))).id for number in range(130)}
    found = BOXES.many([Key(f"BOX#{number}", "META") for number in range(140)])
    assert {box.id for box in found} == made
