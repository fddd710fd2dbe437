"""Pages keep their refresh token in a cookie that no script can read (R8, R9, R11; B47, B51)."""

from typing import Any

import pytest

from auth.logic import sessions
from shop import settings
from tests.kit import Reply, anyone
from tests.service.auth_kit import OTHER, PASSWORD, holder, holds, open_account
from tests.service.mfa_kit import with_mfa

pytestmark = pytest.mark.usefixtures("shop")

NAME = "tradewind_refresh"
COOKIE = {"x_token_transport": "cookie"}


def sign_in(**fields: object) -> Reply:
    body = {"identifier": "ann@example.com", "password": PASSWORD, **fields}
    return anyone().post("/v1/sessions", body, **COOKIE)


def jar(reply: Reply) -> str:
    """The cookie a browser sends from now on."""
    assert reply.headers["Set-Cookie"].startswith(f"{NAME}=")
    return reply.headers["Set-Cookie"].partition(";")[0]


def expired(reply: Reply) -> bool:
    return reply.headers.get("Set-Cookie", "").startswith(f"{NAME}=; Max-Age=0;")


def refresh(cookie: str, body: Any = "", **headers: str) -> Reply:
    return anyone().post("/v1/tokens", body, cookie=cookie, **{**COOKIE, **headers})


def test_a_page_is_given_its_refresh_token_in_a_cookie() -> None:
    open_account()
    reply = sign_in()
    assert reply.ok(201)["refresh_token"] is None
    token, *scope = reply.headers["Set-Cookie"].removeprefix(f"{NAME}=").split("; ")
    assert len(token) > 60
    assert scope == [
        f"Max-Age={settings.REFRESH_TOKEN_TTL}",
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Path=/api/v1",
    ]
    assert holder(reply.body).get("/v1/accounts/me").status == 200


def test_who_does_not_ask_for_the_cookie_gets_and_sends_the_token_in_the_body() -> None:
    open_account()
    body = {"identifier": "ann@example.com", "password": PASSWORD}
    reply = anyone().post("/v1/sessions", body)
    assert "Set-Cookie" not in reply.headers
    again = anyone().post("/v1/tokens", {"refresh_token": reply.ok(201)["refresh_token"]})
    assert again.ok(201)["refresh_token"]
    assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize("body", ["", {}])
def test_the_cookie_is_used_up_and_replaced_as_a_token_in_the_body_is(body: Any) -> None:
    open_account()
    first = sign_in()
    second = refresh(jar(first), body)
    assert second.ok(201)["refresh_token"] is None
    assert jar(second) != jar(first)
    used = refresh(jar(first), body)
    used.refused(401, "token_reused")
    assert expired(used)
    assert not holds(second.body)
    assert expired(refresh(jar(second)))


def test_a_token_in_the_body_goes_before_the_cookie() -> None:
    open_account()
    mine, other = sign_in(), jar(sign_in()).partition("=")[2]
    assert refresh(jar(mine), {"refresh_token": other}).status == 201
    assert refresh(jar(mine)).status == 201


def test_without_the_header_the_cookie_is_not_read() -> None:
    """What a form or a link of another site could send."""
    open_account()
    cookie = jar(sign_in())
    unread = anyone().post("/v1/tokens", "", cookie=cookie)
    unread.refused(422, "validation_failed")
    anyone().post("/v1/tokens", "", cookie=cookie, x_token_transport="body").refused(422, "validation_failed")
    assert "Set-Cookie" not in unread.headers
    assert refresh(cookie).status == 201


@pytest.mark.parametrize("cookie", ["", "other=1", f"{NAME}=nobody's", f"{NAME}", "a=b; =;,"])
def test_a_page_without_a_good_cookie_is_not_signed_in(cookie: str) -> None:
    reply = refresh(cookie)
    reply.refused(401, "unauthenticated")
    assert expired(reply)


@pytest.mark.parametrize("body", ["[]", "7", '"text"'])
def test_a_body_that_is_no_object_is_refused_as_ever(body: str) -> None:
    refresh("", body).refused(422, "validation_failed")
    refresh("", "{no json").refused(400, "malformed_json")


def test_a_fault_of_ours_leaves_the_cookie_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    open_account()
    cookie = jar(sign_in())

    def busy(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(sessions, "refresh", busy)
        reply = refresh(cookie)
    assert reply.status == 500
    assert "Set-Cookie" not in reply.headers
    assert refresh(cookie).status == 201


def test_signing_out_ends_the_session_and_takes_the_cookie() -> None:
    open_account()
    pair = sign_in()
    out = anyone().post("/v1/token-revocations", "", cookie=jar(pair), **COOKIE)
    assert (out.status, expired(out), holds(pair.body)) == (204, True, False)
    for path in ("/v1/sessions/current", "/v1/sessions"):
        pair = sign_in()
        out = holder(pair.body).delete(path, **COOKIE)
        assert (out.status, expired(out), holds(pair.body)) == (204, True, False)
    assert "Set-Cookie" not in holder(sign_in().body).delete("/v1/sessions/current").headers


def test_the_second_step_gives_the_cookie_and_the_first_none() -> None:
    ann = with_mfa()
    asked = sign_in(device={"device_id": "laptop"})
    assert "Set-Cookie" not in asked.headers
    body = {"mfa_token": asked.ok(202)["mfa_token"], "code": ann.code(1)}
    assert jar(anyone().post("/v1/sessions/mfa", body, **COOKIE))


def test_a_wrong_password_leaves_the_cookie_alone() -> None:
    open_account()
    reply = sign_in(password=OTHER)
    reply.refused(401, "invalid_credentials")
    assert "Set-Cookie" not in reply.headers


def test_one_key_answers_one_cookie_only() -> None:
    """Requests with empty bodies are alike but for their cookies: nobody is answered with somebody else's tokens."""
    open_account()
    ann, bob = sign_in(), sign_in()
    first = refresh(jar(ann), idempotency_key="the same")
    again = refresh(jar(ann), idempotency_key="the same")
    assert (again.body, jar(again)) == (first.ok(201), jar(first))
    refresh(jar(bob), idempotency_key="the same").refused(422, "idempotency_key_reused")
