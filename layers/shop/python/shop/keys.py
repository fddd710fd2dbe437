"""Where a thing is kept and found: keys, index entries, shards, unique values, and conditions on what is there."""

from typing import NamedTuple

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from shop.ids import SHARDS, shard

ABSENT = Path("PK").does_not_exist()
PRESENT = Path("PK").exists()


class Key(NamedTuple):
    """Where one item is."""

    pk: str
    sk: str


class Row(NamedTuple):
    """Where a thing is kept: its key, the index entries it should be found under, and when it may be cleaned up."""

    key: Key
    gsi1: tuple[str, str] | None = None
    gsi2: tuple[str, str] | None = None
    ttl: int | None = None


class Index(NamedTuple):
    """An overloaded index, or the table itself."""

    name: str | None
    pk: str
    sk: str


TABLE = Index(None, "PK", "SK")
GSI1 = Index("GSI1", "GSI1PK", "GSI1SK")
GSI2 = Index("GSI2", "GSI2PK", "GSI2SK")


def shards(prefix: str) -> list[str]:
    """The ten partitions of a sharded index."""
    return [f"{prefix}#{number}" for number in range(SHARDS)]


def sharded(prefix: str, key: str) -> str:
    """The one of the ten partitions that `key` belongs to."""
    return f"{prefix}#{shard(key)}"


def marker(unique: str, value: str) -> Key:
    """Where the claim on a unique value is kept."""
    return Key(f"UQ#{unique}#{value}", "UQ")


def newer(version: int, field: str = "heard_version") -> Condition:
    """True where nothing as new as this version of the aggregate has been applied yet."""
    return Path(field).does_not_exist() | (Path(field) < version)
