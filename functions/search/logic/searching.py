"""Finding products: from what was found lately if anybody asked the same, else from the index."""

import time
from hashlib import sha256
from typing import TYPE_CHECKING

from search.logic import remembering
from search.model.asking import HITS_MAX, Beginning, Facets, Names, Results, Search
from search.model.document import SearchDocument
from search.model.index import SERVING, SearchCache
from search.store import documents, results, snapshots
from shop import clock, settings, telemetry
from shop.auth import Caller

if TYPE_CHECKING:
    from search.engine.reading import Reader

BLOCK = 100  # hits that are looked up, and kept, together
GLANCE = 1.0  # seconds after which the pointer is looked at again


class Shelf:
    """The reader of this process: of the newest snapshot, as of a second ago."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know of no snapshot."""
        self._reader: Reader | None = None
        self._looked = float("-inf")

    def reader(self) -> "Reader | None":
        """What is searched now; None while nothing was ever indexed."""
        if time.monotonic() - self._looked > GLANCE:
            self._look()
            self._looked = time.monotonic()
        return self._reader

    def _look(self) -> None:
        newest = snapshots.newest(SERVING, consistent=False)
        if newest is None:
            self._reader = None
        elif self._reader is None or self._reader.s3_key != newest.s3_key:
            from search.engine.reading import Reader

            try:
                self._reader = Reader(newest)
            except Exception:  # what was true a moment ago is better than no answer
                if self._reader is None:
                    raise
                telemetry.logger.exception("the newest snapshot cannot be read")


shelf = Shelf()


def search(asked: Search, caller: Caller) -> Results:
    """One page of what is found; the first page of a search for words is remembered."""
    words, start = asked.words, int(asked.after or 0)
    found = _block(asked, start)
    ids = found.product_ids[start % BLOCK : start % BLOCK + asked.limit]
    end = min(start + asked.limit, found.total, HITS_MAX)
    if start + len(ids) < end:
        ids += _block(asked, start + len(ids)).product_ids[: end - start - len(ids)]
    page = asked.page(_hydrated(ids), last=str(end) if end < min(found.total, HITS_MAX) else None)
    if words and not start:
        remembering.remember(asked, found.total, caller)
    return Results(**vars(page), total=found.total, facets=found.facets)


def suggest(beginning: Beginning) -> Names:
    """Names that go on as somebody has begun."""
    reader = shelf.reader()
    return Names(data=reader.suggest(beginning.prefix) if reader else [])


def _block(asked: Search, position: int) -> SearchCache:
    """The hits around a position: as they were found lately in this version of the index, or as they are found now."""
    reader = shelf.reader()
    block = position // BLOCK
    index = reader.s3_key if reader else ""
    query_hash = sha256(f"{index} {block} {asked.identity}".encode()).hexdigest()
    kept = results.find(query_hash)
    if kept or reader is None:
        return kept or _nothing(query_hash)
    found = reader.search(asked, block * BLOCK, BLOCK)
    fresh = SearchCache(
        query_hash=query_hash,
        product_ids=found.product_ids,
        total=found.total,
        facets=found.facets,
        expires_at=clock.after(settings.SEARCH_CACHE_TTL),
    )
    results.keep(fresh)
    return fresh


def _nothing(query_hash: str) -> SearchCache:
    return SearchCache(query_hash=query_hash, product_ids=[], total=0, facets=Facets(), expires_at=clock.now())


def _hydrated(product_ids: list[str]) -> list[SearchDocument]:
    """The products as they are known now; what was hidden since it was found is left out (B185)."""
    known = documents.many(product_ids, consistent=False)
    return [known[i] for i in product_ids if i in known and known[i].is_listed]
