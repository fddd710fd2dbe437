"""A hot item sells the faster the more it is split: `python -m tests.bench hot_item` in short (B95, B104)."""

import random

import pytest

from tests.bench import hot_item

pytestmark = pytest.mark.usefixtures("shop")


def test_reservations_a_second_grow_with_the_number_of_splits() -> None:
    random.seed(3)  # by which a reservation begins at one bucket or another
    one, three = hot_item.measure((1, 3), samples=24, seconds=1)
    assert 450 <= one.reservations_per_second <= 550  # a row takes 1,000 units a second; a transaction costs it two
    assert three.reservations_per_second >= 2.8 * one.reservations_per_second
    assert three.sales_per_second >= 2.8 * one.sales_per_second
