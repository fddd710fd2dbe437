"""Names for things: random ids, ids derived from others, numbers people can read aloud, and shard digits."""

import secrets
import uuid
import zlib

from shop import clock

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHARDS = 10
_NAMESPACE = uuid.UUID("6f1d3c54-2f0e-4c0b-9a51-5a7a1c0f7d11")


def new_id() -> str:
    """A fresh UUIDv4."""
    return str(uuid.uuid4())


def derived(*parts: str) -> str:
    """The one UUID that belongs to these parts, so that doing something again makes the same thing."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def number(prefix: str) -> str:
    """A readable unique number such as ``ORD-20260131-7K3M9Q``."""
    code = "".join(secrets.choice(CROCKFORD) for _ in range(6))
    return f"{prefix}-{clock.now()[:10].replace('-', '')}-{code}"


def shard(key: str) -> int:
    """Which of the ten parts of a busy index `key` belongs to."""
    return zlib.crc32(key.encode()) % SHARDS
