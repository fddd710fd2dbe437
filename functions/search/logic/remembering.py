"""What is remembered of searches: whose they were, what they found, and what was opened (B187)."""

from contextlib import suppress
from typing import TYPE_CHECKING

from search.model.asking import Click, Search, normal
from search.model.history import SearchHistory
from search.store import history
from shop import telemetry
from shop.auth import Caller
from shop.errors import Refusal
from shop.events import search as said
from shop.ids import new_id
from shop.races import LostRace
from shop.transaction import AlreadyMade

if TYPE_CHECKING:
    from shop.events.auth import UserDeleted


LOOKED_BACK = 20  # searches among which the one a click belongs to is looked for


def remember(asked: Search, found: int, caller: Caller) -> None:
    """Remember a search; if that fails, the answer is given all the same."""
    search_id, user_id = new_id(), caller.user_id or None
    search = SearchHistory(id=search_id, user_id=user_id, query=asked.words, filters=asked.filters, results_count=found)
    told = said.SearchPerformed(
        search_id=search_id, user_id=user_id, query=asked.words, filters=asked.filters, results_count=found
    )
    try:
        history.remember(search, told)
        history.count(asked.words, found)
    except history.Erased:
        return
    except Refusal:
        telemetry.logger.warning("a search is not remembered", exc_info=True)


def click(body: Click, click_id: str, caller: Caller) -> None:
    """Note which product was opened: with the search it follows, or by itself when that is not known (R277)."""
    query = normal(body.query)
    with suppress(history.Erased, AlreadyMade):
        if not _noted(query, body.product_id, caller):
            made = SearchHistory(id=click_id, user_id=caller.user_id or None, product_id=body.product_id, query=query)
            history.remember(made)
        history.count(query, None)


def _noted(query: str, product_id: str, caller: Caller) -> bool:
    """Note it with somebody's latest search for this; whether there was one after which nothing was opened yet."""
    latest = history.latest(caller.user_id, LOOKED_BACK) if caller.user_id else []
    search = next((s for s in latest if s.query == query and s.product_id is None), None)
    if search is None:
        return False
    try:
        history.opened(search, product_id)
    except LostRace:
        return False
    return True


def on_user_deleted(event: "UserDeleted") -> None:
    """Forget what somebody looked for (B75). Both parts may be repeated; the mark comes first."""
    history.mark_erased(event.user_id)
    history.clear(event.user_id)
