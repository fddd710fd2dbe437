"""Who is at the door: a token is ours, and its session holds. The answer opens the whole house for a moment.

It stands before every signed-in call, so it imports little and reads one item. That item is auth's: the one place
where a service's table is read from outside, by one GetItem.
"""

import json
import time
from typing import Any

import botocore.session  # noqa: F401  (loaded while the function starts, not while its first caller waits)
import jwt  # noqa: F401

from shop import clock, settings, tokens
from shop.aws import calls, client
from shop.errors import Refusal


def authorize(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda behind the gateway's token authorizer. API Gateway answers 401 when it raises "Unauthorized"."""
    calls.clear()
    started = time.perf_counter()
    told: dict[str, Any] = {"level": "INFO", "message": "authorizer", "door": "authorizer"}
    try:
        said = _admitted(event["authorizationToken"])
        told["user_id"] = said["sub"]
        return _policy(event["methodArn"], said)
    except Refusal as refusal:
        told["refused"] = refusal.code
        # API Gateway knows this one word.
        raise Exception("Unauthorized") from refusal
    finally:
        told["milliseconds"] = round((time.perf_counter() - started) * 1000, 1)
        print(json.dumps(told | ({"calls": dict(calls)} if calls else {})))


def _admitted(header: str) -> dict[str, Any]:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Refusal(401, "unauthenticated")
    said = tokens.verified(token.strip())
    if not _holds(said["sid"], said["sub"]):
        raise Refusal(401, "session_ended")
    return said


def _holds(session_id: str, user_id: str) -> bool:
    """Whether auth keeps this session as the user's, neither ended nor expired. One GetItem."""
    answer = client("dynamodb").get_item(
        TableName=settings.table_name("auth"),
        Key={"PK": {"S": f"SESS#{session_id}"}, "SK": {"S": "SESS"}},
        ConsistentRead=True,
        ProjectionExpression="user_id, is_active, expires_at",
    )
    session = answer.get("Item")
    return (
        session is not None
        and session["is_active"]["BOOL"]
        and session["user_id"]["S"] == user_id
        and session["expires_at"]["S"] > clock.now()
    )


def _policy(method_arn: str, said: dict[str, Any]) -> dict[str, Any]:
    """Leave to call any route of this stage: the answer is kept for a while, and serves the caller's other calls."""
    api, stage, *_ = method_arn.split("/")
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{api}/{stage}/*/*"}
    return {
        "principalId": said["sub"],
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"user_id": said["sub"], "roles": ",".join(said["roles"]), "session_id": said["sid"]},
    }
