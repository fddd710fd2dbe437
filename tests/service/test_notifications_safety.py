"""Links, codes and warnings (B48, B54, B56-B58, B63, B175, B177, B179, B180; E2, E8-E15)."""

import re
from typing import Any

import pytest
import time_machine
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from notifications.store import templates
from shop import aws, clock, settings
from shop.events import Event, auth
from shop.sealing import seal
from tests.kit import REGION, anyone, app_of, deliver, hear, mails, perform
from tests.service.auth_kit import OTHER, PASSWORD, everything, open_account, said, sign_in, try_sign_in
from tests.service.test_notifications import detail

pytestmark = pytest.mark.usefixtures("seeded")

TOKEN = "a-token-that-nobody-else-may-read"


@pytest.fixture
def seeded(shop: None) -> None:
    """The templates that come with the shop, and no messages yet."""
    sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages.clear()
    templates.shelf.forget()
    perform("notifications", "seed_templates")


def say(event: Event, times: int = 1, version: int = 1) -> None:
    told = detail(event, version)
    for _ in range(times):
        hear(told["type"], told, to=lambda service: service == "notifications")


def sealed(text: str, kind: type[Event]) -> str:
    return seal(text, purpose=kind.type, user_id="u1")


def verification(**fields: Any) -> auth.EmailVerificationRequested:
    kind = auth.EmailVerificationRequested
    told = {"email": "ann@example.com", "expires_at": "2026-01-31T09:00:00.000Z", **fields}
    return kind(user_id="u1", encrypted_token=sealed(TOKEN, kind), **told)


def texts() -> list[tuple[str, str]]:
    """The numbers and words of the text messages sent so far."""
    return [(number, text) for number, text, *_ in sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages.values()]


def sent() -> list[tuple[str, str]]:
    return [(message.destinations["ToAddresses"][0], message.subject) for message in mails()]


def token_in(body: str) -> str:
    found = re.search(r"\?token=([\w.-]+)", body)
    assert found
    return found[1]


# --- from auth to the letter box and back


def test_a_new_user_verifies_the_address_by_the_link_in_the_mail() -> None:
    open_account(first_name="Ann")
    deliver("auth", times=2)
    (mail,) = [message for message in mails() if message.subject == "Is this your address?"]
    assert mail.destinations["ToAddresses"] == ["ann@example.com"]
    assert f"{settings.STOREFRONT_URL}/verify-email?token=" in mail.body
    token = token_in(mail.body)
    anyone().post("/v1/email-verifications/confirmations", {"token": token}).ok(204)
    for service in ("auth", "notifications"):
        assert token not in everything(service)


def test_a_forgotten_password_is_set_anew_by_the_link_in_the_mail() -> None:
    open_account()
    anyone().post("/v1/password-resets", {"email": "ann@example.com"}).ok(202)
    anyone().post("/v1/password-resets", {"email": "nobody@example.com"}).ok(202)
    deliver("auth", times=2)
    (mail,) = [message for message in mails() if message.subject == "Choose a new password"]
    assert f"{settings.STOREFRONT_URL}/reset-password?token=" in mail.body
    token = token_in(mail.body)
    body = {"token": token, "new_password": OTHER}
    anyone().post("/v1/password-resets/confirmations", body).ok(204)
    deliver("auth")
    assert sent()[-1] == ("ann@example.com", "Your password was changed")
    assert token not in everything("notifications")
    sign_in(password=OTHER)


def test_a_number_is_verified_by_the_code_in_the_text_message() -> None:
    open_account()
    me = sign_in()
    me.post("/v1/phone-verifications", {"phone": "+14155550100"}).ok(202)
    deliver("auth", times=2)
    ((number, text),) = texts()
    assert number == "+14155550100"
    code = text.split()[0]
    assert text.startswith(f"{code} is your Tradewind code. It is good for 10 minutes.")
    assert "\n" not in text
    assert len(text) <= 160
    me.post("/v1/phone-verifications/confirmations", {"code": code}).ok(204)
    assert code not in re.findall(r"\b\d{6}\b", everything("notifications"))


def test_a_locked_account_and_a_new_device_are_told_to_their_user() -> None:
    open_account(first_name="Ann")
    sign_in(device={"device_id": "d1"})
    sign_in(device={"device_id": "d1"})
    for _ in range(5):
        try_sign_in(password="not her password")
    deliver("auth", times=2)
    assert sorted(subject for _, subject in sent() if "Welcome" not in subject and "address" not in subject) == [
        "A new device signed in",
        "Somebody tries to guess your password",
    ]
    assert "203.0.113.7" in next(mail.body for mail in mails() if "guess" in mail.subject)


def test_the_old_address_is_told_of_the_new_one() -> None:
    open_account()
    deliver("auth")
    me = sign_in()
    change = {"email": "ann@example.org", "current_password": PASSWORD}
    me.patch("/v1/accounts/me", change, if_match=me.get("/v1/accounts/me").etag).ok()
    deliver("auth", times=2)
    assert sorted(sent()[2:]) == [
        ("ann@example.com", "Your address was changed"),
        ("ann@example.org", "Is this your address?"),
    ]
    anyone().post("/v1/password-resets", {"email": "ann@example.org"}).ok(202)
    deliver("auth")
    assert sent()[-1] == ("ann@example.org", "Choose a new password")


# --- what is written


@pytest.mark.parametrize(
    ("event", "subject"),
    [
        (auth.UserLocked(user_id="u1", locked_until="x", ip_address="203.0.113.9"), "Somebody tries to guess"),
        (auth.UserPasswordChanged(user_id="u1"), "Your password was changed"),
        (auth.UserMfaChanged(user_id="u1", enabled=True), "Your second step is on"),
        (auth.UserMfaChanged(user_id="u1", enabled=False), "Your second step is off"),
        (auth.UserLoggedIn(user_id="u1", session_id="s", new_device=True), "A new device signed in"),
        (
            auth.RefreshTokenReuseDetected(user_id="u1", family_id="f", ip_address="203.0.113.9"),
            "We ended one of your sessions",
        ),
    ],
)
def test_each_warning_is_sent_once_to_its_user(event: Event, subject: str) -> None:
    say(auth.UserCreated(user_id="u1", email="ann@example.com", first_name="<b>Ann</b>", roles=["customer"]))
    say(event, times=3)
    ((address, welcome), (warned, told)) = sent()
    assert (address, warned) == ("ann@example.com", "ann@example.com")
    assert told.startswith(subject)
    body = mails()[-1].body
    assert "Hello &lt;b&gt;Ann&lt;/b&gt;" in body
    assert re.search(r"When: \d{4}-\d\d-\d\d \d\d:\d\d UTC", body)
    assert ("from 203.0.113.9" in body) == hasattr(event, "ip_address")
    assert welcome == "Welcome to Tradewind"


def test_a_known_device_is_no_news() -> None:
    say(auth.UserCreated(user_id="u1", email="ann@example.com", roles=["customer"]))
    say(auth.UserLoggedIn(user_id="u1", session_id="s", device_id="d", new_device=False))
    assert len(mails()) == 1


def test_a_second_warning_of_a_kind_is_another_mail() -> None:
    say(auth.UserCreated(user_id="u1", email="ann@example.com", roles=["customer"]))
    for version in (2, 3):
        say(auth.UserPasswordChanged(user_id="u1"), version=version)
    assert [subject for _, subject in sent()].count("Your password was changed") == 2


def test_a_link_goes_to_the_address_it_verifies_also_before_its_user_is_known() -> None:
    """E12 may come before E1."""
    say(verification())
    assert sent() == [("ann@example.com", "Is this your address?")]
    assert token_in(mails()[0].body) == TOKEN
    assert "until 2026-01-31 09:00 UTC" in mails()[0].body


def test_nothing_is_sent_to_whoever_is_suspended() -> None:
    say(auth.UserCreated(user_id="u1", email="ann@example.com", roles=["customer"]))
    say(auth.UserStatusChanged(user_id="u1", was="active", status="suspended", is_active=False), version=2)
    say(verification())
    assert [subject for _, subject in sent()] == ["Welcome to Tradewind"]


def test_a_secret_sealed_for_another_purpose_or_user_is_not_opened() -> None:
    other = sealed(TOKEN, auth.PasswordResetRequested)
    event = verification().model_copy(update={"encrypted_token": other})
    with pytest.raises(Exception, match="InvalidCiphertext"):
        say(event)
    assert mails() == []


# --- again


def test_a_text_message_that_failed_is_sent_again_and_tells_nothing_afterwards(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from botocore.exceptions import ClientError

    from notifications.senders import sms

    real, failures = aws.client("sns"), [ClientError({"Error": {"Code": "Throttled", "Message": "later"}}, "Publish")]

    class Sns:
        def publish(self, **message: Any) -> Any:
            if failures:
                raise failures.pop()
            return real.publish(**message)

    monkeypatch.setattr(sms, "client", lambda name: Sns())
    kind = auth.PhoneVerificationRequested
    say(kind(user_id="u1", phone="+14155550100", encrypted_code=sealed("123456", kind)), times=2)
    assert texts() == []
    with time_machine.travel(clock.epoch(clock.after(61))):
        app_of("notifications").jobs({"job": "send_due"}, None)
    ((number, text),) = texts()
    assert (number, text[:6]) == ("+14155550100", "123456")
    assert "123456" not in everything("notifications")
    assert "123456" not in capfd.readouterr().out


def test_what_is_kept_of_a_letter_tells_no_secret() -> None:
    say(verification())
    kept = everything("notifications")
    assert TOKEN not in kept
    assert "verify-email?token=..." in kept
    assert "encrypted_token" not in kept


def test_no_event_carries_a_secret_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    import secrets

    made: list[str] = []
    make = secrets.token_urlsafe

    def noted(size: int | None = None) -> str:
        made.append(make(size))
        return made[-1]

    monkeypatch.setattr(secrets, "token_urlsafe", noted)
    open_account()
    anyone().post("/v1/password-resets", {"email": "ann@example.com"}).ok(202)
    assert len(made) == 2
    told = str(said("email_verification.requested") + said("password_reset.requested"))
    assert not any(secret in told for secret in made)
