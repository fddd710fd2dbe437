"""The doors into search: finding products, what is remembered of that, and how the index is kept."""

from typing import Any

from search.logic import cleaning, indexing, rebuilding, remembering, searching
from search.model.asking import Beginning, Click, Names, Results, Search
from search.model.history import Day, SearchedQuery, SearchHistory
from search.model.index import Rebuild
from search.store import history, table
from shop import telemetry
from shop.api import ADMIN, CUSTOMER, PUBLIC, Api, OperationId
from shop.auth import Caller
from shop.pages import Page, WhosePaging

app = Api("search", table)


@app.route("/search/products", who=PUBLIC)
def search_products(query: Search, caller: Caller) -> Results:
    return searching.search(query, caller)


@app.route("/search/suggestions", who=PUBLIC)
def list_suggestions(query: Beginning) -> Names:
    return searching.suggest(query)


@app.route("/search/history", who=CUSTOMER)
def list_searches(query: WhosePaging, caller: Caller) -> Page[SearchHistory]:
    return history.of_user(caller.whose(query.user_id), query)


@app.route("/search/history", methods=["DELETE"], who=CUSTOMER)
def clear_searches(caller: Caller) -> None:
    history.clear(caller.user_id)


@app.route("/search/clicks", methods=["POST"], who=PUBLIC, status=202)
def note_click(body: Click, operation: OperationId, caller: Caller) -> None:
    remembering.click(body, operation, caller)


@app.route("/admin/search/queries", who=ADMIN)
def list_queries(query: Day) -> Page[SearchedQuery]:
    return history.queries(query)


@app.route("/admin/search/reindexes", methods=["POST"], who=ADMIN, status=202)
def rebuild_index(operation: OperationId) -> Rebuild:
    return rebuilding.start(operation)


@app.job
def remove_old_snapshots() -> None:
    cleaning.remove_old_snapshots()


def events(payload: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda behind the queue: a batch is heard, then indexed at once; if that fails all of it comes again."""
    told = app.events(payload, context)
    try:
        indexing.publish()
    except Exception:  # the documents are kept, and hearing them again changes nothing
        telemetry.logger.exception("not indexed")
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in payload["Records"]]}
    return told


jobs = app.jobs
