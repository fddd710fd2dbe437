"""How the stock of a hot unit is spread over buckets."""

from collections.abc import Mapping

SPLITS_MAX = 8


def shares(quantity: int, splits: int) -> dict[int, int]:
    """What each bucket gets of a quantity: the same, and the first ones one more. None gets nothing."""
    each, more = divmod(quantity, splits)
    parts = {bucket: each + (bucket < more) for bucket in range(splits)}
    return {bucket: part for bucket, part in parts.items() if part}


def evened(available: Mapping[int, int], splits: int) -> dict[int, int]:
    """What to add to each bucket (or take from it) when one ran dry beside fuller ones, or is not in use any more.

    Buckets that merely differ are left alone: every move is a write of rows that are busy with selling.
    """
    if not all(bucket in available for bucket in range(splits)):
        return {}  # some have still to be made
    in_use = [available[bucket] for bucket in range(splits)]
    is_left_over = any(there for bucket, there in available.items() if bucket >= splits)
    if not is_left_over and (min(in_use) > 0 or max(in_use) < 2):
        return {}
    wanted = shares(sum(available.values()), splits)
    changes = {bucket: wanted.get(bucket, 0) - there for bucket, there in available.items()}
    return {bucket: change for bucket, change in changes.items() if change}
