"""What search tells: what people look for, and how far the making of a new index has come."""

from typing import Any

from shop.events import Event


class SearchPerformed(Event):
    """E99. Somebody looked for something; by a guest when no user is named."""

    type, about = "search.performed", "search"
    search_id: str
    user_id: str | None = None
    query: str
    filters: dict[str, Any] = {}
    results_count: int


class IndexRebuildAdvanced(Event):
    """A step of a rebuild is done; search itself hears it and does the next."""

    type, about = "index.rebuild_advanced", "rebuild"
    rebuild_id: str
    step: int
