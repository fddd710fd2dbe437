"""What is shipped: one service in each function, and in the layers all it needs and nothing of this machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.emulator import ROOT

pytestmark = pytest.mark.cloud


class Loose(yaml.SafeLoader):
    """Reads a template without caring for its intrinsics."""


Loose.add_multi_constructor("!", lambda loader, suffix, node: None)


def handlers() -> dict[str, str]:
    """Every function of the template and the module that handles it."""
    resources = yaml.load((ROOT / "template.yaml").read_text(), Loose)["Resources"]
    functions = {name: of for name, of in resources.items() if of["Type"] == "AWS::Serverless::Function"}
    return {name: of["Properties"]["Handler"].rpartition(".")[0] for name, of in functions.items()}


def layers() -> list[str]:
    """Every layer of the template that is built from pins."""
    resources = yaml.load((ROOT / "template.yaml").read_text(), Loose)["Resources"]
    found = {name: of for name, of in resources.items() if of["Type"] == "AWS::Serverless::LayerVersion"}
    return [name for name, of in found.items() if "Metadata" in of]


def made(folder: str, target: str, into: Path, **variables: str) -> list[str]:
    """The files that sam build gets from a makefile."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--silent", f"build-{target}"]
    subprocess.run(command, cwd=ROOT / folder, env={**clean, "ARTIFACTS_DIR": str(into), **variables}, check=True)
    return sorted(str(path.relative_to(into)) for path in into.rglob("*") if path.is_file())


@pytest.mark.parametrize(("name", "module"), handlers().items())
def test_a_function_holds_its_own_service_and_nothing_else(name: str, module: str, tmp_path: Path) -> None:
    files = made("functions", name, tmp_path)
    service = module.partition(".")[0]
    assert f"{module.replace('.', '/')}.py" in files
    assert {file.partition("/")[0] for file in files} == {service}
    assert not [file for file in files if "__pycache__" in file]


def test_the_layers_hold_all_that_the_functions_import(tmp_path: Path) -> None:
    uv = os.environ.get("UV", str(ROOT / ".venv-uv/bin/uv"))
    for layer in layers():
        files = made("layers", layer, tmp_path / layer, UV=uv, LAYER_PYTHON=sys.executable)
        assert not [file for file in files if file.startswith("python/bin/")]
    path = [str(place) for place in (*tmp_path.glob("*/python"), ROOT / "layers/shop/python", ROOT / "functions")]
    heard = [f"{hears.parent.name}.hears" for hears in (ROOT / "functions").glob("*/hears.py")]
    imported = [*handlers().values(), *heard, "nh3", "stripe", "tantivy", "fpdf"]  # these late, by who needs them
    code = f"import sys; sys.path[:0] = {path}; sys.dont_write_bytecode = True; import {', '.join(imported)}"
    environment = {"AWS_DEFAULT_REGION": "us-east-1", "STAGE": "local"}
    run = subprocess.run([sys.executable, "-I", "-S", "-c", code], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
