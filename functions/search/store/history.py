"""Searches in the table, as they were made and as they are counted."""

from contextlib import suppress

from pynamodb.expressions.operand import Path

from search.model.history import Day, SearchedQuery, SearchHistory
from search.store import HISTORY, QUERIES, erased_key, history_of, query_key, table
from shop import clock
from shop.errors import Refusal
from shop.events import search as said
from shop.keys import ABSENT, GSI1, GSI2, TABLE, Key, sharded, shards
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.settings import DAY, HOUR
from shop.table import BATCH_GET

QUERIES_KEPT = 90 * DAY
MARK_KEPT = HOUR  # longer than any token of an erased user is good for
NOTED_EACH_TIME = 100  # up to here a query moves up the list with each search, then with every tenth
FIRST, LAST = "0", ":"  # the sort keys of searches begin with a digit, the mark's with a letter


class Erased(Refusal):
    """The account is gone: nothing more is remembered."""

    def __init__(self) -> None:
        super().__init__(409, "erased")


def remember(search: SearchHistory, *told: "said.SearchPerformed") -> None:
    """Keep a search and tell of it; of somebody who is erased nothing is kept."""
    with table.transaction() as tx:
        tx.create(HISTORY, search)
        if search.user_id:
            tx.check(erased_key(search.user_id), ABSENT, Erased())
        for event in told:
            tx.say(event)


def opened(search: SearchHistory, product_id: str) -> None:
    """Note the product that was opened after a search, if none was yet."""
    with table.transaction() as tx:
        tx.save(HISTORY, search.but(product_id=product_id), Path("product_id").does_not_exist(), LostRace())


def of_user(user_id: str, paging: Paging) -> Page[SearchHistory]:
    """Somebody's searches, newest first (AP67)."""
    return HISTORY.page(history_of(user_id), paging, index=TABLE, low=FIRST, high=LAST)


def latest(user_id: str, many: int) -> list[SearchHistory]:
    """The last few searches of somebody."""
    return HISTORY.query(history_of(user_id), low=FIRST, high=LAST, newest_first=True, limit=many)


def clear(user_id: str) -> None:
    """Forget all searches of somebody so far."""
    while found := HISTORY.query(history_of(user_id), low=FIRST, high=LAST, limit=BATCH_GET):
        table.delete_all(Key(history_of(user_id), f"{s.created_at}#{s.id}") for s in found)


def mark_erased(user_id: str) -> None:
    """From here on nothing more is kept for somebody whose account is gone."""
    with table.transaction() as tx:
        tx.upsert(
            erased_key(user_id),
            Path("kind").set("erased_searcher"),
            Path("created_at").set(tx.now),
            Path("ttl").set(clock.ttl(tx.now, MARK_KEPT)),
        )


def count(query: str, found: int | None) -> None:
    """Count a search (or, with None, a click) in its day, and move it to its place in the lists.

    A count that is lost by a crash is one less; who is overtaken leaves the place to who was faster.
    """
    day = clock.now()[:10]
    key = query_key(day, query)
    counted = table.increment(
        key,
        Path("count").add(int(found is not None)),
        Path("no_result_count").add(int(found == 0)),
        Path("click_count").add(int(found is None)),
        Path("version").add(1),
        Path("kind").set(QUERIES.name),
        Path("day").set(day),
        Path("query").set(query),
        Path("created_at").set(Path("created_at") | clock.now()),
        Path("updated_at").set(clock.now()),
        Path("ttl").set(clock.ttl(clock.now(), QUERIES_KEPT)),
    )
    n = int(counted["count"])
    if found is None or (n > NOTED_EACH_TIME and n % 10):
        return
    places = [Path("GSI1PK").set(sharded(f"SQTOP#{day}", query)), Path("GSI1SK").set(f"{n:09d}#{query}")]
    if vain := int(counted["no_result_count"]):
        places += [Path("GSI2PK").set(sharded(f"SQNONE#{day}", query)), Path("GSI2SK").set(f"{vain:09d}#{query}")]
    with suppress(LostRace), table.transaction() as tx:
        tx.upsert(key, *places, condition=Path("count") == n, otherwise=LostRace())


def queries(day: Day) -> Page[SearchedQuery]:
    """A day's queries, the most frequent first; or those that found nothing. One Query a shard."""
    if day.no_results:
        return QUERIES.page(shards(f"SQNONE#{day.day}"), day, index=GSI2)
    return QUERIES.page(shards(f"SQTOP#{day.day}"), day, index=GSI1)
