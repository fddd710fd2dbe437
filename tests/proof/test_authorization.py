"""The authorization matrix: every route under every kind of caller, through the gateway's real authorizer (B38, B51).

Tokens are those that auth signs. What a cell must be follows from the route's `who=`, and that from the list of routes.
Then everything that is somebody's, asked for by somebody else, is not there (404).
"""

import base64
import json
import pickle
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from gateway.authorizer import authorize
from shop import clock, settings
from shop.api import CUSTOMER, GUEST_OR_CUSTOMER, SELLER, SELLER_OR_SUPPORT, Door, Who
from shop.auth import Caller
from shop.pages import Query, Whose
from tests import kit
from tests.kit import REGION, Client, anyone, deliver
from tests.proof.machine import running
from tests.proof.shopper import Buyer, Json, a_buyer, furnished, money
from tools.coverage import listed, shape
from tools.rooms import doors

DOORS = {f"{door.method} {door.path}": (service, door) for service, door in doors()}
STAGE = "arn:aws:execute-api:us-east-1:123456789012:abc123/v"
PASSWORD = "a long walk by the sea"
# Refusals that say who may come in; others of the same status (a wrong password) are the service's answer.
AT_THE_DOOR = {"unauthenticated", "token_expired", "session_ended", "forbidden"}

# Whom we know by name, and whom only by what they hold. The forgeries claim to be the admin.
USERS = ("customer", "another customer", "seller", "support", "admin")
FORGERIES = ("expired", "tampered", "alg none", "wrong key")
COLUMNS = ("anonymous", "guest", *FORGERIES, *USERS, "ended", "ended, remembered")


def row(*, anonymous: int = 0, guest: int = 0, forged: int = 0, ended: int = 0, **refused: int) -> dict[str, int]:
    """What a route answers each caller: a status, or 0 where they are let in."""
    known = {user: refused.get(user.split()[-1], 0) for user in USERS}
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


def expected(door: Door, column: str) -> int:
    """What a caller is answered, or 0."""
    if column == "ended, remembered":  # the gateway still holds its answer from before the session ended
        return 401 if door.fresh else 0
    if door.who is Who.PUBLIC and column in FORGERIES:
        # Who only reads is not turned away for an old token; who would act under a name is.
        return 401 if door.method != "GET" and door.named(Caller) else 0
    return MATRIX[door.who][column]


@dataclass
class Somebody:
    """A caller as the gateway meets them: what they hold, and what it may remember of them."""

    token: str = ""
    cart_session: str = ""
    remembered: Json | None = None
    user_id: str = ""

    def client(self) -> Client:
        """The same user for the kit, to set things up."""
        said = jwt.decode(self.token, options={"verify_signature": False})
        return Client(Caller(user_id=said["sub"], roles=said["roles"], session_id=said["sid"]))


@dataclass
class Answer:
    """A status, and the problem's code or the body."""

    status: int
    body: Any = None

    @property
    def stopped(self) -> int:
        """The status when they were stopped at the door, else 0."""
        code = (self.body or {}).get("code") if self.status in (401, 403) else None
        return self.status if code in AT_THE_DOOR else 0


def knock(
    key: str, who: Somebody, path: Mapping[str, str] = {}, body: Json | None = None, query: Json | None = None
) -> Answer:
    """One call as API Gateway makes it: the authorizer first where one stands, then the service."""
    service, door = DOORS[key]
    headers = {"content-type": "application/json", "if-match": '"1"'}
    if door.method == "POST":
        headers["idempotency-key"] = str(uuid.uuid4())
    if who.token:
        headers["authorization"] = f"Bearer {who.token}"
    if who.cart_session:
        headers["x-cart-session"] = who.cart_session
    url = re.sub(r"{(\w+)}", lambda name: path.get(name[1], "none-such"), door.path)
    context: Json = {
        "resourcePath": door.path,
        "httpMethod": door.method,
        "path": url,
        "requestId": str(uuid.uuid4()),
        "identity": {"sourceIp": "203.0.113.7", "userAgent": "tests"},
    }
    if door.who.signed_in and who.token:
        authorizer = who.remembered or admitted(who.token, f"{STAGE}/{door.method}{url}")
        if authorizer is None:
            return Answer(401, {"code": "unauthenticated"})
        context["authorizer"] = authorizer
    event = {
        "headers": headers,
        "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()} or None,
        "pathParameters": {name: path.get(name, "none-such") for name in re.findall(r"{(\w+)}", door.path)} or None,
        "requestContext": context,
        "body": None if door.method in ("GET", "DELETE") and body is None else json.dumps(body or {}),
        "isBase64Encoded": False,
        "stageVariables": None,
    }
    answer = kit.app_of(service)(event, None)
    is_json = "json" in answer["headers"].get("Content-Type", "")
    return Answer(answer["statusCode"], json.loads(answer["body"]) if answer["body"] and is_json else None)


def admitted(token: str, arn: str = f"{STAGE}/GET/v1/sessions") -> Json | None:
    """What the authorizer hands on of somebody; None when it does not let them in."""
    try:
        answer = authorize({"type": "TOKEN", "authorizationToken": f"Bearer {token}", "methodArn": arn}, None)
    except Exception as refused:
        if str(refused) != "Unauthorized":  # API Gateway would answer 500
            raise
        return None
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    return {**answer["context"], "principalId": answer["principalId"]}


def registered(name: str) -> Json:
    identity = {"email": f"{name.replace(' ', '-')}@example.com", "password": PASSWORD}
    made: Json = anyone().post("/v1/accounts", identity).ok(201)
    return made


def signed_in(name: str, **more: Json) -> Somebody:
    identity = {"identifier": f"{name.replace(' ', '-')}@example.com", "password": PASSWORD, **more}
    pair = anyone().post("/v1/sessions", identity).ok(201)
    return Somebody(pair["access_token"], user_id=pair["session"]["user_id"])


def with_role(user_id: str, role: str) -> None:
    """Give a user a role, as the shop's operators would."""
    boto3.client("dynamodb", REGION).update_item(
        TableName=settings.table_name("auth"),
        Key={"PK": {"S": f"USER#{user_id}"}, "SK": {"S": "META"}},
        UpdateExpression="SET #r = :r",
        ExpressionAttributeNames={"#r": "roles"},
        ExpressionAttributeValues={":r": {"L": [{"S": "customer"}, {"S": role}]}},
    )


def tampered(token: str) -> str:
    """The same token, with more roles written into it."""
    head, said, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))) | {"roles": ["admin", "support"]}
    return ".".join([head, base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("="), signature])


@dataclass
class House:
    """A shop where a customer has bought something and a seller sells something."""

    people: dict[str, Somebody]
    things: dict[str, str] = field(default_factory=dict)  # by the path that ends with its name
    kept: bytes = b""

    def restore(self) -> None:
        """Put every table back as it was."""
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
        for name, items in pickle.loads(self.kept).items():
            tables[name].items = items

    def keep(self) -> None:
        """Remember every table as it is."""
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
        self.kept = pickle.dumps({name: table.items for name, table in tables.items()})


@pytest.fixture(scope="module")
def opened_house(opened: None) -> House:
    """The shop, its people and their things, made once."""
    kit.empty()
    shelf = furnished()
    for name in (*USERS, "former admin"):
        user_id = registered(name)["user_id"]
        if name.split()[-1] in ("seller", "support", "admin"):
            with_role(user_id, name.split()[-1])
    deliver()
    people = {name: signed_in(name) for name in USERS}
    people |= {"anonymous": Somebody(), "guest": Somebody(cart_session="a-guest")}
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=16)):
        people["expired"] = signed_in("admin")
    token = people["admin"].token
    head, said = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    key = ec.generate_private_key(ec.SECP256R1())
    people["tampered"] = Somebody(tampered(token))
    people["alg none"] = Somebody(jwt.encode(said, "", "none", headers={"kid": head["kid"]}))
    people["wrong key"] = Somebody(jwt.encode(said, key, "ES256", headers={"kid": head["kid"]}))
    former = signed_in("former admin")
    people["ended"] = Somebody(former.token)
    people["ended, remembered"] = Somebody(former.token, remembered=admitted(former.token))
    former.client().delete("/v1/sessions/current").ok(204)
    house = House(people)
    house.things = {**bought(house, shelf), **sold(house)}
    house.things |= {**written(house), **compared(house), **told(house)}
    house.keep()
    return house


@pytest.fixture
def house(opened_house: House, request: pytest.FixtureRequest) -> Iterator[House]:
    """The shop as it was opened."""
    yield opened_house
    if not request.node.callspec.params["key"].startswith("GET "):
        opened_house.restore()


def bought(house: House, shelf: Any) -> dict[str, str]:
    """What is the customer's alone, by the path that ends with its name."""
    buyer = a_buyer(shelf, client=house.people["customer"].client())
    with running():
        checkout = buyer.buy()
        deliver()
        sent = buyer.order(buyer.buy()["order_id"])
        deliver()
        waiting = a_buyer(shelf, "tok_requires_action", buyer.client).buy()
    assert (checkout["status"], waiting["status"]) == ("succeeded", "awaiting_payment")
    deliver()
    order = buyer.order(checkout["order_id"])
    (payment,) = buyer.payments(order["order_id"])
    (item, *_) = buyer.cart()["items"]
    other = signed_in("customer", device={"device_id": "a-laptop"}).client().caller
    assert other
    return {
        "/v1/checkouts/{checkout_id}": waiting["checkout_id"],
        "/v1/orders/{order_id}": order["order_id"],
        "/v1/orders/by-number/{order_number}": order["order_number"],
        "/v1/payments/{payment_id}": payment["payment_id"],
        "/v1/payment-methods/{method_id}": buyer.card_id,
        "/v1/users/me/addresses/{address_id}": buyer.address_id,
        "/v1/carts/current/items/{item_id}": item["id"],
        "/v1/devices/{device_id}": "a-laptop",
        "/v1/sessions/{session_id}": other.session_id,
        **travelled(house, buyer, sent),
    }


def travelled(house: House, buyer: Buyer, order: Json) -> dict[str, str]:
    """The parcel in which the customer was sent an order, and what of it they send back."""
    admin = house.people["admin"].client()
    carrier = admin.post("/v1/carriers", {"name": "Coach", "code": "custom"}).ok(201)
    items = [{"order_item_id": item["order_item_id"], "quantity": item["quantity"]} for item in order["items"]]
    parcel = {"order_id": order["order_id"], "method_id": buyer.shelf.method_id, "carrier_id": carrier["id"]}
    parcel |= {"items": items, "weight": 900, "tracking_number": "COACH-1"}
    shipment = admin.post("/v1/shipments", parcel, idempotency_key="a parcel").ok(201)
    there = {"status": "delivered", "timestamp": clock.now()}
    admin.post(f"/v1/shipments/{shipment['id']}/tracking-events", there).ok(201)
    deliver()
    wish = {"order_id": order["order_id"], "items": items[:1], "return_reason": "changed_mind"}
    back = buyer.client.post("/v1/returns", wish, idempotency_key="a wish").ok(201)
    address = {
        "full_name": "Returns",
        "address_line1": "1 Dock",
        "city": "Leith",
        "postal_code": "EH6",
        "country": "GB",
    }
    leave = {"return_address": address, "return_instructions": "In its box."}
    admin.post(f"/v1/returns/{back['id']}/approvals", leave).ok(200)
    return {
        "/v1/shipments/{shipment_id}": shipment["id"],
        "/v1/shipments/by-tracking-number/{tracking_number}": "COACH-1",
        "/v1/returns/{return_id}": back["id"],
    }


def sold(house: House) -> dict[str, str]:
    """What is the seller's alone."""
    seller = house.people["seller"].client()
    body = {
        "sku": "CUP",
        "name": "Cup",
        "price": money(900),
        "status": "active",
        "tags": ["blue"],
        "images": [{"url": "https://example.com/cup.png"}],
        "variants": [{"sku": "CUP-S", "name": "Small", "price": money(900)}],
    }
    product = seller.post("/v1/products", body).ok(201)
    heading = {"name": "Cups", "slug": "cups"}
    category = house.people["admin"].client().post("/v1/categories", heading).ok(201)
    product_path = "/v1/products/{product_id}"
    return {
        product_path: product["product_id"],
        f"{product_path}/variants/{{variant_id}}": product["variants"][0]["variant_id"],
        f"{product_path}/images/{{image_id}}": product["images"][0]["id"],
        f"{product_path}/categories/{{category_id}}": category["category_id"],
        f"{product_path}/tags/{{tag}}": "blue",
    }


def written(house: House) -> dict[str, str]:
    """What the customer has written about the seller's product, and nobody has approved."""
    deliver()
    customer, product_id = house.people["customer"].client(), house.things["/v1/products/{product_id}"]
    review = customer.post(f"/v1/products/{product_id}/reviews", {"rating": 5}).ok(201)
    question = customer.post(f"/v1/products/{product_id}/questions", {"question": "Is it round?"}).ok(201)
    return {"/v1/reviews/{review_id}": review["review_id"], "/v1/questions/{question_id}": question["id"]}


def compared(house: House) -> dict[str, str]:
    """What the customer compares; and the seller's product, which is out of stock, they wait for."""
    customer, product_id = house.people["customer"].client(), house.things["/v1/products/{product_id}"]
    customer.post(f"/v1/products/{product_id}/stock-alerts").ok(201)
    others = [product["product_id"] for product in anyone().get("/v1/products").ok(200)["data"]]
    body = {"name": "Cups and mugs", "product_ids": sorted({product_id, *others[:2]})}
    return {"/v1/comparisons/{comparison_id}": customer.post("/v1/comparisons", body).ok(201)["id"]}


def told(house: House) -> dict[str, str]:
    """What the customer was told in the app, and the device they are told it on."""
    customer = house.people["customer"].client()
    customer.post("/v1/push-tokens", {"token": "a-device-token", "platform": "ios"}).ok(201)
    kit.perform("notifications", "seed_templates")
    news = {"user_id": house.people["customer"].user_id, "type": "user_welcome", "channel": "in_app"}
    made = house.people["admin"].client().post("/v1/admin/notifications", news, idempotency_key="news").ok(201)
    return {"/v1/notifications/{notification_id}": made["id"], "/v1/push-tokens/{token}": "a-device-token"}


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


def owned(who: Who) -> list[str]:
    """The routes to something that is somebody's."""
    return [
        key
        for key, (_, door) in DOORS.items()
        if door.who is who and "{" in door.path and not door.path.startswith(OWN_WORDS) and key not in FOR_ALL
    ]


def named(house: House, path: str) -> dict[str, str]:
    """The names in a path of the customer's or seller's own things; a path without an example fails."""
    found = {}
    for match in re.finditer(r"{(\w+)}", path):
        assert path[: match.end()] in house.things, f"no example of {path[: match.end()]}"
        found[match[1]] = house.things[path[: match.end()]]
    return found


def test_every_route_is_listed_with_who_may_knock() -> None:
    written = {(row["method"], shape(row["path"])): row["who"] for row in listed("routes")}
    for key, (_, door) in DOORS.items():
        entry = written.get((door.method, shape(door.path)))
        assert entry, f"{key} is not in docs/coverage/routes.csv"
        assert door.who.value == entry, key


def test_every_kind_of_route_has_its_row() -> None:
    assert set(MATRIX) == set(Who)
    assert all(set(row) == set(COLUMNS[:-1]) for row in MATRIX.values())


@pytest.mark.parametrize("key", DOORS)
def test_a_route_opens_to_those_it_is_for_and_to_nobody_else(house: House, key: str) -> None:
    _, door = DOORS[key]
    answers = {column: knock(key, house.people[column]) for column in COLUMNS}
    assert {column: answer.stopped for column, answer in answers.items()} == {
        column: expected(door, column) for column in COLUMNS
    }
    assert all(answer.status < 500 for answer in answers.values()), answers


@pytest.mark.parametrize("key", [*owned(CUSTOMER), *owned(GUEST_OR_CUSTOMER)])
def test_what_is_a_customers_is_not_there_for_another(house: House, key: str) -> None:
    path = named(house, DOORS[key][1].path)
    other = knock(key, house.people["another customer"], path, BODIES.get(key))
    assert other.status == 404, other
    mine = knock(key, house.people["customer"], path, BODIES.get(key))
    assert mine.status not in (401, 403, 404, 422), mine


@pytest.mark.parametrize("key", [*owned(SELLER), *owned(SELLER_OR_SUPPORT)])
def test_what_is_a_sellers_is_not_there_for_another(house: House, key: str) -> None:
    path = named(house, DOORS[key][1].path)
    with_role(house.people["another customer"].user_id, "seller")
    other = knock(key, signed_in("another customer"), path, BODIES.get(key))
    assert other.status == 404, other
    mine = knock(key, house.people["seller"], path, BODIES.get(key))
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
    path, whose = named(house, DOORS[key][1].path), {"user_id": house.people["customer"].user_id}
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


def test_a_list_cannot_be_asked_for_anothers_things(opened_house: House) -> None:
    query = {"order_id": opened_house.things["/v1/orders/{order_id}"]}
    answer = knock("GET /v1/payments", opened_house.people["another customer"], query=query)
    assert answer.status == 404 or answer.body["data"] == []
    assert knock("GET /v1/payments", opened_house.people["customer"], query=query).body["data"]


@pytest.mark.parametrize("key", [key for key in LISTS if key.startswith(SHOWN_TO_STAFF)])
def test_staff_are_shown_what_is_a_customers_and_sellers_are_not(house: House, key: str) -> None:
    path = named(house, DOORS[key][1].path)
    answers = {who: knock(key, house.people[who], path).status for who in ("support", "admin", "seller")}
    assert answers == {"support": 200, "admin": 200, "seller": 404}
