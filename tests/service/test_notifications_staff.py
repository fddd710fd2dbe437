"""What staff write, look at and try again, and the templates it is written from.

B14, B16, B20, B175, B177 to B180; R261 to R270, R272; NOTIF-01, NOTIF-02, NOTIF-04.
"""

from typing import Any
from unittest.mock import Mock

import pytest
import time_machine

from notifications.senders import NotSent
from notifications.senders import email as mail
from notifications.store import templates
from shop import clock
from shop.events import auth
from tests.kit import admin, app_of, mails, perform, user
from tests.service.test_notifications import a_user, say, sent

pytestmark = pytest.mark.usefixtures("seeded")

ROOT, DESK = admin(), user("support-1", "support")
ALL = "/v1/admin/notifications"
SALE = {
    "name": "sale",
    "subject": "{{ product }} is on sale",
    "body_html": "<p>{{ product }} at {{ price | money }}</p>",
    "body_text": "{{ product }} at {{ price | money }}",
    "variables": {"product": {"required": True, "type": "string"}, "price": {"required": True, "type": "money"}},
}
MUG = {"product": "<Mug>", "price": {"amount": 1250, "currency": "USD"}}
WANTED = {"user_id": "u1", "type": "sale", "channel": "email", "variables": MUG}


@pytest.fixture
def seeded(shop: None) -> None:
    """The templates that come with the shop, and one that does not."""
    templates.shelf.forget()
    perform("notifications", "seed_templates")
    ROOT.post("/v1/email-templates", SALE).ok(201)


def write(key: str = "k1", who: Any = ROOT, **fields: Any) -> Any:
    return who.post(ALL, {**WANTED, **fields}, idempotency_key=key)


def logs(notification_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = DESK.get(f"{ALL}/{notification_id}/logs").ok(200)["data"]
    return rows


def run_job() -> None:
    app_of("notifications").jobs({"job": "send_due"}, None)


# --- writing


def test_staff_write_to_a_user_once_for_each_key() -> None:
    a_user()
    made = write(who=DESK).ok(201)
    assert write(who=DESK).ok(201) == made
    assert (made["status"], made["subject"], made["notification_type"]) == ("sent", "<Mug> is on sale", "sale")
    assert not {"to", "sealed", "variables", "due_at"} & set(made)
    assert sent() == [("u1@example.com", "<Mug> is on sale")]
    assert "&lt;Mug&gt; at USD 12.50" in mails()[0].body
    (attempt,) = logs(made["id"])
    assert (attempt["status"], attempt["provider"]) == ("sent", "ses")
    assert attempt["provider_message_id"]
    write("k2").ok(201)
    assert len(mails()) == 2


def test_what_is_scheduled_waits_for_its_time() -> None:
    a_user()
    at = clock.after(7200)
    made = write(scheduled_at=at).ok(201)
    assert (made["status"], made["scheduled_at"], made["attempts"]) == ("pending", at, 0)
    run_job()
    assert sent() == []
    with time_machine.travel(clock.epoch(at) - 1):
        run_job()
    assert sent() == []
    with time_machine.travel(clock.epoch(at) + 1):
        run_job()
        run_job()
    assert len(sent()) == 1
    write("k2", scheduled_at=clock.after(-60)).ok(201)
    assert len(sent()) == 2


def test_what_is_scheduled_for_someone_nobody_heard_of_yet_waits_for_its_time_too() -> None:
    at = clock.after(7200)
    write(scheduled_at=at).ok(201)
    a_user()
    assert sent() == []
    with time_machine.travel(clock.epoch(at) + 1):
        run_job()
    assert len(sent()) == 1


def test_what_was_scheduled_for_someone_who_is_gone_by_then_is_never_sent() -> None:
    a_user()
    made = write(scheduled_at=clock.after(7200)).ok(201)
    say(auth.UserDeleted(user_id="u1"), version=9)
    with time_machine.travel(clock.epoch(clock.after(7300))):
        run_job()
    (row,) = [n for n in ROOT.get(f"{ALL}?user_id=u1&status=suppressed").ok(200)["data"] if n["id"] == made["id"]]
    assert (sent(), row["subject"]) == ([], None)


def test_a_variable_that_is_missing_fails_with_the_reason() -> None:
    a_user()
    made = write(variables={"product": "Mug"}).ok(201)
    assert (made["status"], made["body"], sent()) == ("failed", None, [])
    assert [row["error"] for row in logs(made["id"])] == ["missing_variable: price"]


def test_a_named_template_is_used() -> None:
    a_user()
    other = ROOT.post("/v1/email-templates", {**SALE, "name": "other", "subject": "Another"}).ok(201)
    assert write(template_id=other["id"]).ok(201)["subject"] == "Another"
    refused = write("k2", template_id="none-such").refused(422, "unknown_template")
    assert refused["errors"][0]["pointer"] == "/template_id"


def test_what_cannot_be_written_is_refused_and_not_kept() -> None:
    a_user()
    wrong: tuple[dict[str, Any], ...] = (
        {"channel": "pigeon"},
        {"type": "no such type"},
        {"user_id": ""},
        {"scheduled_at": "tomorrow"},
        {"variables": []},
        {"body": "Hello"},
    )
    for bad in wrong:
        write(**bad).refused(422, "validation_failed")
    ROOT.post(ALL, WANTED).refused(400, "idempotency_key_missing")
    user("u1").post(ALL, WANTED, idempotency_key="k").refused(403, "forbidden")
    assert {n["notification_type"] for n in ROOT.get(f"{ALL}?user_id=u1").ok(200)["data"]} == {"user_welcome"}
    assert sent() == []


def test_another_service_writes_once_for_each_dedupe_key() -> None:
    a_user()
    asked = {**WANTED, "dedupe_key": "sale:1"}
    first = perform("notifications", "send_notification", **asked)
    assert perform("notifications", "send_notification", **asked) == first
    assert (first["status"], len(mails())) == ("sent", 1)


# --- looking


def test_staff_find_notifications_by_status_and_user() -> None:
    """B16."""
    a_user()
    a_user("u2")
    write().ok(201)
    write("k2", variables={}).ok(201)
    assert [n["status"] for n in DESK.get(f"{ALL}?status=FAILED").ok(200)["data"]] == ["failed"]
    assert {n["user_id"] for n in DESK.get(f"{ALL}?user_id=u1").ok(200)["data"]} == {"u1"}
    mine = DESK.get(f"{ALL}?user_id=u1&status=sent").ok(200)["data"]
    assert [n["notification_type"] for n in mine] == ["sale", "user_welcome"]
    seen, cursor = [], ""
    while True:
        page = DESK.get(f"{ALL}?limit=2{cursor}").ok(200)
        seen += [n["id"] for n in page["data"]]
        if not page["has_more"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) == 6
    DESK.get(f"{ALL}?status=lost").refused(400, "invalid_parameter")
    DESK.get(f"{ALL}/none-such/logs").refused(404, "not_found")


def test_what_was_given_up_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    a_user()
    with monkeypatch.context() as broken:
        broken.setattr(mail, "send", Mock(side_effect=NotSent("closed")))
        made = write().ok(201)
        DESK.post(f"{ALL}/{made['id']}/retries").refused(409, "not_failed")
        for minutes in (2, 20):
            with time_machine.travel(clock.epoch(clock.after(60 * minutes))):
                run_job()
    assert [row["status"] for row in logs(made["id"])] == ["failed"] * 3
    again = DESK.post(f"{ALL}/{made['id']}/retries").ok(202)
    assert (again["status"], again["attempts"], len(sent())) == ("sent", 1, 1)
    DESK.post(f"{ALL}/{made['id']}/retries").refused(409, "not_failed")
    DESK.post(f"{ALL}/none-such/retries").refused(404, "not_found")
    assert sorted(row["status"] for row in logs(made["id"])) == ["failed"] * 3 + ["sent"]


# --- templates

SHELF = "/v1/email-templates"


def test_a_template_is_written_read_changed_and_removed() -> None:
    reply = ROOT.post(SHELF, {**SALE, "name": "sale.de", "subject": "{{ product }} im Angebot"})
    made = reply.ok(201)
    place = f"{SHELF}/{made['id']}"
    assert reply.headers["Location"] == place
    assert ROOT.get(place).ok(200) == made
    changed = ROOT.patch(place, {"subject": "Angebot"}, if_match=ROOT.get(place).etag).ok(200)
    assert (changed["subject"], changed["body_text"], changed["version"]) == ("Angebot", SALE["body_text"], 2)
    ROOT.patch(place, {"subject": "Late"}, if_match='"1"').refused(412, "version_mismatch")
    ROOT.patch(place, {"subject": "Late"}).refused(428, "if_match_required")
    a_user(language="de")
    assert write().ok(201)["subject"] == "Angebot"
    ROOT.delete(place, if_match='"1"').refused(412, "version_mismatch")
    ROOT.delete(place, if_match='"2"').ok(204)
    ROOT.get(place).refused(404, "not_found")
    assert write("k2").ok(201)["subject"] == "<Mug> is on sale"


def test_a_name_is_one_templates_alone() -> None:
    ROOT.post(SHELF, SALE).refused(409, "name_taken")
    other = ROOT.post(SHELF, {**SALE, "name": "other"}).ok(201)
    ROOT.patch(f"{SHELF}/{other['id']}", {"name": "sale"}, if_match='"1"').refused(409, "name_taken")
    ROOT.patch(f"{SHELF}/{other['id']}", {"name": "third"}, if_match='"1"').ok(200)
    ROOT.post(SHELF, {**SALE, "name": "other"}).ok(201)
    ROOT.post(SHELF, {**SALE, "name": "third"}).refused(409, "name_taken")


def test_templates_are_listed_by_name_for_admins() -> None:
    names = [t["name"] for t in ROOT.get(f"{SHELF}?limit=100").ok(200)["data"]]
    assert names == sorted(names)
    assert {"sale", "order_shipped", "digest"} <= set(names)
    DESK.get(SHELF).refused(403, "forbidden")


@pytest.mark.parametrize(
    ("bad", "pointer"),
    [
        ({"name": "Sale 1"}, "/name"),
        ({"subject": ""}, "/subject"),
        ({"subject": "x" * 201}, "/subject"),
        ({"subject": "a\r\nBcc: all@example.com"}, "/subject"),
        ({"body_html": "{% if %}"}, "/body_html"),
        ({"body_text": "{{ product"}, "/body_text"),
        ({"body_text": "x" * 10_001}, "/body_text"),
        ({"variables": {"a b": {}}}, "/variables/a b/[key]"),
        ({"variables": {"a": {"type": "colour"}}}, "/variables/a/type"),
    ],
)
def test_what_is_no_template_is_refused(bad: dict[str, Any], pointer: str) -> None:
    refused = ROOT.post(SHELF, {**SALE, "name": "another", **bad}).refused(422, "validation_failed")
    assert refused["errors"][0]["pointer"] == pointer
    assert "another" not in [t["name"] for t in ROOT.get(f"{SHELF}?limit=100").ok(200)["data"]]


def test_a_preview_shows_what_would_be_sent_and_sends_nothing() -> None:
    made = ROOT.post(SHELF, {**SALE, "name": "another"}).ok(201)
    shown = ROOT.post(f"{SHELF}/{made['id']}/previews", {"variables": MUG}).ok(200)
    assert shown == {
        "template_id": made["id"],
        "subject": "<Mug> is on sale",
        "body_html": "<p>&lt;Mug&gt; at USD 12.50</p>",
        "body_text": "<Mug> at USD 12.50",
    }
    assert sent() == []
    missing = ROOT.post(f"{SHELF}/{made['id']}/previews", {"variables": {"product": "Mug"}})
    assert [e["pointer"] for e in missing.refused(422, "missing_variable")["errors"]] == ["/variables/price"]
    ROOT.post(f"{SHELF}/none-such/previews", {"variables": {}}).refused(404, "not_found")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{{ colour }}", "missing_variable"),
        ("{{ ''.__class__.__mro__ }}", "template_error"),
        ("{{ price.amount | money }}", "template_error"),
        ("{% for n in range(10 ** 9) %}{% endfor %}", "template_error"),
    ],
)
def test_a_template_that_breaks_or_reaches_out_shows_why(body: str, code: str) -> None:
    made = ROOT.post(SHELF, {**SALE, "name": "another", "body_text": body}).ok(201)
    ROOT.post(f"{SHELF}/{made['id']}/previews", {"variables": MUG}).refused(422, code)
