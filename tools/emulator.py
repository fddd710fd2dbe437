"""The machine that plays the cloud on your desk: switched on, looked after, switched off."""

import fcntl
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE = 90.0
DOCKER = "LocalStack needs it with its compose plugin, plain `make up` does not"


class CloudError(Exception):
    """Something only a person can put right; its text says what."""


@dataclass(frozen=True)
class MiniStack:
    """The default: a child process on the loopback interface, IAM enforced, everything in memory."""

    port: int
    directory: Path
    tied: bool = False  # ends with the process that started it
    environment: Mapping[str, str] = field(default_factory=dict)
    name = "ministack"

    @property
    def endpoint(self) -> str:
        """Where all of its services answer."""
        return f"http://127.0.0.1:{self.port}"

    def running(self) -> bool:
        """Ours, and well."""
        return self._pid() is not None and healthy(self.port, "/_ministack/health")

    def start(self) -> None:
        """Return when it answers."""
        self.stop()
        if taken(self.port):
            raise CloudError(
                f"Port {self.port} is taken by another program. Stop that one, or choose a port: PORT={self.port + 1}"
            )
        interpreter = ROOT / ".venv-cloud/bin/python"
        if not interpreter.exists():
            raise CloudError("The local cloud is not installed yet: run `make setup`")
        scratch = self.directory / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        with (self.directory / "emulator.log").open("wb") as log:
            process = subprocess.Popen(
                [interpreter, "-m", "tools.ministack", self.directory, *(["--tied"] if self.tied else [])],
                cwd=ROOT,
                # Functions inherit whatever it is given, so it is given next to nothing.
                env={
                    "PATH": os.environ["PATH"],
                    "LANG": "C.UTF-8",
                    "HOME": str(scratch),
                    "TMPDIR": str(scratch),
                    "STATE_DIR": str(scratch),
                    "AUTH": "true",
                    "BIND_HOST": "127.0.0.1",
                    "GATEWAY_PORT": str(self.port),
                    "IOT_MTLS_ENABLED": "0",
                    "CLOUDTRAIL_MAX_EVENTS": "200000",
                    **self.environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._note.write_text(f"{process.pid} {self.port}")
        until = time.monotonic() + PATIENCE
        while "Running on" not in self.last_words() or not healthy(self.port, "/_ministack/health"):
            if process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise CloudError(f"The local cloud did not start:\n{self.last_words()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Leave nothing running; stopping twice is no mistake."""
        if pid := self._pid():
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGTERM)
                until = time.monotonic() + 10
                while self._pid() and time.monotonic() < until:
                    time.sleep(0.05)
                os.killpg(pid, signal.SIGKILL)
        self._note.unlink(missing_ok=True)
        shutil.rmtree(self.directory / "tmp", ignore_errors=True)

    def last_words(self) -> str:
        """The end of its log."""
        log = self.directory / "emulator.log"
        return tail(log.read_text(errors="replace")) if log.exists() else ""

    @property
    def _note(self) -> Path:
        return self.directory / "emulator.pid"

    def _pid(self) -> int | None:
        """The process noted down, if it lives and is the one that was started for this directory."""
        if not self._note.exists():
            return None
        pid = int(self._note.read_text().split()[0])
        command = command_of(pid)
        return pid if "tools.ministack" in command and str(self.directory) in command else None


@dataclass(frozen=True)
class LocalStack:
    """The same path on LocalStack, in Docker (docker-compose.yaml)."""

    port: int
    name = "localstack"

    @property
    def endpoint(self) -> str:
        """Where all of its services answer."""
        return f"http://127.0.0.1:{self.port}"

    def running(self) -> bool:
        """Ours, and well."""
        return bool(self._compose("ps", "--quiet")) and healthy(self.port, "/_localstack/health")

    def start(self) -> None:
        """Return when it answers."""
        self._compose("up", "--detach", "--wait")

    def stop(self) -> None:
        """Leave nothing running; stopping twice is no mistake."""
        self._compose("down", "--volumes")

    def last_words(self) -> str:
        """The end of its log."""
        return tail(self._compose("logs", "--no-color"))

    def _compose(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                ["docker", "compose", *arguments],
                cwd=ROOT,
                env={**os.environ, "PORT": str(self.port)},
                capture_output=True,
                text=True,
            )
        except FileNotFoundError as error:
            raise CloudError(f"Docker is not installed; {DOCKER}") from error
        if done.returncode:
            raise CloudError(f"docker compose {arguments[0]} failed; {DOCKER}:\n{tail(done.stderr)}")
        return done.stdout.strip()


Emulator = MiniStack | LocalStack


def healthy(port: int, path: str) -> bool:
    """Whether something on this port of the loopback interface says it is well."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def taken(port: int) -> bool:
    """Whether anyone listens there."""
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def command_of(pid: int) -> str:
    """The command line of a living process; nothing for a dead one."""
    if Path("/proc/self").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True).stdout


def end_with(parent: int) -> None:
    """Stop this process when the one that started it is gone, however it went."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def alone(lock: Path, shared: bool = False) -> Iterator[None]:
    """Wait for whoever else is at it, in any process."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


def tail(text: str, lines: int = 25) -> str:
    """The last lines of a long output."""
    return "\n".join(text.rstrip().splitlines()[-lines:])
