"""The index: a copy that is never wrong for long (SRCH-02; B184), and made anew while it is read (R279; B188)."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import time_machine

from catalog.logic import browsing
from search import app as search
from search.engine import folders
from search.logic import indexing, rebuilding
from search.logic.searching import shelf
from search.store import files, snapshots, table
from shop import clock
from shop.errors import Transient
from shop.table import Key
from tests import kit
from tests.database import items
from tests.service.search_kit import Json, a_product, batch, carry, names

pytestmark = pytest.mark.usefixtures("shop")

REINDEX = "/v1/admin/search/reindexes"


def told() -> list[tuple[str, Json]]:
    """What the catalog has told of new and changed products."""
    return [one for one in kit.pending("catalog") if one[0] in ("product.created", "product.updated")]


def rivals(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, *deeds: Callable[[], object]) -> None:
    """Let somebody else do something just before each of the first calls of a function."""
    real, waiting = getattr(where, name), list(deeds)

    def call(*args: Any, **kwargs: Any) -> Any:
        if waiting:
            waiting.pop(0)()
        return real(*args, **kwargs)

    monkeypatch.setattr(where, name, call)


def no_index() -> None:
    """Lose everything search keeps in its table."""
    table.delete_all(Key(row["PK"]["S"], row["SK"]["S"]) for row in items("test-search", ""))
    shelf.forget()


def rebuild() -> Json:
    """Ask for a new index."""
    started: Json = kit.admin().post(REINDEX).ok(202)
    return started


def test_two_writers_at_once_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    a_product("HEART ONE")
    a_product("HEART TWO")
    one, two = told()
    rivals(monkeypatch, snapshots, "add", lambda: batch(two))
    assert batch(one) == {"batchItemFailures": []}
    assert sorted(names("heart")) == ["HEART ONE", "HEART TWO"]


def test_a_writer_that_was_overtaken_by_newer_news_does_not_bring_back_the_old(monkeypatch: pytest.MonkeyPatch) -> None:
    made = a_product("HEART ONE")
    created = told()
    path = f"/v1/products/{made['product_id']}"
    kit.admin().patch(path, {"name": "HEART TWO"}, if_match=kit.admin().get(path).etag).ok(200)
    rivals(monkeypatch, snapshots, "add", lambda: batch(*told()))
    batch(*created)
    assert names("heart") == ["HEART TWO"]


def test_a_crash_between_upload_and_pointer_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    a_product("HEART ONE")
    carry()
    a_product("HEART TWO")
    news = told()
    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "add", lambda *_: (_ for _ in ()).throw(MemoryError("cut off")))
        failed = batch(*news)
    assert failed == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert names("heart") == ["HEART ONE"]
    assert batch(*news) == {"batchItemFailures": []}
    assert sorted(names("heart")) == ["HEART ONE", "HEART TWO"]


def test_what_is_written_but_not_indexed_is_indexed_when_it_comes_again_in_another_process() -> None:
    a_product("HEART ONE")
    news = told()
    kit.deliver()
    indexing.changed.clear()  # the process is gone
    assert names("heart") == []
    batch(*news)
    assert names("heart") == ["HEART ONE"]


def test_hearing_again_makes_no_new_snapshot() -> None:
    a_product("HEART ONE")
    news = told()
    batch(*news)
    before = snapshots.newest("SNAPSHOT")
    batch(*news, *news)
    assert snapshots.newest("SNAPSHOT") == before


def test_one_event_that_cannot_be_heard_does_not_hold_up_the_others() -> None:
    a_product("HEART ONE")
    (good,) = told()
    type_, detail = good
    bad = (type_, {**detail, "id": "bad", "data": {"product_id": "x"}})
    assert batch(bad, good) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert names("heart") == ["HEART ONE"]


def test_while_the_catalog_is_away_a_new_product_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    a_product("HEART ONE")
    news = told()
    with monkeypatch.context() as patch:
        patch.setattr(browsing, "read", lambda _: (_ for _ in ()).throw(Transient()))
        assert batch(*news)["batchItemFailures"]
    assert batch(*news) == {"batchItemFailures": []}
    assert names("heart") == ["HEART ONE"]


def test_a_reader_looks_for_a_new_snapshot_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.logic.searching.GLANCE", 1000.0)
    a_product("HEART ONE")
    carry()
    assert names("heart") == ["HEART ONE"]
    a_product("HEART TWO")
    kit.deliver()
    search.events({"Records": []}, None)
    looked: list[str] = []
    rivals(monkeypatch, snapshots, "newest", lambda: looked.append("once"))
    assert names("heart") == ["HEART ONE"]
    assert looked == []
    monkeypatch.setattr(shelf, "_looked", shelf._looked - 1001)
    assert len(names("heart")) == 2
    assert looked == ["once"]


def test_a_snapshot_that_cannot_be_read_leaves_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    a_product("HEART ONE")
    carry()
    assert names("heart") == ["HEART ONE"]
    newest = snapshots.newest("SNAPSHOT")
    assert newest
    snapshots.add(newest.but(version=newest.version + 1, s3_key="index/nowhere/manifest.json"))
    monkeypatch.setattr(shelf, "_looked", float("-inf"))
    assert names("heart") == ["HEART ONE"]


def test_only_what_is_new_is_uploaded(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        a_product(f"HEART {number}")
    carry()
    sent: list[str] = []
    real = files.upload

    def upload(these: Mapping[str, Path]) -> None:
        sent.extend(these)
        real(these)

    monkeypatch.setattr(files, "upload", upload)
    a_product("LANTERN")
    carry()
    newest = snapshots.newest("SNAPSHOT")
    assert newest
    named = set(files.manifest(newest.s3_key).files.values())
    assert set(sent) < named
    assert newest.documents == 6


def test_many_small_changes_end_in_few_files() -> None:
    for number in range(24):
        a_product(f"HEART {number}")
        carry()
    newest = snapshots.newest("SNAPSHOT")
    assert newest
    segments = {name.partition(".")[0] for name in files.manifest(newest.s3_key).files} - {"meta"}
    assert len(segments) < 12
    assert len(names("heart", limit=100)) == 24


def test_old_snapshots_and_their_files_are_removed_and_the_newest_stays() -> None:
    now = clock.epoch(clock.now())
    with time_machine.travel(now, tick=False) as moved:
        for number in range(3):
            a_product(f"HEART {number}")
            carry()
        every = snapshots.every("SNAPSHOT")
        search.jobs({"job": "remove_old_snapshots"}, None)
        assert snapshots.every("SNAPSHOT") == every
        moved.shift(2 * 3600)
        a_product("HEART 3")
        carry()
        search.jobs({"job": "remove_old_snapshots"}, None)
        assert [s.version for s in snapshots.every("SNAPSHOT")] == [3, 4]
        moved.shift(600)
        search.jobs({"job": "remove_old_snapshots"}, None)
        (last,) = snapshots.every("SNAPSHOT")
        shelf.forget()
        assert len(names("heart")) == 4
        moved.shift(3 * 3600)
        search.jobs({"job": "remove_old_snapshots"}, None)
        left = set(files.older_than(clock.after(3600)))
        assert left == {last.s3_key, *files.manifest(last.s3_key).files.values()}
        shelf.forget()
        assert len(names("heart")) == 4


def test_the_index_is_made_anew_from_the_catalog() -> None:
    goods = [a_product(f"HEART {number}") for number in range(4)]
    a_product("HEART DRAFT", status="draft")
    carry()
    no_index()
    assert names("heart") == []
    started = rebuild()
    assert (started["status"], started["step"]) == ("running", 0)
    carry()
    assert sorted(names("heart")) == sorted(product["name"] for product in goods)


def test_a_shop_without_products_can_be_indexed_too() -> None:
    rebuild()
    carry()
    assert names() == []
    newest = snapshots.newest("SNAPSHOT")
    assert newest
    assert newest.documents == 0


def test_search_goes_on_while_the_index_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "AT_ONCE", 1)
    monkeypatch.setattr(rebuilding, "AT_ONCE", 1)
    for number in range(3):
        a_product(f"HEART {number}")
    carry()
    found: list[int] = []
    rebuild()
    while kit.pending("search"):
        ((type_, detail),) = [one for one in kit.pending("search") if one[0] == "index.rebuild_advanced"]
        kit.deliver("search", to=lambda _: False)
        shelf.forget()
        found.append(len(names("heart", sort="price", limit=50)))
        kit.deliver("search", to=lambda _: False)
        batch((type_, detail))
    assert found == [3] * len(found)
    assert len(found) >= 3
    assert len(names("heart")) == 3


def test_what_changes_meanwhile_is_in_both(monkeypatch: pytest.MonkeyPatch) -> None:
    goods = [a_product(f"HEART {number}") for number in range(3)]
    carry()
    ids = sorted(product["product_id"] for product in goods)

    def sell_out() -> None:
        path = f"/v1/products/{ids[0]}"
        kit.admin().delete(path, if_match=kit.admin().get(path).etag).ok(204)
        a_product("HEART NEW")
        batch(*told())
        shelf.forget()
        assert len(names("heart")) == 3

    rebuild()
    rivals(monkeypatch, snapshots, "finish", sell_out)
    carry()
    gone = next(product["name"] for product in goods if product["product_id"] == ids[0])
    assert sorted(names("heart")) == sorted({*(p["name"] for p in goods), "HEART NEW"} - {gone})


def test_a_writer_that_comes_too_late_for_the_new_index_finds_it_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    a_product("HEART ONE")
    carry()
    rebuild()
    ((_, step),) = kit.pending("search")
    a_product("HEART TWO")
    rivals(monkeypatch, snapshots, "add", lambda: batch(("index.rebuild_advanced", step)))
    assert batch(*told()) == {"batchItemFailures": []}
    assert sorted(names("heart")) == ["HEART ONE", "HEART TWO"]


def test_a_rebuild_that_was_cut_off_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "AT_ONCE", 1)
    monkeypatch.setattr(rebuilding, "AT_ONCE", 1)
    for number in range(4):
        a_product(f"HEART {number}")
    carry()
    no_index()
    started = rebuild()
    ((type_, detail),) = kit.pending("search")
    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "advance", lambda *_: (_ for _ in ()).throw(MemoryError("cut off")))
        assert batch((type_, detail))["batchItemFailures"]
    kit.deliver("search", to=lambda _: False)  # and its event is lost
    again = rebuild()
    assert (again["rebuild_id"], again["status"]) == (started["rebuild_id"], "running")
    carry(times=2)
    assert len(names("heart")) == 4


def test_steps_that_are_late_or_doubled_change_nothing() -> None:
    a_product("HEART ONE")
    carry()
    rebuild()
    ((type_, detail),) = kit.pending("search")
    batch((type_, detail))
    newest = snapshots.newest("SNAPSHOT")
    batch((type_, detail), (type_, {**detail, "id": "another"}))
    assert snapshots.newest("SNAPSHOT") == newest


def test_the_same_request_for_a_new_index_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    first = kit.admin().post(REINDEX, idempotency_key="once").ok(202)
    carry()
    again = kit.admin().post(REINDEX, idempotency_key="once")
    assert again.ok(202)["rebuild_id"] == first["rebuild_id"]
    assert not kit.pending("search")
    assert kit.admin().post(REINDEX).ok(202)["rebuild_id"] != first["rebuild_id"]


def test_two_who_ask_at_once_get_one_rebuild(monkeypatch: pytest.MonkeyPatch) -> None:
    first: list[Json] = []
    rivals(monkeypatch, snapshots, "begin", lambda: first.append(rebuild()))
    assert rebuild()["rebuild_id"] == first[0]["rebuild_id"]


def test_an_index_that_cannot_be_read_any_more_is_replaced() -> None:
    a_product("HEART ONE")
    carry()
    newest = snapshots.newest("SNAPSHOT")
    assert newest
    files.delete(list(files.manifest(newest.s3_key).files.values()))
    folders._root.cache_clear()
    rebuild()
    carry()
    assert names("heart") == ["HEART ONE"]


def test_products_are_read_piece_by_piece_and_none_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "AT_ONCE", 2)
    made = {a_product(f"HEART {n}", status="active" if n % 2 else "draft")["product_id"] for n in range(9)}
    seen: list[str] = []
    answer = kit.perform("catalog", "read_products")
    while True:
        seen += [product["product_id"] for product in answer["products"]]
        if answer["next"] is None:
            break
        answer = kit.perform("catalog", "read_products", after=answer["next"])
    assert sorted(seen) == sorted(made)


def test_products_are_read_by_name_too() -> None:
    made = a_product("HEART ONE")
    answer = kit.perform("catalog", "read_products", product_ids=[made["product_id"], "nothing", "no id at all"])
    (product,) = answer["products"]
    assert (product["product_id"], product["version"], answer["next"]) == (made["product_id"], made["version"], None)


def test_the_engine_is_loaded_only_when_it_is_needed() -> None:
    code = "import sys, search.app; sys.exit('tantivy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
