"""Opening accounts, the first admin, suspending (R1, B41-B43, B46, B14, B20; E1, E5, E7; AP4; AUTH-01-AUTH-03)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from auth import passwords
from auth.store import accounts as store
from shop.errors import Refusal
from tests.kit import Client, Reply, anyone, pending, perform

pytestmark = pytest.mark.usefixtures("shop")

PASSWORD = "a long walk by the sea"


def open_account(email: str = "ann@example.com", *, idempotency_key: str = "", **fields: object) -> Reply:
    body = {"email": email, "password": PASSWORD, **fields}
    headers = {"idempotency_key": idempotency_key} if idempotency_key else {}
    return anyone().post("/v1/accounts", body, **headers)


def sign_in(identifier: str = "ann@example.com", password: str = PASSWORD) -> Reply:
    return anyone().post("/v1/sessions", {"identifier": identifier, "password": password})


def holder(pair: Any) -> Client:
    """Whoever holds these tokens."""
    return Client(headers={"authorization": f"Bearer {pair['access_token']}"})


def said(detail_type: str) -> list[Any]:
    return [detail["data"] for kind, detail in pending("auth") if kind == detail_type]


def test_an_account_is_a_customers_active_and_unverified() -> None:
    made = open_account(first_name="Ann", last_name="Lee", username="Ann.Lee")
    account = made.ok(201)
    assert made.headers["Location"] == f"/v1/accounts/{account['user_id']}"
    assert made.etag == '"1"'
    shown = ("email", "username", "status", "email_verified", "roles", "is_active")
    assert {name: account[name] for name in shown} == {
        "email": "ann@example.com",
        "username": "Ann.Lee",
        "status": "active",
        "email_verified": False,
        "roles": ["customer"],
        "is_active": True,
    }
    assert not {"password", "password_hash", "generation"} & set(account)


def test_an_account_is_told_with_the_names_auth_does_not_keep() -> None:
    user_id = open_account(first_name="Ann", last_name="Lee", phone="+14155550100", language="de").ok(201)["user_id"]
    assert said("user.created") == [
        {
            "user_id": user_id,
            "email": "ann@example.com",
            "username": None,
            "first_name": "Ann",
            "last_name": "Lee",
            "phone": "+14155550100",
            "roles": ["customer"],
            "language": "de",
        }
    ]


@pytest.mark.parametrize("other", ["ann@example.com", "ANN@Example.COM", "  Ann@example.com "])
def test_an_address_is_one_account_in_any_case(other: str) -> None:
    open_account().ok(201)
    open_account(other).refused(409, "email_taken")
    assert len(said("user.created")) == 1


@pytest.mark.parametrize("other", ["ann", "ANN", "\uff21nn"])
def test_a_username_is_one_in_any_case(other: str) -> None:
    open_account(username="Ann").ok(201)
    open_account("bob@example.com", username=other).refused(409, "username_taken")
    open_account("bob@example.com", username="bob").ok(201)


@pytest.mark.parametrize("password", ["short", "password", "12345678", "Password123!", "qwertyuiop", "ann@example.com"])
def test_a_password_that_is_short_or_common_or_ones_own_address_is_refused(password: str) -> None:
    problem = open_account(password=password).refused(422, "weak_password")
    assert [error["pointer"] for error in problem["errors"]] == ["/password"]
    sign_in(password=password).refused(401, "invalid_credentials")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "ann", "string_pattern_mismatch"),
        ("email", "ann@localhost", "string_pattern_mismatch"),
        ("email", "a" * 250 + "@example.com", "string_too_long"),
        ("email", None, "string_type"),
        ("password", "x" * 129, "string_too_long"),
        ("password", 12345678, "string_type"),
        ("username", "ann@example.com", "string_pattern_mismatch"),
        ("username", "x" * 151, "string_too_long"),
        ("phone", "1" * 21, "string_too_long"),
        ("language", "english please", "string_pattern_mismatch"),
        ("roles", ["admin"], "extra_forbidden"),
    ],
)
def test_bad_input_is_422_with_a_pointer(field: str, value: object, code: str) -> None:
    body = {"email": "ann@example.com", "password": PASSWORD, field: value}
    problem = anyone().post("/v1/accounts", body).refused(422, "validation_failed")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(f"/{field}", code)]
    assert str(value) not in str(problem) or field != "password"


def test_the_spaces_around_a_password_are_part_of_it() -> None:
    open_account(password=f" {PASSWORD} ").ok(201)
    sign_in().refused(401, "invalid_credentials")
    sign_in(password=f" {PASSWORD} ").ok(201)


def test_the_same_key_opens_one_account() -> None:
    first = open_account(idempotency_key="k1")
    again = open_account(idempotency_key="k1")
    assert again.ok(201) == first.ok(201)
    assert again.headers["Idempotent-Replayed"] == "true"
    open_account("bob@example.com", idempotency_key="k1").refused(422, "idempotency_key_reused")
    assert len(said("user.created")) == 1


def test_a_run_that_died_after_its_write_is_answered_with_what_it_made(monkeypatch: pytest.MonkeyPatch) -> None:
    write = store.open_account

    def write_and_die(*args: Any) -> Any:
        write(*args)
        raise RuntimeError("out of memory")

    monkeypatch.setattr(store, "open_account", write_and_die)
    assert open_account(idempotency_key="k1").status == 500
    monkeypatch.undo()
    assert open_account(idempotency_key="k1").ok(201)["email"] == "ann@example.com"
    assert len(said("user.created")) == 1


def test_a_key_is_no_secret_so_an_old_account_is_not_shown_for_it() -> None:
    open_account(idempotency_key="k1").ok(201)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        open_account(idempotency_key="k1", password="another long walk").refused(409, "email_taken")


def test_two_who_want_one_address_at_once_are_decided_by_the_write(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = passwords.hashed

    def hashed_while_another_opens_it(password: str) -> str:
        monkeypatch.undo()
        open_account(password="the other walked faster").ok(201)
        return hashed(password)

    monkeypatch.setattr(passwords, "hashed", hashed_while_another_opens_it)
    open_account().refused(409, "email_taken")
    sign_in(password="the other walked faster").ok(201)


def test_the_first_admin_is_made_once_and_keeps_their_password() -> None:
    first = perform("auth", "seed_admin", email="Root@example.com", password=PASSWORD, first_name="Root")
    again = perform("auth", "seed_admin", email="root@example.com", password="another long walk")
    assert again == first
    sign_in("root@example.com", "another long walk").refused(401, "invalid_credentials")
    pair = sign_in("root@example.com").ok(201)
    assert "admin" in perform("auth", "check_session", session_id=pair["session"]["session_id"])["roles"]
    assert [event["roles"] for event in said("user.created")] == [["customer", "admin"]]
    assert said("user.roles_changed") == []


def test_somebody_who_has_an_account_becomes_admin_at_once() -> None:
    user_id = open_account().ok(201)["user_id"]
    pair = sign_in().ok(201)
    assert perform("auth", "seed_admin", email="ann@example.com", password="another long walk") == {"user_id": user_id}
    assert said("user.roles_changed") == [{"user_id": user_id, "roles": ["customer", "admin"]}]
    asked = {"session_id": pair["session"]["session_id"], "user_id": user_id}
    assert perform("auth", "check_session", **asked)["roles"] == ["customer", "admin"]
    sign_in().ok(201)


def test_a_weak_admin_is_refused() -> None:
    with pytest.raises(Refusal, match="weak_password"):
        perform("auth", "seed_admin", email="root@example.com", password="admin")


def test_a_suspended_account_learns_so_only_with_its_password_and_all_its_sessions_end() -> None:
    user_id = open_account().ok(201)["user_id"]
    pair = sign_in().ok(201)
    assert perform("auth", "change_account_status", email="ann@example.com", status="suspended") == {"user_id": user_id}
    sign_in(password="not her password").refused(401, "invalid_credentials")
    sign_in().refused(403, "account_suspended")
    assert not perform("auth", "check_session", session_id=pair["session"]["session_id"], user_id=user_id)["active"]
    anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}).refused(401, "token_revoked")
    holder(pair).delete("/v1/sessions").refused(401, "session_ended")
    assert said("user.status_changed") == [
        {"user_id": user_id, "was": "active", "status": "suspended", "is_active": False}
    ]


def test_a_reopened_account_starts_with_new_sessions() -> None:
    open_account().ok(201)
    before = sign_in().ok(201)
    for status in ("suspended", "suspended", "active"):
        perform("auth", "change_account_status", email="ann@example.com", status=status)
    assert [event["status"] for event in said("user.status_changed")] == ["suspended", "active"]
    assert not perform("auth", "check_session", session_id=before["session"]["session_id"])["active"]
    assert perform("auth", "check_session", session_id=sign_in().ok(201)["session"]["session_id"])["active"]


def test_the_status_of_nobody_cannot_be_changed() -> None:
    with pytest.raises(Refusal, match="not_found"):
        perform("auth", "change_account_status", email="nobody@example.com", status="suspended")
    with pytest.raises(Refusal, match="internal_error"):
        perform("auth", "change_account_status", email="ann@example.com", status="deleted")
