"""What you see while the machinery works: a spinner on a terminal, plain lines anywhere else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console

console = Console(highlight=False, soft_wrap=True)


@contextmanager
def phase(doing: str) -> Iterator[None]:
    """One long thing at a time, and how long it took."""
    began = time.monotonic()
    if not console.is_terminal:
        console.print(f"{doing} ...")
    with console.status(doing) if console.is_terminal else nullcontext():
        yield
    console.print(f"{doing} [dim]{time.monotonic() - began:.1f} s[/dim]")
