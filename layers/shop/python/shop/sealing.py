"""Secrets one service hands to another, or keeps: ciphertext that opens only with the key and the context it is for."""

import os
from base64 import b64decode, b64encode

from shop.aws import client


def seal(text: str, **context: str) -> str:
    """A secret as it may be stored and sent."""
    answer = client("kms").encrypt(KeyId=os.environ["DATA_KEY"], Plaintext=text.encode(), EncryptionContext=context)
    return b64encode(answer["CiphertextBlob"]).decode()


def unseal(sealed: str, **context: str) -> str:
    """The secret that was sealed in this very context."""
    answer = client("kms").decrypt(
        KeyId=os.environ["DATA_KEY"], CiphertextBlob=b64decode(sealed), EncryptionContext=context
    )
    return str(answer["Plaintext"].decode())
