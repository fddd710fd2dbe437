"""`make import FILE=x.csv`: a file of products into the running shop."""

import sys
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tools import local, seed
from tools.client import Client, Json, Refused
from tools.emulator import CloudError
from tools.importing.upload import follow, format_of, left_out, upload
from tools.progress import console, phase

SHOWN = 50  # rows left out


def main(file: Path) -> int:
    """Exit status 0 when the file could be read; rows that were left out are named."""
    try:
        admin = seed.admin(local.recall())
        ended = bring_in(admin, file)
    except (CloudError, OSError, Refused, httpx.HTTPError, TimeoutError) as error:
        console.print(f"{file}: {error}", style="red", markup=False)
        return 1
    return tell(console, file, ended)


def bring_in(admin: Client, file: Path) -> Json:
    """Upload a file and show how far it is."""
    with phase(f"uploading {file.name}"):
        begun = upload(admin, file, format_of(file))
    with Progress(TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console) as bars:
        bar = bars.add_task("rows", total=None)
        return follow(admin, begun, lambda read, total: bars.update(bar, completed=read, total=total))


def tell(console: Console, file: Path, ended: Json) -> int:
    """What was done, and what was left out and why."""
    if ended["status"] != "completed":
        failure = ended["failure"] or {"detail": f"the import {ended['status']}"}
        console.print(f"{file}: {failure['detail']}", style="red", markup=False)
        return 1
    for what in ("products", "rows"):
        counts = ", ".join(f"{number} {word}" for word, number in ended[what].items())
        console.print(f"{what}: {counts}")
    missing = left_out(ended)
    for row in missing[:SHOWN]:
        console.print(f"left out {row}", style="yellow", markup=False)
    if len(missing) > SHOWN:
        console.print(f"... and {len(missing) - SHOWN} more: {ended['errors_url']}", style="yellow", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
