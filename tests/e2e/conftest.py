"""A shop of our own on a local cloud: deployed from the real template, seeded, with a catalog on its shelves."""

from collections.abc import Iterator

import pytest

from tests.kit import ROOT
from tools import local, seed
from tools.demo.shopper import Wish
from tools.demo.stories import Scene
from tools.demo.tally import Tally
from tools.importing.bring import Brought, bring, read
from tools.local import Stack

CATALOG = ROOT / "examples/catalog.csv"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The shop, open."""
    with local.cloud() as opened:
        yield opened


@pytest.fixture(scope="session")
def brought(stack: Stack) -> Brought:
    """The sample catalog, imported."""
    products, unusable = read(CATALOG, "USD")
    assert not unusable
    return bring(seed.admin(stack), products)


@pytest.fixture
def scene(stack: Stack, brought: Brought) -> Scene:
    """Where a story plays."""
    return Scene(stack, seed.admin(stack), [Wish(*unit, 1) for unit in brought.units.values()], Tally())
