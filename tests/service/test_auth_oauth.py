"""Signing in with Google and Facebook (R28-R31; B21, B61; AUTH-13; AP13)."""

import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import boto3
import jwt
import pytest

from auth.logic import identities as logic
from auth.providers import google as google_module
from auth.providers import http
from auth.store import identities as store
from shop import settings
from tests.kit import Client, Reply, anyone, deliver, perform
from tests.service import oauth_kit
from tests.service.mfa_kit import PASSWORD, everything, holder, later, open_account, said, sign_in, with_mfa
from tests.service.oauth_kit import SECRETS, Facebook, Google, query_of, with_query

pytestmark = pytest.mark.usefixtures("shop", "known_to_providers")

COOKIE = "__Host-oauth_state"


@pytest.fixture(scope="module")
def google() -> Iterator[Google]:
    with oauth_kit.google() as provider:
        yield provider


@pytest.fixture
def facebook() -> Iterator[Facebook]:
    with oauth_kit.facebook() as provider:
        yield provider


@pytest.fixture
def known_to_providers(shop: None, google: Google, facebook: Facebook) -> Iterator[None]:
    name = f"oauth-{uuid.uuid4()}"
    secret = boto3.client("secretsmanager", "us-east-1").create_secret(Name=name, SecretString=json.dumps(SECRETS))
    known = {
        "OAUTH_SECRETS": secret["ARN"],
        "GOOGLE_CLIENT_ID": "us-at-google",
        "GOOGLE_ISSUER": google.issuer,
        "FACEBOOK_CLIENT_ID": "us-at-facebook",
        "FACEBOOK_DIALOG": f"{facebook.address}/dialog",
        "FACEBOOK_GRAPH": facebook.address,
    }
    settings.secret.cache_clear()
    with patch.dict("os.environ", known):
        yield


def set_out(provider: str) -> Reply:
    reply = anyone().get(f"/v1/oauth/{provider}/authorizations")
    assert (reply.status, reply.body) == (302, None)
    return reply


def back(provider: str, given: dict[str, str], client: Client | None = None, **fields: object) -> Reply:
    body = {"code": given["code"], "state": given["state"], **fields}
    return (client or anyone()).post(f"/v1/oauth/{provider}/callbacks", body)


def come_in(provider: Any, sub: str, **fields: object) -> Reply:
    """Sign in with a provider, all the way."""
    name = type(provider).__name__.lower()
    return back(name, provider.visit(set_out(name).headers["Location"], sub), None, **fields)


def account(pair: Any) -> Any:
    return holder(pair).get("/v1/accounts/me").ok()


def linked(pair: Any) -> list[tuple[str, str]]:
    found = holder(pair).get("/v1/oauth-identities").ok()["data"]
    return [(identity["provider"], identity["provider_user_id"]) for identity in found]


def test_people_are_sent_to_google_with_a_state_a_nonce_and_a_challenge(google: Google) -> None:
    first, second = set_out("google").headers["Location"], set_out("google").headers["Location"]
    assert first.startswith(f"{google.issuer}/oauth2/authorize?")
    asked, other = query_of(first), query_of(second)
    shown = {"response_type", "client_id", "redirect_uri", "scope", "state", "nonce"}
    assert set(asked) == shown | {"code_challenge", "code_challenge_method"}
    assert (asked["client_id"], asked["code_challenge_method"]) == ("us-at-google", "S256")
    assert asked["redirect_uri"] == f"{settings.STOREFRONT_URL}/oauth/google"
    assert all(asked[name] != other[name] for name in ("state", "nonce", "code_challenge"))


def test_who_is_new_gets_an_account_of_their_own(google: Google) -> None:
    google.knows("g-1", email="New@Example.com", email_verified=True, given_name="Nora", family_name="Ew")
    pair = come_in(google, "g-1", cart_session_id="guest-1", device={"device_id": "d1"}).ok(201)
    assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in", "session"}
    user = account(pair)
    assert (user["email"], user["email_verified"], user["roles"]) == ("new@example.com", True, ["customer"])
    assert linked(pair) == [("google", "g-1")]
    (created,) = said("user.created")
    assert (created["first_name"], created["last_name"]) == ("Nora", "Ew")
    assert said("user.email_verified") == [{"user_id": user["user_id"], "email": "new@example.com"}]
    (came,) = said("user.logged_in")
    assert (came["cart_session_id"], came["device_id"]) == ("guest-1", "d1")
    again = come_in(google, "g-1").ok(201)
    assert again["session"]["user_id"] == pair["session"]["user_id"]
    assert len(said("user.created")) == 1


def test_who_has_no_password_cannot_be_guessed_at(google: Google) -> None:
    google.knows("g-2", email="nopass@example.com", email_verified=True)
    come_in(google, "g-2").ok(201)
    for password in ("!", "", "None"):
        sign_in("nopass@example.com", password).refused(401, "invalid_credentials")


def test_facebook_users_come_in_too_with_an_address_that_is_not_proved(facebook: Facebook) -> None:
    facebook.knows("f-1", email="fay@example.com", first_name="Fay", last_name="Book")
    pair = come_in(facebook, "f-1").ok(201)
    user = account(pair)
    assert (user["email"], user["email_verified"]) == ("fay@example.com", False)
    assert linked(pair) == [("facebook", "f-1")]
    assert [event["email"] for event in said("email_verification.requested")] == ["fay@example.com"]
    assert come_in(facebook, "f-1").ok(201)["session"]["user_id"] == user["user_id"]


def test_who_has_no_address_at_facebook_cannot_have_an_account(facebook: Facebook) -> None:
    for sub, facts in (("f-2", {}), ("f-3", {"email": "not an address"})):
        facebook.knows(sub, **facts)
        come_in(facebook, sub).refused(401, "oauth_failed")
    assert said("user.created") == []


def verified(email: str) -> Any:
    """Somebody with a password who has proved their address."""
    opened = open_account(email)
    with patch("auth.logic.verification.one_time_token", lambda: "token-for-" + email):
        holder(sign_in(email).ok(201)).post("/v1/email-verifications").ok(202)
    anyone().post("/v1/email-verifications/confirmations", {"token": "token-for-" + email}).ok(204)
    return opened


def test_an_account_is_linked_when_both_have_proved_the_address(google: Google) -> None:
    user_id = verified("ann@example.com")["user_id"]
    before = sign_in().ok(201)
    google.knows("g-3", email="ann@example.com", email_verified=True)
    pair = come_in(google, "g-3").ok(201)
    assert pair["session"]["user_id"] == user_id
    sign_in().ok(201)
    assert linked(before) == [("google", "g-3")]


@pytest.mark.parametrize("proved", [False, None, "false"])
def test_an_address_that_google_has_not_proved_opens_nobodys_account(google: Google, proved: object) -> None:
    verified("ann@example.com")
    google.knows("g-4", email="ann@example.com", **({} if proved is None else {"email_verified": proved}))
    come_in(google, "g-4").refused(409, "email_in_use")
    assert linked(sign_in().ok(201)) == []


def test_facebook_never_opens_an_account_by_its_address(facebook: Facebook) -> None:
    verified("ann@example.com")
    facebook.knows("f-4", email="ann@example.com")
    come_in(facebook, "f-4").refused(409, "email_in_use")


def test_whoever_opened_an_account_with_somebody_elses_address_loses_it(google: Google, facebook: Facebook) -> None:
    """The one waiting inside has a session, and a way in by Facebook."""
    facebook.knows("f-5", email="eve-and-ann@example.com")
    eve = come_in(facebook, "f-5").ok(201)
    google.knows("g-5", email="eve-and-ann@example.com", email_verified=True)
    ann = come_in(google, "g-5").ok(201)
    assert ann["session"]["user_id"] == eve["session"]["user_id"]
    assert linked(ann) == [("google", "g-5")]
    assert account(ann)["email_verified"]
    assert not perform("auth", "check_session", session_id=eve["session"]["session_id"])["active"]
    anyone().post("/v1/tokens", {"refresh_token": eve["refresh_token"]}).refused(401, "token_revoked")
    come_in(facebook, "f-5").refused(409, "email_in_use")


def test_a_password_from_before_the_address_was_proved_is_void(google: Google) -> None:
    open_account()
    eve = sign_in().ok(201)
    google.knows("g-6", email="ann@example.com", email_verified=True)
    come_in(google, "g-6").ok(201)
    sign_in().refused(401, "invalid_credentials")
    assert not perform("auth", "check_session", session_id=eve["session"]["session_id"])["active"]
    assert len(said("user.password_changed")) == 1


def test_an_unproved_account_with_a_second_factor_or_a_role_is_not_taken_over(google: Google) -> None:
    with_mfa()
    perform("auth", "seed_admin", email="root@example.com", password=PASSWORD)
    for sub, email in (("g-7", "ann@example.com"), ("g-8", "root@example.com")):
        google.knows(sub, email=email, email_verified=True)
        come_in(google, sub).refused(409, "email_in_use")
    sign_in("root@example.com").ok(201)


def test_an_account_is_linked_to_one_user_of_a_provider(google: Google) -> None:
    verified("ann@example.com")
    for sub in ("g-9", "g-10"):
        google.knows(sub, email="ann@example.com", email_verified=True)
    come_in(google, "g-9").ok(201)
    come_in(google, "g-10").refused(409, "email_in_use")


def test_who_has_a_second_factor_is_asked_for_it(google: Google) -> None:
    google.knows("g-11", email="mia@example.com", email_verified=True)
    client = holder(come_in(google, "g-11").ok(201))
    import pyotp

    secret = client.post("/v1/mfa/enrollments").ok(201)["secret"]
    totp = pyotp.TOTP(secret)
    codes = client.post("/v1/mfa/enrollments/confirmations", {"code": totp.now()}).ok(200)["backup_codes"]
    waiting = come_in(google, "g-11", device={"device_id": "d1"}).ok(202)
    assert set(waiting) == {"mfa_required", "mfa_token", "expires_in"}
    body = {"mfa_token": waiting["mfa_token"], "backup_code": codes[0], "trust_device": True}
    token = anyone().post("/v1/sessions/mfa", body).ok(201)["device_token"]
    come_in(google, "g-11", device={"device_id": "d1", "device_token": token}).ok(201)
    # Without a password a code is enough to switch it off.
    client.call("DELETE", "/v1/mfa", {"backup_code": codes[1]}).ok(204)
    come_in(google, "g-11").ok(201)


def test_a_suspended_account_stays_closed(google: Google) -> None:
    google.knows("g-12", email="sue@example.com", email_verified=True)
    come_in(google, "g-12").ok(201)
    perform("auth", "change_account_status", email="sue@example.com", status="suspended")
    come_in(google, "g-12").refused(403, "account_suspended")


def test_a_state_is_good_once_for_its_provider_for_ten_minutes(google: Google) -> None:
    google.knows("g-13", email="stan@example.com", email_verified=True)
    given = google.visit(set_out("google").headers["Location"], "g-13")
    back("facebook", given).refused(401, "oauth_failed")
    back("google", {**given, "state": "made up"}).refused(401, "oauth_failed")
    back("google", given).ok(201)
    back("google", given).refused(401, "oauth_failed")
    given = google.visit(set_out("google").headers["Location"], "g-13")
    with later(minutes=10, seconds=1):
        back("google", given).refused(401, "oauth_failed")


def test_of_two_who_come_back_with_one_state_at_once_one_comes_in(google: Google) -> None:
    google.knows("g-14", email="dup@example.com", email_verified=True)
    given = google.visit(set_out("google").headers["Location"], "g-14")
    with ThreadPoolExecutor(2) as pool:
        found = sorted(reply.status for reply in pool.map(lambda _: logic_finish(given), range(2)))
    assert found == [201, 401]


def logic_finish(given: dict[str, str]) -> Reply:
    """As a request does, past the app, which takes one at a time."""
    from auth.model.identities import Callback
    from auth.model.sessions import Origin
    from shop.errors import Refusal

    try:
        logic.finish("google", Callback(code=given["code"], state=given["state"]), Origin(), {})
    except Refusal as refusal:
        return Reply(refusal.status, {}, None)
    return Reply(201, {}, None)


def test_a_code_stolen_on_its_way_is_worth_nothing_with_another_state(google: Google, facebook: Facebook) -> None:
    """Its challenge was made for another verifier (PKCE)."""
    google.knows("g-15", email="pia@example.com", email_verified=True)
    facebook.knows("f-15", email="pia@example.com")
    for provider, sub in ((google, "g-15"), (facebook, "f-15")):
        name = type(provider).__name__.lower()
        stolen = provider.visit(set_out(name).headers["Location"], sub)
        own = provider.visit(set_out(name).headers["Location"], sub)
        back(name, {"code": stolen["code"], "state": own["state"]}).refused(401, "oauth_failed")
    assert said("user.created") == []


def test_an_id_token_with_another_nonce_is_refused(google: Google) -> None:
    google.knows("g-16", email="nan@example.com", email_verified=True)
    address = with_query(set_out("google").headers["Location"], nonce="another")
    back("google", google.visit(address, "g-16")).refused(401, "oauth_failed")


def forged(change: Callable[[str, dict[str, Any]], str]) -> Any:
    """Google's answers with their id token changed."""
    ask = http.post

    def post(url: str, **form: str) -> dict[str, Any]:
        answer = ask(url, **form)
        token = answer["id_token"]
        return {**answer, "id_token": change(token, jwt.decode(token, options={"verify_signature": False}))}

    return patch.object(http, "post", post)


def unsigned(token: str, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", algorithm="none")


def signed_with_public_secret(token: str, claims: dict[str, Any]) -> str:
    headers = {"kid": jwt.get_unverified_header(token).get("kid", "")}
    return jwt.encode(claims, "us-at-google-" + "x" * 32, algorithm="HS256", headers=headers)


def edited(token: str, claims: dict[str, Any]) -> str:
    head, _, signature = token.split(".")
    other = jwt.encode({**claims, "sub": "somebody else"}, "x" * 32, algorithm="HS256").split(".")[1]
    return f"{head}.{other}.{signature}"


@pytest.mark.parametrize("change", [unsigned, signed_with_public_secret, edited, lambda token, claims: "nonsense"])
def test_an_id_token_google_did_not_sign_is_refused(
    google: Google, change: Callable[[str, dict[str, Any]], str]
) -> None:
    google.knows("g-17", email="fred@example.com", email_verified=True)
    with forged(change):
        come_in(google, "g-17").refused(401, "oauth_failed")
    assert said("user.created") == []


@pytest.mark.parametrize("name", ["GOOGLE_CLIENT_ID", "GOOGLE_ISSUER"])
def test_an_id_token_for_another_shop_or_of_another_issuer_is_refused(
    google: Google, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    google.knows("g-18", email="otto@example.com", email_verified=True)
    given = google.visit(set_out("google").headers["Location"], "g-18")
    verify = google_module.Google._verified

    def elsewhere(self: Any, id_token: str, nonce: str) -> Any:
        field = {"GOOGLE_CLIENT_ID": "client_id", "GOOGLE_ISSUER": "issuer"}[name]
        found = self._configuration()
        self._configuration = lambda: found
        setattr(self, field, "another")
        return verify(self, id_token, nonce)

    monkeypatch.setattr(google_module.Google, "_verified", elsewhere)
    back("google", given).refused(401, "oauth_failed")


def test_an_id_token_that_has_expired_is_refused(google: Google) -> None:
    google.knows("g-19", email="olga@example.com", email_verified=True)
    given = google.visit(set_out("google").headers["Location"], "g-19")
    verify = google_module.Google._verified

    def two_hours_later(self: Any, id_token: str, nonce: str) -> Any:
        with later(hours=2):
            return verify(self, id_token, nonce)

    with patch.object(google_module.Google, "_verified", two_hours_later):
        back("google", given).refused(401, "oauth_failed")


def test_a_browser_must_have_set_out_itself(google: Google) -> None:
    """Else somebody's own way back, sent to another, would sign them in as that somebody."""
    google.knows("g-20", email="bea@example.com", email_verified=True)
    reply = set_out("google")
    given = google.visit(reply.headers["Location"], "g-20")
    cookie = reply.headers["Set-Cookie"]
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"):
        assert word in cookie
    held = cookie.split(";")[0]
    assert held == f"{COOKIE}={given['state']}"
    other = set_out("google").headers["Set-Cookie"].split(";")[0]
    for sent in ({}, {"cookie": other}, {"cookie": "nonsense; ;="}):
        browser = Client(headers={"origin": "https://shop.example.com", **sent})
        back("google", given, browser).refused(401, "oauth_failed")
    back("google", given, Client(headers={"origin": "https://shop.example.com", "cookie": f"a=b; {held}"})).ok(201)


def test_a_provider_that_does_not_answer_is_not_the_users_fault(facebook: Facebook) -> None:
    facebook.knows("f-21", email="dan@example.com")
    facebook.fails_with = 502
    come_in(facebook, "f-21").refused(503, "unavailable")
    with patch.dict("os.environ", {"FACEBOOK_GRAPH": "http://127.0.0.1:9"}):
        come_in(facebook, "f-21").refused(503, "unavailable")
    facebook.fails_with = None
    come_in(facebook, "f-21").ok(201)


def test_of_two_first_sign_ins_at_once_one_makes_the_account(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    google.knows("g-22", email="eva@example.com", email_verified=True)
    open_new = store.open_account

    def opened_while_another_comes_in(*args: Any) -> None:
        monkeypatch.undo()
        come_in(google, "g-22").ok(201)
        open_new(*args)

    monkeypatch.setattr(store, "open_account", opened_while_another_comes_in)
    # monkeypatch.undo() must not forget who we are to Google: that is patched elsewhere.
    pair = come_in(google, "g-22").ok(201)
    assert len(said("user.created")) == 1
    assert linked(pair) == [("google", "g-22")]


def test_the_last_way_in_is_kept(google: Google) -> None:
    google.knows("g-23", email="lou@example.com", email_verified=True)
    pair = come_in(google, "g-23").ok(201)
    holder(pair).delete("/v1/oauth-identities/google").refused(409, "last_login_method")
    assert linked(pair) == [("google", "g-23")]


def test_a_provider_is_unlinked_and_may_be_linked_again(google: Google) -> None:
    verified("ann@example.com")
    google.knows("g-24", email="ann@example.com", email_verified=True)
    pair = come_in(google, "g-24").ok(201)
    client = holder(pair)
    client.delete("/v1/oauth-identities/google").ok(204)
    assert linked(pair) == []
    client.delete("/v1/oauth-identities/google").refused(404, "not_found")
    client.delete("/v1/oauth-identities/facebook").refused(404, "not_found")
    client.delete("/v1/oauth-identities/nobody").refused(404, "not_found")
    come_in(google, "g-24").ok(201)
    assert linked(pair) == [("google", "g-24")]


def test_nobody_sees_or_unlinks_anothers_providers(google: Google) -> None:
    google.knows("g-25", email="own@example.com", email_verified=True)
    pair = come_in(google, "g-25").ok(201)
    open_account("bob@example.com")
    bob = sign_in("bob@example.com").ok(201)
    assert linked(bob) == []
    holder(bob).delete("/v1/oauth-identities/google").refused(404, "not_found")
    assert linked(pair) == [("google", "g-25")]
    anyone().get("/v1/oauth-identities").refused(401, "unauthenticated")
    anyone().delete("/v1/oauth-identities/google").refused(401, "unauthenticated")


def test_what_belongs_to_a_deleted_user_goes_with_them(google: Google) -> None:
    google.knows("g-26", email="gone@example.com", email_verified=True)
    pair = come_in(google, "g-26").ok(201)
    holder(pair).call("DELETE", "/v1/accounts/me", {}).ok(202)
    deliver("auth")
    assert "g-26" not in everything()
    again = come_in(google, "g-26").ok(201)
    assert again["session"]["user_id"] != pair["session"]["user_id"]


@pytest.mark.parametrize("provider", ["myspace", "Google", "%20", "__init__"])
def test_an_unknown_provider_is_not_found(provider: str) -> None:
    anyone().get(f"/v1/oauth/{provider}/authorizations").refused(404, "not_found")
    back(provider, {"code": "c", "state": "s"}).refused(404, "not_found")


def test_a_provider_the_shop_is_not_known_to_is_not_found() -> None:
    with patch.dict("os.environ", {"GOOGLE_CLIENT_ID": ""}):
        anyone().get("/v1/oauth/google/authorizations").refused(404, "not_found")


@pytest.mark.parametrize(
    "change", [{"code": ""}, {"code": "x" * 4097}, {"state": None}, {"state": "x" * 201}, {"user_id": "x"}]
)
def test_bad_input_is_refused(change: dict[str, object]) -> None:
    body = {"code": "c", "state": "s", **change}
    anyone().post("/v1/oauth/google/callbacks", body).refused(422, "validation_failed")


def test_no_secret_of_the_way_or_of_the_provider_is_kept_or_shown_in_clear(google: Google) -> None:
    google.knows("g-27", email="hid@example.com", email_verified=True)
    tokens: dict[str, Any] = {}
    ask = http.post

    def overheard(url: str, **form: str) -> dict[str, Any]:
        tokens.update(ask(url, **form))
        return tokens

    reply = set_out("google")
    given = google.visit(reply.headers["Location"], "g-27")
    during = everything()
    with patch.object(http, "post", overheard):
        pair = back("google", given).ok(201)
    verifier, asked = google.asked[-1]["code_verifier"], query_of(reply.headers["Location"])
    kept = during + everything() + str(holder(pair).get("/v1/oauth-identities").ok())
    for secret in (given["state"], given["code"], verifier, asked["nonce"], SECRETS["google"]):
        assert secret not in kept
    for name in ("access_token", "refresh_token", "id_token"):
        assert tokens[name] not in kept
    assert not {"access_token", "refresh_token"} & set(holder(pair).get("/v1/oauth-identities").ok()["data"][0])
    assert "oauth_identity" in kept


def test_a_reset_by_mail_ends_what_was_linked_before_the_address_was_proved(facebook: Facebook) -> None:
    facebook.knows("f-28", email="ann@example.com")
    come_in(facebook, "f-28").ok(201)
    with patch("auth.logic.credentials.one_time_token", lambda: "the-token"):
        anyone().post("/v1/password-resets", {"email": "ann@example.com"}).ok(202)
    body = {"token": "the-token", "new_password": "another walk along the river"}
    anyone().post("/v1/password-resets/confirmations", body).ok(204)
    come_in(facebook, "f-28").refused(409, "email_in_use")
    assert linked(sign_in(password="another walk along the river").ok(201)) == []
