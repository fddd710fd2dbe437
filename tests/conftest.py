"""Fixtures every test may ask for."""

from collections.abc import Iterator

import pytest

from tests import kit


@pytest.fixture(scope="session")
def opened() -> Iterator[None]:
    """The shop in this process, its tables made once."""
    with kit.shop():
        yield


@pytest.fixture
def shop(opened: None) -> None:
    """An empty shop in this process."""
    kit.empty()
