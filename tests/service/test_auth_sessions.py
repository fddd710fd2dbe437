"""Signing in and out, and what a session is (R6, R8-R11, R45; B44, B46-B48, B50-B52; E9; AP9; AUTH-05-AUTH-07)."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine
from argon2 import PasswordHasher
from pynamodb.connection import Connection

from auth import passwords, tokens
from auth.logic import sessions as logic
from auth.store import sessions as store
from shop import settings
from tests.kit import Client, Reply, anyone, pending, perform

pytestmark = pytest.mark.usefixtures("shop")

PASSWORD = "a long walk by the sea"


def open_account(email: str = "ann@example.com", **fields: object) -> Any:
    return anyone().post("/v1/accounts", {"email": email, "password": PASSWORD, **fields}).ok(201)


def sign_in(identifier: str = "ann@example.com", password: str = PASSWORD, **fields: object) -> Reply:
    return anyone().post("/v1/sessions", {"identifier": identifier, "password": password, **fields})


def holder(pair: Any) -> Client:
    """Whoever holds these tokens."""
    return Client(headers={"authorization": f"Bearer {pair['access_token']}"})


def holds(pair: Any) -> bool:
    session = pair["session"]
    (short, full) = (
        perform("auth", "check_session", session_id=session["session_id"], **more)
        for more in ({}, {"user_id": session["user_id"]})
    )
    assert short == full
    return bool(full["active"])


def can_refresh(pair: Any) -> bool:
    return anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}).status == 201


def said(detail_type: str) -> list[Any]:
    return [detail["data"] for kind, detail in pending("auth") if kind == detail_type]


def later(**time: float) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + timedelta(**time))


def test_who_knows_the_password_is_given_a_session() -> None:
    user_id = open_account()["user_id"]
    pair = sign_in().ok(201)
    assert (pair["token_type"], pair["expires_in"], pair["session"]["user_id"]) == ("Bearer", 900, user_id)
    assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in", "session"}
    assert set(pair["session"]) == {"session_id", "user_id", "expires_at"}
    standing = perform("auth", "check_session", session_id=pair["session"]["session_id"], user_id=user_id)
    assert standing == {"active": True, "user_id": user_id, "roles": ["customer"]}


@pytest.mark.parametrize("identifier", ["ann@example.com", " ANN@example.com", "Ann.Lee", "ann.lee", "\uff41nn.lee"])
def test_an_address_or_a_username_in_any_case_will_do(identifier: str) -> None:
    open_account(username="Ann.Lee")
    sign_in(identifier).ok(201)


def test_a_wrong_identifier_and_a_wrong_password_look_the_same() -> None:
    open_account()
    wrong = sign_in(password="not her password").refused(401, "invalid_credentials")
    for identifier in ("nobody@example.com", "nobody", "ﷺ" * 254, "@", "#"):
        unknown = sign_in(identifier).refused(401, "invalid_credentials")
        assert {**unknown, "request_id": ""} == {**wrong, "request_id": ""}


def test_a_wrong_identifier_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    work: list[str] = []

    def counted(of: Any, name: str) -> None:
        function = getattr(of, name)

        def call(*args: Any, **named: Any) -> Any:
            work.append(name)
            return function(*args, **named)

        monkeypatch.setattr(of, name, call)

    counted(Connection, "get_item")
    counted(PasswordHasher, "verify")
    counted(Connection, "transact_write_items")
    sign_in(password="not her password").refused(401, "invalid_credentials")
    known, work[:] = work[:], []
    sign_in("nobody@example.com").refused(401, "invalid_credentials")
    assert work == known == ["get_item", "get_item", "verify", "transact_write_items"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"identifier": ""}, "/identifier"),
        ({"password": None}, "/password"),
        ({"user_id": "x"}, "/user_id"),
        ({"device": {"device_name": "no id"}}, "/device/device_id"),
        ({"device": {"device_id": "d", "device_type": "toaster"}}, "/device/device_type"),
        ({"cart_session_id": 7}, "/cart_session_id"),
    ],
)
def test_bad_input_is_422_with_a_pointer(change: dict[str, object], pointer: str) -> None:
    body = {"identifier": "ann@example.com", "password": PASSWORD, **change}
    problem = anyone().post("/v1/sessions", body).refused(422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert PASSWORD not in str(problem)


def test_a_sign_in_is_told_with_the_guests_cart_and_whether_the_device_is_new() -> None:
    user_id = open_account()["user_id"]
    device = {
        "device_id": "d1",
        "device_name": "Ann's phone",
        "device_type": "MOBILE",
        "os": "iOS",
        "browser": "Safari",
    }
    pairs = [
        sign_in(cart_session_id="guest-1").ok(201),
        sign_in(device=device).ok(201),
        sign_in(device={"device_id": "d1"}).ok(201),
    ]
    assert said("user.logged_in") == [
        {
            "user_id": user_id,
            "session_id": pair["session"]["session_id"],
            "device_id": device_id,
            "new_device": new_device,
            "cart_session_id": cart,
        }
        for pair, device_id, new_device, cart in zip(
            pairs, [None, "d1", "d1"], [False, True, False], ["guest-1", None, None], strict=True
        )
    ]


def test_two_sign_ins_from_a_new_device_at_once_both_succeed(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    look_up = store.device

    def looked_up_while_another_signs_in(user_id: str, device_id: str) -> Any:
        monkeypatch.undo()
        found = look_up(user_id, device_id)
        sign_in(device={"device_id": "d1"}).ok(201)
        return found

    monkeypatch.setattr(store, "device", looked_up_while_another_signs_in)
    sign_in(device={"device_id": "d1"}).ok(201)
    assert sorted(event["new_device"] for event in said("user.logged_in")) == [False, True]


def test_every_attempt_is_kept_and_the_last_success_shows() -> None:
    user_id = open_account()["user_id"]
    sign_in(password="not her password")
    sign_in(device={"device_id": "d1"}).ok(201)
    # There is no door yet to a user's login history.
    rows = boto3.client("dynamodb", "us-east-1").query(
        TableName=settings.table_name("auth"),
        KeyConditionExpression="PK = :pk",
        ExpressionAttributeValues={":pk": {"S": f"USER#{user_id}"}},
    )["Items"]
    kept = [row for row in rows if row["kind"]["S"] == "login_history"]
    assert [(row["status"]["S"], row["ip_address"]["S"], row["user_agent"]["S"]) for row in kept] == [
        ("failed", "203.0.113.7", "tests"),
        ("success", "203.0.113.7", "tests"),
    ]
    (user,) = [row for row in rows if row["kind"]["S"] == "auth_user"]
    assert user["last_login_at"]["S"] >= kept[0]["created_at"]["S"]
    assert {row["device_id"]["S"] for row in rows if row["kind"]["S"] == "device"} == {"d1"}


def test_no_secret_is_kept_or_told_in_clear() -> None:
    open_account()
    body = {"identifier": "ann@example.com", "password": PASSWORD}
    pair = anyone().post("/v1/sessions", body, idempotency_key="k1").ok(201)
    again = anyone().post("/v1/sessions", body, idempotency_key="k1")
    assert again.ok(201) == pair
    assert again.headers["Idempotent-Replayed"] == "true"
    everything = str(boto3.client("dynamodb", "us-east-1").scan(TableName=settings.table_name("auth"))["Items"])
    assert "argon2id" in everything
    for secret in (PASSWORD, pair["refresh_token"], pair["access_token"], pair["refresh_token"].split(".")[1]):
        assert secret not in everything
    # Nor in a form that could be guessed at quickly.
    request = b"/v1/sessions\n" + json.dumps(body).encode()
    assert hashlib.sha256(request).hexdigest() not in everything


def test_a_hash_is_renewed_at_the_next_sign_in_once_it_should_cost_more(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    monkeypatch.setattr(settings, "ARGON2_TIME", settings.ARGON2_TIME + 1)
    for cached in (passwords._hasher, passwords._nobody):
        cached.cache_clear()
    made: list[str] = []
    hashed = passwords.hashed

    def hashed_and_counted(password: str) -> str:
        made.append(password)
        return hashed(password)

    monkeypatch.setattr(passwords, "hashed", hashed_and_counted)
    for _ in range(2):
        sign_in().ok(201)
    sign_in(password="not her password").refused(401, "invalid_credentials")
    assert made == [PASSWORD]
    monkeypatch.undo()
    for cached in (passwords._hasher, passwords._nobody):
        cached.cache_clear()
    sign_in().ok(201)


def test_users_see_their_live_sessions_newest_first_and_nobody_elses() -> None:
    open_account()
    open_account("bob@example.com")
    pairs = [sign_in().ok(201) for _ in range(3)]
    sign_in("bob@example.com").ok(201)
    holder(pairs[1]).delete("/v1/sessions/current").ok(204)
    page = holder(pairs[0]).get("/v1/sessions?limit=1").ok()
    assert page["has_more"]
    rest = holder(pairs[0]).get(f"/v1/sessions?cursor={page['next_cursor']}").ok()
    shown = page["data"] + rest["data"]
    assert [session["session_id"] for session in shown] == [pairs[n]["session"]["session_id"] for n in (2, 0)]
    assert shown[0]["email"] == "ann@example.com"
    assert (shown[0]["role"], shown[0]["ip_address"], shown[0]["user_agent"]) == ("customer", "203.0.113.7", "tests")
    assert not {"session_token_hash", "refresh_token_id", "generation"} & set(shown[0])
    anyone().get("/v1/sessions").refused(401, "unauthenticated")


def test_signing_out_ends_the_session_and_its_refresh_token() -> None:
    open_account()
    mine, other = sign_in().ok(201), sign_in().ok(201)
    holder(mine).delete("/v1/sessions/current").ok(204)
    assert not holds(mine)
    assert not can_refresh(mine)
    assert holds(other)
    assert can_refresh(other)
    holder(mine).delete("/v1/sessions/current").refused(401, "session_ended")


def test_users_end_their_own_sessions_and_an_admin_anyones() -> None:
    open_account()
    open_account("bob@example.com")
    perform("auth", "seed_admin", email="root@example.com", password=PASSWORD)
    here, there, bob = sign_in().ok(201), sign_in().ok(201), sign_in("bob@example.com").ok(201)
    path = f"/v1/sessions/{there['session']['session_id']}"
    holder(bob).delete(path).refused(404, "not_found")
    assert holds(there)
    for _ in range(2):
        holder(here).delete(path).ok(204)
    assert (holds(here), holds(there), can_refresh(there)) == (True, False, False)
    holder(here).delete("/v1/sessions/unknown").refused(404, "not_found")
    root = holder(sign_in("root@example.com").ok(201))
    root.delete(f"/v1/sessions/{bob['session']['session_id']}").ok(204)
    assert not holds(bob)


def test_everywhere_ends_all_of_ones_own_sessions() -> None:
    open_account()
    open_account("bob@example.com")
    mine, bob = [sign_in().ok(201) for _ in range(3)], sign_in("bob@example.com").ok(201)
    holder(mine[0]).delete("/v1/sessions").ok(204)
    assert [holds(pair) or can_refresh(pair) for pair in mine] == [False] * 3
    assert holds(bob)
    again = sign_in().ok(201)
    assert holds(again)
    assert [session["session_id"] for session in holder(again).get("/v1/sessions").ok()["data"]] == [
        again["session"]["session_id"]
    ]


def test_a_session_that_begins_while_all_are_ended_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of sessions may lag behind, so their end does not hang on it."""
    user_id = open_account()["user_id"]
    pair = sign_in().ok(201)
    monkeypatch.setattr(store, "live_sessions", lambda user_id: [])
    holder(pair).delete("/v1/sessions").ok(204)
    assert not holds(pair)
    anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}).refused(401, "token_revoked")
    monkeypatch.undo()
    sign = tokens.access_token

    def signed_while_all_are_ended(user: Any, session_id: str) -> str:
        monkeypatch.undo()
        logic.end_all(user_id)
        return sign(user, session_id)

    monkeypatch.setattr(tokens, "access_token", signed_while_all_are_ended)
    late = sign_in().ok(201)
    assert holds(late)  # it was begun again, after the end


def test_a_password_that_changes_during_the_sign_in_is_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    matches = passwords.matches

    def matched_while_suspended(kept: str | None, password: str) -> bool:
        monkeypatch.undo()
        perform("auth", "change_account_status", email="ann@example.com", status="suspended")
        return matches(kept, password)

    monkeypatch.setattr(passwords, "matches", matched_while_suspended)
    sign_in().refused(403, "account_suspended")
    assert said("user.logged_in") == []


def test_a_session_is_over_after_a_day_however_much_it_is_used() -> None:
    open_account()
    pair = sign_in().ok(201)
    with later(hours=23, minutes=50):
        assert holds(pair)
    with later(hours=24, seconds=1):
        assert not holds(pair)
        other = sign_in().ok(201)
        assert [s["session_id"] for s in holder(other).get("/v1/sessions").ok()["data"]] == [
            other["session"]["session_id"]
        ]
        holder(other).delete(f"/v1/sessions/{pair['session']['session_id']}").refused(404, "not_found")


def test_use_is_written_down_at_most_every_five_minutes() -> None:
    open_account()
    pair = sign_in().ok(201)

    def last_accessed() -> str:
        return str(holder(pair).get("/v1/sessions").ok()["data"][0]["last_accessed_at"])

    begun = last_accessed()
    assert holds(pair)
    assert last_accessed() == begun
    with later(minutes=6):
        assert holds(pair)
        used = last_accessed()
        assert used > begun
        assert holds(pair)
        assert last_accessed() == used


def test_the_session_of_nobody_or_of_someone_else_does_not_hold() -> None:
    user_id = open_account("bob@example.com")["user_id"]
    open_account()
    pair = sign_in().ok(201)
    nothing: dict[str, object] = {"active": False, "user_id": None, "roles": []}
    assert perform("auth", "check_session", session_id="unknown") == nothing
    assert perform("auth", "check_session", session_id=pair["session"]["session_id"], user_id=user_id) == nothing
    assert perform("auth", "check_session", session_id=pair["session"]["session_id"], user_id="nobody") == nothing
