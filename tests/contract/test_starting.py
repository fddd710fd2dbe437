"""A function starts with what it needs: models are compiled when first used, events read when first said or heard."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.kit import ROOT
from tools.rooms import services

STARTED = """
import sys
from importlib import import_module
from pydantic import BaseModel

def kinds(of):
    return {kind for below in of.__subclasses__() for kind in (below, *kinds(below))}

import_module(f"{sys.argv[1]}.app")
print(*(kind for kind in kinds(BaseModel) if kind.__pydantic_complete__ and not kind.__module__.startswith("pydantic")))
print(*(name.removeprefix("shop.events.") for name in sys.modules if name.startswith("shop.events.")))
"""
COUNTS_WHAT_IS_TOLD = "relay"  # as it passes
READ_LATER = """
import sys
from shop.events import orders as said
assert "shop.events.orders" not in sys.modules
found = vars(said)["OrderConfirmed"]
from shop.events.orders import OrderConfirmed
assert found is said.OrderConfirmed is OrderConfirmed
from shop.events import orders
assert orders is sys.modules["shop.events.orders"]
from shop.events import nobody
try:
    nobody.OrderConfirmed
except ModuleNotFoundError as error:
    print(error)
"""


def run(code: str, *arguments: str) -> Sequence[str]:
    """What a fresh process prints that has what a function has."""
    path = {"PYTHONPATH": f"{ROOT / 'functions'}:{ROOT / 'layers/shop/python'}", "AWS_DEFAULT_REGION": "us-east-1"}
    asked = [sys.executable, "-c", code, *arguments]
    return subprocess.run(asked, capture_output=True, text=True, check=True, env=path).stdout.splitlines()


def test_a_speakers_module_is_read_when_anything_is_asked_of_it() -> None:
    assert run(READ_LATER) == ["No module named 'shop.events.nobody'"]


@pytest.mark.parametrize("service", services())
def test_a_function_starts_without_compiling_models_or_reading_events(service: str) -> None:
    compiled, speakers = run(STARTED, service)
    assert not compiled, "declare `defer_build`, and a default that is a model by its `default_factory`"
    if service != COUNTS_WHAT_IS_TOLD:
        assert not speakers, (
            "`from shop.events import orders as said` to say, `hears.py` to hear, elsewhere only to type"
        )
