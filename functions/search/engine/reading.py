"""Asking the index: words to a query, a query to products, and what was found counted."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from search.engine import folders, spelling
from search.engine.schema import FACETS, FLAGS, SEPARATOR, TEXT, hundredths, key, register, schema, stems, words
from search.model.asking import CategoryCount, Count, Facets, PriceRange, RatingCount, Search
from search.model.index import IndexSnapshot
from search.store import files

if TYPE_CHECKING:
    from tantivy import Query, Searcher

COUNTED = 20  # of each facet, the commonest
SUGGESTED = 10
ALL_BUT = 0.75  # of three words and more so many must be found
NEIGHBOUR = 0.5  # what a neighbour of a word counts
SLOP = 1  # words that stand together may have one between them
STARS = [{"from": 100.0 * n, **({"to": 100.0 * (n + 1)} if n < 4 else {})} for n in range(1, 5)]
# What is counted of everything that is found.
WANTED: dict[str, Any] = {
    **{field: {"terms": {"field": field, "size": COUNTED}} for field in (*FACETS, *FLAGS)},
    "price": {"stats": {"field": "price"}},
    "rating": {"range": {"field": "rating", "ranges": STARS}},
}
# What results are ordered by, and whether upwards; relevance is the engine's own.
ORDERS = {
    "price": ("price", True),
    "-price": ("price", False),
    "newest": ("published", False),
    "rating": ("rank", False),
    "name": ("title_key", True),
}


@dataclass(frozen=True)
class Found:
    """Some hits of a search, how many there are in all, and what they come to."""

    product_ids: list[str]
    total: int
    facets: Facets


class Reader:
    """One snapshot, open."""

    def __init__(self, snapshot: IndexSnapshot) -> None:
        from tantivy import Index

        self.s3_key = snapshot.s3_key
        manifest = files.manifest(snapshot.s3_key)
        folder = folders.laid_out(manifest)
        try:
            index = Index.open(str(folder))
            register(index)
            index.config_reader("manual")
            index.reload()
            self.searcher: Searcher = index.searcher()
            folders.keep(folder, manifest)
        finally:
            folders.drop(folder)  # the searcher holds the files themselves

    def search(self, asked: Search, offset: int, limit: int) -> Found:
        """What a search finds; when its words find nothing, what their neighbours do, and then some of them."""
        filters = _filters(asked)
        for query in self._queries(asked.words):
            whole = _all([query, *filters]) if query else _all(filters)
            sort = asked.sort if query or asked.sort != "relevance" else "newest"
            hits, total = self._hits(whole, sort, offset, limit)
            if total:
                return Found(hits, total, self._facets(whole))
        return Found([], 0, Facets())

    def suggest(self, prefix: str) -> list[str]:
        """Names with words that begin so: those that begin so themselves come first, then the shorter ones."""
        from tantivy import Query

        *whole, last = words().analyze(prefix) or [""]
        if not last:
            return []
        known = [Query.term_query(schema(), "words", word, "basic") for word in whole]
        begun = Query.regex_query(schema(), "words", f"{re.escape(last)}.*")
        start = " ".join([*whole, last])
        first = Query.regex_query(schema(), "title_key", f"{re.escape(start)}.*")
        named: list[str] = []
        for query in (first, _all([*known, begun])):
            found = self.searcher.search(query, SUGGESTED * 5, count=False).hits
            titles = {str(self.searcher.doc(address)["title"][0]) for _, address in found}
            named += sorted(titles - set(named), key=lambda title: (len(title), title))
        return named[:SUGGESTED]

    def _queries(self, text: str) -> "list[Query | None]":
        """How to look for a text, each way tried when the ones before find nothing."""
        if not text:
            return [None]
        written = words().analyze(text)
        exact = [[(stem, 1.0) for stem in stems().analyze(word)] for word in written]
        exact = [stem for stem in exact if stem]
        if not exact:
            return []
        near = [alike for word in written if (alike := self._alike(word))]
        least = len(exact) if len(exact) < 3 else math.ceil(len(exact) * ALL_BUT)
        queries: list[Query | None] = [_together(_words(exact, least), [stem[0][0] for stem in exact])]
        if near != exact:
            queries.append(_words(near, min(least, len(near))))
        if len(near) > 1:
            queries.append(_words(near, 1))
        return queries

    def _alike(self, word: str) -> list[tuple[str, float]]:
        """The stem of a word, or, when no product has the word, of those it may have been meant for."""
        stem = [(stem, 1.0) for stem in stems().analyze(word)]
        if not stem or any(self.searcher.doc_freq(field, stem[0][0]) for field in TEXT):
            return stem
        meant = spelling.meant(word, lambda near: self.searcher.doc_freq("words", near))
        return [(s, NEIGHBOUR**n) for n, near in enumerate(meant, 1) for s in stems().analyze(near)] or stem

    def _hits(self, query: "Query", sort: str, offset: int, limit: int) -> tuple[list[str], int]:
        from tantivy import Order

        field, upwards = ORDERS.get(sort, (None, False))
        order = Order.Asc if upwards else Order.Desc
        found = self.searcher.search(query, limit, offset=offset, order_by_field=field, order=order)
        doc = self.searcher.doc
        return [doc(address)["product_id"][0] for _, address in found.hits], found.count  # type: ignore[attr-defined]

    def _facets(self, query: "Query") -> Facets:
        return _read(self.searcher.aggregate(query, WANTED))


def _words(alternatives: Sequence[Sequence[tuple[str, float]]], least: int) -> "Query":
    """At least so many of these words, each in any field and as any of its alternatives."""
    from tantivy import Occur, Query

    each = [(Occur.Should, _any([_term(stem, weight) for stem, weight in words])) for words in alternatives]
    return each[0][1] if len(each) == 1 else Query.boolean_query(each, least)


def _together(query: "Query", stems: Sequence[str]) -> "Query":
    """The same query; names in which its words stand together come first."""
    from tantivy import Occur, Query

    if len(stems) == 1:
        return query
    phrase = Query.boost_query(Query.phrase_query(schema(), "name", list(stems), SLOP), TEXT["name"])
    return Query.boolean_query([(Occur.Must, query), (Occur.Should, phrase)])


def _term(stem: str, weight: float) -> "Query":
    """One stem in the field where it counts most."""
    from tantivy import Query

    fields = [
        Query.boost_query(Query.term_query(schema(), field, stem, "freq"), boost * weight)
        for field, boost in TEXT.items()
    ]
    return Query.disjunction_max_query(fields, 0.1)


def _any(queries: "Sequence[Query]") -> "Query":
    from tantivy import Query

    return queries[0] if len(queries) == 1 else Query.disjunction_max_query(queries)


def _all(queries: "Sequence[Query]") -> "Query":
    from tantivy import Occur, Query

    if not queries:
        return Query.all_query()
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, query) for query in queries])


def _filters(asked: Search) -> "list[Query]":
    from tantivy import FieldType, Query

    def between(field: str, low: int | None, high: int | None) -> "Query":
        return Query.const_score_query(Query.range_query(schema(), field, FieldType.Unsigned, low, high), 0.0)

    keys = {
        "category_key": asked.category,
        "subcategory_key": asked.subcategory,
        "brand_key": asked.brand,
        "tag_key": asked.tag,
    }
    flags = {"featured": asked.featured, "on_sale": asked.on_sale, "in_stock": asked.in_stock}
    whole = {field: key(value) for field, value in keys.items() if value is not None}
    exact = {**whole, **{field: value for field, value in flags.items() if value is not None}}
    wanted = [
        Query.const_score_query(Query.term_query(schema(), field, value, "basic"), 0.0)
        for field, value in exact.items()
    ]
    if asked.min_price is not None or asked.max_price is not None:
        wanted.append(between("price", asked.min_price, asked.max_price))
    if asked.min_rating is not None:
        wanted.append(between("rating", hundredths(asked.min_rating), None))
    return wanted


def _read(told: dict[str, Any]) -> Facets:
    """The engine's counts in our words."""
    flags = {flag: sum(int(b["doc_count"]) for b in told[flag]["buckets"] if b["key"] == 1) for flag in FLAGS}
    stars = [int(bucket["doc_count"]) for bucket in told["rating"]["buckets"] if "from" in bucket]
    price = told["price"]
    return Facets(
        categories=[_category(b) for b in told["category_facet"]["buckets"]],
        brands=[Count(name=b["key"], count=b["doc_count"]) for b in told["brand_facet"]["buckets"]],
        tags=[Count(name=b["key"], count=b["doc_count"]) for b in told["tag_facet"]["buckets"]],
        ratings=[RatingCount(min_rating=n, count=sum(stars[n - 1 :])) for n in range(4, 0, -1)],
        price=PriceRange(min=_minor(price["min"]), max=_minor(price["max"])),
        **flags,
    )


def _category(bucket: dict[str, Any]) -> CategoryCount:
    category_id, slug, name = bucket["key"].split(SEPARATOR)
    return CategoryCount(id=category_id, slug=slug, name=name, count=bucket["doc_count"])


def _minor(amount: float | None) -> int | None:
    return None if amount is None else round(amount)
