"""Passwords changed and set anew (R5, R14, R15; B57, B63; E10, E13; AP12; AUTH-09)."""

from typing import Any

import pytest
from pynamodb.connection import Connection

from auth import passwords
from auth.store import proofs as store
from shop import aws, settings
from tests.kit import anyone, perform
from tests.service.auth_kit import (
    OTHER,
    PASSWORD,
    audited,
    everything,
    holder,
    holds,
    later,
    open_account,
    root,
    said,
    sent,
    sign_in,
    try_sign_in,
)

pytestmark = pytest.mark.usefixtures("shop")

RESET = "password_reset.requested"


def ask_reset(email: str = "ann@example.com") -> str:
    """Ask for a reset; the token in the mail."""
    anyone().post("/v1/password-resets", {"email": email}).ok(202)
    return sent(RESET)[-1]


def reset(token: str, password: str = OTHER) -> Any:
    return anyone().post("/v1/password-resets/confirmations", {"token": token, "new_password": password})


# --- changed


def test_a_changed_password_ends_every_session_but_the_one_that_changed_it() -> None:
    user_id = open_account()
    mine, other = try_sign_in().ok(201), try_sign_in().ok(201)
    body = {"current_password": PASSWORD, "new_password": OTHER}
    holder(mine).post("/v1/accounts/me/password-changes", body).ok(204)
    assert (holds(mine), holds(other)) == (True, False)
    shown = holder(mine).get("/v1/sessions").ok()["data"]
    assert [session["session_id"] for session in shown] == [mine["session"]["session_id"]]
    anyone().post("/v1/tokens", {"refresh_token": other["refresh_token"]}).refused(401, "token_revoked")
    anyone().post("/v1/tokens", {"refresh_token": mine["refresh_token"]}).ok(201)
    try_sign_in().refused(401, "invalid_credentials")
    sign_in(password=OTHER)
    assert said("user.password_changed") == [{"user_id": user_id}]
    assert [line["action"] for line in audited(root(), user_id=user_id)][-1:] == ["password_changed"]


def test_only_who_knows_the_password_changes_it() -> None:
    open_account()
    me = sign_in()
    body = {"current_password": "not her password", "new_password": OTHER}
    me.post("/v1/accounts/me/password-changes", body).refused(401, "wrong_password")
    anyone().post("/v1/accounts/me/password-changes", body).refused(401, "unauthenticated")
    sign_in()
    assert said("user.password_changed") == []


@pytest.mark.parametrize("password", ["short", "password123", "ann@example.com"])
def test_a_weak_new_password_is_refused_with_a_pointer(password: str) -> None:
    open_account()
    body = {"current_password": PASSWORD, "new_password": password}
    problem = sign_in().post("/v1/accounts/me/password-changes", body).refused(422, "weak_password")
    assert [error["pointer"] for error in problem["errors"]] == ["/new_password"]
    sign_in()


def test_a_session_that_is_refreshed_meanwhile_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    pair = try_sign_in().ok(201)
    fresh: list[Any] = []
    hashed = passwords.hashed

    def hashed_while_refreshed(password: str) -> str:
        monkeypatch.undo()
        fresh.append(anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}).ok(201))
        return hashed(password)

    monkeypatch.setattr(passwords, "hashed", hashed_while_refreshed)
    body = {"current_password": PASSWORD, "new_password": OTHER}
    holder(pair).post("/v1/accounts/me/password-changes", body).ok(204)
    assert holds(pair)
    anyone().post("/v1/tokens", {"refresh_token": fresh[0]["refresh_token"]}).ok(201)


def test_of_two_changes_at_once_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    me, other = sign_in(), sign_in()
    hashed = passwords.hashed

    def hashed_while_another_changes_it(password: str) -> str:
        monkeypatch.undo()
        rival = {"current_password": PASSWORD, "new_password": "the other was faster"}
        other.post("/v1/accounts/me/password-changes", rival).ok(204)
        return hashed(password)

    monkeypatch.setattr(passwords, "hashed", hashed_while_another_changes_it)
    body = {"current_password": PASSWORD, "new_password": OTHER}
    me.post("/v1/accounts/me/password-changes", body).refused(401, "wrong_password")
    sign_in(password="the other was faster")


# --- forgotten


def test_a_forgotten_password_is_set_anew_once_and_all_sessions_end() -> None:
    user_id = open_account()
    pair = try_sign_in().ok(201)
    token = ask_reset(" ANN@example.com")
    (event,) = said(RESET)
    assert (event["user_id"], event["email"]) == (user_id, "ann@example.com")
    reset(token).ok(204)
    assert not holds(pair)
    anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}).refused(401, "token_revoked")
    try_sign_in().refused(401, "invalid_credentials")
    sign_in(password=OTHER)
    reset(token, "yet another password").refused(410, "token_expired_or_used")
    assert said("user.password_changed") == [{"user_id": user_id}]
    actions = [line["action"] for line in audited(root(), user_id=user_id)]
    assert actions[-2:] == ["password_reset", "password_reset_requested"]


def test_the_answer_never_tells_whether_there_is_an_account() -> None:
    open_account()
    open_account("eve@example.com")
    perform("auth", "change_account_status", email="eve@example.com", status="suspended")
    replies = [
        anyone().post("/v1/password-resets", {"email": email})
        for email in ("ann@example.com", "nobody@example.com", "eve@example.com")
    ]
    for reply in replies:
        reply.headers.pop("X-Request-Id")
    assert replies[0].status == 202
    assert replies[0] == replies[1] == replies[2]
    assert [event["email"] for event in said(RESET)] == ["ann@example.com"]


def test_an_unknown_address_costs_as_much_as_a_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    work: list[str] = []

    def counted(of: Any, name: str) -> None:
        function = getattr(of, name)

        def call(*args: Any, **named: Any) -> Any:
            work.append(name)
            return function(*args, **named)

        monkeypatch.setattr(of, name, call)

    counted(Connection, "get_item")
    counted(Connection, "transact_write_items")
    counted(aws.client("kms"), "encrypt")
    anyone().post("/v1/password-resets", {"email": "ann@example.com"}).ok(202)
    known, work[:] = work[:], []
    anyone().post("/v1/password-resets", {"email": "nobody@example.com"}).ok(202)
    assert work == known == ["get_item", "get_item", "encrypt", "transact_write_items"]


def test_a_token_is_good_for_an_hour() -> None:
    open_account()
    token = ask_reset()
    with later(minutes=61):
        reset(token).refused(410, "token_expired_or_used")
    with later(minutes=59):
        reset(token).ok(204)


def test_a_newer_token_voids_the_older() -> None:
    open_account()
    first, second = ask_reset(), ask_reset()
    assert first != second
    reset(first).refused(410, "token_expired_or_used")
    reset(second).ok(204)


def test_a_weak_password_does_not_use_the_token_up() -> None:
    open_account()
    token = ask_reset()
    problem = reset(token, "password").refused(422, "weak_password")
    assert [error["pointer"] for error in problem["errors"]] == ["/new_password"]
    reset(token).ok(204)


def test_of_two_resets_with_one_token_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    token = ask_reset()
    write = store.reset_password

    def overtaken(*args: Any) -> None:
        monkeypatch.undo()
        reset(token, "the other was faster").ok(204)
        write(*args)

    monkeypatch.setattr(store, "reset_password", overtaken)
    reset(token).refused(410, "token_expired_or_used")
    sign_in(password="the other was faster")
    assert len(said("user.password_changed")) == 1


def test_a_token_asked_for_while_another_is_used_does_not_save_the_older(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    token = ask_reset()
    write = store.reset_password

    def while_another_is_asked_for(*args: Any) -> None:
        monkeypatch.undo()
        ask_reset()
        write(*args)

    monkeypatch.setattr(store, "reset_password", while_another_is_asked_for)
    reset(token).refused(410, "token_expired_or_used")
    sign_in()


def test_a_sign_in_during_the_reset_does_not_keep_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    token = ask_reset()
    write, pairs = store.reset_password, []

    def while_signing_in(*args: Any) -> None:
        monkeypatch.undo()
        pairs.append(try_sign_in().ok(201))
        write(*args)

    monkeypatch.setattr(store, "reset_password", while_signing_in)
    reset(token).ok(204)
    assert not holds(pairs[0])


def test_a_reset_opens_a_locked_account() -> None:
    open_account()
    for _ in range(5):
        try_sign_in(password="not her password")
    try_sign_in().refused(423, "account_locked")
    reset(ask_reset()).ok(204)
    sign_in(password=OTHER)


@pytest.mark.parametrize("since", ["password", "email", "suspended"])
def test_what_happens_to_the_account_voids_a_token(since: str) -> None:
    open_account()
    token = ask_reset()
    me = sign_in()
    if since == "password":
        body = {"current_password": PASSWORD, "new_password": "another long walk"}
        me.post("/v1/accounts/me/password-changes", body).ok(204)
    elif since == "email":
        change = {"email": "ann@example.org", "current_password": PASSWORD}
        me.patch("/v1/accounts/me", change, if_match=me.get("/v1/accounts/me").etag).ok()
    else:
        perform("auth", "change_account_status", email="ann@example.com", status="suspended")
    reset(token).refused(410, "token_expired_or_used")


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/password-resets", {"email": "ann"}, "/email"),
        ("/v1/password-resets", {}, "/email"),
        ("/v1/password-resets", {"email": "ann@example.com", "user_id": "x"}, "/user_id"),
        ("/v1/password-resets/confirmations", {"token": "", "new_password": OTHER}, "/token"),
        ("/v1/password-resets/confirmations", {"token": "x" * 201, "new_password": OTHER}, "/token"),
        ("/v1/password-resets/confirmations", {"token": "x", "new_password": "x" * 129}, "/new_password"),
        ("/v1/password-resets/confirmations", {"token": "x"}, "/new_password"),
    ],
)
def test_bad_input_is_422_with_a_pointer(path: str, body: dict[str, object], pointer: str) -> None:
    before = everything()
    problem = anyone().post(path, body).refused(422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert OTHER not in str(problem)
    assert everything() == before


@pytest.mark.parametrize("token", ["x", "nobody.has.it", "ﷺ" * 60, "PRT#"])
def test_a_token_that_never_was_is_gone(token: str) -> None:
    reset(token).refused(410, "token_expired_or_used")


def test_tokens_are_never_kept_told_or_logged_in_clear(capfd: pytest.CaptureFixture[str]) -> None:
    open_account()
    token = ask_reset()
    reset(token).ok(204)
    assert token not in everything()
    assert OTHER not in everything()
    printed = capfd.readouterr()
    assert token not in printed.out + printed.err


def test_asking_too_often_for_one_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """B39, for known and unknown addresses alike."""
    open_account()
    monkeypatch.setattr(settings, "RATE_PASSWORD_RESET", 3)
    for email in ("ann@example.com", "nobody@example.com"):
        replies = [anyone().post("/v1/password-resets", {"email": email}).status for _ in range(4)]
        assert replies == [202, 202, 202, 429]
