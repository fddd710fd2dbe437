"""What is remembered of searches: each by itself, and each day's queries counted."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from shop import clock
from shop.ids import new_id
from shop.pages import Paging
from shop.records import Json, Record


class SearchHistory(Record):
    """SRCH-05. A search with what it found, and the product opened; without `results_count` only that is known."""

    id: str = Field(default_factory=new_id)
    user_id: str | None = None
    product_id: str | None = None
    query: str
    filters: Json = {}
    results_count: int | None = None


class SearchedQuery(Record):
    """How often a query was asked in a day, how often in vain, and how often a product was opened after it."""

    day: str
    query: str
    count: int = 0
    no_result_count: int = 0
    click_count: int = 0


def _is_day(text: str) -> str:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()


class Day(Paging):
    """Which day's queries: all, or those that found nothing."""

    day: Annotated[str, AfterValidator(_is_day)] = Field(default_factory=lambda: clock.now()[:10])
    no_results: bool = False
