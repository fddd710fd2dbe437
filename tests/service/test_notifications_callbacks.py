"""What those who carry messages tell of them later, and who may tell it (B181, R271; E95, E97; NOTIF-04, NOTIF-05)."""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from notifications import signatures
from notifications.store import notifications as stored
from notifications.store import templates
from shop import web
from shop.events import auth, orders
from tests.kit import MESSAGE_SECRETS, Reply, admin, anyone, mails, perform, user
from tests.service.test_notifications import a_user, confirm, say, sent, told

pytestmark = pytest.mark.usefixtures("seeded")

TOPIC = "arn:aws:sns:us-east-1:123456789012:mail"
CERTIFICATE = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
KEY = generate_private_key(65537, 2048)


@pytest.fixture
def seeded(shop: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates, our topic, and Amazon's certificate at its address; the other addresses that were asked."""
    templates.shelf.forget()
    perform("notifications", "seed_templates")
    monkeypatch.setenv("MAIL_TOPIC", TOPIC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    pem = made.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM)
    asked: list[str] = []

    def document(url: str) -> bytes:
        if url != CERTIFICATE:
            asked.append(url)
            return b""
        return pem

    monkeypatch.setattr(web, "document", document)
    signatures._key.cache_clear()
    return asked


def signed(said: dict[str, Any], version: str = "2", key: RSAPrivateKey = KEY, **changes: str) -> str:
    """What SNS posts, and whatever somebody changed of it afterwards."""
    message = {
        "Type": "Notification",
        "MessageId": "m1",
        "TopicArn": TOPIC,
        "Message": json.dumps(said),
        "Timestamp": "2026-01-31T09:00:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
        **{name: value for name, value in changes.items() if name in ("Type", "SubscribeURL", "Token")},
    }
    fields = sorted(set(message) - {"SignatureVersion", "SigningCertURL"})
    text = "".join(f"{name}\n{message[name]}\n" for name in fields)
    kind = hashes.SHA256() if version == "2" else hashes.SHA1()
    message["Signature"] = b64encode(key.sign(text.encode(), PKCS1v15(), kind)).decode()
    return json.dumps({**message, **changes})


def ses(body: str) -> Reply:
    return anyone().call("POST", "/v1/notification-webhooks/ses", body, content_type="text/plain; charset=UTF-8")


def a_mail(order_id: str = "o1") -> tuple[str, str]:
    """The ids of a mail that was sent, here and at SES."""
    made = confirm(order_id=order_id)["notification_id"]
    (row,) = admin().get(f"/v1/admin/notifications/{made}/logs").ok(200)["data"]
    return made, row["provider_message_id"]


def bounce(message_id: str, kind: str = "Permanent") -> dict[str, Any]:
    recipients = [{"emailAddress": "u1@example.com"}]
    told = {"bounceType": kind, "bounceSubType": "General", "bouncedRecipients": recipients}
    return {"notificationType": "Bounce", "mail": {"messageId": message_id}, "bounce": told}


def delivery(message_id: str) -> dict[str, Any]:
    return {"eventType": "Delivery", "mail": {"messageId": message_id}, "delivery": {}}


def complaint(message_id: str) -> dict[str, Any]:
    recipients = {"complainedRecipients": [{"emailAddress": "u1@example.com"}]}
    return {"notificationType": "Complaint", "mail": {"messageId": message_id}, "complaint": recipients}


def statuses(notification_id: str) -> list[str]:
    return [row["status"] for row in admin().get(f"/v1/admin/notifications/{notification_id}/logs").ok(200)["data"]]


def the(notification_id: str) -> dict[str, Any]:
    (found,) = [
        row
        for row in admin().get("/v1/admin/notifications?user_id=u1&limit=100").ok(200)["data"]
        if row["id"] == notification_id
    ]
    return dict(found)


# --- SES


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_mail_that_arrived_is_delivered_once(version: str) -> None:
    a_user()
    made, message_id = a_mail()
    for _ in range(3):
        assert ses(signed(delivery(message_id), version)).ok(200) == {"received": True}
    assert (the(made)["status"], statuses(made)) == ("delivered", ["sent", "delivered"])
    assert the(made)["delivered_at"]
    arrived = [data for name, data in told() if name == "notification.delivered"]
    assert arrived == [
        {"notification_id": made, "user_id": "u1", "channel": "email", "notification_type": "order_confirmation"}
    ]


def test_an_address_that_takes_nothing_gets_no_more_until_it_is_another() -> None:
    a_user()
    made, message_id = a_mail()
    ses(signed(delivery(message_id))).ok(200)
    for _ in range(2):
        ses(signed(bounce(message_id))).ok(200)
    ses(signed(delivery(message_id))).ok(200)
    assert (the(made)["status"], statuses(made)) == ("bounced", ["sent", "delivered", "bounced"])
    bounced = [data for name, data in told() if name == "notification.bounced"]
    assert bounced == [{"notification_id": made, "user_id": "u1", "email": "u1@example.com", "hard": True}]
    assert confirm(order_id="o2")["status"] == "suppressed"
    say(auth.UserEmailChanged(user_id="u1", old_email="u1@example.com", email="new@example.com"), version=2)
    assert confirm(order_id="o3")["status"] == "sent"
    assert [address for address, _ in sent()] == ["u1@example.com", "new@example.com"]


def test_a_late_bounce_of_an_old_address_does_not_touch_the_new_one() -> None:
    a_user()
    _, message_id = a_mail()
    say(auth.UserEmailChanged(user_id="u1", old_email="u1@example.com", email="new@example.com"), version=2)
    ses(signed(bounce(message_id))).ok(200)
    assert confirm(order_id="o2")["status"] == "sent"


def test_a_full_letter_box_is_written_to_again() -> None:
    a_user()
    made, message_id = a_mail()
    ses(signed(bounce(message_id, "Transient"))).ok(200)
    assert the(made)["status"] == "bounced"
    assert [data["hard"] for name, data in told() if name == "notification.bounced"] == [False]
    assert confirm(order_id="o2")["status"] == "sent"


def test_who_complained_gets_only_what_must_be_said() -> None:
    a_user()
    made, message_id = a_mail()
    for _ in range(2):
        ses(signed(complaint(message_id))).ok(200)
    assert (the(made)["status"], statuses(made)) == ("delivered", ["sent", "delivered"])
    say(orders.OrderShipped(order_id="o1", order_number="ORD-1", user_id="u1"))
    assert confirm(order_id="o2")["status"] == "sent"
    assert len(mails()) == 2


def test_two_words_about_one_mail_at_the_same_moment_are_both_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    a_user()
    made, message_id = a_mail()
    arrived = stored.arrived

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(stored, "arrived", arrived)
        ses(signed(bounce(message_id))).ok(200)
        arrived(*arguments)

    monkeypatch.setattr(stored, "arrived", overtaken)
    ses(signed(delivery(message_id))).ok(200)
    assert (the(made)["status"], statuses(made)) == ("bounced", ["sent", "bounced"])


def test_only_amazon_tells_of_mails_and_only_by_our_topic() -> None:
    a_user()
    made, message_id = a_mail()
    said = bounce(message_id)
    for forged in (
        signed(said, key=generate_private_key(65537, 2048)),
        signed(said, Message=json.dumps(delivery(message_id))),
        signed(said, TopicArn="arn:aws:sns:us-east-1:666666666666:mail"),
        signed(said, SigningCertURL="https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-0.pem"),
        signed(said, SigningCertURL="http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem"),
        signed(said, SigningCertURL="https://evil.example/?https://sns.us-east-1.amazonaws.com/x.pem"),
        signed(said, SignatureVersion="3"),
        signed(said, Signature="not base64"),
        signed(said, Type="UnsubscribeConfirmation"),
        json.dumps(said),
        "[]",
        "",
    ):
        ses(forged).refused(400, "bad_signature")
    assert (the(made)["status"], statuses(made)) == ("sent", ["sent"])


def test_without_a_topic_nobody_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_TOPIC", "")
    ses(signed(delivery("m"), TopicArn="")).refused(400, "bad_signature")


def test_what_is_no_news_or_not_ours_changes_nothing() -> None:
    for said in (delivery("unknown"), {"eventType": "Open", "mail": {"messageId": "m"}}, {"text": "a test by SES"}):
        assert ses(signed(said)).ok(200) == {"received": True}
    assert [name for name, _ in told()] == []


def test_our_topic_is_told_yes_and_no_other_address_is_called(seeded: list[str]) -> None:
    yes = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    ses(signed({}, Type="SubscriptionConfirmation", Token="t", SubscribeURL=yes)).ok(200)
    elsewhere = signed({}, Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://10.0.0.1/?Action=x")
    ses(elsewhere).refused(400, "bad_signature")
    assert seeded == [yes]


# --- others


def shared(body: Any, provider: str = "fcm", secret: str = MESSAGE_SECRETS["callbacks"]["fcm"], age: int = 0) -> Reply:
    raw, at = json.dumps(body), int(time.time()) - age
    signature = hmac.new(secret.encode(), f"{at}.{raw}".encode(), hashlib.sha256).hexdigest()
    return anyone().call(
        "POST", f"/v1/notification-webhooks/{provider}", raw, webhook_signature=f"t={at},v1={signature}"
    )


def test_whoever_shares_a_secret_tells_of_their_messages() -> None:
    a_user()
    made, message_id = a_mail()
    _told_by_fcm(made, message_id)
    assert shared({"message_id": "p1", "status": "delivered"}).ok(200) == {"received": True}
    assert (the(made)["status"], statuses(made)) == ("delivered", ["sent", "delivered"])
    shared({"message_id": "p1", "status": "failed", "error": "late"}).ok(200)
    assert the(made)["status"] == "delivered"


def _told_by_fcm(notification_id: str, message_id: str) -> None:
    """The same message, as fcm would know it."""
    (attempt,) = stored.attempts(notification_id)
    stored.amend(attempt.but(provider="fcm", provider_message_id="p1"))


def test_without_the_secret_nothing_is_believed() -> None:
    body = {"message_id": "p1", "status": "delivered"}
    shared(body, secret="another").refused(400, "bad_signature")
    shared(body, age=301).refused(400, "bad_signature")
    anyone().post("/v1/notification-webhooks/fcm", body).refused(400, "bad_signature")
    shared(body, provider="pigeons").refused(404, "not_found")
    wrong: tuple[Any, ...] = ({}, {"message_id": "p1", "status": "eaten"}, [])
    for bad in wrong:
        shared(bad).refused(422, "validation_failed")


def test_a_user_never_sees_what_the_provider_said() -> None:
    a_user()
    _, message_id = a_mail()
    ses(signed(bounce(message_id))).ok(200)
    assert "bounceType" not in json.dumps(user("u1").get("/v1/notifications").ok(200))
