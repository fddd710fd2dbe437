"""Devices and trust (R24-R26, R6, R7; B48, B49; AUTH-05; AP10)."""

from typing import Any

import pytest

from auth.store import sessions as store
from tests.kit import Client, anyone, perform
from tests.service.mfa_kit import PASSWORD, Someone, everything, holder, later, open_account, said, sign_in, with_mfa

pytestmark = pytest.mark.usefixtures("shop")

PHONE = {"device_id": "phone", "device_name": "Ann's phone", "device_type": "mobile", "os": "iOS", "browser": "Safari"}


def devices(client: Client) -> list[Any]:
    return list(client.get("/v1/devices").ok()["data"])


def trusted(ann: Someone, device_id: str = "phone") -> Any:
    """A pair from a sign-in that trusted its device."""
    token = ann.asked(device={"device_id": device_id})
    return ann.answer(token, backup_code=ann.backup_codes.pop(), trust_device=True).ok(201)


def on_phone(**more: object) -> int:
    """The status of a sign-in from the phone."""
    return sign_in(device={"device_id": "phone", **more}).status


def holds(pair: Any) -> bool:
    session = pair["session"]
    answer = perform("auth", "check_session", session_id=session["session_id"], user_id=session["user_id"])
    return bool(answer["active"])


def test_users_see_where_they_have_signed_in_from() -> None:
    open_account()
    open_account("bob@example.com")
    for device in (PHONE, {"device_id": "desk"}, {"device_id": "phone", "os": "iOS 26"}):
        pair = sign_in(device=device).ok(201)
    sign_in("bob@example.com", device={"device_id": "bobs"}).ok(201)
    found = devices(holder(pair))
    assert [device["device_id"] for device in found] == ["desk", "phone"]
    shown = {name: found[1][name] for name in ("device_name", "device_type", "os", "browser", "is_trusted")}
    assert shown == {
        "device_name": "Ann's phone",
        "device_type": "mobile",
        "os": "iOS 26",
        "browser": "Safari",
        "is_trusted": False,
    }
    page = holder(pair).get("/v1/devices?limit=1").ok()
    rest = holder(pair).get(f"/v1/devices?limit=1&cursor={page['next_cursor']}").ok()
    assert (page["data"] + rest["data"], rest["has_more"]) == (found, False)


def test_a_trusted_device_is_let_in_without_the_second_half_for_thirty_days() -> None:
    ann = with_mfa()
    pair = trusted(ann)
    token = pair["device_token"]
    assert [device["is_trusted"] for device in devices(holder(pair))] == [True]
    with later(days=29, hours=23):
        assert on_phone(device_token=token) == 201
    with later(days=30, minutes=1):
        assert on_phone(device_token=token) == 202


@pytest.mark.parametrize("more", [{}, {"device_token": "made up"}, {"device_token": ""}])
def test_knowing_the_id_of_a_trusted_device_is_not_being_it(more: dict[str, object]) -> None:
    ann = with_mfa()
    trusted(ann)
    assert on_phone(**more) == 202


def test_the_token_of_one_device_is_no_good_for_another() -> None:
    ann = with_mfa()
    token = trusted(ann, "desk")["device_token"]
    trusted(ann)
    assert on_phone(device_token=token) == 202
    bob = with_mfa("bob@example.com")
    trusted(bob)
    assert sign_in("bob@example.com", device={"device_id": "phone", "device_token": token}).status == 202


def test_a_trusted_device_still_needs_the_password() -> None:
    ann = with_mfa()
    device = {"device_id": "phone", "device_token": trusted(ann)["device_token"]}
    sign_in(password="not her password", device=device).refused(401, "invalid_credentials")


def test_trust_can_be_taken_back() -> None:
    ann = with_mfa()
    token = trusted(ann)["device_token"]
    shown = ann.client.patch("/v1/devices/phone", {"is_trusted": False, "device_name": "Old phone"}).ok(200)
    assert (shown["is_trusted"], shown["trusted_until"], shown["device_name"]) == (False, None, "Old phone")
    assert on_phone(device_token=token) == 202


def test_a_device_is_trusted_from_itself_only() -> None:
    ann = with_mfa()
    pair = ann.answer(ann.asked(device=PHONE), code=ann.code(1)).ok(201)
    ann.client.patch("/v1/devices/phone", {"is_trusted": True}).refused(409, "not_this_device")
    assert not devices(ann.client)[0]["is_trusted"]
    shown = holder(pair).patch("/v1/devices/phone", {"is_trusted": True}).ok(200)
    assert shown["is_trusted"]
    assert on_phone(device_token=shown["device_token"]) == 201
    assert "device_token" not in devices(ann.client)[0]


def test_trust_from_before_the_second_factor_was_switched_on_counts_for_nothing() -> None:
    ann = with_mfa()
    token = trusted(ann)["device_token"]
    body = {"current_password": PASSWORD, "backup_code": ann.backup_codes.pop()}
    ann.client.call("DELETE", "/v1/mfa", body).ok(204)
    secret = ann.client.post("/v1/mfa/enrollments").ok(201)["secret"]
    ann.secret = secret
    ann.client.post("/v1/mfa/enrollments/confirmations", {"code": ann.code()}).ok(200)
    assert on_phone(device_token=token) == 202
    assert [device["is_trusted"] for device in devices(ann.client)] == [False]


def test_another_password_ends_all_trust() -> None:
    ann = with_mfa()
    token = trusted(ann)["device_token"]
    new = "another walk along the river"
    body = {"current_password": PASSWORD, "new_password": new}
    ann.client.post("/v1/accounts/me/password-changes", body).ok(204)
    assert sign_in(password=new, device={"device_id": "phone", "device_token": token}).status == 202


def test_only_a_device_that_was_named_can_be_trusted() -> None:
    ann = with_mfa()
    token = ann.asked()
    problem = ann.answer(token, code=ann.code(1), trust_device=True).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/trust_device"
    ann.answer(token, code=ann.code(1)).ok(201)


def test_removing_a_device_ends_its_sessions_and_only_those() -> None:
    open_account()
    phone, desk, nowhere = sign_in(device=PHONE).ok(201), sign_in(device={"device_id": "desk"}).ok(201), sign_in()
    refreshed = anyone().post("/v1/tokens", {"refresh_token": phone["refresh_token"]}).ok(201)
    again = sign_in(device=PHONE).ok(201)
    holder(desk).delete("/v1/devices/phone").ok(204)
    assert [holds(pair) for pair in (phone, refreshed, again)] == [False] * 3
    for pair in (refreshed, again):
        anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}).refused(401, "token_revoked")
    assert holds(desk)
    assert holds(nowhere.ok(201))
    assert [device["device_id"] for device in devices(holder(desk))] == ["desk"]
    holder(desk).delete("/v1/devices/phone").refused(404, "not_found")
    sign_in(device=PHONE).ok(201)
    assert said("user.logged_in")[-1]["new_device"]


def test_a_session_that_has_just_begun_on_it_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of sessions may lag behind."""
    open_account()
    phone, desk = sign_in(device=PHONE).ok(201), sign_in(device={"device_id": "desk"}).ok(201)
    monkeypatch.setattr(store, "live_sessions", lambda user_id: [])
    holder(desk).delete("/v1/devices/phone").ok(204)
    assert (holds(phone), holds(desk)) == (False, True)


def test_a_removal_that_was_interrupted_is_finished_when_it_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    phone, desk = sign_in(device=PHONE).ok(201), sign_in(device={"device_id": "desk"}).ok(201)

    def die(user_id: str) -> None:
        raise RuntimeError("the function ran out of time")

    monkeypatch.setattr(store, "live_sessions", die)
    holder(desk).delete("/v1/devices/phone").refused(500, "internal_error")
    monkeypatch.undo()
    assert holds(phone)
    holder(desk).delete("/v1/devices/phone").ok(204)
    assert not holds(phone)


def test_a_sign_in_from_a_device_that_is_being_removed_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    sign_in(device=PHONE).ok(201)
    desk = sign_in(device={"device_id": "desk"}).ok(201)
    look_up = store.device

    def looked_up_while_it_is_removed(user_id: str, device_id: str) -> Any:
        monkeypatch.undo()
        found = look_up(user_id, device_id)
        holder(desk).delete("/v1/devices/phone").ok(204)
        return found

    monkeypatch.setattr(store, "device", looked_up_while_it_is_removed)
    pair = sign_in(device=PHONE).ok(201)
    assert holds(pair)
    assert said("user.logged_in")[-1]["new_device"]


def test_removing_a_trusted_device_ends_its_trust() -> None:
    ann = with_mfa()
    token = trusted(ann)["device_token"]
    ann.client.delete("/v1/devices/phone").ok(204)
    assert on_phone(device_token=token) == 202


def test_somebody_elses_device_is_not_found() -> None:
    open_account()
    open_account("bob@example.com")
    pair = sign_in(device=PHONE).ok(201)
    bob = holder(sign_in("bob@example.com").ok(201))
    bob.patch("/v1/devices/phone", {"device_name": "mine"}).refused(404, "not_found")
    bob.delete("/v1/devices/phone").refused(404, "not_found")
    assert devices(bob) == []
    assert devices(holder(pair))[0]["device_name"] == "Ann's phone"
    assert holds(pair)
    for method, path in (("GET", "/v1/devices"), ("PATCH", "/v1/devices/phone"), ("DELETE", "/v1/devices/phone")):
        anyone().call(method, path, {} if method == "PATCH" else None).refused(401, "unauthenticated")


@pytest.mark.parametrize("body", [{"device_name": "x" * 101}, {"is_trusted": "yes"}, {"device_id": "other"}, []])
def test_bad_input_changes_nothing(body: Any) -> None:
    open_account()
    pair = sign_in(device=PHONE).ok(201)
    before = devices(holder(pair))
    holder(pair).patch("/v1/devices/phone", body).refused(422, "validation_failed")
    assert devices(holder(pair)) == before


def test_what_proves_a_device_is_kept_as_a_hash_only() -> None:
    ann = with_mfa()
    pair = trusted(ann)
    token = pair["device_token"]
    sign_in(device={"device_id": "phone", "device_token": token}).ok(201)
    waiting = sign_in(device={"device_id": "desk", "device_token": token})
    assert waiting.status == 202
    assert "trust_hash" in everything()
    assert token not in everything()
    shown = str([ann.client.get(path).ok() for path in ("/v1/devices", "/v1/login-history", "/v1/sessions")])
    assert not any(word in shown for word in ("trust_hash", "trusted_with", token))
