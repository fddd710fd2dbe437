"""Clients for others, generated from docs/openapi.json: `make clients` (clients/README.md)."""

import os
import subprocess
import sys
from pathlib import Path

from tools.emulator import ROOT, CloudError, tail
from tools.progress import console, phase
from tools.web import pages

CLIENTS = ROOT / "clients"
TYPESCRIPT = CLIENTS / "typescript"


def main() -> int:
    """Both; the TypeScript one where there is Node."""
    try:
        with phase("generating clients/python/tradewind-client"):
            python(CLIENTS / "python/tradewind-client")
        if not pages.node():
            console.print(f"clients/typescript takes Node {pages.LEAST} or later")
            return 0
        with phase("generating clients/typescript"):
            typescript()
    except CloudError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    return 0


def python(out: Path) -> None:
    """A package of its own, with everything the API has: what the generator cannot read is an error."""
    tools = Path(sys.executable).parent
    done = subprocess.run(
        [
            tools / "openapi-python-client",
            "generate",
            "--path",
            ROOT / "docs/openapi.json",
            "--config",
            CLIENTS / "python/config.yaml",
            "--meta",
            "uv",
            "--output-path",
            out,
            "--overwrite",
            "--fail-on-warning",
        ],
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},  # it has ruff tidy up
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise CloudError(f"openapi-python-client failed:\n{tail(done.stdout + done.stderr)}")


def typescript() -> None:
    """The types of the API, and what little goes with them."""
    pages.install(TYPESCRIPT)
    pages.npm(TYPESCRIPT, "run", "build")


if __name__ == "__main__":
    sys.exit(main())
