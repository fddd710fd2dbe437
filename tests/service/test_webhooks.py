"""What happens in the shop is told to other people's programs (E100)."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from shop import clock, settings
from shop.settings import DAY, HOUR
from tests import kit
from tests.kit import admin, deliver, mails, pending, user
from tests.service.webhooks_kit import (
    PATH,
    Receiver,
    carried,
    change,
    deliveries_of,
    endpoint,
    happened,
    heard,
    later,
    read,
    receiver,
    taken,
    woken,
)
from tools.schemas import speakers
from webhooks.logic import sending
from webhooks.model.delivery import ATTEMPTS, LEASE, PAUSES
from webhooks.model.patterns import matches
from webhooks.model.public import INTERNAL, PUBLIC
from webhooks.store import deliveries as stored
from webhooks.store import tasks

ELSEWHERE = "https://93.184.215.14/hooks"  # an address of the internet; nothing is sent to it here


@pytest.fixture(autouse=True)
def webhooks(shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "WEBHOOKS_TO_LOOPBACK", True)
    with later(HOUR):
        taken()  # nothing is left of the test before


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as listening:
        yield listening


def test_an_event_reaches_everybody_who_wants_it_once_and_signed(there: Receiver) -> None:
    """R339, R341, R347, R348."""
    orders, everything = endpoint(there.url, "order.*"), endpoint(there.url + "&all=1")
    others = endpoint(there.url, "product.created", "user.deleted")
    said = happened("order.confirmed")
    heard(said)  # once more
    assert carried() == 2
    heard(said)
    assert carried() == 0
    first, second = sorted(there.got, key=lambda post: len(post.path))
    assert [first.path, second.path] == ["/hooks?shop=1", "/hooks?shop=1&all=1"]
    told = first.verified_by(orders["secret"])
    assert told == second.verified_by(everything["secret"])
    assert {**said, "data": None} == {**told, "data": None}
    assert said["data"].items() <= {**told["data"], "items": said["data"]["items"]}.items()
    with pytest.raises(WebhookVerificationError):
        first.verified_by(everything["secret"])
    (delivery,) = deliveries_of(orders)
    sent = {name: first.headers[name] for name in ("webhook-id", "webhook-delivery-id", "content-type", "host")}
    assert sent == {
        "webhook-id": said["id"],
        "webhook-delivery-id": delivery["id"],
        "content-type": "application/json",
        "host": f"127.0.0.1:{there.port}",
    }
    document = read(orders, delivery)
    assert (document["status"], document["due_at"], document["event"]) == ("succeeded", None, told)
    (attempt,) = document["attempts"]
    assert (attempt["response_status"], attempt["error"]) == (204, None)
    assert deliveries_of(others) == deliveries_of(orders, status="pending") == []
    names = {row["type"]: row["about"] for row in admin().get("/v1/webhook-event-types").ok()["data"]}
    assert names["order.confirmed"] == "order"
    assert set(names) == set(PUBLIC)
    other_path = f"{PATH}/{others['id']}/deliveries/{delivery['id']}"
    admin().get(other_path).refused(404, "not_found")
    admin().post(f"{other_path}/replays").refused(404, "not_found")
    admin().get(f"{PATH}/none-such/deliveries").refused(404, "not_found")


def test_an_endpoint_is_told_what_happens_once_it_is_there_however_late_it_is_heard(there: Receiver) -> None:
    made = endpoint(there.url)
    happened(occurred_at=clock.after(-1, made["created_at"]))
    wanted = {happened()["id"], happened(occurred_at=made["created_at"])["id"]}
    assert carried() == 2
    assert {told.verified_by(made["secret"])["id"] for told in there.got} == wanted


def test_an_endpoint_is_made_looked_at_changed_and_removed(there: Receiver) -> None:
    """R340-R344."""
    body = {"url": there.url, "event_types": ["order.*", "product.created"], "description": "The warehouse"}
    made = admin().post(PATH, body, idempotency_key="one").ok(201)
    assert admin().post(PATH, body, idempotency_key="one").ok(201) == made
    shown = {name: value for name, value in made.items() if name != "secret"}
    assert made["secret"].startswith("whsec_")
    answer = admin().get(f"{PATH}/{made['id']}")
    assert answer.ok() == shown
    assert admin().get(PATH).ok()["data"] == [shown]
    user().get(PATH).refused(403, "forbidden")
    path, stale = f"{PATH}/{made['id']}", answer.etag
    off = admin().patch(path, {"is_active": False, "description": "Closed"}, if_match=stale).ok()
    assert (off["description"], off["is_active"], off["disabled_reason"]) == ("Closed", False, "manual")
    assert off["disabled_at"]
    admin().patch(path, {"description": "Open"}, if_match=stale).refused(412, "version_mismatch")
    happened()
    assert deliveries_of(made) == []
    admin().post(f"{path}/test-events").refused(409, "endpoint_disabled")
    on = change(made, is_active=True, event_types=["*"]).ok()
    assert (on["is_active"], on["disabled_reason"], on["disabled_at"]) == (True, None, None)
    happened("product.created")
    (waiting,) = deliveries_of(made)
    admin().delete(path, if_match=stale).refused(412, "version_mismatch")
    admin().delete(path, if_match=admin().get(path).etag).ok(204)
    admin().get(path).refused(404, "not_found")
    assert carried() == 1
    assert not there.got
    assert stored.delivery(made["id"], waiting["id"]).error == "endpoint_removed"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("url", "ftp://example.com/x", "string_pattern_mismatch"),
        ("url", "not an address", "string_pattern_mismatch"),
        ("url", f"https://example.com/{'x' * 2048}", "string_too_long"),
        ("url", "https://user:secret@93.184.215.14/", "url_not_allowed"),
        ("url", "http://93.184.215.14/hooks", "url_not_allowed"),
        ("url", "https://93.184.215.14:8443/", "url_not_allowed"),
        ("url", "https://169.254.169.254/latest/meta-data/", "url_not_allowed"),
        ("url", "https://0xa000001/", "url_not_allowed"),
        ("event_types", [], "too_short"),
        ("event_types", ["order.sold"], "unknown_event_type"),
        ("event_types", ["password_reset.requested"], "unknown_event_type"),
        ("event_types", ["order*"], "unknown_event_type"),
        ("event_types", ["webhook_endpoint.*"], "unknown_event_type"),
        ("description", "a\x00b", "string_pattern_mismatch"),
        ("secret", "mine", "extra_forbidden"),
    ],
)
def test_what_cannot_be_told_is_refused(field: str, value: Any, code: str) -> None:
    """R341, R343."""
    body = {"url": ELSEWHERE, "event_types": ["*"], field: value}
    errors = admin().post(PATH, body).body["errors"]
    assert (errors[0]["pointer"].split("/")[1], errors[0]["code"]) == (field, code)
    assert admin().get(PATH).ok()["data"] == []
    made = endpoint(ELSEWHERE)
    assert change(made, **{field: value}).status == 422
    assert admin().get(f"{PATH}/{made['id']}").ok()["version"] == 1


def test_a_secret_is_replaced_without_a_gap(there: Receiver) -> None:
    """R345."""
    made = endpoint(there.url)
    rotated = [admin().post(f"{PATH}/{made['id']}/secrets").ok(201)["secret"] for _ in range(4)]
    admin().post(f"{PATH}/{made['id']}/secrets").refused(409, "too_many_secrets")
    happened()
    carried()
    (post,) = there.got
    assert len({json["id"] for json in map(post.verified_by, [made["secret"], *rotated])}) == 1
    with later(DAY + 1):
        happened()
        carried()
        there.got[1].verified_by(rotated[-1])
        for secret in (made["secret"], *rotated[:-1]):
            with pytest.raises(WebhookVerificationError):
                there.got[1].verified_by(secret)
        admin().post(f"{PATH}/{made['id']}/secrets").ok(201)


def test_staff_try_an_endpoint_out(there: Receiver) -> None:
    """R346."""
    made = endpoint(there.url, "order.*")
    first = admin().post(f"{PATH}/{made['id']}/test-events", idempotency_key="try").ok(202)
    assert admin().post(f"{PATH}/{made['id']}/test-events", idempotency_key="try").ok(202) == first
    assert carried() == 1
    told = there.got[0].verified_by(made["secret"])
    assert (told["type"], told["data"]) == ("webhook_endpoint.tested", {"endpoint_id": made["id"]})
    assert told["actor"] == {"type": "admin", "id": "admin-1"}
    assert read(made, first)["status"] == "succeeded"
    admin().post(f"{PATH}/none-such/test-events").refused(404, "not_found")


def test_what_is_not_taken_is_tried_for_three_days_and_then_nothing_is_sent_any_more(
    there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R343, R348, R349; E100."""
    monkeypatch.setenv("OPERATIONS_MAIL", "operations@example.com")
    there.answers, there.body = lambda _: 500, b"out of order " * 200
    made = endpoint(there.url, "order.*", description="The warehouse")
    happened()
    passed = 0.0
    for number in range(ATTEMPTS):
        with later(passed):
            if passed > tasks.MAX_DELAY:
                woken()
            assert carried() == 1, number
            document = read(made)
            assert len(document["attempts"]) == len(there.got) == number + 1
            assert (document["response_status"], document["error"]) == (500, "not_accepted")
            if number == len(PAUSES):
                assert (document["status"], document["due_at"]) == ("failed", None)
                break
            pause = clock.epoch(document["due_at"]) - clock.epoch(document["updated_at"])
            assert PAUSES[number] <= pause + 0.1 <= PAUSES[number] * 1.05 + 0.2
            assert admin().get(f"{PATH}/{made['id']}").ok()["failing_since"]
        passed += pause + sending.GRACE + 1
    assert 2.8 * DAY < passed < 3.1 * DAY
    assert {len(attempt["response_body"]) for attempt in document["attempts"]} == {1024}
    assert len({post.body for post in there.got}) == len({post.headers["webhook-id"] for post in there.got}) == 1
    now = admin().get(f"{PATH}/{made['id']}").ok()
    assert (now["is_active"], now["disabled_reason"]) == (False, "failing")
    ((_, told),) = pending("webhooks")
    assert told["data"] == {
        "endpoint_id": made["id"],
        "host": "127.0.0.1",
        "description": "The warehouse",
        "reason": "failing",
    }
    kit.perform("notifications", "seed_templates")
    deliver("webhooks", "notifications")
    assert any("webhook" in mail.subject.lower() for mail in mails())

    replay = f"{PATH}/{made['id']}/deliveries/{document['id']}/replays"
    admin().post(replay).refused(409, "endpoint_disabled")
    there.answers = lambda _: 200
    assert change(made, is_active=True).ok()["failing_since"] is None
    again = admin().post(replay).ok(202)
    assert (again["status"], again["attempt_count"], again["replay_count"]) == ("pending", 0, 1)
    admin().post(replay).refused(409, "still_pending")
    assert carried() == 1
    assert read(made)["status"] == "succeeded"
    with later(25 * DAY):
        admin().post(replay).refused(409, "too_old")


def test_one_that_goes_through_forgives_what_did_not(there: Receiver) -> None:
    there.answers = lambda number: 503 if number == 1 else 200
    made = endpoint(there.url)
    happened()
    carried()
    assert admin().get(f"{PATH}/{made['id']}").ok()["failing_since"]
    with later(6):
        assert carried() == 1
    (delivery,) = deliveries_of(made, status="Succeeded")
    assert (delivery["attempt_count"], delivery["error"]) == (2, None)
    assert admin().get(f"{PATH}/{made['id']}").ok()["failing_since"] is None


def test_who_is_gone_is_told_nothing_more(there: Receiver) -> None:
    """R347; E100."""
    there.answers = lambda _: 410
    made = endpoint(there.url)
    happened()
    happened("product.created")
    sending.send(deliveries_of(made)[-1]["id"])
    now = admin().get(f"{PATH}/{made['id']}").ok()
    assert (now["is_active"], now["disabled_reason"]) == (False, "gone")
    assert [d["data"]["reason"] for _, d in pending("webhooks")] == ["gone"]
    sending.send(deliveries_of(made, status="pending")[0]["id"])
    assert [d["error"] for d in deliveries_of(made)] == ["endpoint_disabled", "not_accepted"]
    assert len(there.got) == 1


def test_what_failed_since_then_is_sent_once_more(there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """R338."""
    monkeypatch.setattr("webhooks.logic.replaying.AT_ONCE", 2)
    monkeypatch.setattr("webhooks.model.delivery.ATTEMPTS", 1)
    there.answers = lambda _: 500
    made, other = endpoint(there.url, "order.*"), endpoint(there.url, "product.*")
    for _ in range(4):
        happened()
        carried()
    happened("product.created")
    carried()
    oldest, *newer = reversed(deliveries_of(made, status="failed"))
    since = {"since": newer[0]["created_at"]}
    assert len(newer) == 3
    there.answers = lambda _: 200
    path = f"{PATH}/{made['id']}/replays"
    admin().post(path, {"since": "yesterday"}).refused(422, "validation_failed")
    assert admin().post(path, since).ok(202) == {"count": 2, "has_more": True}
    assert admin().post(path, since).ok(202) == {"count": 1, "has_more": False}
    assert admin().post(path, since).ok(202) == {"count": 0, "has_more": False}
    assert carried() == 3
    assert [d["id"] for d in deliveries_of(made, status="failed")] == [oldest["id"]]
    assert len(deliveries_of(other, status="failed")) == 1
    admin().post(f"{PATH}/none-such/replays", since).refused(404, "not_found")


def test_two_senders_do_not_send_at_once(there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rival just before the lease is written, and four at a time."""
    made = endpoint(there.url)
    happened()
    ids = [deliveries_of(made)[0]["id"]]
    load = stored.load

    def overtaken(delivery: Any) -> Any:
        found = load(delivery)
        patched.setattr(stored, "load", load)
        arrived = sending.send(delivery.id)
        assert arrived
        assert arrived.status == "succeeded"
        return found

    with monkeypatch.context() as patched:
        patched.setattr(stored, "load", overtaken)
        assert sending.send(ids[0]) is None
    assert len(there.got) == 1

    happened()
    ids.append(deliveries_of(made, status="pending")[0]["id"])
    senders = [threading.Thread(target=sending.send, args=(ids[1],)) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(there.got) == 2
    assert carried() == 2  # what the queue brings late is not sent again
    assert len(there.got) == 2
    assert {d["attempt_count"] for d in deliveries_of(made)} == {1}


def test_what_a_sender_left_behind_is_found_again(there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender dies after the other side took it; the news is lost; a message is lost."""
    made = endpoint(there.url)

    def dies(*_: object) -> None:
        raise RuntimeError("the process ended")

    with monkeypatch.context() as patched:
        patched.setattr(tasks, "wake", dies)
        with pytest.raises(RuntimeError):
            happened()
    (delivery,) = deliveries_of(made)
    assert not taken()
    with later(sending.GRACE + 1):
        woken()
        with monkeypatch.context() as patched:
            patched.setattr(sending, "_settle", dies)
            with pytest.raises(AssertionError):
                carried()  # the queue is told to bring it again
        woken()
        assert carried() == 0  # it is the dead sender's until its lease is over
    with later(2 * sending.GRACE + LEASE + 2):
        woken()
        assert carried() == 1
    document = read(made, delivery)
    assert (document["status"], document["attempt_count"], len(document["attempts"])) == ("succeeded", 2, 1)
    assert len({post.headers["webhook-id"] for post in there.got}) == 1
    assert len(there.got) == 2  # at least once


def test_a_batch_that_was_cut_short_is_finished_when_it_comes_again(
    there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [endpoint(there.url) for _ in range(3)]
    make, made = stored._made, list[bool]()

    def cut_short(delivery: Any) -> bool:
        if made:
            raise RuntimeError("the process ended")
        made.append(make(delivery))
        return made[0]

    said = {**happened("user.deleted"), "id": "an-event"}
    with monkeypatch.context() as patched:
        patched.setattr(stored, "_made", cut_short)
        with pytest.raises(RuntimeError):
            heard(said)
    heard(said)
    with later(sending.GRACE + 1):
        woken()
        carried()
    assert sorted(post.headers["webhook-id"] for post in there.got).count("an-event") == 3
    assert [len(deliveries_of(made, status="succeeded")) for made in several] == [2, 2, 2]


def test_every_event_is_public_or_internal_and_none_that_is_public_holds_a_secret() -> None:
    said = {event for speaker, events in speakers() for event in events if speaker != "webhooks"}
    assert said == set(PUBLIC.values()) | INTERNAL
    assert not set(PUBLIC.values()) & INTERNAL
    fields = {name: event for event in PUBLIC.values() for name in event.model_fields}
    words = ("secret", "token", "encrypted", "sealed", "hash", "password", "session", "ip_address", "code_")
    assert [name for name in fields if any(word in name for word in words)] == []
    assert matches("order.*", "order.confirmed")
    assert not matches("order.*", "orders.confirmed")
    assert not matches("order.confirmed", "order.confirmed_again")


def test_what_webhooks_says_goes_to_no_endpoint(there: Receiver) -> None:
    """Nothing goes round in a circle."""
    there.answers = lambda _: 410
    gone, listening = endpoint(there.url), endpoint(there.url)
    happened()
    carried()
    assert len(pending("webhooks")) == 2
    assert not {said for said, _ in pending("webhooks")} & set(kit.app_of("webhooks").hears.handlers)
    with receiver() as alive:
        still = endpoint(alive.url)
        deliver("webhooks")
        assert deliveries_of(still) == []
    assert len(deliveries_of(gone)) == len(deliveries_of(listening)) == 1
