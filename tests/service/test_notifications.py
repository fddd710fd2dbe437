"""Mails: one per cause, complete, retried, and to whom they belong.

B7, B175, B177-B180; E94, E96; K30; NOTIF-01, NOTIF-02, NOTIF-04.
"""

import random
import uuid
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError, ReadTimeoutError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from notifications import writing
from notifications.model.kinds import KINDS
from notifications.model.template import Template
from notifications.senders import email as mail
from notifications.store import notifications as store
from notifications.store import people, templates
from shop import aws, clock, settings
from shop.events import Event, auth, orders, payments, users
from shop.money import Money
from tests import kit
from tests.kit import app_of, hear, mails, pending, perform

pytestmark = pytest.mark.usefixtures("shop", "seeded")


@pytest.fixture
def seeded(shop: None) -> None:
    """The templates that come with the shop."""
    templates.shelf.forget()
    perform("notifications", "seed_templates")


def usd(amount: int, currency: str = "USD") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def detail(event: Event, version: int = 1) -> dict[str, Any]:
    """An event as it comes over the bus."""
    return {
        "id": str(uuid.uuid4()),
        "type": event.type,
        "version": 1,
        "occurred_at": clock.now(),
        "aggregate_type": event.about,
        "aggregate_id": event.aggregate_id,
        "aggregate_version": version,
        "correlation_id": "c",
        "actor": {"type": "system", "id": None},
        "data": event.model_dump(mode="json"),
    }


def say(event: Event | dict[str, Any], version: int = 1, times: int = 1) -> None:
    told = detail(event, version) if isinstance(event, Event) else event
    for _ in range(times):
        hear(told["type"], told, to=lambda service: service == "notifications")


def account(user_id: str = "u1", **fields: Any) -> auth.UserCreated:
    ann = {"email": f"{user_id}@example.com", "first_name": "Ann", "last_name": "Lee", "roles": ["customer"]}
    return auth.UserCreated(user_id=user_id, **{**ann, **fields})


def a_user(user_id: str = "u1", **fields: Any) -> None:
    """Someone who has been welcomed; that mail is not counted."""
    say(account(user_id, **fields))
    ses_backends[DEFAULT_ACCOUNT_ID][kit.REGION].sent_messages.clear()


def an_order(**fields: Any) -> dict[str, Any]:
    """What confirming an order says."""
    return {
        "order_id": "o1",
        "order_number": "ORD-20260131-7K3M9Q",
        "user_id": "u1",
        "total_amount": usd(3100),
        "items": [{"product_name": "Mug", "quantity": 2, "total_price": usd(2600), "product_sku": "MUG"}],
        "shipping_amount": usd(500),
        **fields,
    }


ITEM = {
    "order_item_id": "i1",
    "product_id": "p1",
    "product_name": "Mug",
    "product_sku": "MUG",
    "quantity": 2,
    "unit_price": usd(1300),
    "total_price": usd(2600),
    "discount_amount": usd(0),
}


def confirmed(**fields: Any) -> orders.OrderConfirmed:
    return orders.OrderConfirmed.model_validate(
        {
            **an_order(),
            "items": [ITEM],
            "status": "confirmed",
            "payment_status": "paid",
            "subtotal": usd(2600),
            "discount_amount": usd(0),
            "tax_amount": usd(0),
            "cart_id": "c1",
            "payment_method": "card",
            "shipping_address": {
                "full_name": "Ann Lee",
                "address_line1": "1 Main St",
                "city": "Bonn",
                "postal_code": "53111",
                "country": "DE",
            },
            **fields,
        }
    )


CONFIRMED = ("u1@example.com", "Your order ORD-20260131-7K3M9Q is confirmed")


def confirm(**fields: Any) -> Any:
    return perform("notifications", "send_order_confirmation", **an_order(**fields))


def run_job() -> None:
    app_of("notifications").jobs({"job": "send_due"}, None)


def sent() -> list[tuple[str, str]]:
    """To whom, and about what, mails were sent."""
    return [(message.destinations["ToAddresses"][0], message.subject) for message in mails()]


def told() -> list[tuple[str, dict[str, Any]]]:
    return [(name, told["data"]) for name, told in pending("notifications")]


def attempts(notification_id: str) -> list[dict[str, Any]]:
    """The logged attempts, oldest first. No door shows them yet, so they are read from the table."""
    rows = boto3.client("dynamodb", kit.REGION).query(
        TableName=settings.table_name("notifications"),
        KeyConditionExpression="PK = :pk AND begins_with(SK, :log)",
        ExpressionAttributeValues={":pk": {"S": f"NTF#{notification_id}"}, ":log": {"S": "LOG#"}},
    )["Items"]
    return [{name: row[name].get("S") for name in ("status", "provider", "error") if name in row} for row in rows]


def ses_says(monkeypatch: pytest.MonkeyPatch, *failures: Exception) -> Mock:
    """SES fails so often, then takes the mail."""
    real = aws.client("ses")
    ses = Mock()
    waiting = list(failures)

    def send_email(**message: Any) -> Any:
        if waiting:
            raise waiting.pop(0)
        return real.send_email(**message)

    ses.send_email.side_effect = send_email
    monkeypatch.setattr(mail, "client", lambda name: ses)
    return ses


def throttled() -> ClientError:
    return ClientError({"Error": {"Code": "Throttling", "Message": "Maximum sending rate exceeded."}}, "SendEmail")


# --- what is sent


def test_a_new_user_is_welcomed_once() -> None:
    """B180, E1, E94."""
    say(account(), times=3)
    assert sent() == [("u1@example.com", "Welcome to Tradewind")]
    assert mails()[0].source == "shop@example.com"
    assert "Welcome, Ann!" in mails()[0].body
    ((name, data),) = told()
    assert name == "notification.sent"
    assert {n: data[n] for n in ("user_id", "channel", "notification_type")} == {
        "user_id": "u1",
        "channel": "email",
        "notification_type": "user_welcome",
    }


def test_an_order_is_confirmed_with_its_lines_and_totals() -> None:
    a_user()
    order = an_order(
        subtotal=usd(2600),
        discount_amount=usd(100),
        tax_amount=usd(100),
        shipping_method="Standard",
        payment_method="cod",
        shipping_address={"full_name": "Ann Lee", "address_line1": "1 Main St", "city": "Bonn", "country": "DE"},
        something_new=1,
    )
    answer = perform("notifications", "send_order_confirmation", **order)
    assert (answer["status"], answer["attempts"]) == ("sent", 1)
    assert sent() == [CONFIRMED]
    body = mails()[0].body
    for shown in ("Ann", "Mug", "USD 26.00", "USD 1.00", "USD 5.00", "(Standard)", "USD 31.00", "Bonn", "You pay when"):
        assert shown in body
    assert attempts(answer["notification_id"]) == [{"status": "sent", "provider": "ses"}]


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [(123456, "USD", "USD 1,234.56"), (1234, "JPY", "JPY 1,234"), (1234, "KWD", "KWD 1.234"), (5, "EUR", "EUR 0.05")],
)
def test_money_is_shown_with_the_digits_of_its_currency(amount: int, currency: str, shown: str) -> None:
    a_user()
    confirm(total_amount=usd(amount, currency), items=[], shipping_amount=None)
    assert f">{shown}</td>" in mails()[0].body


def test_what_people_wrote_is_escaped_in_html_and_does_not_break_the_subject() -> None:
    """B177."""
    a_user(first_name='<img src=x onerror="alert(1)">')
    names = ["<script>alert('x')</script>", "Tasse „Größe XL“ 茶 🍵", "{{ 7 * 7 }}"]
    confirm(
        order_number="ORD-1\r\nBcc: all@example.com",
        items=[{"product_name": name, "quantity": 1, "total_price": usd(1)} for name in names],
    )
    body = mails()[0].body
    assert "<script>" not in body
    assert "<img" not in body
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in body
    assert "Tasse „Größe XL“ 茶 🍵" in body
    assert "{{ 7 * 7 }}" in body
    assert sent() == [("u1@example.com", "Your order ORD-1 Bcc: all@example.com is confirmed")]


def test_cancellations_refunds_and_failed_payments_are_told() -> None:
    """E47, E54, E59, E65: one mail for an order whose payment failed, whoever says so first."""
    a_user()
    say(confirmed())
    cancelled = orders.OrderCancelled.model_validate(
        {"order_id": "o1", "order_number": "ORD-1", "user_id": "u1", "items": [ITEM], "reason": "changed my mind"}
    )
    say(cancelled, times=2)
    refund = {"refund_id": "r1", "payment_id": "p1", "order_id": "o1", "user_id": "u1", "amount": usd(1000)}
    part = payments.RefundSucceeded.model_validate({**refund, "fully_refunded": False})
    rest = payments.RefundSucceeded.model_validate(
        {**refund, "refund_id": "r2", "amount": usd(2100), "fully_refunded": True}
    )
    for event in (part, part, rest, rest):
        say(event)
    failed = {"user_id": "u1", "cart_id": "c2"}
    say(orders.CheckoutFailed(checkout_id="k1", order_id="o2", code="payment_declined", **failed))
    say(orders.CheckoutFailed(checkout_id="k1", order_id="o2", code="payment_declined", **failed))
    say(payments.PaymentFailed(payment_id="p2", order_id="o2", user_id="u1"))
    say(orders.CheckoutFailed(checkout_id="k2", order_id="o3", code="payment_expired", **failed))
    say(orders.CheckoutFailed(checkout_id="k3", order_id="o4", code="out_of_stock", **failed))
    assert [subject for _, subject in sent()] == [
        "Your order ORD-20260131-7K3M9Q is confirmed",
        "Your order ORD-1 is cancelled",
        "Your refund of USD 10.00",
        "Your refund of USD 21.00",
        "Your payment did not go through",
        "Your payment did not go through",
    ]
    bodies = [message.body for message in mails()]
    assert "changed my mind" in bodies[1]
    assert "ORD-20260131-7K3M9Q" in bodies[2]
    assert ("everything you paid" in bodies[2], "everything you paid" in bodies[3]) == (False, True)
    assert "was declined" in bodies[4]
    assert "did not arrive in time" in bodies[5]


def test_a_refund_of_an_order_nobody_confirmed_is_told_without_its_number() -> None:
    a_user()
    say(
        payments.RefundSucceeded(
            refund_id="r", payment_id="p", order_id="?", user_id="u1", amount=Money(**usd(500)), fully_refunded=True
        )
    )
    assert sent() == [("u1@example.com", "Your refund of USD 5.00")]
    assert "for order" not in mails()[0].body


def test_operators_are_called_when_they_have_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """E48, E66."""
    stuck = detail(orders.CheckoutCompensationFailed(checkout_id="k1", step="ReleaseStock", error="<boom>"))
    say(stuck)
    assert sent() == []
    monkeypatch.setenv("OPERATIONS_MAIL", "ops@example.com")
    say(stuck, times=2)
    say(payments.RefundFailed(refund_id="r", payment_id="p", order_id="o", user_id="u1", error="closed"))
    assert sent() == [
        ("ops@example.com", "[Tradewind] A checkout could not be undone"),
        ("ops@example.com", "[Tradewind] A refund failed"),
    ]
    for shown in ("k1", "ReleaseStock", "&lt;boom&gt;"):
        assert shown in mails()[0].body


# --- once


@pytest.mark.parametrize("first", ["step", "event"])
def test_step_and_event_of_one_order_make_one_mail(first: str) -> None:
    """B180, E50."""
    a_user()
    event = detail(confirmed())
    doors: list[Callable[[], Any]] = [confirm, lambda: say(event)]
    for door in (doors if first == "step" else doors[::-1]) * 3:
        door()
    assert len(mails()) == 1
    assert confirm()["status"] == "sent"
    assert [name for name, data in told() if data["notification_type"] == "order_confirmation"] == ["notification.sent"]


def test_step_and_event_at_the_same_moment_make_one_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event is heard, and its mail sent, just before the step writes the notification."""
    a_user()
    create = store.create

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(store, "create", create)
        say(confirmed())
        create(*arguments)

    monkeypatch.setattr(store, "create", overtaken)
    assert confirm()["status"] == "sent"
    assert len(mails()) == 1


def test_the_job_leaves_a_mail_to_the_one_who_is_sending_it(monkeypatch: pytest.MonkeyPatch) -> None:
    a_user()
    send = mail.send

    def overtaken(*arguments: Any) -> str:
        monkeypatch.setattr(mail, "send", send)
        run_job()
        confirm()
        say(confirmed())
        return send(*arguments)

    monkeypatch.setattr(mail, "send", overtaken)
    confirm()
    assert len(mails()) == 1


def test_of_two_jobs_that_found_the_same_mail_one_sends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    a_user()
    ses_says(monkeypatch, throttled())
    confirm()
    save = store.save

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(store, "save", save)
        run_job()
        return save(*arguments)

    with time_machine.travel(clock.epoch(clock.after(61))):
        monkeypatch.setattr(store, "save", overtaken)
        run_job()
    assert len(mails()) == 1


def test_every_event_three_times_in_any_order_makes_one_mail_each() -> None:
    """B6, B180."""
    told = [
        detail(account()),
        detail(account("u2")),
        detail(confirmed()),
        detail(confirmed(order_id="o2", user_id="u2")),
    ]
    batch = told * 3
    random.Random(7).shuffle(batch)
    for event in batch:
        say(event)
    with time_machine.travel(clock.epoch(clock.after(90))):
        run_job()
    assert sorted(sent()) == sorted(
        (f"{user}@example.com", subject)
        for user in ("u1", "u2")
        for subject in ("Welcome to Tradewind", "Your order ORD-20260131-7K3M9Q is confirmed")
    )


# --- again


@pytest.mark.parametrize("failure", [throttled(), ReadTimeoutError(endpoint_url="https://ses")])
def test_a_mail_that_failed_once_is_sent_by_the_job(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    """B179."""
    a_user()
    ses_says(monkeypatch, failure)
    first = confirm()
    assert (first["status"], first["attempts"]) == ("pending", 1)
    run_job()
    assert mails() == []
    with time_machine.travel(clock.epoch(clock.after(61))):
        run_job()
        run_job()
    assert len(mails()) == 1
    assert confirm() == {**first, "status": "sent", "attempts": 2}
    log = attempts(first["notification_id"])
    assert [row["status"] for row in log] == ["failed", "sent"]
    assert log[0]["error"]


def test_after_three_failures_a_mail_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """B179, E96."""
    a_user()
    ses = ses_says(monkeypatch, *(throttled() for _ in range(9)))
    say(confirmed())
    tries = []
    with time_machine.travel(clock.epoch(clock.now()), tick=False) as travel:
        for seconds in (58, 4, 290, 20, 3600):
            travel.shift(seconds)
            run_job()
            tries.append(ses.send_email.call_count)
    assert tries == [1, 2, 2, 3, 3]
    answer = confirm()
    assert (answer["status"], answer["attempts"]) == ("failed", 3)
    assert [row["status"] for row in attempts(answer["notification_id"])] == ["failed"] * 3
    name, data = told()[-1]
    assert (name, data["notification_id"]) == ("notification.failed", answer["notification_id"])
    assert data["error"] == "Throttling: Maximum sending rate exceeded."
    assert mails() == []


def test_a_mail_whose_sender_died_is_sent_when_the_lease_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    a_user()
    with monkeypatch.context() as dying:
        dying.setattr(mail, "send", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            confirm()
    assert confirm()["status"] == "pending"
    with time_machine.travel(clock.epoch(clock.after(100))):
        run_job()
        assert mails() == []
    with time_machine.travel(clock.epoch(clock.after(121))):
        run_job()
    assert len(mails()) == 1


def test_a_mail_that_kills_its_sender_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    a_user()
    monkeypatch.setattr(mail, "send", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        confirm()
    for minute in (3, 6):
        with time_machine.travel(clock.epoch(clock.after(60 * minute))), pytest.raises(KeyboardInterrupt):
            run_job()
    with time_machine.travel(clock.epoch(clock.after(600))):
        run_job()
    assert confirm()["status"] == "failed"


def test_one_bad_mail_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """B36."""
    for number in range(6):
        a_user(f"u{number}")
    ses_says(monkeypatch, *(throttled() for _ in range(6)))
    for number in range(6):
        confirm(order_id=f"o{number}", user_id=f"u{number}")
    send = mail.send

    def failing(address: str, letter: Any) -> str:
        if address.startswith("u3"):
            raise RuntimeError("out of memory")
        return send(address, letter)

    monkeypatch.setattr(mail, "send", failing)
    with time_machine.travel(clock.epoch(clock.after(61))):
        run_job()
    assert sorted(address[:2] for address, _ in sent()) == ["u0", "u1", "u2", "u4", "u5"]


# --- to whom


def test_a_mail_waits_for_its_recipient() -> None:
    """B4: the order is heard of before the account."""
    say(confirmed(), times=2)
    waiting = confirm()
    assert (waiting["status"], waiting["attempts"]) == ("pending", 0)
    for minutes in range(2, 12, 2):
        with time_machine.travel(clock.epoch(clock.after(60 * minutes))):
            run_job()
    assert (confirm()["status"], confirm()["attempts"]) == ("pending", 0)
    say(account())
    assert sent()[1:] == [CONFIRMED]
    assert len(sent()) == 2


def test_a_mail_written_while_its_recipient_is_heard_of_is_sent_by_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index where the news look for it is behind the table."""
    say(confirmed())
    monkeypatch.setattr(store, "of_newcomer", lambda user_id: [])
    a_user()
    assert sent() == []
    with time_machine.travel(clock.epoch(clock.after(61))):
        run_job()
    assert sent() == [CONFIRMED]


def test_a_mail_whose_recipient_never_comes_is_given_up_after_a_day() -> None:
    say(confirmed())
    with time_machine.travel(clock.epoch(clock.after(90_000))):
        run_job()
    assert confirm()["status"] == "failed"
    assert told()[-1][1]["error"] == "no_recipient"


def test_mails_go_to_the_newest_address_whatever_the_order_of_the_news() -> None:
    """B7, E2, E17."""
    changed = {"old_email": "x@example.com", "user_id": "u1"}
    newest = auth.UserEmailChanged(email="c@example.com", **changed)
    older = auth.UserEmailChanged(email="b@example.com", **changed)
    say(newest, version=5)
    say(account(email="a@example.com"))
    say(older, version=3)
    say(users.ProfileUpdated(user_id="u1", changed={"first_name": "Zoë", "phone": None, "gender": "x"}), version=4)
    say(users.ProfileUpdated(user_id="u1", changed={"first_name": "Old", "last_name": "Ray"}), version=2)
    confirm()
    assert [address for address, subject in sent() if "changed" not in subject] == ["c@example.com", "c@example.com"]
    assert "Hello Zoë," in mails()[-1].body


def test_what_a_customer_changes_in_the_profile_is_in_the_next_mail() -> None:
    """E1, E17: over the bus, from users to here."""
    client = kit.user("u1")
    created = detail(account())
    hear(created["type"], created)
    me = client.get("/v1/users/me")
    client.patch("/v1/users/me", {"first_name": "Łucja", "last_name": None}, if_match=me.etag).ok(200)
    kit.deliver("users", times=2)
    confirm()
    assert "Hello Łucja," in mails()[-1].body


def test_nothing_is_sent_to_someone_whose_account_is_not_active() -> None:
    """E5."""
    a_user()
    status = {"user_id": "u1", "was": "active", "status": "suspended"}
    say(auth.UserStatusChanged(is_active=False, **status), version=2)
    assert confirm()["status"] == "suppressed"
    say(auth.UserStatusChanged(is_active=True, **status), version=4)
    say(auth.UserStatusChanged(is_active=False, **status), version=3)
    assert confirm(order_id="o2")["status"] == "sent"
    assert len(mails()) == 1


def test_what_is_heard_of_a_recipient_is_not_lost_to_a_rival(monkeypatch: pytest.MonkeyPatch) -> None:
    """B19."""
    a_user()
    learn = people.learn

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(people, "learn", learn)
        say(auth.UserEmailChanged(user_id="u1", old_email="a@example.com", email="new@example.com"), version=2)
        learn(*arguments)

    monkeypatch.setattr(people, "learn", overtaken)
    say(users.ProfileUpdated(user_id="u1", changed={"first_name": "Zoë"}), version=2)
    confirm()
    assert sent()[-1][0] == "new@example.com"
    assert "Hello Zoë," in mails()[-1].body


def test_an_address_ses_refuses_fails_with_the_reason() -> None:
    a_user(email="not an address")
    answer = confirm()
    assert answer["status"] == "pending"
    assert "InvalidParameterValue" in str(attempts(answer["notification_id"])[0]["error"])


# --- templates


def seed(**fields: Any) -> None:
    texts = {"subject": "S", "body_html": "<p>H</p>", "body_text": "T"}
    templates.shelf.forget()
    assert templates.seed_template(Template(**{**texts, **fields}))


def test_seeding_again_changes_nothing() -> None:
    assert perform("notifications", "seed_templates") == {"created": []}
    kit.empty()
    templates.shelf.forget()
    assert set(perform("notifications", "seed_templates")["created"]) == {*KINDS, writing.FRAME}


def test_two_seeders_put_each_template_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kit.empty()
    seed_template = templates.seed_template

    def overtaken(template: Template) -> bool:
        monkeypatch.setattr(templates, "seed_template", seed_template)
        assert len(perform("notifications", "seed_templates")["created"]) == len(writing.shipped())
        return seed_template(template)

    monkeypatch.setattr(templates, "seed_template", overtaken)
    assert perform("notifications", "seed_templates") == {"created": []}


def test_a_missing_variable_fails_with_the_reason_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """B177, E96."""
    kit.empty()
    seed(name="user_welcome", variables={"coupon": {"required": True}, "first_name": {"required": True}})
    say(account())
    seed(name="order_confirmation", body_html="<p>{{ total_amount | money }} {{ items[0].colour }}</p>")
    confirm()
    run_job()
    assert mails() == []
    errors = {data["notification_type"]: data["error"] for name, data in told() if name == "notification.failed"}
    assert errors["user_welcome"] == "missing_variable: coupon"
    assert errors["order_confirmation"].startswith("missing_variable: ")
    assert "colour" in errors["order_confirmation"]
    assert [row["status"] for row in attempts(confirm()["notification_id"])] == ["failed"]


@pytest.mark.parametrize(
    "body",
    ["{% if %}", "{{ 1 / 0 }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ total_amount.amount | money }}"],
)
def test_a_template_that_breaks_fails_with_the_reason(body: str) -> None:
    """B177: also one that reaches out of its sandbox."""
    kit.empty()
    seed(name="user_welcome")
    a_user()
    seed(name="order_confirmation", body_text=body)
    assert confirm()["status"] == "failed"
    assert mails() == []
    assert told()[-1][1]["error"].startswith(("template_error", "missing_variable"))


def test_a_changed_frame_is_around_every_mail() -> None:
    """The frame is a template like the others: the shop's name and colours are in one place."""
    kit.empty()
    seed(name=writing.FRAME, body_html="<h6>Our shop</h6>{% block content %}{% endblock %}")
    seed(
        name="order_confirmation",
        body_html='{% extends "frame" %}{% block content %}<p>{{ order_number }}</p>{% endblock %}',
    )
    a_user()
    confirm()
    assert "<h6>Our shop</h6><p>" in mails()[0].body


def test_a_template_that_is_not_there_yet_is_waited_for() -> None:
    kit.empty()
    templates.shelf.forget()
    say(account())
    assert mails() == []
    perform("notifications", "seed_templates")
    with time_machine.travel(clock.epoch(clock.after(61))):
        run_job()
    assert sent() == [("u1@example.com", "Welcome to Tradewind")]


def test_an_inactive_template_is_not_used() -> None:
    """B177."""
    kit.empty()
    seed(name="order_confirmation", is_active=False)
    say(account())
    answer = confirm()
    assert answer["status"] == "pending"
    assert attempts(answer["notification_id"])[0]["error"] == "no_active_template"


@pytest.mark.parametrize(
    ("language", "subject"),
    [("de", "Danke"), ("de-AT", "Danke"), ("pt-BR", "Obrigado"), ("en", "Your order"), ("fr", "Your order")],
)
def test_a_mail_is_in_the_recipients_language_where_there_is_one(language: str, subject: str) -> None:
    """B73, B177."""
    seed(name="order_confirmation.de", subject="Danke")
    seed(name="order_confirmation.pt-br", subject="Obrigado")
    a_user(language=language)
    confirm()
    assert sent()[0][1].startswith(subject)


def test_every_template_that_is_shipped_can_be_written() -> None:
    for template in writing.shipped():
        if template.name == writing.FRAME:
            continue
        assert template.variables
        assert max(len(template.body_html), len(template.body_text)) <= 10_000
        with pytest.raises(writing.Unwritable, match="missing_variable"):
            writing.write(template, {}, writing.shipped_frame())


def test_what_mails_are_made_of_is_found_by_the_job_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed mail is written anew from what was kept, with the recipient as they are by then."""
    a_user()
    ses_says(monkeypatch, throttled())
    confirm(items=[{"product_name": "茶", "quantity": 1, "total_price": usd(2600)}])
    say(users.ProfileUpdated(user_id="u1", changed={"first_name": "Zoë"}), version=2)
    with time_machine.travel(clock.epoch(clock.after(61))):
        run_job()
    assert "茶" in mails()[0].body
    assert "Hello Zoë," in mails()[0].body


def test_nothing_is_heard_that_is_not_understood() -> None:
    """A step that is handed nonsense says so and sends nothing."""
    a_user()
    for nonsense in ({"items": "none"}, {"total_amount": 31.0}, {"order_number": None}):
        with pytest.raises(Exception, match="internal_error"):
            confirm(**nonsense)
    assert mails() == []
