"""Which services there are, and their apps: what the generators read."""

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from shop.api import Api, Door
from shop.table import Table

ROOT = Path(__file__).parents[1]


def services() -> list[str]:
    """Every service with doors, by name."""
    folders = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    return [name for name in folders if find_spec(f"{name}.app")]


def apps() -> Iterator[tuple[str, Api]]:
    """Every service's app."""
    for name in services():
        app = getattr(import_module(f"{name}.app"), "app", None)
        if isinstance(app, Api):
            yield name, app


def doors() -> Iterator[tuple[str, Door]]:
    """Every route of the shop with its service, by path and method."""
    found = [(name, door) for name, app in apps() for door in app.doors]
    yield from sorted(found, key=lambda pair: (pair[1].path, pair[1].method))


def table_of(service: str) -> Table:
    """A service's table, with all the kinds of things it keeps."""
    import_module(f"{service}.app")
    stores = [module for name, module in list(sys.modules.items()) if name.startswith(f"{service}.store")]
    return next(found for store in stores for found in vars(store).values() if isinstance(found, Table))
