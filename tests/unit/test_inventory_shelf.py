"""Where a line is taken from, and how a hot unit is spread: the arithmetic of it (B104)."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from inventory.model.buckets import SPLITS_MAX, evened, shares
from inventory.model.shelf import Place, Shelf
from inventory.model.stock import StockLevel
from inventory.model.unit import Line, Unit
from inventory.model.warehouse import Warehouse

MUG = Unit("mug", None)
QUANTITIES = st.integers(0, 40)
PLACES = st.lists(st.lists(QUANTITIES, min_size=1, max_size=SPLITS_MAX), min_size=1, max_size=4)


def shelf(*places: Sequence[int], whole: bool = True) -> Shelf:
    """Warehouses 0, 1, ... by priority, with so many free in each bucket."""
    warehouses = [Warehouse(warehouse_id=str(n), code=str(n), name=str(n), priority=n) for n in range(len(places))]
    levels = [
        [
            StockLevel(
                inventory_id="i", product_id="mug", warehouse_id=str(n), bucket=bucket, quantity=q, available_quantity=q
            )
            for bucket, q in enumerate(buckets)
        ]
        for n, buckets in enumerate(places)
    ]
    return Shelf(warehouses, {(MUG, str(n)): Place(found, whole) for n, found in enumerate(levels)})


def taken(found: Shelf, quantity: int) -> list[tuple[str, int, int]]:
    return [
        (level.warehouse_id, level.bucket, part)
        for level, part in found.allocate(Line(product_id="mug", quantity=quantity))
    ]


def test_a_line_comes_whole_from_the_first_warehouse_that_has_it() -> None:
    assert taken(shelf([3], [9], [9]), 5) == [("1", 0, 5)]
    assert taken(shelf([1, 3, 2], [9]), 5) == [("0", 1, 3), ("0", 2, 2)]
    assert taken(shelf([3], [4]), 5) == [("0", 0, 3), ("1", 0, 2)]
    assert taken(shelf([1, 5], [9]), 5) == [("0", 1, 5)]


def test_a_glance_decides_only_what_no_better_warehouse_could() -> None:
    line = Line(product_id="mug", quantity=5)
    assert shelf([5], [0], whole=False).decides(line)
    assert not shelf([4], [9], whole=False).decides(line)
    assert shelf([4], [9]).decides(line)
    assert shelf([1], [1]).decides(line)


@given(PLACES, st.integers(1, 200))
def test_what_is_taken_is_there_and_is_what_was_wanted(places: list[list[int]], quantity: int) -> None:
    found = shelf(*places)
    parts = taken(found, quantity)
    assert len({(place, bucket) for place, bucket, _ in parts}) == len(parts)
    assert all(0 < part <= places[int(place)][bucket] for place, bucket, part in parts)
    assert sum(part for _, _, part in parts) == min(quantity, sum(map(sum, places)))
    if any(sum(buckets) >= quantity for buckets in places):
        assert len({place for place, _, _ in parts}) == 1


@given(st.integers(1, 10_000), st.integers(1, SPLITS_MAX))
def test_shares_differ_by_one_at_most_and_are_all_of_it(quantity: int, splits: int) -> None:
    parts = shares(quantity, splits)
    assert sum(parts.values()) == quantity
    assert max(parts.values()) - min(parts.values()) <= 1
    assert set(parts) == set(range(min(quantity, splits)))


@given(st.lists(QUANTITIES, min_size=1, max_size=SPLITS_MAX), st.integers(1, SPLITS_MAX))
def test_evening_out_loses_nothing_and_is_done_after_one_go(free: list[int], splits: int) -> None:
    before = dict(enumerate(free))
    changes = evened(before, splits)
    after = {bucket: there + changes.get(bucket, 0) for bucket, there in before.items()}
    assert sum(after.values()) == sum(free)
    assert min(after.values()) >= 0
    assert evened(after, splits) == {}
    if splits <= len(free):
        assert not any(there for bucket, there in after.items() if bucket >= splits)
        assert min(after[bucket] for bucket in range(splits)) > 0 or max(after.values()) <= 1
