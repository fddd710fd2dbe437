"""Access tokens: what they say, and whether one is ours. Imports little, for it stands at the gateway's door."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from shop import settings
from shop.errors import unauthenticated

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

ALGORITHM = "ES256"
ISSUER = "tradewind"


def claims(user_id: str, roles: list[str], session_id: str, issued: int) -> dict[str, Any]:
    """What an access token says, from `issued` (epoch seconds) on."""
    return {
        "iss": ISSUER,
        "sub": user_id,
        "roles": roles,
        "sid": session_id,
        "iat": issued,
        "exp": issued + settings.ACCESS_TOKEN_TTL,
    }


def verified(token: str) -> dict[str, Any]:
    """The claims of an access token; 401 when it is not ours, or expired."""
    import jwt

    try:
        key = public_keys().get(jwt.get_unverified_header(token).get("kid", ""))
        if key is None:
            raise unauthenticated(detail="The token is not from here")
        # Two machines' clocks differ by a little, so a token may seem to be from the future.
        return jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            options={"require": ["exp", "sub", "sid", "roles"], "verify_iat": False},
        )
    except jwt.ExpiredSignatureError as error:
        raise unauthenticated("token_expired", "The access token has expired; refresh it") from error
    except (jwt.InvalidTokenError, UnicodeError) as error:
        raise unauthenticated(detail="The token is not valid") from error


def key_arns() -> list[str]:
    """The KMS keys that sign tokens: the first signs, all are accepted."""
    return [arn for arn in os.environ.get("TOKEN_KEYS", "").split(",") if arn]


def key_id(arn: str) -> str:
    """The `kid` of a KMS key."""
    return arn.rpartition("/")[2]


@cache
def public_keys() -> "dict[str, EllipticCurvePublicKey]":
    """The keys that tokens are verified with, by kid; fetched once per process."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    from shop.aws import client

    kms = client("kms")
    return {
        key_id(arn): load_der_public_key(kms.get_public_key(KeyId=arn)["PublicKey"])  # type: ignore[misc]
        for arn in key_arns()
    }
