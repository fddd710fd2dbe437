"""Tokens made here: access tokens signed by a key that never leaves KMS, and random refresh tokens."""

import json
import secrets
import time

from auth.model.accounts import User
from auth.model.sessions import Jwks
from shop.aws import client
from shop.tokens import ALGORITHM, claims, key_arns, key_id, public_keys


def access_token(user: User, session_id: str) -> str:
    """A token by which the user is known everywhere in the shop for a quarter of an hour (a JWS, RFC 7515)."""
    from jwt.utils import base64url_encode

    arn = key_arns()[0]
    header = {"typ": "JWT", "alg": ALGORITHM, "kid": key_id(arn)}
    said = claims(user.user_id, user.roles, session_id, int(time.time()))
    parts = [base64url_encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, said)]
    signed = b".".join(parts)
    return b".".join([signed, base64url_encode(_signature(arn, signed))]).decode()


def refresh_token(session_id: str) -> str:
    """A secret that can be exchanged once for another pair of tokens."""
    return f"{session_id}.{secrets.token_urlsafe(32)}"


def jwks() -> Jwks:
    """The public halves of our keys (R44)."""
    from jwt.algorithms import ECAlgorithm

    return Jwks(
        keys=[
            {**ECAlgorithm.to_jwk(key, as_dict=True), "kid": kid, "use": "sig", "alg": ALGORITHM}
            for kid, key in public_keys().items()
        ]
    )


def _signature(arn: str, message: bytes) -> bytes:
    """KMS answers in DER; a JWS wants the two numbers side by side."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
    from jwt.utils import der_to_raw_signature

    answer = client("kms").sign(KeyId=arn, Message=message, MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256")
    return der_to_raw_signature(answer["Signature"], SECP256R1())
