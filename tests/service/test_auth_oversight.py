"""Accounts in the hands of their users and of the shop, roles, the audit log (R2-R4, R32-R43; B10, B42, B46, B62, B63,
B75; E2, E5-E7; AP4-AP6, AP11)."""

from typing import Any

import pytest

from auth.store import oversight as store
from tests.kit import Client, anyone, deliver, hear, pending, perform
from tests.service.auth_kit import (
    OTHER,
    PASSWORD,
    ROOT,
    audited,
    everything,
    holder,
    holds,
    open_account,
    root,
    said,
    sent,
    sign_in,
    try_sign_in,
)

pytestmark = pytest.mark.usefixtures("shop")


def change(me: Client, password: str = PASSWORD, **fields: Any) -> Any:
    etag = me.get("/v1/accounts/me").etag
    return me.patch("/v1/accounts/me", {**fields, "current_password": password}, if_match=etag)


def close(me: Client, **body: object) -> Any:
    return me.call("DELETE", "/v1/accounts/me", {"current_password": PASSWORD, **body})


def manage(admin: Client, user_id: str, **fields: object) -> Any:
    return admin.patch(f"/v1/accounts/{user_id}", fields, if_match=admin.get(f"/v1/accounts/{user_id}").etag)


def role_id(admin: Client, name: str) -> str:
    return next(str(role["role_id"]) for role in admin.get("/v1/roles?limit=100").ok()["data"] if role["name"] == name)


def give(admin: Client, user_id: str, name: str) -> Any:
    return admin.put(f"/v1/accounts/{user_id}/roles/{role_id(admin, name)}")


def take(admin: Client, user_id: str, name: str) -> Any:
    return admin.delete(f"/v1/accounts/{user_id}/roles/{role_id(admin, name)}")


def create_role(admin: Client, name: str = "buyer") -> Any:
    return admin.post("/v1/roles", {"name": name, "description": "Buys for the shop"})


def user_id_of(client: Client) -> str:
    return str(client.get("/v1/accounts/me").ok()["user_id"])


# --- one's own account


def test_users_see_their_own_account() -> None:
    user_id = open_account(username="Ann")
    shown = sign_in().get("/v1/accounts/me")
    assert (shown.ok()["user_id"], shown.ok()["username"], shown.ok()["email"]) == (user_id, "Ann", "ann@example.com")
    assert not {"password_hash", "generation", "failed_login_attempts", "mfa_secret"} & set(shown.ok())
    assert shown.headers["Cache-Control"] == "no-store"
    anyone().get("/v1/accounts/me").refused(401, "unauthenticated")


def test_a_new_address_is_unverified_told_and_signs_in() -> None:
    user_id = open_account()
    anyone().post("/v1/email-verifications/confirmations", {"token": sent("email_verification.requested")[0]}).ok(204)
    me = sign_in()
    changed = change(me, email=" ANN@example.org ").ok()
    assert (changed["email"], changed["email_verified"]) == ("ann@example.org", False)
    assert said("user.email_changed") == [
        {"user_id": user_id, "old_email": "ann@example.com", "email": "ann@example.org"}
    ]
    assert said("email_verification.requested")[-1]["email"] == "ann@example.org"
    try_sign_in().refused(401, "invalid_credentials")
    sign_in("ann@example.org")
    open_account("ann@example.com")
    lines = audited(root(), user_id=user_id)
    assert [(line["action"], line["metadata"]) for line in lines if line["action"] == "account_changed"] == [
        ("account_changed", {"changed": ["email"]})
    ]


def test_a_username_is_changed_given_up_and_free_again() -> None:
    open_account(username="Ann")
    me = sign_in()
    assert change(me, username="ANN").ok()["username"] == "ANN"
    assert change(me, username="annie").ok()["username"] == "annie"
    sign_in("annie")
    try_sign_in("ann").refused(401, "invalid_credentials")
    open_account("bob@example.com", username="ann")
    assert change(me, username=None).ok()["username"] is None
    try_sign_in("annie").refused(401, "invalid_credentials")
    assert change(me, username="annie").ok()["username"] == "annie"


def test_what_somebody_else_has_is_refused() -> None:
    open_account()
    open_account("bob@example.com", username="Bob")
    me = sign_in()
    change(me, email="BOB@example.com").refused(409, "email_taken")
    change(me, username="bob").refused(409, "username_taken")
    assert (me.get("/v1/accounts/me").ok()["email"], me.get("/v1/accounts/me").ok()["username"]) == (
        "ann@example.com",
        None,
    )
    assert said("user.email_changed") == []
    sign_in("bob@example.com")


def test_an_account_is_changed_only_with_its_password_and_at_the_version_that_was_read() -> None:
    open_account()
    me = sign_in()
    change(me, "not her password", email="ann@example.org").refused(401, "wrong_password")
    body = {"username": "annie", "current_password": PASSWORD}
    me.patch("/v1/accounts/me", body).refused(428, "if_match_required")
    me.patch("/v1/accounts/me", body, if_match='"1"').refused(412, "version_mismatch")
    assert me.get("/v1/accounts/me").ok()["username"] is None


def test_a_change_to_what_it_is_changes_nothing() -> None:
    open_account(username="ann")
    me = sign_in()
    before = me.get("/v1/accounts/me").ok()
    assert change(me, username="ann", email="ann@example.com").ok() == before
    assert said("user.email_changed") == []


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("email", "ann", "/email"),
        ("email", "a" * 250 + "@example.com", "/email"),
        ("email", "ann@ex\u0430mple.com", "/email"),  # with a Cyrillic letter
        ("email", "ann\x00@example.com", "/email"),
        ("email", None, ""),
        ("username", "a b", "/username"),
        ("username", "ann@example.com", "/username"),
        ("username", "x" * 151, "/username"),
        ("roles", ["admin"], "/roles"),
        ("status", "active", "/status"),
    ],
)
def test_bad_input_is_422_with_a_pointer(field: str, value: Any, pointer: str) -> None:
    open_account()
    problem = change(sign_in(), **{field: value}).refused(422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert PASSWORD not in str(problem)


def test_two_who_want_one_address_at_once_are_decided_by_the_write(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    open_account("bob@example.com")
    me, bob = sign_in(), sign_in("bob@example.com")
    save = store.save

    def overtaken(*args: Any) -> Any:
        monkeypatch.undo()
        change(bob, email="new@example.com").ok()
        return save(*args)

    monkeypatch.setattr(store, "save", overtaken)
    change(me, email="new@example.com").refused(409, "email_taken")
    assert me.get("/v1/accounts/me").ok()["email"] == "ann@example.com"


# --- goodbye


def test_a_deleted_account_is_gone_and_its_names_are_free() -> None:
    user_id = open_account(username="ann")
    pair = try_sign_in(device={"device_id": "d1", "device_name": "Ann's phone"}).ok(201)
    me = holder(pair)
    close(me).ok(202)
    assert not holds(pair)
    close(me).refused(401, "session_ended")
    for name in ("ann@example.com", "ann"):
        try_sign_in(name).refused(401, "invalid_credentials")
    anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}).refused(401, "token_revoked")
    assert said("user.deleted") == [{"user_id": user_id}]
    assert said("user.status_changed") == [
        {"user_id": user_id, "was": "active", "status": "deleted", "is_active": False}
    ]
    other = open_account(username="ann")
    assert other != user_id
    sign_in("ann")


def test_nothing_personal_is_left_once_the_news_was_heard() -> None:
    user_id = open_account(username="annie")
    anyone().post("/v1/password-resets", {"email": "ann@example.com"}).ok(202)
    me = sign_in(device={"device_id": "d1", "device_name": "Ann's phone"})
    for _ in range(2):
        try_sign_in(password="not her password")
    sign_in()
    me.post("/v1/phone-verifications", {"phone": "+14155550100"}).ok(202)
    close(me).ok(202)
    deliver("auth", to=lambda service: service == "auth")
    left = [row for row in _rows() if f"USER#{user_id}" in (row.get("PK"), row.get("GSI1PK"))]
    assert {row["kind"] for row in left} == {"auth_user", "security_audit_log"}
    (tombstone,) = [row for row in left if row["kind"] == "auth_user"]
    assert (tombstone["email"], tombstone["password_hash"]) == (f"{user_id}@deleted.invalid", "!")
    # But for what was told (it goes after a week) and ended sessions (after a day).
    kept = str([row for row in _rows() if row["kind"] not in ("outbox_event", "session")])
    for personal in ("ann@example.com", "annie", "Ann's phone", "+14155550100"):
        assert personal not in kept
    admin = root()
    shown = admin.get(f"/v1/accounts/{user_id}").ok()
    assert (shown["status"], shown["username"], shown["roles"], shown["is_active"]) == ("deleted", None, [], False)
    assert admin.get(f"/v1/accounts/{user_id}/login-history").ok()["data"] == []


def test_hearing_of_the_end_again_changes_nothing() -> None:
    user_id = open_account()
    close(sign_in()).ok(202)
    event = next(event for event in pending("auth") if event[0] == "user.deleted")
    hear(*event, to=lambda service: service == "auth")
    open_account()
    before = everything()
    hear(*event, to=lambda service: service == "auth")
    assert everything() == before
    assert user_id in before


def test_only_who_knows_the_password_deletes_an_account() -> None:
    open_account()
    me = sign_in()
    close(me, current_password="not her password").refused(401, "wrong_password")
    close(me, current_password=None).refused(401, "wrong_password")
    close(me, why="no reason").refused(422, "validation_failed")
    assert me.get("/v1/accounts/me").ok()["status"] == "active"
    assert said("user.deleted") == []


def test_a_sign_in_during_the_end_gets_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    me, pairs = sign_in(), []
    write = store.close

    def while_signing_in(*args: Any) -> None:
        monkeypatch.undo()
        pairs.append(try_sign_in().ok(201))
        write(*args)

    monkeypatch.setattr(store, "close", while_signing_in)
    close(me).ok(202)
    assert not holds(pairs[0])


# --- what the shop sees


def test_staff_find_accounts_by_status_address_name_and_age() -> None:
    admin = root()
    ids = [open_account(f"u{n}@example.com", username=f"U{n}") for n in range(4)]
    manage(admin, ids[1], status="suspended").ok()
    close(sign_in("u2@example.com")).ok(202)

    def found(query: str) -> list[str]:
        return [account["user_id"] for account in admin.get(f"/v1/accounts?{query}").ok()["data"]]

    assert found("")[:4] == ids[::-1]
    assert found("status=SUSPENDED") == [ids[1]]
    assert found("status=deleted") == [ids[2]]
    assert found("email=U3@example.com") == found("username=u3") == [ids[3]]
    assert found("email=u3@example.com&status=suspended") == found("email=u2@example.com") == []
    assert found("username=u3&email=u1@example.com") == []
    since = admin.get(f"/v1/accounts/{ids[3]}").ok()["created_at"]
    assert found(f"created_from={since}") == [ids[3]]
    assert found("created_from=2099-01-01T00:00:00.000Z") == []
    page = admin.get("/v1/accounts?limit=3").ok()
    rest = admin.get(f"/v1/accounts?limit=3&cursor={page['next_cursor']}").ok()
    assert len({account["user_id"] for account in page["data"] + rest["data"]}) == 5
    for bad in ("status=gone", "email=x", "username=a%20b", "created_from=yesterday", "password=x"):
        admin.get(f"/v1/accounts?{bad}").refused(400, "invalid_parameter")


def test_what_the_shop_sees_holds_no_secret() -> None:
    user_id = open_account()
    admin = root()
    for shown in (admin.get(f"/v1/accounts/{user_id}").ok(), admin.get("/v1/accounts").ok()["data"][0]):
        assert not {"password_hash", "generation", "mfa_secret"} & set(shown)
        assert {"failed_login_attempts", "locked_until"} <= set(shown)
    admin.get("/v1/accounts/nobody").refused(404, "not_found")


ADMIN_ROUTES = [
    ("GET", "/v1/security-audit-logs", None),
    ("GET", "/v1/accounts/{user}/login-history", None),
    ("GET", "/v1/roles", None),
    ("POST", "/v1/roles", {"name": "buyer"}),
    ("PATCH", "/v1/roles/x", {"description": "x"}),
    ("DELETE", "/v1/roles/x", None),
    ("GET", "/v1/roles/x/accounts", None),
    ("PUT", "/v1/accounts/{user}/roles/x", None),
    ("DELETE", "/v1/accounts/{user}/roles/x", None),
]
STAFF_ROUTES = [
    ("GET", "/v1/accounts", None),
    ("GET", "/v1/accounts/{user}", None),
    ("PATCH", "/v1/accounts/{user}", {"status": "suspended"}),
]


@pytest.mark.parametrize(("method", "path", "body"), ADMIN_ROUTES + STAFF_ROUTES)
def test_customers_are_turned_away_and_so_is_an_admin_whose_session_ended(method: str, path: str, body: Any) -> None:
    path = path.format(user=open_account())
    headers = {"if_match": '"1"'}
    sign_in().call(method, path, body, **headers).refused(403, "forbidden")
    anyone().call(method, path, body, **headers).refused(401, "unauthenticated")
    admin = root()
    admin.delete("/v1/sessions/current").ok(204)
    admin.call(method, path, body, **headers).refused(401, "session_ended")


@pytest.mark.parametrize(("method", "path", "body"), ADMIN_ROUTES)
def test_support_may_not_do_what_is_the_admins(method: str, path: str, body: Any) -> None:
    admin, user_id = root(), open_account()
    give(admin, user_id, "support").ok(204)
    support = sign_in()
    support.call(method, path.format(user=user_id), body, if_match='"1"').refused(403, "forbidden")


def test_support_suspends_customers_but_not_the_staff_and_deletes_nobody() -> None:
    admin, user_id = root(), open_account()
    customer, seller = open_account("bob@example.com"), open_account("eve@example.com")
    give(admin, user_id, "support").ok(204)
    give(admin, seller, "seller").ok(204)
    support = sign_in()
    assert manage(support, customer, status="suspended").ok()["status"] == "suspended"
    assert manage(support, seller, status="suspended").ok()["status"] == "suspended"
    manage(support, user_id_of(admin), status="suspended").refused(403, "forbidden")
    manage(support, user_id, status="suspended").refused(403, "forbidden")
    manage(support, customer, status="deleted").refused(403, "forbidden")
    assert audited(admin, user_id=customer)[0]["metadata"] == {"was": "active", "status": "suspended", "by": user_id}


def test_suspending_ends_all_sessions_and_reopening_lets_in_again() -> None:
    admin, user_id = root(), open_account()
    pair = try_sign_in().ok(201)
    assert manage(admin, user_id, status="suspended").ok()["is_active"] is False
    assert not holds(pair)
    assert admin.get("/v1/accounts?status=suspended").ok()["data"][0]["user_id"] == user_id
    try_sign_in().refused(403, "account_suspended")
    version = admin.get(f"/v1/accounts/{user_id}").ok()["version"]
    assert manage(admin, user_id, status="suspended").ok()["version"] == version
    manage(admin, user_id, status="active").ok()
    sign_in()
    assert [event["status"] for event in said("user.status_changed")] == ["suspended", "active"]
    assert [line["action"] for line in audited(admin, user_id=user_id)] == ["status_changed"] * 2


def test_the_shop_deletes_an_account_and_it_stays_so() -> None:
    admin, user_id = root(), open_account()
    pair = try_sign_in().ok(201)
    assert manage(admin, user_id, status="deleted").ok()["email"] == f"{user_id}@deleted.invalid"
    assert not holds(pair)
    assert said("user.deleted") == [{"user_id": user_id}]
    for status in ("active", "suspended"):
        manage(admin, user_id, status=status).refused(422, "invalid_transition")
    manage(admin, user_id, unlock=True).refused(422, "invalid_transition")
    manage(admin, user_id, status="deleted").ok()
    give(admin, user_id, "seller").refused(409, "account_deleted")
    assert len(said("user.deleted")) == 1


def test_an_account_is_managed_at_the_version_that_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    admin, user_id = root(), open_account()
    admin.patch(f"/v1/accounts/{user_id}", {"status": "suspended"}).refused(428, "if_match_required")
    admin.patch(f"/v1/accounts/{user_id}", {"status": "suspended"}, if_match='"7"').refused(412, "version_mismatch")
    for body in ({"status": "gone"}, {"status": 1}, {"unlock": "yes"}, {"email": "x@example.com"}):
        admin.patch(f"/v1/accounts/{user_id}", body, if_match='"1"').refused(422, "validation_failed")
    write = store.manage

    def overtaken(*args: Any) -> Any:
        monkeypatch.undo()
        sign_in()
        return write(*args)

    monkeypatch.setattr(store, "manage", overtaken)
    manage(admin, user_id, status="suspended").refused(412, "version_mismatch")
    assert admin.get(f"/v1/accounts/{user_id}").ok()["status"] == "active"


# --- roles


def test_roles_are_made_changed_listed_and_done_away_with() -> None:
    admin = root()
    made = create_role(admin)
    role = made.ok(201)
    assert made.headers["Location"] == f"/v1/roles/{role['role_id']}"
    assert (role["name"], role["description"], role["holders"]) == ("buyer", "Buys for the shop", 0)
    names = [shown["name"] for shown in admin.get("/v1/roles").ok()["data"]]
    assert names == ["admin", "buyer", "customer", "seller", "support"]
    create_role(admin, "BUYER").refused(409, "role_exists")
    path = f"/v1/roles/{role['role_id']}"
    admin.patch(path, {"name": "seller"}, if_match=made.etag).refused(409, "role_exists")
    admin.patch(path, {"name": None}, if_match=made.etag).refused(422, "validation_failed")
    changed = admin.patch(path, {"name": "Purchaser", "description": None}, if_match=made.etag)
    assert (changed.ok()["name"], changed.ok()["description"]) == ("purchaser", None)
    admin.patch(path, {"description": "x"}, if_match=made.etag).refused(412, "version_mismatch")
    admin.delete(path).refused(428, "if_match_required")
    admin.delete(path, if_match=made.etag).refused(412, "version_mismatch")
    admin.delete(path, if_match=changed.etag).ok(204)
    admin.delete(path, if_match=changed.etag).refused(404, "not_found")
    create_role(admin, "purchaser").ok(201)
    actions = [line["action"] for line in audited(admin, user_id=user_id_of(admin))]
    assert [action for action in actions if action.startswith("role_")][:4] == [
        "role_created",
        "role_deleted",
        "role_changed",
        "role_created",
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "two words"}, "/name"),
        ({"name": "x" * 51}, "/name"),
        ({"description": "no name"}, "/name"),
        ({"name": "x", "description": "x" * 256}, "/description"),
        ({"name": "x", "holders": 7}, "/holders"),
    ],
)
def test_a_bad_role_is_422_with_a_pointer(body: dict[str, object], pointer: str) -> None:
    problem = root().post("/v1/roles", body).refused(422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_the_same_key_makes_one_role() -> None:
    admin = root()
    first = admin.post("/v1/roles", {"name": "buyer"}, idempotency_key="k1").ok(201)
    assert admin.post("/v1/roles", {"name": "buyer"}, idempotency_key="k1").ok(201) == first


def test_a_role_is_given_and_taken_and_shows_in_the_next_token() -> None:
    admin, user_id = root(), open_account()
    pair = try_sign_in().ok(201)
    for _ in range(2):
        give(admin, user_id, "seller").ok(204)
    assert admin.get(f"/v1/accounts/{user_id}").ok()["roles"] == ["customer", "seller"]
    session = pair["session"]
    standing = perform("auth", "check_session", session_id=session["session_id"], user_id=user_id)
    assert standing["roles"] == ["customer", "seller"]
    fresh = anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}).ok(201)
    from shop.auth import verify

    assert verify(fresh["access_token"]).roles == ["customer", "seller"]
    holders = admin.get(f"/v1/roles/{role_id(admin, 'seller')}/accounts").ok()["data"]
    assert [account["user_id"] for account in holders] == [user_id]
    for _ in range(2):
        take(admin, user_id, "seller").ok(204)
    assert admin.get(f"/v1/accounts/{user_id}").ok()["roles"] == ["customer"]
    assert admin.get(f"/v1/roles/{role_id(admin, 'seller')}/accounts").ok()["data"] == []
    assert [event["roles"] for event in said("user.roles_changed")] == [["customer", "seller"], ["customer"]]
    lines = audited(admin, user_id=user_id)
    assert [(line["action"], line["metadata"]["role"], line["metadata"]["by"]) for line in lines] == [
        ("role_removed", "seller", user_id_of(admin)),
        ("role_assigned", "seller", user_id_of(admin)),
    ]


def test_nobody_and_nothing_has_no_role() -> None:
    admin, user_id = root(), open_account()
    admin.put(f"/v1/accounts/{user_id}/roles/nothing").refused(404, "not_found")
    admin.delete(f"/v1/accounts/{user_id}/roles/nothing").refused(404, "not_found")
    give(admin, "nobody", "seller").refused(404, "not_found")
    admin.get("/v1/roles/nothing/accounts").refused(404, "not_found")


def test_nobody_has_more_than_twenty_roles() -> None:
    admin, user_id = root(), open_account()
    for number in range(19):
        create_role(admin, f"role-{number}").ok(201)
        give(admin, user_id, f"role-{number}").ok(204)
    give(admin, user_id, "seller").refused(409, "too_many_roles")
    assert manage(admin, user_id, status="suspended").ok()["status"] == "suspended"


def test_holders_are_listed_newest_first_in_pages() -> None:
    admin = root()
    ids = [open_account(f"u{n}@example.com") for n in range(3)]
    for user_id in ids:
        give(admin, user_id, "seller").ok(204)
    path = f"/v1/roles/{role_id(admin, 'seller')}/accounts"
    page = admin.get(f"{path}?limit=2").ok()
    rest = admin.get(f"{path}?limit=2&cursor={page['next_cursor']}").ok()
    assert [account["user_id"] for account in page["data"] + rest["data"]] == ids[::-1]


def test_a_role_in_use_is_neither_renamed_nor_deleted() -> None:
    admin, user_id = root(), open_account()
    path = f"/v1/roles/{create_role(admin).ok(201)['role_id']}"
    give(admin, user_id, "buyer").ok(204)
    manage(admin, user_id, status="suspended").ok()  # whoever is suspended still has it

    def etag() -> str:
        return f'"{next(r["version"] for r in admin.get("/v1/roles").ok()["data"] if r["name"] == "buyer")}"'

    admin.delete(path, if_match=etag()).refused(409, "role_in_use")
    admin.patch(path, {"name": "other"}, if_match=etag()).refused(409, "role_in_use")
    assert admin.patch(path, {"description": "better"}, if_match=etag()).ok()["holders"] == 1
    manage(admin, user_id, status="deleted").ok()
    admin.delete(path, if_match=etag()).ok(204)


@pytest.mark.parametrize("name", ["admin", "customer", "support", "seller"])
def test_the_roles_the_shop_comes_with_stay(name: str) -> None:
    admin = root()
    role = next(role for role in admin.get("/v1/roles").ok()["data"] if role["name"] == name)
    path, etag = f"/v1/roles/{role['role_id']}", f'"{role["version"]}"'
    admin.delete(path, if_match=etag).refused(409, "role_in_use")
    admin.patch(path, {"name": "other"}, if_match=etag).refused(409, "role_in_use")


@pytest.mark.parametrize("done", ["renamed", "deleted"])
def test_a_role_that_somebody_is_given_meanwhile_stays(done: str, monkeypatch: pytest.MonkeyPatch) -> None:
    admin, user_id = root(), open_account()
    made = create_role(admin)
    path = f"/v1/roles/{made.ok(201)['role_id']}"
    name = {"renamed": "save_role", "deleted": "delete_role"}[done]
    write = getattr(store, name)

    def overtaken(*args: Any) -> Any:
        monkeypatch.undo()
        give(admin, user_id, "buyer").ok(204)
        return write(*args)

    monkeypatch.setattr(store, name, overtaken)
    if done == "renamed":
        admin.patch(path, {"name": "other"}, if_match=made.etag).refused(412, "version_mismatch")
    else:
        admin.delete(path, if_match=made.etag).refused(412, "version_mismatch")
    assert admin.get(f"/v1/accounts/{user_id}").ok()["roles"] == ["customer", "buyer"]
    assert role_id(admin, "buyer")


def test_a_role_that_is_deleted_while_it_is_given_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    admin, user_id = root(), open_account()
    made = create_role(admin)
    path = f"/v1/roles/{made.ok(201)['role_id']}"
    write = store.assign

    def overtaken(*args: Any) -> None:
        monkeypatch.undo()
        admin.delete(path, if_match=made.etag).ok(204)
        write(*args)

    monkeypatch.setattr(store, "assign", overtaken)
    give(admin, user_id, "buyer").refused(404, "not_found")
    assert admin.get(f"/v1/accounts/{user_id}").ok()["roles"] == ["customer"]


# --- the last admin


def test_the_last_admin_cannot_lose_admin_be_suspended_or_go() -> None:
    admin = root()
    mine = user_id_of(admin)
    take(admin, mine, "admin").refused(409, "last_admin")
    manage(admin, mine, status="suspended").refused(409, "last_admin")
    manage(admin, mine, status="deleted").refused(409, "last_admin")
    close(admin).refused(409, "last_admin")
    assert "admin" in admin.get("/v1/accounts/me").ok()["roles"]
    sign_in(ROOT)


def test_a_suspended_admin_does_not_count() -> None:
    admin = root()
    other = root("two@example.com")
    manage(admin, user_id_of(other), status="suspended").ok()
    take(admin, user_id_of(admin), "admin").refused(409, "last_admin")
    suspended = admin.get("/v1/accounts?email=two@example.com").ok()["data"][0]["user_id"]
    take(admin, suspended, "admin").ok(204)
    give(admin, suspended, "admin").ok(204)
    take(admin, user_id_of(admin), "admin").refused(409, "last_admin")
    manage(admin, suspended, status="active").ok()
    take(admin, user_id_of(admin), "admin").ok(204)
    admin.get("/v1/roles").refused(403, "forbidden")


def test_of_two_admins_who_demote_each_other_at_once_one_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = root(), root("two@example.com")
    first, second = user_id_of(one), user_id_of(two)
    write = store.unassign

    def overtaken(*args: Any) -> None:
        monkeypatch.undo()
        take(two, first, "admin").ok(204)
        write(*args)

    monkeypatch.setattr(store, "unassign", overtaken)
    one.delete(f"/v1/accounts/{second}/roles/{role_id(one, 'admin')}").refused(409, "last_admin")
    assert [account["user_id"] for account in two.get(f"/v1/roles/{role_id(two, 'admin')}/accounts").ok()["data"]] == [
        second
    ]


@pytest.mark.parametrize("other", ["suspended", "closed"])
def test_an_admin_who_goes_while_the_other_is_demoted_stays(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = root(), root("two@example.com")
    write = store.unassign
    second = user_id_of(two)

    def overtaken(*args: Any) -> None:
        monkeypatch.undo()
        if other == "closed":
            close(one).ok(202)
        else:
            manage(two, user_id_of(one), status="suspended").ok()
        write(*args)

    monkeypatch.setattr(store, "unassign", overtaken)
    one.delete(f"/v1/accounts/{second}/roles/{role_id(one, 'admin')}").refused(409, "last_admin")
    two.get("/v1/roles").ok()


def test_seeding_the_same_admin_again_counts_them_once() -> None:
    admin = root()
    root()
    assert next(r["active_holders"] for r in admin.get("/v1/roles").ok()["data"] if r["name"] == "admin") == 1


# --- the log


def test_the_log_is_found_by_user_day_and_action() -> None:
    admin = root()
    ann, bob = open_account(), open_account("bob@example.com")
    for user_id in (ann, bob):
        give(admin, user_id, "seller").ok(204)
    take(admin, ann, "seller").ok(204)
    today = admin.get(f"/v1/accounts/{ann}").ok()["updated_at"][:10]

    def found(**query: str) -> list[tuple[str, str]]:
        return [(line["user_id"], line["action"]) for line in audited(admin, **query)]

    assert found(user_id=ann) == [(ann, "role_removed"), (ann, "role_assigned")]
    assert found(action="role_assigned") == [(bob, "role_assigned"), (ann, "role_assigned")]
    assert found(action="role_assigned", user_id=ann) == [(ann, "role_assigned")]
    assert found(action="role_assigned", day=today) == found(action="role_assigned")
    assert {(ann, "role_removed"), (bob, "role_assigned")} <= set(found(day=today))
    assert found() == found(day=today)
    assert found(day="2020-01-01") == found(user_id=ann, day="2020-01-01") == []
    assert found(action="role_assigned", day="2020-01-01") == found(action="nothing") == []
    for bad in ("day=today", "action=DROP%20TABLE", "user_id="):
        admin.get(f"/v1/security-audit-logs?{bad}").refused(400, "invalid_parameter")


def test_the_log_comes_in_pages_also_of_one_action_of_one_user() -> None:
    admin, user_id = root(), open_account()
    for _ in range(3):
        give(admin, user_id, "seller").ok(204)
        take(admin, user_id, "seller").ok(204)
    for query in (f"user_id={user_id}&action=role_assigned", "action=role_assigned"):
        seen, cursor = [], ""
        for size in (2, 1):
            page = admin.get(f"/v1/security-audit-logs?limit=2&{query}{cursor}").ok()
            assert len(page["data"]) == size
            seen += [line["id"] for line in page["data"]]
            cursor = f"&cursor={page['next_cursor']}"
        assert not page["has_more"]
        assert len(set(seen)) == 3


def test_what_matters_to_safety_is_in_the_log_with_where_it_came_from() -> None:
    """B63: also a token that came back, and a session that somebody else ended."""
    admin, user_id = root(), open_account()
    pair = try_sign_in().ok(201)
    anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}).ok(201)
    for _ in range(2):
        anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}).refused(401, "token_reused")
    other = try_sign_in().ok(201)
    admin.delete(f"/v1/sessions/{other['session']['session_id']}").ok(204)
    lines = audited(admin, user_id=user_id)
    assert [(line["action"], line["ip_address"]) for line in lines] == [
        ("session_ended", "203.0.113.7"),
        ("refresh_token_reused", "203.0.113.7"),
    ]
    assert lines[0]["metadata"] == {"by": user_id_of(admin)}


def test_the_log_is_only_ever_added_to() -> None:
    admin, user_id = root(), open_account()
    give(admin, user_id, "seller").ok(204)
    before = audited(admin, user_id=user_id)
    close(sign_in()).ok(202)
    deliver("auth", to=lambda service: service == "auth")
    after = audited(admin, user_id=user_id)
    assert after[1:] == before
    assert after[0]["action"] == "account_deleted"
    assert "ann@example.com" not in str(after)


def test_a_change_that_is_refused_leaves_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = root()
    mine = user_id_of(admin)
    before = audited(admin, user_id=mine)
    take(admin, mine, "admin").refused(409, "last_admin")
    assert audited(admin, user_id=mine) == before


def test_an_account_from_before_is_not_reopened_by_its_old_password() -> None:
    open_account()
    close(sign_in()).ok(202)
    open_account(password=OTHER)
    try_sign_in().refused(401, "invalid_credentials")
    sign_in(password=OTHER)


def _rows() -> list[dict[str, Any]]:
    import boto3

    from shop import settings
    from shop.table import from_value

    scanned: Any = boto3.client("dynamodb", "us-east-1").scan(TableName=settings.table_name("auth"))["Items"]
    return [{name: from_value(value) for name, value in row.items()} for row in scanned]
