"""The authorization matrix: every route under every kind of caller, through the gateway's real authorizer (B38, B51).

Tokens are those that auth signs. What a cell must be follows from the route's `who=`, and that from the list of routes;
and from whose the thing is: to another customer, or another seller, it is not there (404).
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shop.api import CUSTOMER, GUEST_OR_CUSTOMER, SELLER, SELLER_OR_SUPPORT, Door, Who
from shop.auth import Caller
from shop.pages import Query, Whose
from tests.proof.callers import DOORS, knock
from tests.proof.house import FORGERIES, SENT, House
from tests.proof.shopper import Json, money
from tools.coverage import listed, shape

# Those who are somebody name nothing that is there, but for the last two, who name what is somebody else's.
SOMEBODY = ("customer", "seller", "support", "admin")
STRANGERS = {"another customer": "customer", "another seller": "seller"}
COLUMNS = ("anonymous", "guest", *FORGERIES, *SOMEBODY, "ended", "ended, remembered", *STRANGERS)


def row(*, anonymous: int = 0, guest: int = 0, forged: int = 0, ended: int = 0, **refused: int) -> dict[str, int]:
    """What a route answers each caller: a status, or 0 where they are let in."""
    known = {user: refused.get(user, 0) for user in SOMEBODY}
    return {"anonymous": anonymous, "guest": guest, **dict.fromkeys(FORGERIES, forged), **known, "ended": ended}


NOBODY = {"anonymous": 401, "guest": 401, "forged": 401, "ended": 401}
MATRIX = {
    Who.PUBLIC: row(),
    # No authorizer stands here: the token alone opens, until it expires.
    Who.GUEST_OR_CUSTOMER: row(anonymous=401, forged=401),
    Who.CUSTOMER: row(**NOBODY),
    Who.SELLER: row(**NOBODY, customer=403, support=403),
    Who.SELLER_OR_SUPPORT: row(**NOBODY, customer=403),
    Who.SUPPORT: row(**NOBODY, customer=403, seller=403),
    Who.ADMIN: row(**NOBODY, customer=403, seller=403, support=403),
}

# What a request must say before the service looks whose the thing is.
BODIES: dict[str, Json] = {
    "PATCH /v1/devices/{device_id}": {"device_name": "Laptop"},
    "PATCH /v1/carts/current/items/{item_id}": {"quantity": 1},
    "POST /v1/orders/{order_id}/cancellations": {"reason": "changed my mind"},
    "POST /v1/orders/{order_id}/payments": {"payment_method_id": "none-such"},
    "POST /v1/orders/{order_id}/notes": {"note": "Ring twice."},
    "PATCH /v1/payment-methods/{method_id}": {"is_default": True},
    "PATCH /v1/users/me/addresses/{address_id}": {"city": "Oakland"},
    "PATCH /v1/products/{product_id}": {"name": "Mug"},
    "POST /v1/products/{product_id}/status-changes": {"status": "inactive"},
    "POST /v1/products/{product_id}/variants": {"sku": "NEW", "name": "New", "price": money(1)},
    "PATCH /v1/products/{product_id}/variants/{variant_id}": {"name": "Tiny"},
    "POST /v1/products/{product_id}/images": {"url": "https://example.com/new.png"},
    "PATCH /v1/products/{product_id}/images/{image_id}": {"alt_text": "a cup"},
    "PATCH /v1/comparisons/{comparison_id}": {"name": "Cups"},
    "PATCH /v1/notifications/{notification_id}": {"read": True},
    "PATCH /v1/returns/{return_id}/authorization": {"tracking_number": "BACK-1"},
    "PATCH /v1/questions/{question_id}": {"question": "Is it blue?"},
    "PUT /v1/questions/{question_id}/answer": {"answer": "It is."},
    "PUT /v1/reviews/{review_id}/votes/me": {"value": "helpful"},
}
# Paths whose last name is the caller's own word for something of theirs: another's cannot even be asked for.
OWN_WORDS = (
    "/v1/oauth-identities/{provider}",
    "/v1/users/me/preferences/{key}",
    "/v1/users/me/notification-preferences/{notification_type}/{channel}",
    "/v1/users/me/wishlist-items/{product_id}",
)
# Of what is on offer everyone writes, and everyone waits for it.
FOR_ALL = (
    "POST /v1/products/{product_id}/reviews",
    "POST /v1/products/{product_id}/questions",
    "POST /v1/products/{product_id}/stock-alerts",
)
# The routes to something that is one customer's, or one seller's.
OWNED = [
    key
    for key, (_, door) in DOORS.items()
    if door.who in (CUSTOMER, GUEST_OR_CUSTOMER, SELLER, SELLER_OR_SUPPORT)
    and "{" in door.path
    and not door.path.startswith(OWN_WORDS)
    and key not in FOR_ALL
]


def expected(key: str, column: str) -> int:
    """What a caller is answered, or 0."""
    _, door = DOORS[key]
    if column == "ended, remembered":  # the gateway still holds its answer from before the session ended
        return 401 if door.fresh else 0
    if door.who is Who.PUBLIC and column in FORGERIES:
        # Who only reads is not turned away for an old token; who would act under a name is.
        return 401 if door.method != "GET" and door.named(Caller) else 0
    if column in STRANGERS:
        return MATRIX[door.who][STRANGERS[column]] or 404 * (key in OWNED)
    return MATRIX[door.who][column]


def answered(house: House, key: str, column: str) -> int:
    """What they are: the status of a refusal at the door, or 404 for what is not theirs; else 0."""
    if column not in STRANGERS:
        answer = knock(key, house.people[column])
        assert answer.status < 500, answer
        return answer.stopped
    answer = knock(key, house.people[column], named(house, DOORS[key][1]), BODIES.get(key))
    assert answer.status < 500, answer
    return answer.stopped or 404 * (answer.status == 404 and key in OWNED)


def named(house: House, door: Door) -> dict[str, str]:
    """The names in a path of what is there; a path to what is somebody's, without an example, fails."""
    found = {}
    for match in re.finditer(r"{(\w+)}", door.path):
        until = door.path[: match.end()]
        if until in house.things:
            found[match[1]] = house.things[until]
        else:
            assert f"{door.method} {door.path}" not in OWNED, f"no example of {until}"
    return found


@pytest.fixture
def house(opened_house: House, request: pytest.FixtureRequest) -> Iterator[House]:
    """The shop as it was opened."""
    yield opened_house
    if not request.node.callspec.params["key"].startswith("GET "):
        opened_house.restore()


def test_every_route_is_listed_with_who_may_knock() -> None:
    written = {(row["method"], shape(row["path"])): row["who"] for row in listed("routes")}
    for key, (_, door) in DOORS.items():
        entry = written.get((door.method, shape(door.path)))
        assert entry, f"{key} is not in docs/coverage/routes.csv"
        assert door.who.value == entry, key


def test_every_kind_of_route_has_its_row() -> None:
    assert set(MATRIX) == set(Who)
    assert all({*row, "ended, remembered", *STRANGERS} == set(COLUMNS) for row in MATRIX.values())


@pytest.mark.parametrize("key", DOORS)
def test_a_route_opens_to_those_it_is_for_and_to_nobody_else(
    house: House, key: str, record_property: Callable[[str, object], None]
) -> None:
    answers = {column: answered(house, key, column) for column in COLUMNS}
    assert answers == {column: expected(key, column) for column in COLUMNS}
    record_property("counted", {"routes": 1, "cells": len(answers), "cells of another's things": 2 * (key in OWNED)})


@pytest.mark.parametrize("key", OWNED)
def test_what_is_somebodys_is_there_for_them(house: House, key: str) -> None:
    _, door = DOORS[key]
    owner = "customer" if door.who in (CUSTOMER, GUEST_OR_CUSTOMER) else "seller"
    mine = knock(key, house.people[owner], named(house, door), BODIES.get(key))
    assert mine.status not in (401, 403, 404, 422), mine


SHOWN_TO_STAFF = (
    "GET /v1/orders/{",
    "GET /v1/orders/by-number/{",
    "GET /v1/checkouts/{",
    "GET /v1/payments/{",
    "GET /v1/shipments/",
    "GET /v1/returns/{",
)
LISTS = [k for k, (_, d) in DOORS.items() if d.who in (CUSTOMER, GUEST_OR_CUSTOMER) and d.method == "GET"]


WHOSE = [k for k, (_, d) in DOORS.items() if (query := d.of_type(Query)) and issubclass(query[1], Whose)]
BY_ID = {"GET /v1/accounts/me": "GET /v1/accounts/{user_id}", "GET /v1/users/me": "GET /v1/users/{user_id}"}


@pytest.mark.parametrize("key", WHOSE)
def test_staff_name_whose_things_they_want_to_see_and_nobody_else_does(house: House, key: str) -> None:
    """R8, R24, R27, R30, R50, R52, R55, R56, R59, R63, R65, R93, R94, R96."""
    path, whose = named(house, DOORS[key][1]), {"user_id": house.people["customer"].user_id}
    own = knock(key, house.people["customer"], path)
    for name in ("customer", "support", "admin"):
        shown = knock(key, house.people[name], path, query=whose)
        assert (shown.status, shown.body) == (200, own.body), name
    for name in ("another customer", "seller"):
        assert knock(key, house.people[name], path, query=whose).status == 404, name


def test_everything_people_keep_is_shown_to_staff_by_name_or_by_id() -> None:
    kept = {key for key in LISTS if DOORS[key][0] in ("auth", "users")}
    assert kept - set(WHOSE) == set(BY_ID)
    assert {DOORS[key][1].who for key in BY_ID.values()} == {Who.SUPPORT}


@pytest.mark.parametrize("key", [key for key in LISTS if "{" not in key])
def test_a_list_shows_nothing_that_is_another_customers(house: House, key: str) -> None:
    shown = json.dumps(knock(key, house.people["another customer"]).body)
    customers = [thing for path, thing in house.things.items() if not path.startswith("/v1/products")]
    assert not [thing for thing in customers if thing in shown]
    assert house.people["customer"].user_id not in shown


# What is another's, named not in the path but in a query or a body.
CART = {"cart_id": "/v1/carts/{cart_id}"}
SAID: dict[str, Json] = {
    "GET /v1/payments": {"order_id": SENT},
    "GET /v1/returns": {"order_id": SENT},
    "GET /v1/shipments": {"order_id": SENT},
    "GET /v1/carts/current": CART,
    "DELETE /v1/carts/current": CART,
    "POST /v1/returns": {
        "order_id": SENT,
        "items": [{"order_item_id": f"{SENT}/items", "quantity": 1}],
        "return_reason": "changed_mind",
    },
}


def with_names(house: House, said: Any) -> Any:
    """The same, with the names of what is there."""
    if isinstance(said, dict):
        return {name: with_names(house, inner) for name, inner in said.items()}
    if isinstance(said, list):
        return [with_names(house, inner) for inner in said]
    return house.things.get(said, said)


@pytest.mark.parametrize("key", SAID)
def test_what_is_anothers_cannot_be_named_elsewhere_than_in_the_path_either(house: House, key: str) -> None:
    said = with_names(house, SAID[key])
    told: Json = {"body" if key.startswith("POST") else "query": said}
    for name in ("another customer", "another seller"):
        answer = knock(key, house.people[name], **told)
        assert answer.status == 404 or answer.body["data"] == [], answer
    mine = knock(key, house.people["customer"], **told)
    assert mine.status < 300 or mine.body["code"] == "cart_locked", mine
    assert mine.body.get("data") != []


@pytest.mark.parametrize("key", [key for key in LISTS if key.startswith(SHOWN_TO_STAFF)])
def test_staff_are_shown_what_is_a_customers_and_sellers_are_not(house: House, key: str) -> None:
    path = named(house, DOORS[key][1])
    answers = {who: knock(key, house.people[who], path).status for who in ("support", "admin", "seller")}
    assert answers == {"support": 200, "admin": 200, "seller": 404}
