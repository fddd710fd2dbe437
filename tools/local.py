"""Opens the shop on a cloud of your own: `make up`, `make down`, and one cloud per test session."""

import argparse
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tools import sam
from tools.emulator import ROOT, CloudError, Emulator, LocalStack, MiniStack, alone, free_port
from tools.progress import console, phase
from tools.web import pages
from tools.web.server import Server

HOME = ROOT / ".local"
PORT = 4566


@dataclass(frozen=True)
class Admin:
    """Who may do everything in a freshly opened shop."""

    email: str
    password: str


@dataclass(frozen=True)
class Stack:
    """A deployed shop: where it answers and how to get in. `.local/stack.json` holds the same."""

    api_url: str
    endpoint_url: str
    stack_name: str
    admin: Admin
    mock_webhook_secret: str
    web_url: str | None = None  # the pages, where they are served

    def client(self, service: str) -> Any:
        """A boto3 client on the cloud the shop runs on."""
        return sam.client(self.endpoint_url, service)


def up(emulator: Emulator, directory: Path = HOME, parameters: Mapping[str, str] | None = None) -> Stack:
    """Start what is not running, deploy what has changed, and say where the shop is."""
    with alone(directory / "lock"):
        return _up(emulator, directory, parameters or {})


def _up(emulator: Emulator, directory: Path, parameters: Mapping[str, str]) -> Stack:
    if emulator.running() and sam.status(emulator.endpoint) in sam.BEYOND_REPAIR:
        with phase("stopping a cloud whose last deployment failed"):
            emulator.stop()
    if not emulator.running():
        forget(directory)
        with phase(f"starting {emulator.name} at {emulator.endpoint}"):
            emulator.start()
    if not sam.built(emulator.name):
        with phase("building functions and layers"):
            sam.build(emulator.name)
    deployed, wanted = directory / "deployed", f"{emulator.endpoint} {emulator.name} {sam.fingerprint()} {parameters}"
    if not (deployed.exists() and deployed.read_text() == wanted):
        deployed.unlink(missing_ok=True)
        with phase("deploying template.yaml"):
            deploy(emulator, parameters)
        stack = describe(emulator, directory)
        if find_spec("tools.seed"):
            with phase("seeding the shop"):
                import_module("tools.seed").seed(stack)
        deployed.write_text(wanted)
    return recall(directory)


def deploy(emulator: Emulator, parameters: Mapping[str, str]) -> None:
    """As `sam deploy`, with a word on an emulator that died meanwhile."""
    try:
        sam.deploy(emulator.endpoint, emulator.name, parameters)
    except Exception as error:
        if emulator.running():
            raise
        raise CloudError(f"The local cloud died during the deployment:\n{emulator.last_words()}") from error


def serve(directory: Path = HOME, tied: bool = False) -> Stack:
    """The open shop with its pages, built if they have changed since."""
    with alone(directory / "lock"):
        stack, server = recall(directory), Server(directory, tied)
        built = pages.build()
        # Vite reads where the API is when it starts, so after a deployment it starts again.
        if built or stack.web_url is None or stack.web_url != server.url:
            with phase("serving the pages"):
                stack = replace(stack, web_url=server.start())
            note(stack, directory)
        return stack


def down(emulator: Emulator, directory: Path = HOME) -> None:
    """Stop the cloud for good; its data was in memory and is gone."""
    with alone(directory / "lock"):
        Server(directory).stop()
        emulator.stop()
        forget(directory)


@contextmanager
def cloud(
    port: int | None = None,
    directory: Path | None = None,
    parameters: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    web: bool = False,
) -> Iterator[Stack]:
    """A shop of one's own for a test session: its own port and directory, gone at the end, even a violent one."""
    with tempfile.TemporaryDirectory(prefix="tradewind-") as scratch:
        place = directory or Path(scratch)
        emulator = MiniStack(port or free_port(), place, tied=True, environment=environment or {})
        try:
            opened = up(emulator, place, parameters)
            yield serve(place, tied=True) if web else opened
        finally:
            down(emulator, place)


def describe(emulator: Emulator, directory: Path) -> Stack:
    """What is known of a deployed shop, written down; the administrator stays the same while the cloud lives."""
    told, file = sam.outputs(emulator.endpoint), directory / "stack.json"
    admin = recall(directory).admin if file.exists() else Admin("admin@example.com", secrets.token_urlsafe(18))
    secret = sam.client(emulator.endpoint, "secretsmanager").get_secret_value(SecretId=told["MockWebhookSecretArn"])
    stack = Stack(
        f"{emulator.endpoint}/_aws/execute-api/{told['ApiId']}/{told['ApiStage']}",
        emulator.endpoint,
        sam.STACK,
        admin,
        secret["SecretString"],
    )
    note(stack, directory)
    return stack


def note(stack: Stack, directory: Path) -> None:
    """Write stack.json, readable by its owner only."""
    with open(os.open(directory / "stack.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(asdict(stack), out, indent=2)


def recall(directory: Path = HOME) -> Stack:
    """The shop that `up` left running."""
    try:
        told = json.loads((directory / "stack.json").read_text())
    except FileNotFoundError as error:
        raise CloudError("The shop is not open: run `make up` first") from error
    return Stack(**{**told, "admin": Admin(**told["admin"])})


def forget(directory: Path) -> None:
    """What was known of a cloud that is no more."""
    for name in ("stack.json", "deployed"):
        (directory / name).unlink(missing_ok=True)


def chosen(name: str, port: int | None) -> Emulator:
    """The emulator asked for; without a port, the one that is running or else the usual one."""
    note = HOME / "emulator.pid"
    port = port or (int(note.read_text().split()[1]) if name == "ministack" and note.exists() else PORT)
    return MiniStack(port, HOME) if name == "ministack" else LocalStack(port)


def pages_line() -> str:
    """Serve the pages if this machine can, and say where they are; all the rest does without them."""
    if not pages.node():
        return f"Its pages are not served: they are built with Node {pages.LEAST} or later"
    try:
        address = serve().web_url
    except CloudError as error:
        return f"Its pages are not served: {error}"
    return f"Its window is at {address}, its control room at {address}/control/"


def main() -> int:
    """`python -m tools.local up|down`."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("verb", choices=["up", "down"])
    words.add_argument("--port", type=int)
    words.add_argument("--cloud", choices=["ministack", "localstack"], default="ministack")
    asked = words.parse_args()
    emulator = chosen(asked.cloud, asked.port)
    try:
        if asked.verb == "down":
            down(emulator)
        else:
            stack = up(emulator)
            console.print(f"The shop is open at {stack.api_url} (all there is to know: .local/stack.json)")
            console.print(pages_line(), markup=False)
    except CloudError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
