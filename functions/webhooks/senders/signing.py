"""Signatures by which receivers know us, as Standard Webhooks has them: `webhook-signature` over id, time and body."""

import base64
import secrets
from datetime import UTC, datetime

from standardwebhooks import Webhook

from shop.keeping import Kept
from shop.sealing import seal, unseal
from webhooks.model.endpoint import StoredEndpoint

PREFIX, BYTES = "whsec_", 32
PURPOSE = "webhook_secret"

# Opened, for a minute, by what they are sealed as: not every delivery asks KMS.
_opened: Kept[str] = Kept()


def new_secret() -> str:
    """A secret nobody has."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def sealed(secret: str, endpoint_id: str) -> str:
    """A secret as it is kept, for its endpoint only."""
    return seal(secret, purpose=PURPOSE, endpoint_id=endpoint_id)


def opened(sealed_secret: str, endpoint_id: str) -> str:
    """A secret in clear."""
    return _opened.get(sealed_secret, lambda: unseal(sealed_secret, purpose=PURPOSE, endpoint_id=endpoint_id))


def signatures(endpoint: StoredEndpoint, message_id: str, at: datetime, body: str) -> str:
    """A message signed with every secret that is valid, the newest first."""
    now = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    valid = [endpoint.sealed_secret, *(old.sealed_secret for old in endpoint.still_signing(now))]
    return " ".join(Webhook(opened(secret, endpoint.id)).sign(message_id, at, body) for secret in valid)
