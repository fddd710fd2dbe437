"""People as the gateway meets them, with tokens that auth signs or forgers do, and how they knock at a route."""

import base64
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import jwt

from gateway.authorizer import authorize
from shop import settings
from shop.auth import Caller
from tests import kit
from tests.kit import REGION, Client, anyone
from tests.proof.shopper import Json
from tools.rooms import doors

DOORS = {f"{door.method} {door.path}": (service, door) for service, door in doors()}
STAGE = "arn:aws:execute-api:us-east-1:123456789012:abc123/v"
PASSWORD = "a long walk by the sea"
# Refusals that say who may come in; others of the same status (a wrong password) are the service's answer.
AT_THE_DOOR = {"unauthenticated", "token_expired", "session_ended", "forbidden"}


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
