"""A function starts without compiling models: those it needs are compiled when it first needs them."""

import subprocess
import sys

import pytest

from tests.kit import ROOT
from tools.rooms import services

COMPILED = """
import sys
from importlib import import_module
from pydantic import BaseModel

def kinds(of):
    return {kind for below in of.__subclasses__() for kind in (below, *kinds(below))}

import_module(f"{sys.argv[1]}.app")
print(*(kind for kind in kinds(BaseModel) if kind.__pydantic_complete__ and not kind.__module__.startswith("pydantic")))
"""


@pytest.mark.parametrize("service", services())
def test_no_model_is_compiled_when_a_function_starts(service: str) -> None:
    path = {"PYTHONPATH": f"{ROOT / 'functions'}:{ROOT / 'layers/shop/python'}", "AWS_DEFAULT_REGION": "us-east-1"}
    started = [sys.executable, "-c", COMPILED, service]
    told = subprocess.run(started, capture_output=True, text=True, check=True, env=path)
    assert not told.stdout.strip(), "declare `defer_build`, and a default that is a model by its `default_factory`"
