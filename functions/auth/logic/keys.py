"""The shop's own secret, changed by schedule: who has seen an old one holds nothing for long."""

import os
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from shop import aws, clock, keyring
from shop.ids import derived
from shop.telemetry import logger

REST = timedelta(days=7)  # between two turns, so that nothing running has missed one


def turn() -> None:
    """Turn the ring of keys, unless that was done lately. Two who do so at once turn it once."""
    vault, secret_id = aws.client("secretsmanager"), os.environ[keyring.NAME]
    kept = vault.get_secret_value(SecretId=secret_id)
    if kept["CreatedDate"] > datetime.fromtimestamp(clock.epoch(clock.now()), UTC) - REST and _is_ring(kept):
        logger.info("keys were turned lately")
        return
    try:
        vault.put_secret_value(
            SecretId=secret_id,
            SecretString=keyring.turned(kept["SecretString"]),
            ClientRequestToken=derived("turned", kept["VersionId"]),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceExistsException":
            raise
    logger.info("keys turned")


def _is_ring(kept: dict[str, str]) -> bool:
    """Whether it was turned before; as the stack made it, it may be turned at once: the new key only waits."""
    return kept["SecretString"].startswith("[")
