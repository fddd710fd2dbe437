"""Who people are, on a local cloud: through the real gateway and its authorizer, by the mails and texts really sent.

B38, B39, B41, B44, B46-B48, B50-B54, B56-B61, B64, B67, B69-B71, B75.
"""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import jwt
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jwt.utils import base64url_encode

from shop import clock
from shop.settings import DAY
from tests.service import oauth_kit
from tests.service.oauth_kit import SECRETS, Facebook, Google
from tools import local, seed
from tools.client import Client, Json, Refused, found, until
from tools.demo.shopper import PASSWORD, Shopper, Wish
from tools.importing.bring import open_stock
from tools.local import Stack

pytestmark = pytest.mark.cloud

OTHER = "another-battery-staple-43"
LAPTOP, PHONE = {"device_id": "laptop"}, {"device_id": "phone"}
# As strict as the shop is by default, or so that one can meet it; and nothing is remembered of a session that ended.
STRICT = {"AuthorizerCache": "0", "RateLogin": "10", "RatePasswordReset": "3", "RateUser": "60"}
HOME = {
    "type": "both",
    "full_name": "Ann Lee",
    "phone": "+14155550100",
    "address_line1": "1 Main St",
    "city": "San Francisco",
    "state": "CA",
    "postal_code": "94107",
    "country": "US",
}


@dataclass
class Person:
    """Somebody with an account."""

    stack: Stack
    email: str
    password: str = PASSWORD
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(self.stack.api_url)

    def enter(self, **more: object) -> Client:
        """Sign in once more; the client that holds the session."""
        return holder(self.stack, self.try_to_enter(**more))

    def try_to_enter(self, **more: object) -> Json:
        """What signing in answers."""
        body = {"identifier": self.email, "password": self.password, **more}
        return Client(self.stack.api_url).post("/v1/sessions", body)

    def mails(self, subject: str) -> list[str]:
        """The texts of the mails with this subject that were sent to them."""
        boxes = httpx.get(f"{self.stack.endpoint_url}/_ministack/ses/messages").json()["messages"].values()
        sent = [mail for box in boxes for mail in box if mail["To"] == [self.email]]
        return [mail["BodyText"] for mail in sent if mail["Subject"] == subject]

    def token(self, subject: str) -> str:
        """The token in the link of the mail with this subject, once it has come."""
        text = until(lambda: self.mails(subject))[-1]
        (token,) = re.findall(r"^https://\S+\?token=(\S+)$", text, re.MULTILINE)
        return str(token)


@dataclass
class Town:
    """A shop that is as strict as can be, the providers it knows, and who runs it."""

    stack: Stack
    google: Google
    facebook: Facebook
    admin: Client

    def someone(self, name: str) -> Person:
        """A new customer, signed in."""
        person = Person(self.stack, f"{name}-{uuid.uuid4().hex[:8]}@example.com")
        person.client.post("/v1/accounts", {"email": person.email, "password": PASSWORD, "first_name": "Ann"})
        person.client = person.enter()
        return person

    def anyone(self) -> Client:
        """Somebody without a token."""
        return Client(self.stack.api_url)

    def setting(self, name: str) -> str:
        """What the deployed auth is told under a name."""
        function = self.stack.client("lambda").get_function_configuration(FunctionName="local-auth-api")
        return str(function["Environment"]["Variables"][name])

    def kept(self, *services: str) -> list[str]:
        """All rows these services' tables hold longer than an erasure may take, as text."""
        month, rows = clock.ttl(clock.now(), 30 * DAY), list[Any]()
        for service in services:
            pages = self.stack.client("dynamodb").get_paginator("scan").paginate(TableName=f"local-{service}")
            rows += [row for page in pages for row in page["Items"]]
        return [json.dumps(row, default=str) for row in rows if int(row.get("ttl", {"N": month + 1})["N"]) > month]


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with oauth_kit.google() as google, oauth_kit.facebook() as facebook:
        providers = {
            "GoogleClientId": "us-at-google",
            "GoogleIssuer": google.issuer,
            "FacebookClientId": "us-at-facebook",
            "FacebookDialog": f"{facebook.address}/dialog",
            "FacebookGraph": facebook.address,
        }
        with local.cloud(parameters={**STRICT, **providers}) as stack:
            town = Town(stack, google, facebook, seed.admin(stack))
            stack.client("secretsmanager").put_secret_value(
                SecretId=town.setting("OAUTH_SECRETS"), SecretString=json.dumps(SECRETS)
            )
            yield town


@pytest.fixture(scope="module")
def mug(town: Town) -> str:
    """Something that can be bought."""
    price = {"amount": 1250, "currency": "USD"}
    body: Json = {"product_id": "mug", "sku": "MUG", "name": "Mug", "price": price, "status": "active"}
    town.admin.post("/v1/products", body)
    open_stock(town.admin, "MUG", 20)
    return "mug"


def holder(stack: Stack, pair: Json) -> Client:
    """Whoever holds these tokens."""
    return Client(stack.api_url, pair["access_token"], pair["refresh_token"], user_id=pair["session"]["user_id"])


def refused(status: int, code: str, call: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        call()
    assert (caught.value.status, caught.value.code) == (status, code)


def is_over(client: Client) -> None:
    """A session holds nowhere, whether the gateway or the service is who looks."""
    bearer = Client(client.api_url, client.token)
    for path in ("/v1/users/me", "/v1/accounts/me"):
        refused(401, "unauthenticated", partial(bearer.get, path))


# --- accounts


def test_an_address_is_verified_by_the_mail_that_was_sent(town: Town) -> None:
    """R1, R2, R17."""
    ann = town.someone("ann")
    token = ann.token("Is this your address?")
    assert ann.client.get("/v1/accounts/me")["email_verified"] is False
    town.anyone().post("/v1/email-verifications/confirmations", {"token": token})
    assert ann.client.get("/v1/accounts/me")["email_verified"] is True
    again = {"token": token}
    refused(410, "token_expired_or_used", lambda: town.anyone().post("/v1/email-verifications/confirmations", again))
    profile = until(lambda: found(lambda: ann.client.get("/v1/users/me")))
    assert (profile["email"], profile["first_name"]) == (ann.email, "Ann")


def test_a_forgotten_password_is_set_anew_by_mail(town: Town) -> None:
    """R14, R15."""
    ann = town.someone("forgets")
    town.anyone().post("/v1/password-resets", {"email": ann.email})
    body = {"token": ann.token("Choose a new password"), "new_password": OTHER}
    town.anyone().post("/v1/password-resets/confirmations", body)
    is_over(ann.client)
    refused(401, "invalid_credentials", ann.try_to_enter)
    refused(410, "token_expired_or_used", lambda: town.anyone().post("/v1/password-resets/confirmations", body))
    ann.password = OTHER
    assert ann.enter().get("/v1/accounts/me")["email"] == ann.email
    assert until(lambda: ann.mails("Your password was changed"))


def test_a_number_is_verified_by_the_text_that_was_sent(town: Town) -> None:
    """R18, R19."""
    ann, number = town.someone("calls"), f"+1415{uuid.uuid4().int % 10**7:07}"
    ann.client.post("/v1/phone-verifications", {"phone": number})

    def texts() -> list[Json]:
        box = f"{town.stack.endpoint_url}/_ministack/sns/sms-messages"
        return list(httpx.get(box, params={"phoneNumber": number}).json()["sms_messages"][number])

    (code,) = re.findall(r"\b[0-9]{6}\b", json.dumps(until(texts)[0]["Message"]))
    wrong = {"code": f"{(int(code) + 1) % 10**6:06}"}
    refused(422, "invalid_code", lambda: ann.client.post("/v1/phone-verifications/confirmations", wrong))
    ann.client.post("/v1/phone-verifications/confirmations", {"code": code})

    def verified() -> bool:
        profile = found(lambda: ann.client.get("/v1/users/me")) or {}
        return (profile.get("phone"), profile.get("phone_verified")) == (number, True)

    assert until(verified)


def test_a_suspended_account_is_shut_out_at_once(town: Town) -> None:
    """R32-R34."""
    ann = town.someone("suspended")
    (account,) = town.admin.get("/v1/accounts", email=ann.email)["data"]
    town.admin.patch(f"/v1/accounts/{account['user_id']}", {"status": "suspended"}, account["version"])
    is_over(ann.client)
    refused(403, "account_suspended", ann.try_to_enter)
    changed = town.admin.get(f"/v1/accounts/{account['user_id']}")
    town.admin.patch(f"/v1/accounts/{account['user_id']}", {"status": "active"}, changed["version"])
    assert ann.enter().get("/v1/accounts/me")["status"] == "active"


# --- sessions and devices


def test_only_a_device_that_was_never_seen_is_worth_a_mail(town: Town) -> None:
    """R6, R24."""
    ann = town.someone("travels")
    for device in (LAPTOP, LAPTOP, PHONE):
        ann.enter(device=device)
    assert until(lambda: len(ann.mails("A new device signed in")) >= 2)
    assert {device["device_id"] for device in ann.client.get("/v1/devices")["data"]} == {"laptop", "phone"}
    time.sleep(4)  # longer than the windows of outbox and queue: one too many would have come by now
    assert len(ann.mails("A new device signed in")) == 2


def test_sessions_are_listed_and_ended_one_by_one_and_all_at_once(town: Town) -> None:
    """R8-R11."""
    ann = town.someone("many")
    here, there, elsewhere = ann.enter(), ann.enter(device=LAPTOP), ann.enter()

    def listed() -> list[Json] | None:
        sessions = here.get("/v1/sessions")["data"]
        return sessions if len(sessions) == 4 else None

    (laptop,) = [session for session in until(listed) if session["device_id"] == "laptop"]
    stranger = town.someone("stranger").client
    refused(404, "not_found", lambda: stranger.delete(f"/v1/sessions/{laptop['session_id']}"))
    here.delete(f"/v1/sessions/{laptop['session_id']}")
    is_over(there)
    elsewhere.delete("/v1/sessions/current")
    is_over(elsewhere)
    refused(401, "token_revoked", lambda: town.anyone().post("/v1/tokens", {"refresh_token": elsewhere.refresh_token}))
    assert here.get("/v1/accounts/me")["email"] == ann.email
    here.delete("/v1/sessions")
    is_over(here)
    is_over(ann.client)


def test_a_refresh_token_that_comes_back_ends_all_that_came_of_it(town: Town) -> None:
    """R12, R13."""
    ann = town.someone("robbed")
    old = {"refresh_token": ann.client.refresh_token}
    pair = town.anyone().post("/v1/tokens", old)
    new = holder(town.stack, pair)
    assert new.get("/v1/accounts/me")["email"] == ann.email
    refused(401, "token_reused", lambda: town.anyone().post("/v1/tokens", old))
    refused(401, "token_revoked", lambda: town.anyone().post("/v1/tokens", {"refresh_token": pair["refresh_token"]}))
    is_over(new)
    assert until(lambda: ann.mails("We ended one of your sessions"))
    town.anyone().post("/v1/token-revocations", {"refresh_token": ann.enter().refresh_token})


def test_a_second_factor_is_sealed_asked_for_and_switched_off(town: Town) -> None:
    """R7, R20, R21, R23: the secret is sealed and opened with a key only auth and notifications may use."""
    ann = town.someone("careful")
    secret = ann.client.post("/v1/mfa/enrollments")["secret"]
    app = pyotp.TOTP(secret)
    codes = ann.client.post("/v1/mfa/enrollments/confirmations", {"code": app.now()})["backup_codes"]
    assert not [row for row in town.kept("auth") if any(word in row for word in (secret, *codes))]
    asked = ann.try_to_enter(device=LAPTOP)
    assert asked["mfa_required"] is True
    next_code = {"mfa_token": asked["mfa_token"], "code": app.at(datetime.now(UTC), counter_offset=1)}
    trusted = town.anyone().post("/v1/sessions/mfa", {**next_code, "trust_device": True})
    refused(401, "mfa_token_expired", lambda: town.anyone().post("/v1/sessions/mfa", next_code))
    known = {**LAPTOP, "device_token": trusted["device_token"]}
    assert "access_token" in ann.try_to_enter(device=known)
    backup = {"mfa_token": ann.try_to_enter()["mfa_token"], "backup_code": codes[0]}
    client = holder(town.stack, town.anyone().post("/v1/sessions/mfa", backup))
    off = {"current_password": PASSWORD, "backup_code": codes[1]}
    refused(401, "wrong_password", lambda: client.call("DELETE", "/v1/mfa", {**off, "current_password": OTHER}))
    client.call("DELETE", "/v1/mfa", off)
    assert "access_token" in ann.try_to_enter()
    assert until(lambda: ann.mails("Your second step is on") and ann.mails("Your second step is off"))


# --- providers


def test_who_google_vouches_for_comes_in_and_comes_back(town: Town) -> None:
    """R28-R30: the client secret is read, and the provider's tokens are sealed, as auth's role allows."""
    email = f"gwen-{uuid.uuid4().hex[:8]}@example.com"
    town.google.knows(email, email=email, email_verified=True, given_name="Gwen")
    gwen = come_in(town, "google", town.google, email)
    account = gwen.get("/v1/accounts/me")
    assert (account["email"], account["email_verified"]) == (email, True)
    assert come_in(town, "google", town.google, email).get("/v1/accounts/me")["user_id"] == account["user_id"]
    assert [identity["provider"] for identity in gwen.get("/v1/oauth-identities")["data"]] == ["google"]
    assert until(lambda: found(lambda: gwen.get("/v1/users/me")))["first_name"] == "Gwen"


def test_facebooks_word_opens_no_account_that_is_there(town: Town) -> None:
    """R29, R31."""
    ann = town.someone("owner")
    town.facebook.knows("thief", email=ann.email, first_name="Ann", last_name="Lee")
    refused(409, "email_in_use", lambda: come_in(town, "facebook", town.facebook, "thief"))
    fred = f"fred-{uuid.uuid4().hex[:8]}"
    town.facebook.knows(fred, email=f"{fred}@example.com", first_name="Fred", last_name="Lee")
    client = come_in(town, "facebook", town.facebook, fred)
    assert client.get("/v1/accounts/me")["email_verified"] is False
    refused(409, "last_login_method", lambda: client.delete("/v1/oauth-identities/facebook"))


def come_in(town: Town, name: str, provider: Google | Facebook, sub: str) -> Client:
    """Sign in with a provider, all the way."""
    away = httpx.get(f"{town.stack.api_url}/v1/oauth/{name}/authorizations")
    assert away.status_code == 302
    assert "HttpOnly" in away.headers["set-cookie"]
    back = provider.visit(away.headers["location"], sub)
    body: Json = {"code": back["code"], "state": back["state"]}
    return holder(town.stack, town.anyone().post(f"/v1/oauth/{name}/callbacks", body))


# --- what is theirs


def test_addresses_wishes_preferences_and_views_are_kept(town: Town, mug: str) -> None:
    """R46, R50-R54, R56-R60, R62, R63, R65."""
    ann, other = town.someone("keeps").client, town.someone("else").client
    first, second = (ann.post("/v1/users/me/addresses", {**HOME, "city": city}) for city in ("Oakland", "Berkeley"))
    assert (first["is_default"], second["is_default"]) == (True, False)
    path = f"/v1/users/me/addresses/{first['address_id']}"
    refused(404, "not_found", lambda: other.get(path))
    refused(412, "version_mismatch", lambda: ann.patch(path, {"city": "Alameda"}, 99))
    changed = ann.patch(path, {"city": "Alameda"}, ann.get(path)["version"])
    ann.delete(path, changed["version"])
    assert [(a["city"], a["is_default"]) for a in ann.get("/v1/users/me/addresses")["data"]] == [("Berkeley", True)]

    until(lambda: found(lambda: ann.get("/v1/users/me")))
    assert ann.put("/v1/users/me/preferences/theme", {"value": "dark"})["value"] == "dark"
    assert ann.get("/v1/users/me/preferences") == {"theme": "dark"}
    ann.delete("/v1/users/me/preferences/theme")
    wish = ann.post("/v1/users/me/wishlist-items", {"product_id": mug})
    assert (wish["product_name"], wish["product_price"]["amount"]) == ("Mug", 1250)
    ann.delete(f"/v1/users/me/wishlist-items/{mug}")
    assert ann.get("/v1/users/me/wishlist-items")["data"] == []
    ann.post(f"/v1/products/{mug}/views")
    viewed = until(lambda: ann.get("/v1/users/me/recently-viewed-products")["data"])
    assert [view["product_id"] for view in viewed] == [mug]
    done = {activity["activity_type"] for activity in ann.get("/v1/users/me/activities")["data"]}
    assert {"wishlist.item_added", "wishlist.item_removed"} <= done


def test_a_deleted_account_is_erased_in_every_service_and_what_was_sold_stays(town: Town, mug: str) -> None:
    """R4."""
    email = f"anneliese-{uuid.uuid4().hex[:8]}@leeuwenhoek.example"
    shopper = Shopper(town.stack.api_url, email)
    shopper.fill_as_guest([Wish(mug, None, 1)])
    shopper.sign_in("Anneliese", "Leeuwenhoek")
    checkout = shopper.check_out(shopper.offer())
    assert checkout["status"] == "succeeded"
    ann, everywhere = shopper.client, ("auth", "users", "carts", "orders", "payments", "notifications")
    until(lambda: found(lambda: ann.get("/v1/users/me")))
    ann.post("/v1/users/me/wishlist-items", {"product_id": mug, "notes": "for Anneliese"})
    until(lambda: [row for row in town.kept("notifications") if "Anneliese" in row])

    refused(401, "wrong_password", lambda: ann.call("DELETE", "/v1/accounts/me", {"current_password": OTHER}))
    ann.call("DELETE", "/v1/accounts/me", {"current_password": PASSWORD})
    is_over(ann)
    refused(401, "invalid_credentials", lambda: town.anyone().sign_in(email, PASSWORD))

    def left() -> list[str]:
        home = f"{ann.user_id}.*1 main st|1 main st.*{ann.user_id}"
        words = re.compile(f"anneliese|leeuwenhoek|{home}", re.IGNORECASE)
        return [row for row in town.kept(*everywhere) if words.search(row)]

    with suppress(TimeoutError):
        until(lambda: not left())
    assert left() == []
    order = town.admin.get(f"/v1/orders/{checkout['order_id']}")
    assert (order["user_id"], order["total_amount"]) == (ann.user_id, checkout["total_amount"])


# --- at the gateway


def signed(town: Town, claims: Json, **header: str) -> str:
    """A token that says whatever we like, signed by the shop's own key."""
    arn = town.setting("TOKEN_KEYS")
    head = {"typ": "JWT", "alg": "ES256", "kid": arn.rpartition("/")[2], **header}
    text = b".".join(base64url_encode(json.dumps(part).encode()) for part in (head, claims))
    answer = town.stack.client("kms").sign(KeyId=arn, Message=text, SigningAlgorithm="ECDSA_SHA_256")
    numbers = decode_dss_signature(answer["Signature"])
    return b".".join([text, base64url_encode(b"".join(n.to_bytes(32, "big") for n in numbers))]).decode()


def test_only_an_unchanged_token_of_ours_for_a_session_that_holds_opens_the_door(town: Town) -> None:
    """B38, B51: through the real authorizer, with tokens that only someone with our key could make among them."""
    ann, bob = town.someone("honest").client, town.someone("other").client
    head, said = jwt.get_unverified_header(ann.token), jwt.decode(ann.token, options={"verify_signature": False})
    theirs, ours = ec.generate_private_key(ec.SECP256R1()), signed(town, said)
    kid, data_key = {"kid": head["kid"]}, town.setting("DATA_KEY").rpartition("/")[2]
    bobs = jwt.decode(bob.token, options={"verify_signature": False})
    start, claims, signature = ann.token.split(".")
    more = base64url_encode(json.dumps({**said, "roles": ["admin"]}).encode()).decode()
    forged = {
        "alg none": jwt.encode(said, "", "none", headers=kid),
        "a public key as a password": jwt.encode(said, head["kid"] * 2, "HS256", headers=kid),
        "another key": jwt.encode(said, theirs, "ES256", headers=kid),
        "another key under its own name": jwt.encode(said, theirs, "ES256", headers={"kid": "theirs"}),
        "swapped kid": signed(town, said, kid=data_key),
        "more roles": f"{start}.{more}.{signature}",
        "cut": f"{start}.{claims}.{signature[:-4]}",
        "expired": signed(town, {**said, "exp": int(time.time()) - 1}),
        "another issuer": signed(town, {**said, "iss": "elsewhere"}),
        "somebody else's session": signed(town, {**said, "sid": bobs["sid"]}),
        "no session": signed(town, {**said, "sid": str(uuid.uuid4())}),
        "a refresh token": ann.refresh_token,
    }
    assert Client(ann.api_url, ours).get("/v1/accounts/me")["user_id"] == ann.user_id
    for how, token in forged.items():
        for path in ("/v1/sessions", "/v1/accounts"):
            answer = httpx.get(town.stack.api_url + path, headers={"Authorization": f"Bearer {token}"})
            assert (how, answer.status_code, answer.json().get("code")) == (how, 401, "unauthenticated")
            assert answer.headers["content-type"] == "application/problem+json"
    ann.delete("/v1/sessions/current")
    is_over(Client(ann.api_url, ours))


@pytest.mark.parametrize(("what", "most"), [("sign in", 10), ("reset", 3), ("ask", 60)])
def test_who_asks_too_often_is_told_when_to_come_again(town: Town, what: str, most: int) -> None:
    """B39: the limits are the stack's parameters. A window may begin anew meanwhile, but not twice."""
    ann = town.someone("eager")

    def ask() -> httpx.Response:
        if what == "ask":
            bearer = {"Authorization": f"Bearer {ann.client.token}"}
            return httpx.get(f"{town.stack.api_url}/v1/users/me/preferences", headers=bearer)
        name = {"identifier": ann.email, "password": PASSWORD} if what == "sign in" else {"email": ann.email}
        path = "/v1/sessions" if what == "sign in" else "/v1/password-resets"
        return httpx.post(town.stack.api_url + path, json=name, timeout=30)

    times, answer = 0, ask()
    while answer.status_code < 400 and times <= 2 * most:
        times, answer = times + 1, ask()
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert times >= most - 1  # signing in was counted once before
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert answer.headers["ratelimit-limit"] == str(most)
    assert answer.headers["ratelimit-remaining"] == "0"
