"""What people look for in a gift shop, and what they are to find (B183; AP66): by stem, with typos, best first.

TRADEWIND_CATALOG may name a CSV file with a column Description: then the same is expected of those goods.
"""

import csv
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from search.engine import spelling, writing
from search.engine.reading import Reader
from search.model.asking import Search
from search.model.document import SearchDocument
from search.model.index import IndexSnapshot
from shop.clock import now
from shop.errors import Refusal

pytestmark = pytest.mark.usefixtures("opened")

GOODS = (Path(__file__).parent / "gifts.txt").read_text().splitlines()
REAL = os.environ.get("TRADEWIND_CATALOG")

Find = Callable[[str], list[str]]


def _goods(which: str) -> list[str]:
    if which == "ours":
        return GOODS
    assert REAL
    with Path(REAL).open(newline="") as file:
        return sorted({row["Description"].strip() for row in csv.DictReader(file) if row["Description"].strip()})


@cache
def reader(which: str) -> tuple[Reader, dict[str, str]]:
    """An index of these goods, and their names by id."""
    named = {f"p{number}": name for number, name in enumerate(_goods(which))}
    documents = {
        product_id: SearchDocument(product_id=product_id, name=name, status="active", is_visible=True, currency="GBP")
        for product_id, name in named.items()
    }
    built = writing.build(None, documents)
    assert built
    return Reader(IndexSnapshot(s3_key=built.s3_key, documents=built.documents, built_at=now())), named


@pytest.fixture(params=["ours", pytest.param("real", marks=pytest.mark.skipif(not REAL, reason="no file is named"))])
def find(request: pytest.FixtureRequest) -> Find:
    opened, named = reader(request.param)
    return lambda q: [named[i] for i in opened.search(Search(q=q), 0, 1000).product_ids]


def said(name: str) -> str:
    """A name as it sounds: hearts are a heart."""
    return f" {name.upper().replace('-', ' ')} ".replace("S ", " ")


@pytest.mark.parametrize(
    ("query", "first", "wanted"),
    [
        ("hanging heart", 2, ["HANGING", "HEART"]),
        ("t-light holder", 4, ["T LIGHT", "HOLDER"]),
        ("T Light HOLDERS", 4, ["T LIGHT", "HOLDER"]),
        ("lunch bags", 3, ["LUNCH", "BAG"]),
        ("red retrospot tea cup", 1, ["RED", "RETROSPOT", "CUP"]),
        ("retrospot red", 4, ["RED", "RETROSPOT"]),
        ("lanterns", 4, ["LANTERN"]),
        ("hart", 6, ["HEART"]),
        ("hanging hart", 2, ["HANGING", "HEART"]),
        ("hangng heart", 2, ["HANGING", "HEART"]),
        ("lantren", 4, ["LANTERN"]),
        ("alarm clok", 2, ["ALARM", "CLOCK"]),
        ("lunhc bag", 3, ["LUNCH", "BAG"]),
    ],
)
def test_the_best_are_what_was_looked_for(find: Find, query: str, first: int, wanted: list[str]) -> None:
    best = find(query)[:first]
    assert len(best) == first
    for name in best:
        assert all(word in said(name) for word in wanted), (query, best)


def test_all_words_come_before_most_of_them(find: Find) -> None:
    found = find("hanging heart t-light holder")
    whole = [{"HANGING", "HEART", "HOLDER"} <= set(said(name).split()) for name in found]
    assert whole[0]
    assert whole == sorted(whole, reverse=True)


def test_words_that_stand_together_come_before_words_apart(find: Find) -> None:
    found = find("hanging heart")
    together = ["HANGING HEART" in said(name) for name in found]
    assert together[0]
    assert not all(together)
    assert together.index(False) > 0


def test_what_matches_exactly_hides_what_only_looks_alike() -> None:
    opened, named = reader("ours")
    for query, only in (("hat", {"HAT STAND IVORY", "STRAW HAT WITH RIBBON"}), ("cart", {"CART WITH WOODEN BLOCKS"})):
        assert {named[i] for i in opened.search(Search(q=query), 0, 10).product_ids} == only


def test_order_and_capitals_and_stop_words_make_no_difference(find: Find) -> None:
    assert sorted(find("the HEART for hanging")) == sorted(find("hanging heart"))


def test_nothing_is_found_for_what_nobody_sells(find: Find) -> None:
    assert find("xyzzy") == find("the") == find("!!") == find("qq zz") == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("creme brulee", "CRÈME BRÛLÉE DISHES SET OF 2"),
        ("Café", "CAFÉ AU LAIT BOWL BLUE"),
        ("cafe", "CAFÉ AU LAIT BOWL BLUE"),
        ("décoration ANGEL", "CHRISTMAS TREE DECORATION ANGEL"),
        ("decorated trees angels", "CHRISTMAS TREE DECORATION ANGEL"),
        ("wickr hart larg", "WICKER HEART WREATH LARGE"),
        ("apron for children", "CHILDREN'S APRON LITTLE BAKER"),
        ("map of world", "JIGSAW MAP OF THE WORLD"),
    ],
)
def test_accents_endings_and_slips_are_forgiven(query: str, name: str) -> None:
    opened, named = reader("ours")
    found = opened.search(Search(q=query), 0, 10).product_ids
    assert named[found[0]] == name


@pytest.mark.parametrize(
    ("prefix", "first"),
    [
        ("lun", "LUNCH B"),
        ("LUNCH B", "LUNCH B"),
        ("lunch  bag d", "LUNCH BAG DAISY CHAIN"),
        ("retr", "RED RETROSPOT TEA CUP"),
        ("t-l", "ZINC STAR T-LIGHT"),
        ("creme br", "CRÈME BRÛLÉE"),
        ("Café", "CAFÉ"),
    ],
)
def test_names_go_on_as_somebody_has_begun(prefix: str, first: str) -> None:
    opened, _ = reader("ours")
    names = opened.suggest(prefix)
    assert names[0].startswith(first), names
    assert len(names) == len(set(names)) <= 10


def test_what_a_name_begins_with_comes_before_what_is_in_it() -> None:
    opened, _ = reader("ours")
    names = opened.suggest("heart")
    begins = [name.startswith("HEART") for name in names]
    assert begins == sorted(begins, reverse=True)
    assert True in begins
    assert False in begins


@pytest.mark.parametrize("prefix", ["zzz", ".*.*", "(((", "---", "qu\\"])
def test_no_name_goes_on_like_that(prefix: str) -> None:
    opened, _ = reader("ours")
    assert opened.suggest(prefix) == []


def test_of_words_that_look_alike_the_commonest_is_meant() -> None:
    known = {"heart": 100, "hat": 2, "cart": 1, "hard": 30}
    assert spelling.meant("hart", lambda word: known.get(word, 0)) == ["heart", "hard", "hat"]
    assert spelling.meant("hrt", lambda word: 1) == []


@pytest.mark.parametrize("text", ["x" * 200, "a " * 100, "\x00\x1f", "🎁", '"AND" OR (', "name:heart^9 *"])
def test_any_text_can_be_looked_for(text: str) -> None:
    opened, _ = reader("ours")
    assert opened.search(Search(q=text), 0, 10).total >= 0


def test_a_query_that_is_too_long_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        _ = Search(q="x" * 201).words
    assert (refused.value.status, refused.value.code) == (422, "query_too_long")
