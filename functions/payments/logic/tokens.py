"""Provider tokens, encrypted with the shop's key for one user: only with that user's id do they open again (B143)."""

import os
from base64 import b64decode, b64encode

from shop.aws import client


def sealed(user_id: str, token: str) -> str:
    """A token as it is stored."""
    answer = client("kms").encrypt(
        KeyId=os.environ["DATA_KEY"], Plaintext=token.encode(), EncryptionContext={"user_id": user_id}
    )
    return b64encode(answer["CiphertextBlob"]).decode()


def opened(user_id: str, stored: str) -> str:
    """A stored token as its provider knows it."""
    answer = client("kms").decrypt(
        KeyId=os.environ["DATA_KEY"], CiphertextBlob=b64decode(stored), EncryptionContext={"user_id": user_id}
    )
    return str(answer["Plaintext"].decode())
