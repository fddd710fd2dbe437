"""The second factor (R6, R7, R20-R23; B21, B45, B59, B60, B63; E8, E11; AUTH-07, AUTH-11; AP10)."""

from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from auth import tokens
from auth.model.factors import code_hash
from auth.store import factors as store
from shop import settings
from tests.kit import Client, anyone, perform
from tests.service.mfa_kit import (
    PASSWORD,
    Someone,
    everything,
    holder,
    later,
    open_account,
    said,
    sign_in,
    with_mfa,
    wrong,
)

pytestmark = pytest.mark.usefixtures("shop")


def test_a_secret_counts_once_a_code_has_confirmed_it() -> None:
    user_id = open_account()["user_id"]
    ann = holder(sign_in().ok(201))
    ann.post("/v1/mfa/enrollments/confirmations", {"code": "123456"}).refused(409, "mfa_not_started")
    secret = ann.post("/v1/mfa/enrollments").ok(201)["secret"]
    sign_in().ok(201)
    assert not ann.get("/v1/accounts/me").ok()["mfa_enabled"]
    code = pyotp.TOTP(secret).now()
    ann.post("/v1/mfa/enrollments/confirmations", {"code": wrong(code)}).refused(422, "invalid_code")
    assert said("user.mfa_changed") == []
    codes = ann.post("/v1/mfa/enrollments/confirmations", {"code": code}).ok(200)["backup_codes"]
    assert len(set(codes)) == 10
    assert said("user.mfa_changed") == [{"user_id": user_id, "enabled": True}]
    assert ann.get("/v1/accounts/me").ok()["mfa_enabled"]
    ann.post("/v1/mfa/enrollments/confirmations", {"code": code}).refused(409, "mfa_already_enabled")
    ann.post("/v1/mfa/enrollments").refused(409, "mfa_already_enabled")


def test_only_the_last_secret_can_be_confirmed() -> None:
    open_account()
    ann = holder(sign_in().ok(201))
    first, last = (ann.post("/v1/mfa/enrollments").ok(201)["secret"] for _ in range(2))
    body = {"code": pyotp.TOTP(first).now()}
    ann.post("/v1/mfa/enrollments/confirmations", body).refused(422, "invalid_code")
    ann.post("/v1/mfa/enrollments/confirmations", {"code": pyotp.TOTP(last).now()}).ok(200)


def test_a_sign_in_then_needs_both_halves() -> None:
    ann = with_mfa()
    waiting = sign_in(cart_session_id="guest-1", device={"device_id": "d1"})
    body = waiting.ok(202)
    assert (body["mfa_required"], body["expires_in"], set(body)) == (
        True,
        300,
        {"mfa_required", "mfa_token", "expires_in"},
    )
    before = len(said("user.logged_in"))
    pair = ann.answer(body["mfa_token"], code=ann.code(1)).ok(201)
    assert pair["device_token"] is None
    assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in", "session", "device_token"}
    assert perform("auth", "check_session", session_id=pair["session"]["session_id"])["active"]
    told = said("user.logged_in")[before:]
    assert [(event["cart_session_id"], event["device_id"], event["new_device"]) for event in told] == [
        ("guest-1", "d1", True)
    ]
    history = holder(pair).get("/v1/login-history").ok()["data"]
    assert [entry["status"] for entry in history[:2]] == ["success", "mfa_required"]
    ann.answer(body["mfa_token"], code=ann.code(1)).refused(401, "mfa_token_expired")


def test_a_wrong_password_is_not_asked_for_the_second_half() -> None:
    with_mfa()
    sign_in(password="not her password").refused(401, "invalid_credentials")


def test_a_sign_in_waits_five_minutes() -> None:
    ann = with_mfa()
    token = ann.asked()
    with later(minutes=4, seconds=50):
        ann.answer(token, code=wrong(ann.code())).refused(401, "invalid_code")
    with later(minutes=5, seconds=1):
        ann.answer(token, code=ann.code()).refused(401, "mfa_token_expired")
    ann.answer("made up", code=ann.code()).refused(401, "mfa_token_expired")


def test_a_step_is_used_once_whatever_for() -> None:
    ann = with_mfa()  # has used this step
    ann.answer(ann.asked(), code=ann.code()).refused(401, "invalid_code")
    ahead = ann.code(1)
    ann.answer(ann.asked(), code=ahead).ok(201)
    ann.answer(ann.asked(), code=ahead).refused(401, "invalid_code")
    ann.client.post("/v1/mfa/backup-codes", {"code": ahead}).refused(422, "invalid_code")
    # Nor may an older step come after a newer one.
    ann.answer(ann.asked(), code=ann.code(-1)).refused(401, "invalid_code")


def test_a_code_is_good_half_a_minute_off_and_no_more() -> None:
    ann = with_mfa()
    with later(minutes=10):
        for steps in (-2, 2):
            ann.answer(ann.asked(), code=ann.code(steps)).refused(401, "invalid_code")
        for steps in (-1, 0, 1):
            ann.answer(ann.asked(), code=ann.code(steps)).ok(201)


def rival(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Let somebody act just before the token of a session is signed, when the code has been looked at."""
    sign = tokens.access_token

    def signed(user: Any, session_id: str) -> str:
        monkeypatch.undo()
        act()
        return sign(user, session_id)

    monkeypatch.setattr(tokens, "access_token", signed)


def test_of_two_who_use_a_step_at_once_one_comes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = with_mfa()
    first, second = ann.asked(), ann.asked()
    rival(monkeypatch, lambda: ann.answer(second, code=ann.code(1)).ok(201))
    ann.answer(first, code=ann.code(1)).refused(401, "invalid_code")


def test_of_two_who_use_a_backup_code_at_once_one_comes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = with_mfa()
    first, second, code = ann.asked(), ann.asked(), ann.backup_codes[0]
    rival(monkeypatch, lambda: ann.answer(second, backup_code=code).ok(201))
    ann.answer(first, backup_code=code).refused(401, "invalid_code")


def test_of_two_who_answer_one_question_at_once_one_comes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = with_mfa()
    token = ann.asked()
    rival(monkeypatch, lambda: ann.answer(token, backup_code=ann.backup_codes[1]).ok(201))
    ann.answer(token, backup_code=ann.backup_codes[0]).refused(401, "mfa_token_expired")
    # What the loser showed was not used up.
    ann.answer(ann.asked(), backup_code=ann.backup_codes[0]).ok(201)


def test_a_sign_in_that_is_under_way_when_it_is_switched_on_is_asked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    client = holder(sign_in().ok(201))
    secret = client.post("/v1/mfa/enrollments").ok(201)["secret"]
    body = {"code": pyotp.TOTP(secret).now()}
    rival(monkeypatch, lambda: client.post("/v1/mfa/enrollments/confirmations", body).ok(200))
    sign_in().ok(202)


@pytest.mark.parametrize("written", [str, str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "])
def test_a_backup_code_is_good_once_however_it_is_written(written: Callable[[str], str]) -> None:
    ann = with_mfa()
    for code in ann.backup_codes[:2]:
        ann.answer(ann.asked(), backup_code=written(code)).ok(201)
        ann.answer(ann.asked(), backup_code=written(code)).refused(401, "invalid_code")


def test_backup_codes_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = with_mfa()
    with later(days=364):
        ann.answer(ann.asked(), backup_code=ann.backup_codes[0]).ok(201)
    with later(days=366):
        ann.answer(ann.asked(), backup_code=ann.backup_codes[1]).refused(401, "invalid_code")


def test_somebody_elses_backup_code_is_none() -> None:
    ann, bob = with_mfa(), with_mfa("bob@example.com")
    ann.answer(ann.asked(), backup_code=bob.backup_codes[0]).refused(401, "invalid_code")
    bob.answer(bob.asked(), backup_code=bob.backup_codes[0]).ok(201)


def test_new_backup_codes_void_the_old_ones() -> None:
    ann = with_mfa()
    ann.client.post("/v1/mfa/backup-codes", {"code": wrong(ann.code())}).refused(422, "invalid_code")
    new = ann.client.post("/v1/mfa/backup-codes", {"code": ann.code(1)}).ok(201)["backup_codes"]
    assert len(set(new)) == 10
    assert not set(new) & set(ann.backup_codes)
    ann.answer(ann.asked(), backup_code=ann.backup_codes[0]).refused(401, "invalid_code")
    ann.answer(ann.asked(), backup_code=new[0]).ok(201)
    assert everything().count("'mfa_backup_code'") == 10


def test_old_codes_are_void_even_if_they_could_not_be_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = with_mfa()
    monkeypatch.setattr(store, "clean_up", lambda user_id, keep: None)
    ann.client.post("/v1/mfa/backup-codes", {"code": ann.code(1)}).ok(201)
    assert everything().count("'mfa_backup_code'") == 20
    ann.answer(ann.asked(), backup_code=ann.backup_codes[0]).refused(401, "invalid_code")


def test_switching_it_off_takes_the_password_and_a_code() -> None:
    ann = with_mfa()

    def switch_off(password: str, **evidence: str) -> Any:
        return ann.client.call("DELETE", "/v1/mfa", {"current_password": password, **evidence})

    switch_off("not her password", code=ann.code(1)).refused(401, "wrong_password")
    switch_off(PASSWORD, code=wrong(ann.code())).refused(422, "invalid_code")
    waiting = ann.asked()
    switch_off(PASSWORD, code=ann.code(1)).ok(204)
    assert [event["enabled"] for event in said("user.mfa_changed")] == [True, False]
    ann.answer(waiting, backup_code=ann.backup_codes[0]).refused(401, "mfa_token_expired")
    sign_in().ok(201)
    assert "mfa_backup_code" not in everything()
    switch_off(PASSWORD, code=ann.code(1)).refused(409, "mfa_not_enabled")
    ann.client.post("/v1/mfa/backup-codes", {"code": ann.code()}).refused(409, "mfa_not_enabled")


def test_who_has_lost_the_app_switches_it_off_with_a_backup_code_and_begins_anew() -> None:
    ann = with_mfa()
    pair = ann.answer(ann.asked(), backup_code=ann.backup_codes[0]).ok(201)
    body = {"current_password": PASSWORD, "backup_code": ann.backup_codes[1]}
    holder(pair).call("DELETE", "/v1/mfa", body).ok(204)
    secret = holder(pair).post("/v1/mfa/enrollments").ok(201)["secret"]
    code = pyotp.TOTP(secret).now()
    new = holder(pair).post("/v1/mfa/enrollments/confirmations", {"code": code}).ok(200)["backup_codes"]
    ann.answer(ann.asked(), backup_code=ann.backup_codes[2]).refused(401, "invalid_code")
    ann.answer(ann.asked(), backup_code=new[0]).ok(201)


def test_five_wrong_codes_lock_the_account_for_the_right_one_too() -> None:
    ann = with_mfa()
    token = ann.asked()
    for _ in range(settings.LOCKOUT_THRESHOLD):
        ann.answer(token, code=wrong(ann.code())).refused(401, "invalid_code")
    assert ann.answer(token, code=ann.code(1)).refused(423, "account_locked")["locked_until"]
    (lock,) = said("user.locked")
    assert lock["ip_address"] == "203.0.113.7"
    sign_in().refused(423, "account_locked")
    ann.client.post("/v1/mfa/backup-codes", {"code": ann.code(1)}).refused(423, "account_locked")
    with later(minutes=15, seconds=1):
        ann.answer(ann.asked(), code=ann.code()).ok(201)


def test_a_new_sign_in_does_not_begin_the_count_anew() -> None:
    ann = with_mfa()
    for _ in range(settings.LOCKOUT_THRESHOLD):
        ann.answer(ann.asked(), code=wrong(ann.code())).refused(401, "invalid_code")
    sign_in().refused(423, "account_locked")


def test_a_right_code_sets_the_count_back() -> None:
    ann = with_mfa()
    for use in (1, 2):
        for _ in range(settings.LOCKOUT_THRESHOLD - 1):
            ann.answer(ann.asked(), code=wrong(ann.code())).refused(401, "invalid_code")
        ann.answer(ann.asked(), backup_code=ann.backup_codes[use]).ok(201)


def test_a_right_guess_is_not_told_once_others_have_locked_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many guess at once, five at most are answered."""
    ann = with_mfa()
    token, other = ann.asked(), ann.asked()

    def guess_wrong() -> None:
        for _ in range(settings.LOCKOUT_THRESHOLD):
            ann.answer(other, code=wrong(ann.code())).refused(401, "invalid_code")

    rival(monkeypatch, guess_wrong)
    ann.answer(token, code=ann.code(1)).refused(423, "account_locked")


def change_password(ann: Someone) -> None:
    body = {"current_password": PASSWORD, "new_password": "another walk along the river"}
    ann.client.post("/v1/accounts/me/password-changes", body).ok(204)


def suspend(ann: Someone) -> None:
    perform("auth", "change_account_status", email=ann.email, status="suspended")


@pytest.mark.parametrize("change", [change_password, suspend, lambda ann: ann.client.delete("/v1/sessions").ok(204)])
def test_what_was_proved_before_a_change_is_void(change: Callable[[Someone], Any]) -> None:
    ann = with_mfa()
    token = ann.asked()
    change(ann)
    ann.answer(token, code=ann.code(1)).refused(401, "mfa_token_expired")


def test_no_secret_is_kept_told_or_shown_again_in_clear() -> None:
    ann = with_mfa()
    token = ann.asked()
    kept = everything()
    assert "mfa_secret" in kept
    for secret in (ann.secret, token, *ann.backup_codes, ann.code(), ann.code(1)):
        assert secret not in kept
        assert secret.replace("-", "") not in kept
    shown = str([ann.client.get(path).ok() for path in ("/v1/accounts/me", "/v1/login-history", "/v1/sessions")])
    for word in (ann.secret, "mfa_secret", "mfa_step", "mfa_codes", "password_hash"):
        assert word not in shown


def test_a_backup_code_hashes_differently_for_everyone() -> None:
    assert code_hash("ann", "ABCD-EFGH") == code_hash("ann", "abcd efgh") != code_hash("bob", "ABCD-EFGH")


def test_a_repeated_keyed_confirmation_shows_the_codes_again_and_keeps_them_unreadable() -> None:
    open_account()
    ann = holder(sign_in().ok(201))
    secret = ann.post("/v1/mfa/enrollments").ok(201)["secret"]
    body = {"code": pyotp.TOTP(secret).now()}
    first, again = (ann.post("/v1/mfa/enrollments/confirmations", body, idempotency_key="k1").ok(200) for _ in range(2))
    assert first == again
    assert first["backup_codes"][0] not in everything()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/sessions/mfa", {"mfa_token": "x"}),
        ("/v1/sessions/mfa", {"mfa_token": "x", "code": "123456", "backup_code": "x"}),
        ("/v1/sessions/mfa", {"mfa_token": "x", "code": "12345"}),
        ("/v1/sessions/mfa", {"mfa_token": "x", "code": "\u0661\u0662\u0663\u0664\u0665\u0666"}),
        ("/v1/sessions/mfa", {"mfa_token": "x" * 201, "code": "123456"}),
        ("/v1/sessions/mfa", {"mfa_token": "x", "code": "123456", "trust_device": "yes"}),
        ("/v1/mfa/enrollments/confirmations", {"code": 123456}),
        ("/v1/mfa/backup-codes", {}),
    ],
)
def test_bad_input_is_refused(path: str, body: dict[str, object]) -> None:
    open_account()
    holder(sign_in().ok(201)).post(path, body).refused(422, "validation_failed")


def test_the_second_factor_is_ones_own_business() -> None:
    for method, path in (
        ("POST", "/v1/mfa/enrollments"),
        ("POST", "/v1/mfa/enrollments/confirmations"),
        ("POST", "/v1/mfa/backup-codes"),
        ("DELETE", "/v1/mfa"),
    ):
        anyone().call(method, path, {"code": "123456"}).refused(401, "unauthenticated")
        ann = Client(headers={"authorization": "Bearer made-up"})
        ann.call(method, path, {"code": "123456"}).refused(401, "unauthenticated")


def test_it_is_in_the_log_of_all_that_matters_to_safety() -> None:
    perform("auth", "seed_admin", email="root@example.com", password=PASSWORD)
    ann = with_mfa()
    user_id = ann.client.get("/v1/accounts/me").ok()["user_id"]
    ann.client.post("/v1/mfa/backup-codes", {"code": ann.code(1)}).ok(201)
    with later(minutes=2):
        ann.client.call("DELETE", "/v1/mfa", {"current_password": PASSWORD, "code": ann.code()}).ok(204)
    root = holder(sign_in("root@example.com").ok(201))
    logs = root.get(f"/v1/security-audit-logs?user_id={user_id}").ok()["data"]
    assert [log["action"] for log in logs] == ["mfa_disabled", "mfa_codes_replaced", "mfa_enabled"]
    assert {log["ip_address"] for log in logs} == {"203.0.113.7"}
