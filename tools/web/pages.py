"""Builds the pages when something they are made of has changed, with npm and Vite."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.emulator import ROOT, CloudError, alone, tail
from tools.progress import phase

WEB = ROOT / "web"
DIST = WEB / "dist"
LEAST = "20.19"  # of Node, as web/package.json has it too
LOCK = ROOT / ".local/web.lock"  # one npm at a time, whoever's cloud it is for


def node() -> bool:
    """Whether this machine has the Node that the pages are built and served with."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    told = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    return _numbers(told) >= _numbers(LEAST)


def build() -> bool:
    """Libraries and pages as the sources want them; whether there was anything to build."""
    with alone(LOCK):
        install(WEB)
        wanted = _digest(_sources())
        if _said(DIST / ".fingerprint") == wanted:
            return False
        with phase("building the pages"):
            npm(WEB, "run", "build")
        (DIST / ".fingerprint").write_text(wanted)
        return True


def check() -> None:
    """Types, style and rules of what the pages are written in."""
    with alone(LOCK):
        install(WEB)
        npm(WEB, "run", "check")


def install(folder: Path) -> None:
    """The libraries that a folder's package-lock.json names."""
    wanted, stamp = _digest([folder / "package.json", folder / "package-lock.json"]), folder / "node_modules/.stamp"
    if _said(stamp) != wanted:
        with phase(f"installing the libraries of {folder.relative_to(ROOT)}"):
            npm(folder, "ci", "--no-audit", "--no-fund")
        stamp.write_text(wanted)


def npm(folder: Path, *arguments: str) -> None:
    """Run npm; what it says is told only if it fails."""
    done = subprocess.run(["npm", *arguments], cwd=folder, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise CloudError(f"npm {' '.join(arguments)} failed:\n{tail(done.stdout + done.stderr)}")


def environment(**more: str) -> dict[str, str]:
    """What npm and Node are given: nothing of the make that may have called us, which npm would take for its own."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("MAKE")}, **more}


def _sources() -> Iterator[Path]:
    yield ROOT / "docs/openapi.json"
    for folder in ("control", "public", "server", "src"):
        yield from (path for path in (WEB / folder).rglob("*") if path.is_file() and path.parent.name != "api")
    yield from (path for path in WEB.iterdir() if path.is_file())


def _digest(paths: Iterator[Path] | list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:2]]


def _said(stamp: Path) -> str:
    return stamp.read_text() if stamp.exists() else ""
