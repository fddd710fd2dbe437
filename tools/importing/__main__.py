"""`make import FILE=x.csv`: a Shopify product CSV into the running shop."""

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from tools import local, sam, seed
from tools.emulator import CloudError
from tools.importing import shopify
from tools.importing.bring import Brought, bring


def main(file: Path) -> int:
    """Exit status 0 when the file could be read; rows that were left out are named."""
    console = Console()
    try:
        stack = local.recall()
        products, unusable = shopify.read(file, sam.outputs(stack.endpoint_url)["DefaultCurrency"])
    except (CloudError, OSError, ValueError) as error:
        console.print(f"{file}: {error}", style="red", markup=False)
        return 1
    with Progress(console=console) as progress:
        task = progress.add_task("Products", total=len(products))
        brought = bring(seed.admin(stack), products, lambda: progress.advance(task))
    brought.unusable[:0] = unusable
    tell(console, brought)
    return 0


def tell(console: Console, brought: Brought) -> None:
    """What was done, and what was left out and why."""
    console.print(
        f"{brought.made} products made, {brought.changed} changed, {brought.unchanged} unchanged; "
        f"stock opened for {brought.opened} of {len(brought.units)} units"
    )
    for row in brought.unusable:
        console.print(f"[yellow]left out{f' line {row.line}' if row.line else ''}: {row.reason}")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
