"""Whatever is wrong with what auth is told is 422 with a pointer, and nothing is written (R1-R44)."""

from typing import Any

import pytest

from shop.doors import Door
from tests.kit import admin, anyone
from tests.service.auth_kit import PASSWORD, everything
from tests.service.input_kit import Bad, fields, key, knock, refuses, routes, ways_to_get_it_wrong

pytestmark = pytest.mark.usefixtures("shop")

DEVICE = {"device_id": "laptop"}
# A body of each route that is right in itself.
GOOD: dict[str, Any] = {
    "POST /v1/accounts": {"email": "ann@example.com", "password": PASSWORD},
    "PATCH /v1/accounts/me": {"current_password": PASSWORD, "email": "ann@example.com", "username": "ann"},
    "DELETE /v1/accounts/me": {"current_password": PASSWORD},
    "POST /v1/accounts/me/password-changes": {"current_password": PASSWORD, "new_password": PASSWORD},
    "POST /v1/password-resets": {"email": "ann@example.com"},
    "POST /v1/password-resets/confirmations": {"token": "t", "new_password": PASSWORD},
    "POST /v1/email-verifications/confirmations": {"token": "t"},
    "POST /v1/phone-verifications": {"phone": "+14155550100"},
    "POST /v1/phone-verifications/confirmations": {"code": "123456"},
    "PATCH /v1/accounts/{user_id}": {},
    "POST /v1/roles": {"name": "editor"},
    "PATCH /v1/roles/{role_id}": {"name": "editor"},
    "POST /v1/sessions": {"identifier": "ann", "password": PASSWORD, "device": DEVICE},
    "POST /v1/sessions/mfa": {"mfa_token": "t", "code": "123456"},
    "POST /v1/mfa/enrollments/confirmations": {"code": "123456"},
    "POST /v1/mfa/backup-codes": {"code": "123456"},
    "DELETE /v1/mfa": {"code": "123456"},
    "PATCH /v1/devices/{device_id}": {},
    "POST /v1/oauth/{provider}/callbacks": {"code": "c", "state": "s", "device": DEVICE},
    "POST /v1/tokens": {"refresh_token": "t"},
    "POST /v1/token-revocations": {"refresh_token": "t"},
}
LONGEST = {
    "/email": 254,
    "/username": 150,
    "/password": 128,
    "/first_name": 100,
    "/last_name": 150,
    "/phone": 20,
    "/device/device_id": 128,
    "/device/device_name": 100,
    "/device/os": 50,
    "/device/browser": 50,
    "/description": 255,
}
# Which look like an address of somebody we know, or like none at all.
NO_ADDRESSES = [
    "\u0430nn@example.com",  # a Cyrillic a
    "ann@ex\u0430mple.com",
    "\uff41nn@example.com",  # a full-width a
    "a\u200bnn@example.com",  # a space of no width
    "ann\u202e@example.com",
    "ann@example.com\u0000",
    "ann@example.com\r\nBcc: eve@example.com",
    "ann@b\u00fccher.de",
    "ann@example",
    "ann example.com",
    "Ann <ann@example.com>",
    "@example.com",
    "",
]


@pytest.mark.parametrize("door", routes("auth"), ids=key)
def test_every_field_of_every_request_has_its_limits(door: Door) -> None:
    for bad in ways_to_get_it_wrong(door):
        refuses(admin(), door, GOOD[key(door)], bad, "auth")


@pytest.mark.parametrize("door", routes("auth"), ids=key)
def test_the_limits_are_those_of_what_is_kept(door: Door) -> None:
    """AUTH-01, AUTH-02, AUTH-05."""
    for pointer, kind in fields(door).items():
        if pointer in LONGEST and "pattern" not in kind:
            assert kind["maxLength"] == LONGEST[pointer], pointer


@pytest.mark.parametrize("email", NO_ADDRESSES)
def test_what_only_looks_like_an_address_is_none(email: str) -> None:
    """B41, B42."""
    for door in routes("auth"):
        if "/email" in fields(door):
            refuses(admin(), door, GOOD[key(door)], Bad("/email", "no address", email), "auth")


@pytest.mark.parametrize("raw", ["{", "[]", "7", '"x"', '{"email": "\\ud800@example.com"}', "\x00", "{}" * 3])
def test_what_is_not_an_object_is_refused(raw: str) -> None:
    before = everything()
    for door in routes("auth"):
        assert knock(admin(), door, raw).status in (400, 422), key(door)
    assert everything() == before


def test_names_may_be_of_any_script_and_are_kept_as_they_are() -> None:
    """B41."""
    names = {"first_name": "\u5f20\u4f1f \U0001f600", "last_name": "\u0634\u0645\u0633 O\u2019Br\u0131en\u2013\u0141"}
    body = {
        "email": "ann@example.com",
        "password": "\u043f\u0430\u0440\u043e\u043b\u044c \u0007 \u6d77\u8fb9 x",
        **names,
    }
    anyone().post("/v1/accounts", body).ok(201)
    entry = {"identifier": "ann@example.com", "password": body["password"]}
    anyone().post("/v1/sessions", entry).ok(201)
    assert all(name in everything() for name in names.values())
