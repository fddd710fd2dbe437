"""Whatever is wrong with what users is told is 422 with a pointer, and nothing is written (R47-R61)."""

from typing import Any

import pytest

from shop.doors import Door
from tests.kit import user
from tests.service.auth_kit import everything
from tests.service.input_kit import fields, key, knock, refuses, routes, ways_to_get_it_wrong

pytestmark = pytest.mark.usefixtures("shop")

HOME = {"full_name": "Ann Lee", "address_line1": "1 Main St", "city": "Bonn", "postal_code": "53111", "country": "DE"}
# A body of each route that is right in itself.
GOOD: dict[str, Any] = {
    "PATCH /v1/users/me": {},
    "POST /v1/users/me/addresses": HOME,
    "PATCH /v1/users/me/addresses/{address_id}": {},
    "PUT /v1/users/me/preferences/{key}": {"value": "dark"},
    "POST /v1/users/me/wishlist-items": {"product_id": "mug"},
    "PATCH /v1/users/me/wishlist-items/{product_id}": {"notes": "soon"},
}
LONGEST = {
    "/first_name": 100,
    "/last_name": 150,
    "/phone": 20,
    "/avatar_url": 2048,
    "/gender": 20,
    "/address_line1": 255,
    "/address_line2": 255,
    "/city": 100,
    "/state": 100,
    "/postal_code": 20,
    "/country": 100,
    "/notes": 1000,
    "/value": 4000,
}
FULL_NAME = {"PATCH /v1/users/me": 255, "POST /v1/users/me/addresses": 200}


@pytest.mark.parametrize("door", routes("users"), ids=key)
def test_every_field_of_every_request_has_its_limits(door: Door) -> None:
    for bad in ways_to_get_it_wrong(door):
        refuses(user(), door, GOOD[key(door)], bad, "users")


@pytest.mark.parametrize("door", routes("users"), ids=key)
def test_the_limits_are_those_of_what_is_kept(door: Door) -> None:
    """USER-01, USER-02, USER-04, USER-05."""
    longest = {**LONGEST, "/full_name": FULL_NAME.get(key(door), 200)}
    for pointer, kind in fields(door).items():
        if pointer in longest:
            assert kind["maxLength"] == longest[pointer], pointer


@pytest.mark.parametrize("raw", ["{", "[]", "7", '"x"', '{"value": "\\ud800"}', "\x00", "{}" * 3])
def test_what_is_not_an_object_is_refused(raw: str) -> None:
    before = everything("users")
    for door in routes("users"):
        assert knock(user(), door, raw).status in (400, 422), key(door)
    assert everything("users") == before


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/date_of_birth", "2999-01-01"),
        ("/date_of_birth", "2023-02-30"),
        ("/date_of_birth", "31.1.2000"),
        ("/avatar_url", "javascript:alert(1)"),
        ("/avatar_url", "https://"),
        ("/preferred_currency", "ZZZ"),
        ("/preferred_language", "english, please"),
    ],
)
def test_what_a_field_cannot_mean_is_refused(pointer: str, value: str) -> None:
    answer = user().patch("/v1/users/me", {pointer[1:]: value}, if_match='"1"').refused(422, "validation_failed")
    assert [error["pointer"] for error in answer["errors"]] == [pointer]


def test_names_may_be_of_any_script_and_are_kept_as_they_are() -> None:
    """B67."""
    home = {**HOME, "full_name": "\u5f20\u4f1f \U0001f600", "city": "\u0634\u0645\u0633 \u0141\u00f3d\u017a"}
    made = user().post("/v1/users/me/addresses", home).ok(201)
    assert (made["full_name"], made["city"]) == (home["full_name"], home["city"])
