"""What people read in the app, what they want to hear of, and the devices they carry.

B73, B75, B175, B176, B180, B182; R254 to R260; E98; NOTIF-01, NOTIF-03, NOTIF-05.
"""

from typing import Any

import pytest
import time_machine

from notifications.senders import push
from notifications.store import notifications as stored
from notifications.store import people, templates
from shop import clock, web
from shop.errors import not_found
from shop.events import auth, orders
from tests.kit import admin, anyone, app_of, mails, perform, user
from tests.service.test_notifications import a_user, account, confirmed, say, sent, told

pytestmark = pytest.mark.usefixtures("seeded")

ANN = user("u1")
SETTINGS = "/v1/users/me/notification-preferences"


@pytest.fixture
def seeded(shop: None) -> None:
    """The templates that come with the shop."""
    templates.shelf.forget()
    perform("notifications", "seed_templates")


def shipped(order_id: str = "o1", user_id: str = "u1") -> orders.OrderShipped:
    return orders.OrderShipped(
        order_id=order_id, order_number=f"ORD-{order_id}", user_id=user_id, tracking_number="1Z999"
    )


def subjects(query: str = "") -> list[str]:
    return [row["subject"] for row in ANN.get(f"/v1/notifications{query}").ok(200)["data"]]


# --- reading


def test_what_happened_is_in_the_app_and_new_until_it_is_read() -> None:
    a_user()
    say(shipped(), times=3)
    page = ANN.get("/v1/notifications?channel=in_app").ok(200)
    assert page["unread_count"] == 2
    (first, welcome) = page["data"]
    assert (first["subject"], welcome["subject"]) == ("Your order ORD-o1 is on its way", "Welcome to Tradewind")
    assert (first["status"], first["channel"], first["read_at"]) == ("delivered", "in_app", None)
    assert "1Z999" in first["body"]
    read = ANN.patch(f"/v1/notifications/{first['id']}", {"read": True}).ok(200)
    assert read["read_at"]
    assert ANN.patch(f"/v1/notifications/{first['id']}", {"read": True}).ok(200)["read_at"] == read["read_at"]
    new = ANN.get("/v1/notifications?unread=true").ok(200)
    assert ([row["id"] for row in new["data"]], new["unread_count"]) == ([welcome["id"]], 1)
    ANN.post("/v1/notification-reads").ok(204)
    ANN.post("/v1/notification-reads").ok(204)
    assert ANN.get("/v1/notifications?unread=true").ok(200) == {
        "data": [],
        "has_more": False,
        "next_cursor": None,
        "unread_count": 0,
    }
    assert len(subjects("?channel=in_app")) == 2


def test_reading_everything_goes_on_where_one_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    a_user()
    say(shipped())
    mark_read = stored.mark_read
    gone = ANN.get("/v1/notifications?channel=in_app").ok(200)["data"][0]["id"]

    def without(ids: list[str]) -> None:
        if gone in ids:
            raise not_found("notification")
        mark_read(ids)

    monkeypatch.setattr(stored, "mark_read", without)
    ANN.post("/v1/notification-reads").ok(204)
    assert [row["id"] for row in ANN.get("/v1/notifications?unread=true").ok(200)["data"]] == [gone]


def test_a_list_is_narrowed_to_a_channel_and_paged() -> None:
    """B16."""
    a_user()
    for number in range(4):
        say(shipped(f"o{number}"))
    assert len(subjects()) == 10
    assert subjects("?channel=SMS") == []
    assert subjects("?channel=email&unread=true") == []
    for channel in ("email", "in_app"):
        seen: list[str] = []
        cursor = ""
        while True:
            page = ANN.get(f"/v1/notifications?channel={channel}&limit=2{cursor}").ok(200)
            seen += [row["subject"] for row in page["data"]]
            if not page["has_more"]:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert seen == [*(f"Your order ORD-o{n} is on its way" for n in (3, 2, 1, 0)), "Welcome to Tradewind"]


def test_nobody_reads_or_marks_what_is_anothers() -> None:
    a_user()
    (mine, *_) = ANN.get("/v1/notifications?channel=in_app").ok(200)["data"]
    (mail, *_) = ANN.get("/v1/notifications?channel=email").ok(200)["data"]
    assert user("u2").get("/v1/notifications").ok(200)["data"] == []
    user("u2").patch(f"/v1/notifications/{mine['id']}", {"read": True}).refused(404, "not_found")
    ANN.patch("/v1/notifications/none-such", {"read": True}).refused(404, "not_found")
    ANN.patch(f"/v1/notifications/{mail['id']}", {"read": True}).refused(409, "not_in_app")
    for bad in ({}, {"read": False}, {"read": "yes"}, {"read": True, "by": "me"}):
        ANN.patch(f"/v1/notifications/{mine['id']}", bad).refused(422, "validation_failed")
    ANN.get("/v1/notifications?channel=pigeon").refused(400, "invalid_parameter")
    anyone().get("/v1/notifications").refused(401, "unauthenticated")
    assert ANN.get("/v1/notifications").ok(200)["unread_count"] == 1


# --- preferring


def row(notification_type: str, channel: str) -> dict[str, Any]:
    (found,) = [
        row
        for row in ANN.get(SETTINGS).ok(200)["data"]
        if (row["notification_type"], row["channel"]) == (notification_type, channel)
    ]
    return dict(found)


def test_preferences_are_shown_in_both_shapes() -> None:
    assert (row("order_shipped", "email")["enabled"], row("order_shipped", "email")["version"]) == (True, None)
    said = ANN.put(f"{SETTINGS}/order_shipped/email", {"enabled": False, "frequency": "immediate"}).ok(200)
    assert {**said, "id": "?"} == {
        "id": "?",
        "user_id": "u1",
        "notification_type": "order_shipped",
        "category": "order_shipped",
        "channel": "email",
        "enabled": False,
        "frequency": "immediate",
        "always": False,
        "version": 1,
        "created_at": said["created_at"],
        "updated_at": said["updated_at"],
    }
    assert row("order_shipped", "email") == said
    wide = {row["notification_type"]: row for row in ANN.get(f"{SETTINGS}?view=wide").ok(200)["data"]}
    assert wide["order_shipped"] == {
        "user_id": "u1",
        "notification_type": "order_shipped",
        "email_enabled": False,
        "sms_enabled": False,
        "push_enabled": True,
    }
    (event,) = [data for name, data in told() if name == "preference.updated"]
    assert event == {
        "user_id": "u1",
        "notification_type": "order_shipped",
        "channel": "email",
        "enabled": False,
        "frequency": "immediate",
    }


def test_saying_the_same_again_changes_nothing() -> None:
    for _ in range(2):
        assert ANN.put(f"{SETTINGS}/NEWSLETTER/EMAIL", {"frequency": "WEEKLY"}).ok(200)["version"] == 1
    assert ANN.put(f"{SETTINGS}/newsletter/email", {"enabled": False}).ok(200)["version"] == 2
    assert len([name for name, _ in told() if name == "preference.updated"]) == 2


def test_two_who_set_one_preference_both_succeed(monkeypatch: pytest.MonkeyPatch) -> None:
    prefer = people.prefer

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(people, "prefer", prefer)
        ANN.put(f"{SETTINGS}/newsletter/email", {"frequency": "daily"}).ok(200)
        return prefer(*arguments)

    monkeypatch.setattr(people, "prefer", overtaken)
    assert ANN.put(f"{SETTINGS}/newsletter/email", {"enabled": False}).ok(200)["version"] == 2
    assert row("newsletter", "email")["enabled"] is False


def test_a_preference_that_makes_no_sense_is_refused_and_not_kept() -> None:
    for bad in ({"enabled": "no"}, {"frequency": "hourly"}, {"color": "red"}):
        ANN.put(f"{SETTINGS}/newsletter/email", bad).refused(422, "validation_failed")
    ANN.put(f"{SETTINGS}/newsletter/pigeon", {"enabled": True}).refused(404, "not_found")
    ANN.put(f"{SETTINGS}/no%20such%20type/email", {"enabled": True}).refused(404, "not_found")
    ANN.get(f"{SETTINGS}?view=tall").refused(400, "invalid_parameter")
    assert row("newsletter", "email")["version"] is None


@pytest.mark.parametrize("wish", [{"enabled": False}, {"enabled": True, "frequency": "never"}])
def test_what_is_declined_is_suppressed_but_what_must_be_said_goes(wish: dict[str, Any]) -> None:
    a_user()
    for name in ("order_shipped", "order_confirmation", "security_alert"):
        ANN.put(f"{SETTINGS}/{name}/email", wish).ok(200)
    say(confirmed())
    say(shipped())
    say(auth.UserPasswordChanged(user_id="u1"))
    assert [subject for _, subject in sent()] == [
        "Your order ORD-20260131-7K3M9Q is confirmed",
        "Your password was changed",
    ]
    mail = {n["notification_type"]: n["status"] for n in ANN.get("/v1/notifications?channel=email").ok(200)["data"]}
    assert mail["order_shipped"] == "suppressed"
    assert "Your order ORD-o1 is on its way" in subjects("?channel=in_app")
    assert row("security_alert", "email")["always"] is True


def test_a_text_message_is_sent_to_who_asks_for_it() -> None:
    a_user(phone="+14155550100")
    say(shipped())
    assert subjects("?channel=sms") == []
    ANN.put(f"{SETTINGS}/order_shipped/sms", {"enabled": True}).ok(200)
    say(shipped("o2"))
    (text,) = ANN.get("/v1/notifications?channel=sms").ok(200)["data"]
    assert (text["subject"], text["status"]) == ("Your order ORD-o2 is on its way", "sent")


# --- digests


def run(job: str) -> None:
    app_of("notifications").jobs({"job": job}, None)


@pytest.mark.parametrize(
    ("frequency", "morning"), [("daily", "2026-02-04T08:00:00.000Z"), ("weekly", "2026-02-09T08:00:00.000Z")]
)
def test_what_is_wanted_by_the_day_or_week_comes_together_once(frequency: str, morning: str) -> None:
    with time_machine.travel(clock.epoch("2026-02-03T12:00:00.000Z")):  # a Tuesday
        a_user()
        a_user("u2")
        for who in (ANN, user("u2")):
            who.put(f"{SETTINGS}/order_shipped/email", {"frequency": frequency}).ok(200)
        for number in range(3):
            say(shipped(f"o{number}"))
        say(shipped("o9", "u2"))
        run("send_due")
    with time_machine.travel(clock.epoch(morning) - 60):
        run("send_digests")
        run("send_due")
        assert sent() == []
        held = admin().get("/v1/admin/notifications?status=pending").ok(200)["data"]
        assert {row["notification_type"] for row in held} == {"order_shipped"}
    with time_machine.travel(clock.epoch(morning) + 60):
        for _ in range(2):
            run("send_digests")
            run("send_due")
        assert sorted(sent()) == [(f"u{n}@example.com", f"Your {frequency} summary from Tradewind") for n in (1, 2)]
        (body,) = [m.body for m in mails() if m.destinations["ToAddresses"] == ["u1@example.com"]]
        assert all(f"ORD-o{n} is on its way" in body for n in range(3))
        assert "ORD-o9" not in body
        assert {row["status"] for row in ANN.get("/v1/notifications?channel=email").ok(200)["data"]} == {"sent"}


def test_two_who_make_the_same_digest_send_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    a_user()
    ANN.put(f"{SETTINGS}/order_shipped/email", {"frequency": "daily"}).ok(200)
    say(shipped())
    collect = stored.collect

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(stored, "collect", collect)
        run("send_digests")
        collect(*arguments)

    monkeypatch.setattr(stored, "collect", overtaken)
    with time_machine.travel(clock.epoch(clock.after(90_000))):
        run("send_digests")
        assert [subject for _, subject in sent()] == ["Your daily summary from Tradewind"]


# --- pushing

TOKEN = "fcm-token:of-anns-phone_1"


@pytest.fixture
def fcm(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Firebase at the other end: what it was sent. A token that begins with "gone" is nobody's any more."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {"project_id": "tradewind", "client_email": "push@tradewind.example", "private_key": pem}
    monkeypatch.setattr(push, "secrets", lambda: {"fcm": account})
    push._passes.forget()
    pushed: list[dict[str, Any]] = []

    def answer(method: str, url: str, body: Any, headers: dict[str, str] | None = None) -> web.Reply:
        if url == "https://oauth2.googleapis.com/token":
            import jwt

            claims = jwt.decode(body["assertion"], key.public_key(), algorithms=["RS256"], audience=url)
            assert claims["iss"] == account["client_email"]
            return web.Reply(200, {"access_token": "a-pass", "expires_in": 3600})
        assert url == "https://fcm.googleapis.com/v1/projects/tradewind/messages:send"
        assert headers == {"Authorization": "Bearer a-pass"}
        if body["message"]["token"].startswith("gone"):
            return web.Reply(404, {"error": {"status": "NOT_FOUND", "details": [{"errorCode": "UNREGISTERED"}]}})
        if body["message"]["token"].startswith("busy"):
            return web.Reply(503, {"error": {"status": "UNAVAILABLE", "message": "later"}})
        pushed.append(body["message"])
        return web.Reply(200, {"name": f"projects/tradewind/messages/{len(pushed)}"})

    monkeypatch.setattr(web, "send_json", answer)
    return pushed


def carry(token: str = TOKEN, who: Any = ANN) -> Any:
    return who.post("/v1/push-tokens", {"token": token, "platform": "IOS"})


def test_a_device_gets_what_its_user_is_told(fcm: list[dict[str, Any]]) -> None:
    a_user()
    reply = carry()
    assert reply.ok(201)["platform"] == "ios"
    assert reply.headers["Location"] == f"/v1/push-tokens/{TOKEN}"
    carry().ok(201)
    say(shipped(), times=2)
    assert [(m["token"], m["notification"]["title"]) for m in fcm] == [(TOKEN, "Your order ORD-o1 is on its way")]
    (pushed,) = ANN.get("/v1/notifications?channel=push").ok(200)["data"]
    assert pushed["status"] == "sent"
    (attempt,) = admin().get(f"/v1/admin/notifications/{pushed['id']}/logs").ok(200)["data"]
    assert (attempt["provider"], attempt["provider_message_id"]) == ("fcm", "projects/tradewind/messages/1")
    ANN.delete(f"/v1/push-tokens/{TOKEN}").ok(204)
    ANN.delete(f"/v1/push-tokens/{TOKEN}").refused(404, "not_found")
    say(shipped("o2"))
    assert len(fcm) == 1


def test_a_device_is_carried_by_who_signed_in_last(fcm: list[dict[str, Any]]) -> None:
    a_user()
    a_user("u2")
    carry().ok(201)
    user("u2").delete(f"/v1/push-tokens/{TOKEN}").refused(404, "not_found")
    carry(who=user("u2")).ok(201)
    say(shipped())
    assert fcm == []
    say(shipped("o2", "u2"))
    assert len(fcm) == 1
    ANN.delete(f"/v1/push-tokens/{TOKEN}").refused(404, "not_found")


def test_a_device_nobody_is_at_any_more_is_forgotten(fcm: list[dict[str, Any]]) -> None:
    a_user()
    carry("gone-for-good").ok(201)
    carry().ok(201)
    say(shipped())
    assert len(fcm) == 1
    ANN.delete("/v1/push-tokens/gone-for-good").refused(404, "not_found")


def test_a_push_that_failed_is_tried_again(fcm: list[dict[str, Any]]) -> None:
    """B179."""
    a_user()
    carry("busy-today").ok(201)
    say(shipped())
    (pushed,) = ANN.get("/v1/notifications?channel=push").ok(200)["data"]
    assert (pushed["status"], pushed["attempts"]) == ("pending", 1)
    carry().ok(201)
    with time_machine.travel(clock.epoch(clock.after(61))):
        run("send_due")
    assert len(fcm) == 1


def test_a_device_that_cannot_be_one_is_refused() -> None:
    for bad in (
        {"token": TOKEN},
        {"token": TOKEN, "platform": "telegraph"},
        {"token": "short", "platform": "ios"},
        {"token": "a token with spaces", "platform": "ios"},
        {"token": "x" * 251, "platform": "ios"},
        {"token": TOKEN, "platform": "ios", "owner": "u2"},
    ):
        ANN.post("/v1/push-tokens", bad).refused(422, "validation_failed")
    ANN.delete(f"/v1/push-tokens/{TOKEN}").refused(404, "not_found")


# --- forgetting


def test_who_is_deleted_leaves_no_wish_no_device_and_no_word(fcm: list[dict[str, Any]]) -> None:
    """E6."""
    a_user()
    carry().ok(201)
    ANN.put(f"{SETTINGS}/order_shipped/email", {"enabled": False}).ok(200)
    say(shipped())
    say(auth.UserDeleted(user_id="u1"), version=5, times=2)
    assert row("order_shipped", "email")["version"] is None
    page = ANN.get("/v1/notifications").ok(200)
    assert (page["unread_count"], {n["subject"] for n in page["data"]}) == (0, {None})
    assert ANN.get("/v1/notifications?channel=in_app").ok(200)["data"] == []
    ANN.delete(f"/v1/push-tokens/{TOKEN}").refused(404, "not_found")
    carry().refused(409, "user_erased")
    say(account(), version=6)
    say(shipped("o2"))
    assert len(fcm) == 1
    assert len(mails()) == 0
