"""What searches found, kept for half an hour."""

from search.model.index import SearchCache
from search.store import CACHE, cache_key, table
from shop import clock


def find(query_hash: str) -> SearchCache | None:
    """What a search found. One GetItem, of the nearest copy: what is there never changes."""
    kept = CACHE.get(cache_key(query_hash), consistent=False)
    return kept if kept and kept.expires_at > clock.now() else None


def keep(found: SearchCache) -> None:
    """Keep what a search found."""
    with table.transaction() as tx:
        tx.put(CACHE, found)
