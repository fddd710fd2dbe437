"""What is generated is current, and what is said between services can be read: schemas, catalogue, samples."""

import json

import pytest

from shop.events import Event
from tests.kit import ROOT
from tools.generate import generated
from tools.rooms import doors
from tools.schemas import speakers

EVENTS: dict[str, type[Event]] = {event.type: event for _, events in speakers() for event in events}
SAMPLES = sorted((ROOT / "events/samples").glob("*.json"))


def test_generated_files_are_current() -> None:
    stale = [name for name, text in generated().items() if (ROOT / name).read_text() != text]
    assert not stale, "run `make generate`"


def test_every_detail_type_is_spelled_once() -> None:
    said = [event.type for _, events in speakers() for event in events]
    assert len(said) == len(set(said))
    assert all(type_.count(".") == 1 and type_ == type_.lower() for type_ in said)


def test_every_event_names_what_it_is_about() -> None:
    for event in EVENTS.values():
        assert (event.key or f"{event.about}_id") in event.model_fields, event.type


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.stem))
def test_every_sample_still_parses(sample: object) -> None:
    entry = json.loads(ROOT.joinpath(str(sample)).read_text())
    event = EVENTS[entry["detail-type"]].received(entry["detail"])
    assert event.meta is not None
    assert event.meta.aggregate_id == event.aggregate_id


def test_every_post_that_makes_something_says_where_it_is() -> None:
    for _, door in doors():
        if door.method == "POST" and door.status == 201:
            assert door.location or door.path in MADE_ELSEWHERE, f"{door.method} {door.path}"


# 201 without an address of its own: what is made can only be used, not read back.
MADE_ELSEWHERE = {
    "/v1/sessions",
    "/v1/sessions/mfa",
    "/v1/tokens",
    "/v1/mfa/enrollments",
    "/v1/mfa/backup-codes",
    "/v1/oauth/{provider}/callbacks",
    "/v1/carts",
    "/v1/carts/current/items",
}
