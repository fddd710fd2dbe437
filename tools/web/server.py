"""Serves the built pages on this machine, and the API under the same address: `vite preview` beside the local cloud."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools.emulator import ROOT, CloudError, command_of, end_with, free_port, healthy, tail, taken
from tools.web.pages import WEB, environment

PORT = 4173
PATIENCE = 30.0


@dataclass(frozen=True)
class Server:
    """The pages of one local cloud, which keeps what it knows in the same directory."""

    directory: Path
    tied: bool = False  # ends with the process that started it

    @property
    def url(self) -> str | None:
        """Where the pages answer, if they do."""
        return address(self._port) if self._pid() and healthy(self._port, "/") else None

    def start(self) -> str:
        """Begin anew, at the same address as before if there was one; return it when it answers."""
        port = self._port
        self.stop()
        if not port or taken(port):
            port = free_port() if self.tied or taken(PORT) else PORT
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tools.web.server", str(port), *(["--tied"] if self.tied else [])],
                cwd=ROOT,
                env=environment(WEB_STACK=str(self.directory / "stack.json")),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._note.write_text(f"{process.pid} {port}")
        until = time.monotonic() + PATIENCE
        while not healthy(port, "/"):
            if process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise CloudError(f"The pages are not served:\n{tail(self._log.read_text(errors='replace'))}")
            time.sleep(0.1)
        return address(port)

    def stop(self) -> None:
        """Leave nothing running; stopping twice is no mistake."""
        if pid := self._pid():
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGTERM)
                until = time.monotonic() + 5
                while self._pid() and time.monotonic() < until:
                    time.sleep(0.05)
                os.killpg(pid, signal.SIGKILL)
        self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self.directory / "web.pid"

    @property
    def _log(self) -> Path:
        return self.directory / "web.log"

    @property
    def _port(self) -> int:
        return int(self._note.read_text().split()[1]) if self._note.exists() else 0

    def _pid(self) -> int | None:
        """The process noted down, if it lives and is ours."""
        if not self._note.exists():
            return None
        pid, port = self._note.read_text().split()
        return int(pid) if f"tools.web.server {port}" in command_of(int(pid)) else None


def address(port: int) -> str:
    """By the name that all browsers take for as good as https, so that cookies marked Secure are kept."""
    return f"http://localhost:{port}"


def main() -> int:
    """`python -m tools.web.server <port> [--tied]`: Vite, for as long as this process lives."""
    vite = [
        str(WEB / "node_modules/.bin/vite"),
        "preview",
        "--host",
        "127.0.0.1",
        "--port",
        sys.argv[1],
        "--strictPort",
    ]
    serving = subprocess.Popen(vite, cwd=WEB)
    signal.signal(signal.SIGTERM, lambda *_: serving.terminate())
    if "--tied" in sys.argv:
        threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
    return serving.wait()


if __name__ == "__main__":
    sys.exit(main())
