"""Pages are built once for the same sources, and a machine without Node has everything but them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import local
from tools.emulator import CloudError
from tools.web import pages
from tools.web.server import Server


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The npm commands run from here on, in a web/ of our own."""
    web, commands = tmp_path / "web", list[tuple[str, ...]]()
    for name in ("docs/openapi.json", "web/package.json", "web/package-lock.json", "web/src/main.ts"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)

    def npm(folder: Path, *arguments: str) -> None:
        commands.append(arguments[:2])
        (folder / "node_modules").mkdir(exist_ok=True)
        (folder / "dist").mkdir(exist_ok=True)

    for name, value in {"ROOT": tmp_path, "WEB": web, "DIST": web / "dist", "LOCK": tmp_path / "lock"}.items():
        monkeypatch.setattr(pages, name, value)
    monkeypatch.setattr(pages, "npm", npm)
    return commands


def test_pages_are_built_again_only_when_something_they_are_made_of_changed(ran: list[Any], tmp_path: Path) -> None:
    assert pages.build()
    assert not pages.build()
    assert [command[0] for command in ran] == ["ci", "run"]
    for changed in ("web/src/main.ts", "docs/openapi.json"):
        (tmp_path / changed).write_text("changed")
        assert pages.build()
    assert [command[0] for command in ran] == ["ci", "run", "run", "run"]
    (tmp_path / "web/package-lock.json").write_text("changed")
    assert pages.build()
    assert [command[0] for command in ran[4:]] == ["ci", "run"]


def test_what_is_made_while_building_is_no_source(ran: list[Any], tmp_path: Path) -> None:
    pages.build()
    (tmp_path / "web/src/api").mkdir()
    (tmp_path / "web/src/api/schema.d.ts").write_text("made from openapi.json")
    assert not pages.build()


@pytest.mark.parametrize(
    ("version", "good"), [("v20.19.0", True), ("v24.1.0", True), ("v20.9.0", False), ("v18.20.4", False), ("", False)]
)
def test_an_old_node_is_none(version: str, good: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    told = subprocess.CompletedProcess([], 0, stdout=version)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: told)
    assert pages.node() == good


def test_without_node_or_with_pages_that_do_not_build_the_shop_is_open_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "node", lambda: False)
    assert "Node 20.19" in local.pages_line()

    def broken() -> None:
        raise CloudError("npm ci failed")

    monkeypatch.setattr(pages, "node", lambda: True)
    monkeypatch.setattr(local, "serve", broken)
    assert local.pages_line() == "Its pages are not served: npm ci failed"


def test_a_stale_note_never_stops_a_stranger(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (tmp_path / "web.pid").write_text(f"{stranger.pid} 4173")
    server = Server(tmp_path)
    assert server.url is None
    server.stop()
    assert stranger.poll() is None
    assert not (tmp_path / "web.pid").exists()
    stranger.communicate()
