"""Addresses and numbers shown to be one's own (R16-R19; B56, B58, B63; E3, E4, E12, E14; AP12; AUTH-10, AUTH-14)."""

from typing import Any

import pytest

from auth import passwords
from auth.store import proofs as store
from shop import clock
from tests.kit import Client, anyone, deliver, hear
from tests.service.auth_kit import PASSWORD, audited, everything, later, open_account, root, said, sent, sign_in

pytestmark = pytest.mark.usefixtures("shop")

EMAIL, PHONE = "email_verification.requested", "phone_verification.requested"
NUMBER = "+14155550100"


def confirm_email(token: str) -> Any:
    return anyone().post("/v1/email-verifications/confirmations", {"token": token})


def ask_code(me: Client, phone: str = NUMBER) -> str:
    """Ask for a code; the one in the text message."""
    me.post("/v1/phone-verifications", {"phone": phone}).ok(202)
    return sent(PHONE)[-1]


def confirm_phone(me: Client, code: str) -> Any:
    return me.post("/v1/phone-verifications/confirmations", {"code": code})


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


# --- addresses


def test_opening_an_account_asks_to_verify_its_address() -> None:
    user_id = open_account()
    (event,) = said(EMAIL)
    assert (event["user_id"], event["email"]) == (user_id, "ann@example.com")
    confirm_email(sent(EMAIL)[0]).ok(204)
    assert sign_in().get("/v1/accounts/me").ok()["email_verified"] is True
    assert said("user.email_verified") == [{"user_id": user_id, "email": "ann@example.com"}]
    assert [line["action"] for line in audited(root(), user_id=user_id)] == ["email_verified"]


def test_an_address_that_takes_no_mail_is_not_verified_any_more() -> None:
    """E97: unless it bounced for a while only, or is not the user's any more; hearing it twice is the same."""
    user_id = open_account()
    confirm_email(sent(EMAIL)[0]).ok(204)
    ann = sign_in()
    verified = []
    for email, hard in (("ann@example.com", False), ("old@example.com", True), ("ann@example.com", True)):
        for _ in range(2):
            bounced(user_id, email, hard)
        verified.append(ann.get("/v1/accounts/me").ok()["email_verified"])
    assert verified == [True, True, False]


def bounced(user_id: str, email: str, hard: bool) -> None:
    """What notifications tells, as it comes over the bus."""
    told = {
        "id": f"bounce-{email}-{hard}",
        "type": "notification.bounced",
        "version": 1,
        "occurred_at": clock.now(),
        "aggregate_type": "notification",
        "aggregate_id": "n",
        "aggregate_version": 1,
        "correlation_id": "c",
        "actor": {"type": "service", "id": "notifications"},
        "data": {"notification_id": "n", "user_id": user_id, "email": email, "hard": hard},
    }
    hear("notification.bounced", told, lambda service: service == "auth")


def test_an_account_that_is_refused_asks_for_nothing() -> None:
    open_account()
    anyone().post("/v1/accounts", {"email": "ann@example.com", "password": PASSWORD}).refused(409, "email_taken")
    assert len(said(EMAIL)) == 1


def test_a_token_counts_once() -> None:
    open_account()
    (token,) = sent(EMAIL)
    confirm_email(token).ok(204)
    confirm_email(token).refused(410, "token_expired_or_used")
    assert len(said("user.email_verified")) == 1


def test_a_token_is_good_for_a_day() -> None:
    open_account()
    (token,) = sent(EMAIL)
    with later(hours=25):
        confirm_email(token).refused(410, "token_expired_or_used")
    with later(hours=23):
        confirm_email(token).ok(204)


def test_a_newer_token_voids_the_older() -> None:
    open_account()
    me = sign_in()
    me.post("/v1/email-verifications").ok(202)
    first, second = sent(EMAIL)
    confirm_email(first).refused(410, "token_expired_or_used")
    confirm_email(second).ok(204)
    me.post("/v1/email-verifications").refused(409, "already_verified")
    anyone().post("/v1/email-verifications").refused(401, "unauthenticated")


def test_of_two_who_use_one_token_at_once_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    (token,) = sent(EMAIL)
    write = store.verify_email

    def overtaken(*args: Any) -> None:
        monkeypatch.undo()
        confirm_email(token).ok(204)
        write(*args)

    monkeypatch.setattr(store, "verify_email", overtaken)
    confirm_email(token).refused(410, "token_expired_or_used")
    assert len(said("user.email_verified")) == 1


def test_a_token_of_an_address_given_up_meanwhile_verifies_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    me = sign_in()
    (token,) = sent(EMAIL)
    write = store.verify_email

    def while_the_address_changes(*args: Any) -> None:
        monkeypatch.undo()
        change = {"email": "ann@example.org", "current_password": PASSWORD}
        me.patch("/v1/accounts/me", change, if_match=me.get("/v1/accounts/me").etag).ok()
        write(*args)

    monkeypatch.setattr(store, "verify_email", while_the_address_changes)
    confirm_email(token).refused(410, "token_expired_or_used")
    assert me.get("/v1/accounts/me").ok()["email_verified"] is False
    confirm_email(sent(EMAIL)[-1]).ok(204)
    assert me.get("/v1/accounts/me").ok()["email_verified"] is True


def test_a_verification_asked_for_while_it_happens_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    me = sign_in()
    (token,) = sent(EMAIL)
    write = store.ask_verification

    def while_verified(*args: Any) -> None:
        monkeypatch.undo()
        confirm_email(token).ok(204)
        write(*args)

    monkeypatch.setattr(store, "ask_verification", while_verified)
    me.post("/v1/email-verifications").refused(409, "already_verified")
    assert len(said(EMAIL)) == 1


@pytest.mark.parametrize("token", ["x", "nobody has it", "ﷺ" * 60])
def test_a_token_that_never_was_is_gone(token: str) -> None:
    confirm_email(token).refused(410, "token_expired_or_used")


# --- numbers


def test_a_code_shows_that_a_number_is_the_users() -> None:
    user_id = open_account(phone=NUMBER)
    deliver("auth", to=lambda service: service == "users")
    me = sign_in()
    code = ask_code(me)
    assert len(code) == 6
    confirm_phone(me, other_than(code)).refused(422, "invalid_code")
    confirm_phone(me, code).ok(204)
    assert said("user.phone_verified") == [{"user_id": user_id, "phone": NUMBER}]
    assert [line["action"] for line in audited(root(), user_id=user_id)] == ["phone_verified"]
    deliver("auth", to=lambda service: service == "users")
    assert me.get("/v1/users/me").ok()["phone_verified"] is True
    confirm_phone(me, code).refused(410, "token_expired_or_used")


def test_a_second_number_is_told_with_a_newer_version() -> None:
    """Whoever heard of the first takes the second for news (B7)."""
    open_account(phone=NUMBER)
    me = sign_in()
    for number in (NUMBER, "+14155550199"):
        deliver("auth", to=lambda service: service == "users")
        profile = me.get("/v1/users/me")
        changed = me.patch("/v1/users/me", {"phone": number}, if_match=profile.etag).ok()
        assert changed["phone_verified"] is False
        confirm_phone(me, ask_code(me, number)).ok(204)
        deliver("auth", to=lambda service: service == "users")
        assert me.get("/v1/users/me").ok()["phone_verified"] is True


def test_after_five_tries_even_the_right_code_is_gone() -> None:
    open_account()
    me = sign_in()
    code = ask_code(me)
    for _ in range(5):
        confirm_phone(me, other_than(code)).refused(422, "invalid_code")
    confirm_phone(me, code).refused(410, "token_expired_or_used")
    assert said("user.phone_verified") == []


def test_rivals_have_no_more_tries_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    me = sign_in()
    code = ask_code(me)
    count = store.count_try
    told: list[int] = []

    def overtaken(*args: Any) -> None:
        if len(told) < 9:
            told.append(0)
            told[-1] = confirm_phone(me, other_than(code)).status
        count(*args)

    monkeypatch.setattr(store, "count_try", overtaken)
    confirm_phone(me, code).refused(410, "token_expired_or_used")
    monkeypatch.undo()
    confirm_phone(me, code).refused(410, "token_expired_or_used")


def test_a_code_is_good_for_ten_minutes() -> None:
    open_account()
    me = sign_in()
    code = ask_code(me)
    with later(minutes=11):
        confirm_phone(me, code).refused(410, "token_expired_or_used")
    with later(minutes=9):
        confirm_phone(me, code).ok(204)


def test_a_newer_code_voids_the_older_and_comes_a_minute_later_at_the_earliest() -> None:
    open_account()
    me = sign_in()
    first = ask_code(me)
    me.post("/v1/phone-verifications", {"phone": NUMBER}).refused(429, "rate_limited")
    with later(seconds=61):
        second = ask_code(me)
        if second != first:
            confirm_phone(me, first).refused(422, "invalid_code")
        confirm_phone(me, second).ok(204)


def test_a_code_is_its_users_alone() -> None:
    open_account()
    open_account("bob@example.com")
    code = ask_code(sign_in())
    confirm_phone(sign_in("bob@example.com"), code).refused(410, "token_expired_or_used")
    anyone().post("/v1/phone-verifications", {"phone": NUMBER}).refused(401, "unauthenticated")


@pytest.mark.parametrize(
    "phone", ["4155550100", "+1 415 555 0100", "+0155550100", "+1415", "+1415555010012345", "", None, 14155550100]
)
def test_a_number_that_nobody_could_dial_is_422(phone: object) -> None:
    open_account()
    problem = sign_in().post("/v1/phone-verifications", {"phone": phone}).refused(422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == ["/phone"]
    assert said(PHONE) == []


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", None])
def test_a_code_that_is_none_is_422(code: object) -> None:
    open_account()
    me = sign_in()
    ask_code(me)
    confirm_phone(me, code).refused(422, "validation_failed")  # type: ignore[arg-type]


def test_tokens_and_codes_are_never_kept_or_told_in_clear(capfd: pytest.CaptureFixture[str]) -> None:
    open_account()
    me = sign_in()
    (token,), code = sent(EMAIL), ask_code(me)
    kept = everything()
    assert token not in kept
    assert f"'{code}'" not in kept
    assert passwords.hashed(code) not in kept
    assert token not in capfd.readouterr().out
