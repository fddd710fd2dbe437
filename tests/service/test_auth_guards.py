"""Too many wrong passwords (B44, B45, B47, B63, R27, R34; E8; AP11; AUTH-08)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from botocore.client import BaseClient

from auth import passwords
from auth.model.words import NO_PASSWORD
from auth.store import guards as store
from shop import clock, settings
from tests.kit import anyone
from tests.service.auth_kit import PASSWORD, audited, later, open_account, root, said, sign_in, try_sign_in

pytestmark = pytest.mark.usefixtures("shop")

WRONG = "not her password"


def fail(times: int, identifier: str = "ann@example.com") -> None:
    for _ in range(times):
        try_sign_in(identifier, WRONG).refused(401, "invalid_credentials")


def minutes_locked(identifier: str = "ann@example.com") -> int:
    """How long an account is locked from now on, to the minute."""
    problem = try_sign_in(identifier).refused(423, "account_locked")
    return round((clock.epoch(problem["locked_until"]) - clock.epoch(clock.now())) / 60)


def test_the_fifth_wrong_password_locks_also_the_right_one_out() -> None:
    user_id = open_account(username="ann")
    fail(3)
    fail(2, "ann")
    for identifier, password in (("ann@example.com", PASSWORD), ("ann", PASSWORD), ("ann", WRONG)):
        try_sign_in(identifier, password).refused(423, "account_locked")
    assert minutes_locked() == 15
    (event,) = said("user.locked")
    assert (event["user_id"], event["ip_address"]) == (user_id, "203.0.113.7")
    with later(minutes=16):
        sign_in()


def test_each_lock_is_twice_as_long_as_the_one_before_and_never_over_a_day() -> None:
    open_account()
    lasted = []
    for hours in range(0, 400, 40):
        with later(hours=hours):
            fail(5)
            lasted.append(minutes_locked())
    assert lasted == [15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440]
    assert len(said("user.locked")) == 10


def test_a_success_forgets_the_failures() -> None:
    open_account()
    fail(4)
    sign_in()
    fail(4)
    sign_in()
    fail(5)
    with later(minutes=16):
        sign_in()
        fail(5)
        assert minutes_locked() == 15


def test_a_try_while_locked_does_not_make_the_lock_longer() -> None:
    open_account()
    fail(5)
    for _ in range(7):
        try_sign_in(password=WRONG).refused(423, "account_locked")
    with later(minutes=16):
        sign_in()


def test_names_that_are_nobodys_are_locked_just_the_same() -> None:
    """Nobody can tell from a lock, or from how long it lasts, whether there is an account."""
    open_account()
    answers: dict[str, list[Any]] = {}
    for name in ("ann@example.com", "nobody@example.com", "Nobody"):
        answers[name] = []
        for hours in (0, 1, 2):
            with later(hours=hours):
                replies = [try_sign_in(name.upper() if n % 2 else name, WRONG) for n in range(7)]
                answers[name] += [
                    (r.status, {**r.body, "request_id": "", "locked_until": str(r.body.get("locked_until"))[:16]})
                    for r in replies
                ]
    assert [status for status, _ in answers["Nobody"]] == ([401] * 5 + [423] * 2) * 3
    known, *others = answers.values()
    assert all(
        [(status, body["code"], body["detail"]) for status, body in other]
        == [(status, body["code"], body["detail"]) for status, body in known]
        for other in others
    )
    assert len(said("user.locked")) == 3


def test_a_wrong_password_and_a_name_that_is_nobodys_cost_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """B44: one hash of the same parameters is checked, and the table is asked as often and for as much."""
    open_account()
    try_sign_in("someone@example.com", WRONG).refused(401, "invalid_credentials")  # what is made once is made
    work: list[Any] = []
    verify, call = PasswordHasher.verify, vars(BaseClient)["_make_api_call"]

    def verified(self: PasswordHasher, kept: str, password: str) -> bool:
        work.append(extract_parameters(kept))
        return verify(self, kept, password)

    def called(self: Any, name: str, arguments: Any) -> Any:
        work.append((name, len(arguments.get("TransactItems", [])), arguments.get("ConsistentRead")))
        return call(self, name, arguments)

    monkeypatch.setattr(PasswordHasher, "verify", verified)
    monkeypatch.setattr(BaseClient, "_make_api_call", called)
    costs = {}
    for name in ("ann@example.com", "nobody@example.com", "nobody"):
        work.clear()
        for _ in range(4):
            try_sign_in(name, WRONG).refused(401, "invalid_credentials")
        costs[name] = list(work)
    known, *others = costs.values()
    assert len([item for item in known if isinstance(item, Parameters)]) == 4
    assert [item[0] for item in known if isinstance(item, tuple)] == ["GetItem", "GetItem", "TransactWriteItems"] * 4
    assert all(other == known for other in others)


def test_an_account_without_a_password_takes_as_long_to_say_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """B44, B61."""
    checked: list[str] = []

    def verified(self: PasswordHasher, kept: str, password: str) -> bool:
        checked.append(kept)
        return True

    monkeypatch.setattr(PasswordHasher, "verify", verified)
    assert not passwords.matches(NO_PASSWORD, WRONG)
    assert not passwords.matches(None, WRONG)
    assert len(checked) == 2
    assert checked[0] == checked[1] != NO_PASSWORD


def test_a_locked_name_that_is_nobodys_can_still_become_somebodys() -> None:
    fail(5, "ann@example.com")
    try_sign_in().refused(423, "account_locked")
    open_account()
    sign_in()


def test_a_name_that_is_nobodys_is_forgotten_after_a_month() -> None:
    fail(5, "nobody@example.com")
    with later(days=31):
        fail(5, "nobody@example.com")
        assert minutes_locked("nobody@example.com") == 15


def test_rivals_have_no_more_guesses_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty guesses at once: each is counted before it is answered, so that five are told to be wrong."""
    open_account()
    matches = passwords.matches
    told: list[int] = []

    def while_others_guess(kept: str | None, password: str) -> bool:
        if len(told) < 19:
            told.append(0)
            told[told.index(0)] = try_sign_in(password=f"guess {len(told)}").status
        return matches(kept, password)

    monkeypatch.setattr(passwords, "matches", while_others_guess)
    last = try_sign_in(password=WRONG).status
    monkeypatch.undo()
    assert sorted([*told, last]).count(401) <= settings.LOCKOUT_THRESHOLD
    assert {*told, last} <= {401, 423, 503}
    try_sign_in().refused(423, "account_locked")
    assert len(said("user.locked")) == 1


@pytest.mark.parametrize("name", ["ann@example.com", "nobody@example.com"])
def test_of_many_guesses_at_the_same_time_five_are_answered(name: str) -> None:
    open_account()
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda n: try_sign_in(name, f"guess {n}").status, range(24)))
    assert told.count(401) == settings.LOCKOUT_THRESHOLD
    assert set(told) <= {401, 423, 503}
    try_sign_in(name).refused(423, "account_locked")


def test_the_right_password_does_not_slip_through_while_others_lock_the_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_account()
    matches = passwords.matches

    def while_locked(kept: str | None, password: str) -> bool:
        monkeypatch.undo()
        fail(5)
        return matches(kept, password)

    monkeypatch.setattr(passwords, "matches", while_locked)
    try_sign_in().refused(423, "account_locked")
    assert said("user.logged_in") == []


def test_a_failure_that_could_not_be_written_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()

    def broken(*_: Any) -> None:
        raise RuntimeError("no table")

    monkeypatch.setattr(store, "count_failure", broken)
    assert try_sign_in(password=WRONG).status == 500


def test_every_attempt_is_in_the_history_of_its_user_newest_first() -> None:
    user_id = open_account()
    open_account("bob@example.com")
    sign_in(device={"device_id": "d1"})
    fail(5)
    try_sign_in().refused(423, "account_locked")
    with later(hours=1):
        me = sign_in(device={"device_id": "d2"})
        page = me.get("/v1/login-history?limit=3").ok()
        rest = me.get(f"/v1/login-history?limit=3&cursor={page['next_cursor']}").ok()
        shown = page["data"] + rest["data"]
        assert [attempt["status"] for attempt in shown] == ["success", "locked", *["failed"] * 4]
        assert {(a["user_id"], a["ip_address"], a["user_agent"]) for a in shown} == {(user_id, "203.0.113.7", "tests")}
        of_device = me.get("/v1/login-history?device_id=d1").ok()["data"]
        assert [(a["status"], a["device_id"]) for a in of_device] == [("success", "d1")]
        assert [a["status"] for a in sign_in("bob@example.com").get("/v1/login-history").ok()["data"]] == ["success"]
    anyone().get("/v1/login-history").refused(401, "unauthenticated")
    with later(days=401):
        assert [a["status"] for a in sign_in().get("/v1/login-history").ok()["data"]] == ["success"]


def test_a_lock_is_in_the_audit_log_and_the_shop_can_open_it() -> None:
    user_id = open_account()
    admin = root()
    fail(5)
    (line,) = audited(admin, user_id=user_id)
    assert (line["action"], line["ip_address"]) == ("account_locked", "203.0.113.7")
    assert line["metadata"]["failed_login_attempts"] == 5
    account = admin.get(f"/v1/accounts/{user_id}")
    assert account.ok()["failed_login_attempts"] == 5
    assert account.ok()["locked_until"] == line["metadata"]["locked_until"]
    opened = admin.patch(f"/v1/accounts/{user_id}", {"unlock": True}, if_match=account.etag).ok()
    assert (opened["failed_login_attempts"], opened["locked_until"]) == (0, None)
    sign_in()
    assert [line["action"] for line in audited(admin, user_id=user_id)] == ["account_unlocked", "account_locked"]


def test_a_stolen_session_cannot_guess_the_password_either() -> None:
    open_account()
    me = sign_in()
    for _ in range(5):
        body = {"current_password": WRONG, "new_password": "another long walk"}
        me.post("/v1/accounts/me/password-changes", body).refused(401, "wrong_password")
    body = {"current_password": PASSWORD, "new_password": "another long walk"}
    me.post("/v1/accounts/me/password-changes", body).refused(423, "account_locked")
    try_sign_in().refused(423, "account_locked")
