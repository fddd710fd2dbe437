"""The shop's own secret, where it is kept: Secrets Manager (what is in it: shop/keyring.py)."""

import os
from datetime import datetime
from typing import NamedTuple

from botocore.exceptions import ClientError

from shop import aws, keyring
from shop.ids import derived


class Kept(NamedTuple):
    """The secret as it is, and since when."""

    text: str
    version: str
    since: datetime


def read() -> Kept:
    """The secret, past what this process remembers of it."""
    kept = aws.client("secretsmanager").get_secret_value(SecretId=os.environ[keyring.NAME])
    return Kept(kept["SecretString"], kept["VersionId"], kept["CreatedDate"])


def replace(kept: Kept, text: str) -> bool:
    """Put another in its place; False when somebody has done so since it was read."""
    try:
        aws.client("secretsmanager").put_secret_value(
            SecretId=os.environ[keyring.NAME],
            SecretString=text,
            ClientRequestToken=derived("turned", kept.version),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceExistsException":
            raise
        return False
    return True
