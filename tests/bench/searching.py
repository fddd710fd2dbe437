"""Searching many products: `python -m tests.bench searching`; with `PRODUCTS=10000` before it, a shorter look.

The engine itself is the measure: the same words through its own query parser, in the same fields with the same weights,
for the same number of hits and the same counts of facets. What we add is what is asked: most words instead of any,
words that stand together first, spelling forgiven, filters. A change is timed from its event to a search that finds it.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from search.engine import folders, reading, writing
from search.engine.reading import Reader
from search.engine.schema import TEXT, register
from search.logic import searching
from search.model.asking import Search
from search.model.document import Brand, Heading, SearchDocument
from search.model.index import SERVING, IndexSnapshot
from search.store import files, snapshots
from shop import clock
from shop.money import Money
from tests import kit
from tests.bench.rows import Row, Tell
from tests.service.search_kit import a_product, batch

PRODUCTS = 100_000
HITS = searching.BLOCK
TURNS = 40
WAITING = 1.0 + 1.0 + searching.GLANCE  # seconds: the relay's batch window, the queue's, and how often a reader looks
WORDS = (
    "white red blue green pink ivory black silver gold natural|hanging standing folding woven knitted painted"
    "|heart star moon bird flower cat rose cherry strawberry spotty"
    "|glass wooden metal paper cotton ceramic enamel wicker"
    "|lantern holder cup bag box clock sign tray cushion candle bowl mug basket frame bunting doorstop"
)
QUERIES = {
    "one word": "lantern",
    "two words": "red lantern",
    "four words": "hanging heart glass lantern",
    "a word misspelt": "hanging lantren",
}


def rows(tell: Tell) -> Iterator[Row]:
    """The rows of the table."""
    count = int(os.environ.get("PRODUCTS", PRODUCTS))
    with kit.shop():
        tell(f"indexing {count:,} products")
        reader, bare = _indexed(dict(_product(n) for n in range(count)))
        for name, words in QUERIES.items():
            tell(name)
            spelt = words.replace("lantren", "lantern")  # the engine's parser would find nothing
            ours = _cpu(lambda words=words: reader.search(Search(q=words), 0, HITS))  # type: ignore[misc]
            engine = _cpu(lambda spelt=spelt: bare(spelt))  # type: ignore[misc]
            hits = _cpu(lambda spelt=spelt: bare(spelt, counted=False))  # type: ignore[misc]
            note = f"{ours * 1000:.1f} ms over {engine * 1000:.1f}, {hits * 1000:.1f} of them without facets"
            yield Row(f"search: CPU of {name} over the bare engine", ours / engine, "x", 2.0, note=note)
        tell("a change")
        seconds = _change()
        yield Row("search: a change to being found", seconds + WAITING, "s", 5.0, note=f"{WAITING:.0f} s of it windows")


def _product(number: int) -> tuple[str, SearchDocument]:
    chance = random.Random(number)
    kinds = [chance.choice(words.split()) for words in WORDS.split("|")]
    name = " ".join(kinds).upper()
    category = Heading(id=f"c{number % 40}", slug=f"c-{number % 40}", name=f"{kinds[3]} {kinds[4]}s")
    product_id = f"p{number}"
    return product_id, SearchDocument(
        product_id=product_id,
        sku=product_id,
        name=name,
        price=Money(amount=chance.randint(100, 9900), currency="GBP"),
        currency="GBP",
        categories=[category],
        brand=Brand(name=f"Maker {chance.randint(1, 200)}"),
        tags=kinds[:2],
        description=f"A {' '.join(chance.sample(kinds, 4))} for the house. Number {number} of our collection.",
        status="active",
        is_visible=True,
        stock_status="in_stock",
        product_version=1,
    )


def _indexed(products: dict[str, SearchDocument]) -> tuple[Reader, Callable[..., Any]]:
    """An index of these, as it is searched here, and the engine asked directly."""
    from tantivy import Index

    built = writing.build(None, products)
    assert built
    snapshot = IndexSnapshot(
        line=SERVING, version=1, s3_key=built.s3_key, documents=len(products), built_at=clock.now()
    )
    snapshots.add(snapshot)
    reader = Reader(snapshot)
    index = Index.open(str(folders.laid_out(files.manifest(built.s3_key))))
    register(index)
    index.reload()
    searcher = index.searcher()

    def bare(words: str, counted: bool = True) -> Any:
        query = index.parse_query(words, list(TEXT), field_boosts=TEXT)
        hits = searcher.search(query, HITS).hits
        found = [searcher.doc(at)["product_id"][0] for _, at in hits]
        return found, searcher.aggregate(query, reading.WANTED) if counted else None

    return reader, bare


def _cpu(act: Callable[[], object]) -> float:
    """Seconds of CPU it takes when it is warm."""
    act()
    taken = []
    for _ in range(TURNS):
        started = time.process_time()
        act()
        taken.append(time.process_time() - started)
    return median(taken)


def _change() -> float:
    """Seconds from the event of a new product to a reader that finds it."""
    made = a_product("ZYZZYVA")
    told = [event for event in kit.pending("catalog") if event[0].startswith("product.")]
    started = time.perf_counter()
    assert batch(*told) == {"batchItemFailures": []}
    found = searching.shelf.reader()
    assert found
    assert found.search(Search(q="zyzzyva"), 0, HITS).product_ids == [made["product_id"]]
    return time.perf_counter() - started
