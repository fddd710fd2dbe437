"""What is shipped: the size of each service, zipped, and of the libraries they share."""

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.rows import Row, Tell
from tests.kit import ROOT


def rows(tell: Tell) -> Iterator[Row]:
    """Sizes; the layer is built as for a deployment."""
    tell("zipping the services")
    sizes = {folder.name: zipped(folder) / 1000 for folder in (ROOT / "functions").iterdir() if folder.is_dir()}
    yield Row("largest service, zipped", max(sizes.values()), "KB", 100, note=max(sizes, key=lambda name: sizes[name]))
    tell("building the vendor layer")
    yield Row("vendor layer, unzipped", _vendor() / 2**20, "MB", 40)


def zipped(folder: Path) -> int:
    """The size of what a deployment takes of a folder."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                file.write(path, path.relative_to(folder))
    return len(archive.getvalue())


def _vendor() -> int:
    with TemporaryDirectory() as directory:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        variables = {"ARTIFACTS_DIR": directory, "UV": str(ROOT / ".venv-uv/bin/uv"), "LAYER_PYTHON": sys.executable}
        command = ["make", "--silent", "build-vendor"]
        subprocess.run(command, cwd=ROOT / "layers", env={**clean, **variables}, check=True, capture_output=True)
        return sum(path.stat().st_size for path in Path(directory).rglob("*") if path.is_file())
