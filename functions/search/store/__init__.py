"""Where search keeps its things.

`{s}` is one of ten shards, `<p>` a product, `<u>` a user, `@` is `<created_at>#<id>`.

| thing          | PK                               | SK             | GSI1PK / GSI1SK                   |
|----------------|----------------------------------|----------------|-----------------------------------|
| SearchDocument | DOC#<p>                          | DOC            | -                                 |
| IndexSnapshot  | SNAPSHOT                         | <version:012d> | -                                 |
| being built    | SNAPSHOT#<rebuild_id>            | <version:012d> | -                                 |
| Rebuild        | REBUILD                          | REBUILD        | -                                 |
| SearchCache    | SCACHE#<sha256(search, index)>   | SCACHE         | -                                 |
| SearchHistory  | SH#<u>, or SH#anon#<day>#{s}     | @              | -                                 |
| erased user    | SH#<u>                           | ERASED         | -                                 |
| SearchedQuery  | SQ#<day>#{s}                     | <query>        | SQTOP#<day>#{s} / <count>#<query> |

GSI2 lists the queries of a day that found nothing: SQNONE#<day>#{s} / <count>#<query>.
The index itself is files in a bucket (`store.files`); the newest snapshot of a line is what the line points to.
"""

from search.model.document import SearchDocument
from search.model.history import SearchedQuery, SearchHistory
from search.model.index import IndexSnapshot, Rebuild, SearchCache
from shop import clock
from shop.settings import DAY
from shop.table import Key, Row, Table, sharded

table = Table("search")

HISTORY_KEPT = 180 * DAY


def document_key(product_id: str) -> Key:
    """Where a product's document is."""
    return Key(f"DOC#{product_id}", "DOC")


def snapshot_key(line: str, version: int) -> Key:
    """Where one snapshot of a line is."""
    return Key(line, f"{version:012d}")


REBUILD_KEY = Key("REBUILD", "REBUILD")


def cache_key(query_hash: str) -> Key:
    """Where it is kept what a search found."""
    return Key(f"SCACHE#{query_hash}", "SCACHE")


def history_of(user_id: str) -> str:
    """The partition of a user's searches."""
    return f"SH#{user_id}"


def erased_key(user_id: str) -> Key:
    """Where it is marked that a user's searches are not to be remembered any more. No search sorts so late."""
    return Key(history_of(user_id), "ERASED")


def query_key(day: str, query: str) -> Key:
    """Where a day's query is counted."""
    return Key(sharded(f"SQ#{day}", query), query)


def _history(h: SearchHistory) -> Row:
    pk = history_of(h.user_id) if h.user_id else sharded(f"SH#anon#{h.created_at[:10]}", h.id)
    return Row(Key(pk, f"{h.created_at}#{h.id}"), ttl=clock.ttl(h.created_at, HISTORY_KEPT))


DOCUMENTS = table.kind("search_document", SearchDocument, lambda d: Row(document_key(d.product_id)))
SNAPSHOTS = table.kind("index_snapshot", IndexSnapshot, lambda s: Row(snapshot_key(s.line, s.version)))
REBUILDS = table.kind("index_rebuild", Rebuild, lambda r: Row(REBUILD_KEY))
CACHE = table.kind("search_cache", SearchCache, lambda c: Row(cache_key(c.query_hash), ttl=clock.ttl(c.expires_at)))
HISTORY = table.kind("search_history", SearchHistory, _history)
QUERIES = table.kind("searched_query", SearchedQuery, lambda q: Row(query_key(q.day, q.query)))
