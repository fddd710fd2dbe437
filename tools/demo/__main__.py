"""`make demo`: a catalog, customers, their orders, and a report. Exit status 0 only if everything adds up."""

import argparse
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from catalog.model.rows import Unreadable
from shop import clock
from tools import invariants as books
from tools import local, sam, seed
from tools.demo import measure, report
from tools.demo.after_sale import Warehouse
from tools.demo.replay import Replay
from tools.demo.shopper import Wish
from tools.demo.stories import ORDINARY, STORIES, Scene, play
from tools.demo.tally import Tally
from tools.emulator import ROOT, CloudError
from tools.importing import invoices
from tools.importing.bring import Brought, bring, read, top_up
from tools.local import Stack

SAMPLE = ROOT / "examples/catalog.csv"
MODULES = (
    "gateway.authorizer auth.app users.app catalog.app inventory.app carts.app discounts.app shipping.app orders.app"
)
MODULES += " payments.app notifications.app relay.app"


def main() -> int:
    """Run the demonstration on the shop that is open."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--data", type=Path, default=SAMPLE)
    words.add_argument("--currency")
    asked = words.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    try:
        stack = local.recall()
        tally = Tally()
        if invoices.is_invoices(asked.data):
            replay(console, stack, asked.data, asked.currency or "GBP", tally)
        else:
            sell(console, stack, asked.data, asked.currency or _currency(stack), tally)
    except (CloudError, OSError, ValueError, Unreadable) as error:
        console.print(f"{asked.data}: {error}", style="red", markup=False)
        return 1
    return tell_all(console, stack, tally)


def sell(console: Console, stack: Stack, file: Path, currency: str, tally: Tally) -> None:
    """A Shopify catalog goes in, and the stories are played with it."""
    products, faults = read(file, currency)
    admin = seed.admin(stack)
    seed.open_shipping(admin, currency)
    with progress(console) as bar:
        brought = bring(admin, products, bar("Catalog", len(products)))
        brought.unusable[:0] = [f"row {fault.row}: {fault.detail}" for fault in faults]
        shelf = [Wish(*unit, 1) for unit in brought.units.values()]
        scene = Scene(stack, seed.admin(stack), shelf, tally)
        scene.shelf = [wish for wish in shelf if _plenty(scene, wish)]
        with timed(tally):
            play(scene, bar("Customers", ORDINARY + len(STORIES)))
    tell(console, brought)


def replay(console: Console, stack: Stack, file: Path, currency: str, tally: Tally) -> None:
    """Every invoice of the file is bought, sent and taken back again."""
    book = invoices.read(file, currency)
    admin = seed.admin(stack)
    seed.open_shipping(admin, currency)
    with progress(console) as bar:
        brought: Brought = bring(admin, book.products, bar("Catalog", len(book.products)))
        if brought.made < len(book.products):  # some of it was sold before
            top_up(admin, book.products)
        again = Replay(stack.api_url, brought.units, Warehouse(admin), tally, uuid.uuid4().hex[:6])
        with timed(tally):
            again.play(book.invoices, bar("Invoices", len(book.invoices)))
    tell(console, brought)
    for reason, count in book.left_out.items():
        tally.leave_out(f"lines of the file: {reason}", count)
    report.invoices(console, again.rows, currency)


def tell(console: Console, brought: Brought) -> None:
    """What was done with the catalog, and what was left out and why."""
    console.print(
        f"{brought.made} products made, {brought.changed} changed, {brought.unchanged} unchanged; "
        f"stock opened for {brought.opened} of {len(brought.units)} units"
    )
    for reason in brought.unusable:
        console.print(f"left out {reason}", style="yellow", markup=False)


def tell_all(console: Console, stack: Stack, tally: Tally) -> int:
    """The report; 0 when every invariant holds and nothing surprised us."""
    with progress(console) as bar:
        told = bar("Letting events settle, measuring one order, reading all tables", 3)
        measure.settle(stack, time.time())
        told()
        cost = measure.cost(_one_order(stack))
        told()
        tables = books.read(stack.client("dynamodb"), sam.outputs(stack.endpoint_url)["Stage"])
        faults = books.violations(tables, clock.now())
        told()
    report.outcomes(console, tally)
    report.paths(console, stack, tally)
    report.money(console, tables)
    report.stock(console, tables)
    report.mails(console, stack)
    report.invariants(console, faults)
    report.speed(console, cost, measure.import_times(MODULES.split()))
    report.surprises(console, tally)
    report.where_next(console, stack)
    return 1 if faults or tally.surprises else 0


def _one_order(stack: Stack) -> list[dict[str, object]]:
    """The log lines of one order of two lines, all by itself."""
    scene = Scene(stack, seed.admin(stack), [], Tally())
    wishes = [_made(scene, number) for number in range(2)]
    shopper = scene.someone_with("measured", wishes)
    offer = shopper.offer()
    measure.settle(stack, time.time())
    began = time.time()
    shopper.client.post("/v1/checkouts", offer)
    return measure.settle(stack, began)


def _made(scene: Scene, number: int) -> Wish:
    from tools.importing.bring import open_stock

    product = f"measured-{number}-{uuid.uuid4().hex[:8]}"
    price = {"amount": 1000, "currency": _currency(scene.stack)}
    body = {"product_id": product, "sku": product, "name": "Measured", "price": price, "status": "active"}
    scene.admin.post("/v1/products", body)
    open_stock(scene.admin, product, 10)
    return Wish(product, None, 1)


def _plenty(scene: Scene, wish: Wish) -> bool:
    """Whether there is enough of it for the stories; a file may have little stock, so some is added."""
    if scene.available(wish) < 2 * ORDINARY:
        product = scene.admin.get(f"/v1/products/{wish.product_id}")
        if product["status"] != "active":
            return False
        sku = next((v["sku"] for v in product["variants"] if v["variant_id"] == wish.variant_id), product["sku"])
        item = scene.admin.get("/v1/inventory-items", sku=sku)["data"][0]
        body = {"quantity": 2 * ORDINARY, "reason": "for the demonstration"}
        scene.admin.post(f"/v1/inventory-items/{item['inventory_id']}/restocks", body)
    return True


def _currency(stack: Stack) -> str:
    return os.environ.get("CURRENCY") or sam.outputs(stack.endpoint_url)["DefaultCurrency"]


@contextmanager
def timed(tally: Tally) -> Iterator[None]:
    """How long the customers took."""
    began = time.monotonic()
    yield
    tally.seconds = time.monotonic() - began


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str, int], Callable[[], None]]]:
    """Bars: call the result with a title and a total, then call what it gives after each piece."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:

        def bar(title: str, total: int) -> Callable[[], None]:
            task = bars.add_task(title, total=total)
            return lambda: bars.advance(task)

        yield bar


if __name__ == "__main__":
    sys.exit(main())
