"""What people looked for (R275-R278; SRCH-05; B187; E99; AP67), and that it is forgotten with them (B75)."""

from typing import Any

import pytest
import time_machine

from search.store import QUERIES, history
from shop.errors import Transient
from tests import kit
from tests.database import items
from tests.service.search_kit import Json, a_product, carry, search_for
from tests.service.test_search import event

pytestmark = pytest.mark.usefixtures("shop")


def searches(by: kit.Client, query: str = "") -> list[Json]:
    found: list[Json] = by.get(f"/v1/search/history{query}").ok(200)["data"]
    return found


def click(by: kit.Client, query: str, product_id: str, **headers: str) -> kit.Reply:
    return by.post("/v1/search/clicks", {"query": query, "product_id": product_id}, **headers)


def queries(**asked: Any) -> list[tuple[Any, ...]]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    found = kit.admin().get(f"/v1/admin/search/queries?{query}").ok(200)["data"]
    return [(q["query"], q["count"], q["no_result_count"], q["click_count"]) for q in found]


def deleted(user_id: str) -> None:
    type_, detail = event("user.deleted", user_id, 9, {"user_id": user_id})
    kit.hear(type_, detail, to=lambda service: service == "search")


def test_a_search_is_remembered_with_its_filters_and_what_it_found() -> None:
    a_product("HEART ONE", tags=["red"])
    carry()
    ann, bob = kit.user("ann"), kit.user("bob")
    search_for("Red  Heart", ann, tag="red", max_price=900)
    search_for("lantern", bob)
    (mine,) = searches(ann)
    assert (mine["query"], mine["results_count"], mine["user_id"]) == ("red heart", 1, "ann")
    assert (mine["filters"], mine["product_id"]) == ({"tag": "red", "max_price": 900}, None)
    assert [one["query"] for one in searches(bob)] == ["lantern"]


def test_searches_are_told_to_whoever_wants_to_know() -> None:
    search_for("heart", kit.user("ann"), min_rating="4.5")
    search_for("heart")
    told = [detail for type_, detail in kit.pending("search") if type_ == "search.performed"]
    assert [one["data"]["user_id"] for one in told] == ["ann", None]
    assert (told[0]["data"]["query"], told[0]["data"]["results_count"]) == ("heart", 0)
    assert told[0]["data"]["filters"] == {"min_rating": "4.5"}
    assert told[0]["aggregate_id"] == told[0]["data"]["search_id"]


def test_looking_around_and_turning_pages_are_no_searches() -> None:
    for number in range(3):
        a_product(f"HEART {number}")
    carry()
    ann = kit.user("ann")
    search_for("", ann, tag="red")
    first = search_for("heart", ann, limit=2)
    search_for("heart", ann, limit=2, cursor=first["next_cursor"])
    assert len(searches(ann)) == 1
    assert queries() == [("heart", 1, 0, 0)]


def test_the_latest_searches_come_first_page_by_page() -> None:
    ann = kit.user("ann")
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False) as clock:
        for number in range(5):
            search_for(f"heart {number}", ann)
            clock.shift(1)
        page = ann.get("/v1/search/history?limit=3").ok(200)
        assert [one["query"] for one in page["data"]] == ["heart 4", "heart 3", "heart 2"]
        rest = ann.get(f"/v1/search/history?limit=3&cursor={page['next_cursor']}").ok(200)
        assert [one["query"] for one in rest["data"]] == ["heart 1", "heart 0"]
        kit.user("bob").get(f"/v1/search/history?cursor={page['next_cursor']}").refused(400, "invalid_cursor")


def test_whoever_clears_their_history_clears_nobody_elses() -> None:
    ann, bob = kit.user("ann"), kit.user("bob")
    for by in (ann, bob):
        search_for("heart", by)
    ann.delete("/v1/search/history").ok(204)
    ann.delete("/v1/search/history").ok(204)
    assert searches(ann) == []
    assert len(searches(bob)) == 1
    search_for("lantern", ann)
    assert len(searches(ann)) == 1


def test_history_is_for_those_who_are_signed_in_and_for_staff_who_name_them() -> None:
    search_for("heart", kit.user("ann"))
    kit.anyone().get("/v1/search/history").refused(401, "unauthenticated")
    kit.user("bob").get("/v1/search/history?user_id=ann").refused(404, "not_found")
    assert len(searches(kit.user("support-1", "support"), "?user_id=ann")) == 1


def test_what_was_opened_is_noted_with_the_search() -> None:
    """R277."""
    ann = kit.user("ann")
    search_for("heart", ann)
    search_for("lantern", ann)
    click(ann, " HEART ", "p-1").ok(202)
    assert [(one["query"], one["product_id"]) for one in searches(ann)] == [("lantern", None), ("heart", "p-1")]
    click(ann, "heart", "p-2").ok(202)
    assert sorted((one["query"], one["product_id"] or "") for one in searches(ann)) == [
        ("heart", "p-1"),
        ("heart", "p-2"),
        ("lantern", ""),
    ]


def test_a_guests_click_is_counted_and_one_sent_twice_is_one() -> None:
    search_for("heart")
    click(kit.anyone(), "heart", "p-1", idempotency_key="k").ok(202)
    click(kit.anyone(), "heart", "p-1", idempotency_key="k").ok(202)
    assert queries() == [("heart", 1, 1, 1)]
    kept = [row for row in items("test-search", "SH#anon#") if "product_id" in row]
    assert len(kept) == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"query": "", "product_id": "p"}, "/query"),
        ({"query": "heart", "product_id": "not an id"}, "/product_id"),
        ({"query": "heart"}, "/product_id"),
        ({"query": 7, "product_id": "p"}, "/query"),
        ({"query": "heart", "product_id": "p", "rank": 1}, "/rank"),
    ],
)
def test_a_click_that_makes_no_sense_is_refused(body: Json, pointer: str) -> None:
    refused = kit.anyone().post("/v1/search/clicks", body).refused(422, "validation_failed")
    assert pointer in [error["pointer"] for error in refused["errors"]]
    assert queries() == []


def test_a_click_after_far_too_many_words_is_refused() -> None:
    click(kit.anyone(), "x" * 201, "p").refused(422, "query_too_long")
    assert queries() == []


def test_a_days_queries_are_counted_the_most_frequent_first() -> None:
    """R278."""
    a_product("HEART ONE")
    carry()
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False) as clock:
        for query, times in (("heart", 3), ("unicorn", 2), ("dragon", 1), ("HEART one", 1)):
            for _ in range(times):
                search_for(query)
        clock.shift(24 * 3600)
        search_for("heart")
        assert queries(day="2026-03-01") == [
            ("heart", 3, 0, 0),
            ("unicorn", 2, 2, 0),
            ("heart one", 1, 0, 0),
            ("dragon", 1, 1, 0),
        ]
        assert queries(day="2026-03-01", no_results="true") == [("unicorn", 2, 2, 0), ("dragon", 1, 1, 0)]
        assert queries() == queries(day="2026-03-02") == [("heart", 1, 0, 0)]
        assert queries(day="2026-02-28") == []


def test_the_report_is_paged_and_for_admins() -> None:
    for query in ("a1", "b2", "c3"):
        search_for(query)
    page = kit.admin().get("/v1/admin/search/queries?limit=2").ok(200)
    rest = kit.admin().get(f"/v1/admin/search/queries?limit=2&cursor={page['next_cursor']}").ok(200)
    assert sorted(q["query"] for q in page["data"] + rest["data"]) == ["a1", "b2", "c3"]
    assert rest["has_more"] is False
    for other in (kit.user(), kit.user("support-1", "support")):
        other.get("/v1/admin/search/queries").refused(403, "forbidden")
        other.post("/v1/admin/search/reindexes").refused(403, "forbidden")


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "2026-3-1x", ""])
def test_a_day_is_a_day(day: str) -> None:
    refused = kit.admin().get(f"/v1/admin/search/queries?day={day}").refused(400, "invalid_parameter")
    assert refused["errors"][0]["pointer"] == "?day"


def test_a_query_moves_on_though_many_ask_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real, rivals = QUERIES.table.increment, [1]

    def increment(*args: Any, **kwargs: Any) -> Any:
        counted = real(*args, **kwargs)
        if rivals:
            rivals.pop()
            history.count("heart", 1)
        return counted

    monkeypatch.setattr(QUERIES.table, "increment", increment)
    history.count("heart", 1)
    assert queries() == [("heart", 2, 0, 0)]
    for _ in range(110):
        history.count("heart", 1)
    history.count("lantern", 1)
    assert queries() == [("heart", 112, 0, 0), ("lantern", 1, 0, 0)]


def test_a_search_that_cannot_be_remembered_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    a_product("HEART ONE")
    carry()
    monkeypatch.setattr(history, "remember", lambda *_: (_ for _ in ()).throw(Transient()))
    assert search_for("heart")["total"] == 1


def test_of_a_deleted_user_nothing_is_left_and_nothing_more_is_kept() -> None:
    """B75."""
    ann = kit.user("ann")
    for number in range(3):
        search_for(f"heart {number}", ann)
    search_for("lantern", kit.user("bob"))
    deleted("ann")
    deleted("ann")
    assert searches(ann) == []
    search_for("heart", ann)
    click(ann, "heart", "p-1").ok(202)
    assert searches(ann) == []
    assert len(searches(kit.user("bob"))) == 1
    rows = [row for row in items("test-search", "SH#") if row["SK"]["S"] != "ERASED"]
    assert {row.get("user_id", {}).get("S") for row in rows} == {"bob"}


def test_a_forged_token_searches_as_a_guest() -> None:
    assert kit.anyone().get("/v1/search/products?q=heart", authorization="Bearer forged").ok(200)["total"] == 0
    assert not [row for row in items("test-search", "SH#") if "user_id" in row]
