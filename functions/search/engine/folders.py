"""Snapshots on this machine: files fetched once, put together in a folder for each snapshot."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from search.model.index import Manifest
from search.store import files
from shop.ids import new_id


@cache
def _root() -> TemporaryDirectory[str]:
    """Where this process keeps its files; gone with it."""
    return TemporaryDirectory(prefix="search-")


def _kept() -> Path:
    place = Path(_root().name) / "files"
    place.mkdir(exist_ok=True)
    return place


def laid_out(manifest: Manifest) -> Path:
    """A new folder with a snapshot's files; what is not here yet is fetched."""
    kept = _kept()
    missing = {key: kept / _name(key) for key in manifest.files.values() if not (kept / _name(key)).exists()}
    files.download(missing)
    folder = Path(_root().name) / new_id()
    folder.mkdir()
    for name, key in manifest.files.items():
        (folder / name).hardlink_to(kept / _name(key))
    return folder


def keep(folder: Path, manifest: Manifest) -> None:
    """Keep the files of a snapshot that was made here, and none of any other."""
    kept = _kept()
    for name, key in manifest.files.items():
        if not (kept / _name(key)).exists():
            (kept / _name(key)).hardlink_to(folder / name)
    wanted = {_name(key) for key in manifest.files.values()}
    for file in kept.iterdir():
        if file.name not in wanted:
            file.unlink()


def drop(folder: Path) -> None:
    """Take a folder away; whoever still reads its files goes on reading them."""
    shutil.rmtree(folder, ignore_errors=True)


def _name(key: str) -> str:
    return key.replace("/", "_")
