"""What you see while the machinery works: a spinner on a terminal, plain lines anywhere else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.table import Table

console = Console(highlight=False, soft_wrap=True)
WIDE = 200  # columns of a table that goes into a file


@contextmanager
def phase(doing: str) -> Iterator[None]:
    """One long thing at a time, and how long it took."""
    began = time.monotonic()
    if not console.is_terminal:
        console.print(f"{doing} ...")
    with console.status(doing) if console.is_terminal else nullcontext():
        yield
    console.print(f"{doing} [dim]{time.monotonic() - began:.1f} s[/dim]")


def table(*headings: str) -> Table:
    """A table without lines, in which nothing is cut off."""
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def lay_out(rows: Table) -> None:
    """Print a table: as wide as the terminal, or as a file can be."""
    (console if console.is_terminal else Console(highlight=False, width=WIDE)).print(rows)
