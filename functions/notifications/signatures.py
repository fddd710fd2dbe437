"""Who is speaking: Amazon SNS by its certificate, others by a secret we share (B181)."""

import hashlib
import hmac
import re
import time
from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from shop import web
from shop.errors import Refusal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

AGE = 300  # seconds a signature of ours is good for
HEADER = "webhook-signature"
# Only Amazon can put something there: whoever may name the certificate may sign.
CERTIFICATE = re.compile(
    r"https://sns\.[a-z]{2}(-[a-z]+)+-\d\.amazonaws\.com(\.cn)?/SimpleNotificationService-[0-9a-f]+\.pem"
)
SUBSCRIPTION = re.compile(r"https://sns\.[a-z]{2}(-[a-z]+)+-\d\.amazonaws\.com(\.cn)?/\?[!-~]*")
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


class BadSignature(Refusal):
    """400: whoever sent this is not who they say."""

    def __init__(self) -> None:
        super().__init__(400, "bad_signature", "The signature is missing or wrong")


def check_sns(message: Mapping[str, Any], topic: str) -> None:
    """Signed by Amazon, for our topic: Amazon signs the messages of everybody's."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    fields = SIGNED.get(str(message.get("Type")))
    url, version = str(message.get("SigningCertURL")), str(message.get("SignatureVersion"))
    if not (fields and topic and message.get("TopicArn") == topic and CERTIFICATE.fullmatch(url)):
        raise BadSignature
    if version not in ("1", "2"):
        raise BadSignature
    text = "".join(f"{name}\n{message[name]}\n" for name in fields if message.get(name) is not None)
    try:
        signature = b64decode(str(message.get("Signature", "")), validate=True)
        _key(url).verify(signature, text.encode(), PKCS1v15(), hashes.SHA256() if version == "2" else hashes.SHA1())
    except (InvalidSignature, ValueError):
        raise BadSignature from None


def check_shared(body: bytes, header: str, secret: str) -> None:
    """Signed as ``t=<epoch>,v1=<hex HMAC-SHA256 of "<t>.<body>">`` in the last minutes."""
    given = dict(pair.strip().partition("=")[::2] for pair in header.split(","))
    at, signed = given.get("t", ""), given.get("v1", "")
    if not (at.isascii() and at.isdigit() and len(at) <= 12 and abs(time.time() - int(at)) <= AGE):
        raise BadSignature
    expected = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signed.lower().encode(errors="replace")):
        raise BadSignature


def subscribe(message: Mapping[str, Any]) -> None:
    """Say yes to a topic that wants to tell us; it has been found to be ours."""
    url = str(message.get("SubscribeURL"))
    if not SUBSCRIPTION.fullmatch(url):
        raise BadSignature
    web.document(url)


@lru_cache(maxsize=4)
def _key(url: str) -> "RSAPublicKey":
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import load_pem_x509_certificate

    key = load_pem_x509_certificate(web.document(url)).public_key()
    if not isinstance(key, RSAPublicKey):
        raise BadSignature
    return key
