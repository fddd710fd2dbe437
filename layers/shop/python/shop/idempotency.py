"""The same request twice is one request: its first answer is kept for a day and given again.

Where bodies hold credentials the answer is kept encrypted, and the request only as a keyed hash.
"""

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from pynamodb.expressions.operand import Path

from shop import clock, keyring, settings
from shop.errors import Refusal, conflict, invalid
from shop.ids import derived, new_id
from shop.records import Record
from shop.table import ABSENT, Key, Row, Table

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

# Longer than any function runs: a claim this old was left by one that died.
ABANDONED = 35


class Remembered(Record):
    """A request under its key: running, or answered. `payment_id` is the payment its path names, where it does."""

    principal: str
    key_hash: str
    request_hash: str
    state: str = "in_progress"
    payment_id: str | None = None
    response_status: int | None = None
    response_headers: dict[str, str] = {}
    response_body: str | None = None
    secret: bool = False
    expires_at: str


class Memory:
    """The remembered requests of one service, in its own table."""

    def __init__(self, table: Table) -> None:
        self.kind = table.kind("idempotency", Remembered, lambda r: Row(_key(r), ttl=clock.ttl(r.expires_at)))

    def begin(
        self, principal: str, key: str, request: bytes, secret: bool = False, payment_id: str | None = None
    ) -> Remembered:
        """Claim a key for this request. The result is `completed` when there is an answer to replay.

        409 idempotency_in_progress while the first is running; 422 idempotency_key_reused for another request.
        """
        hashes = [hmac.digest(key, request, "sha256").hex() for key in _vault_keys()] if secret else [_sha(request)]
        claim = Remembered(
            principal=principal,
            key_hash=_sha(key.encode()),
            request_hash=hashes[0],
            secret=secret,
            payment_id=payment_id,
            expires_at=clock.after(settings.IDEMPOTENCY_TTL),
        )
        free = (
            ABSENT
            | (Path("expires_at") < clock.now())
            | (
                (Path("state") == "in_progress")
                & (Path("created_at") < clock.after(-ABANDONED))
                & Path("request_hash").is_in(*hashes)
            )
        )
        taken = conflict("idempotency_in_progress", "The first request with this key is still running")
        try:
            with self.kind.table.transaction() as tx:
                tx.put(self.kind, claim, free, taken)
        except Refusal as refusal:
            if refusal is not taken:
                raise
            first = self.kind.get(_key(claim))
            if first is not None and first.request_hash not in hashes:
                raise invalid("idempotency_key_reused", "This key was used for another request") from None
            if first is None or first.state != "completed":
                raise
            return first.but(response_body=_opened(first))
        return claim

    def finish(self, claim: Remembered, status: int, headers: dict[str, str], body: str | None) -> None:
        """Keep the answer."""
        if body and claim.secret:
            body = _vault().encrypt(body.encode()).decode()
        answered = claim.but(state="completed", response_status=status, response_headers=headers, response_body=body)
        with self.kind.table.transaction() as tx:
            tx.put(self.kind, answered, None)

    def forget(self, claim: Remembered) -> None:
        """Free the key: the request came to nothing and may be tried again."""
        with self.kind.table.transaction() as tx:
            tx.delete(_key(claim))


def _key(remembered: Remembered) -> Key:
    return Key(f"IDEM#{remembered.principal}#{remembered.key_hash}", "IDEM")


def _opened(first: Remembered) -> str | None:
    body = first.response_body
    return _vault().decrypt(body).decode() if body and first.secret else body


def _vault() -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet

    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in _vault_keys()])


def _vault_keys() -> list[bytes]:
    return [hashlib.sha256(b"remembered answers " + key).digest() for key in keyring.ring()]


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def operation_id(principal: str, key: str | None, request: bytes) -> str:
    """The id of what this request makes: the same for every repeat of a keyed request, random without a key."""
    return derived("operation", principal, key, _sha(request)) if key else new_id()
