"""The report of the demonstration: what was bought, what was undone, and whether everything adds up."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from shop.money import Money, to_decimal
from tools import invariants as books
from tools import sam
from tools.client import Json
from tools.demo.measure import Cost
from tools.demo.replay import Row
from tools.demo.tally import Tally
from tools.local import Stack

INVARIANTS = {
    "I1": "stock: on hand - reserved = available, and the ledger adds up",
    "I2": "money: what was taken belongs to one order that stands",
    "I3": "orders: parts add up, moves are allowed, stock and payment stand behind them",
    "I4": "coupons: never used more often than they may be",
    "I5": "nothing is left hanging",
    "I6": "every change was told once",
}


def outcomes(console: Console, tally: Tally) -> None:
    """Checkouts by how they ended, and what surprised us."""
    table = Table("Checkouts", "", title="What became of them", title_justify="left")
    for name, count in tally.outcomes.most_common():
        table.add_row(name.replace("_", " "), str(count))
    console.print(table)
    placed = tally.outcomes["succeeded"]
    rate = placed / max(tally.seconds, 0.1)
    console.print(f"{placed} orders in {tally.seconds:.0f} s, {rate:.2f} a second, carts and sign-ins included")
    for reason, count in tally.left_out.most_common():
        console.print(f"left out: {count} {reason}")
    for line in tally.listed:
        console.print(f"  {line}", style="dim", markup=False)


def invoices(console: Console, rows: list[Row], currency: str) -> None:
    """Each invoice, the orders it became, its goods by the file and by the shop, how they stand, and what went back."""
    table = Table("Invoice", "order", "goods, file", "goods, shop", "status", "refunded", title_justify="left")
    table.title = f"The invoices, in {currency}"
    for row in rows:
        sign = -1 if row.invoice.takes_back else 1
        numbers = list(dict.fromkeys(placed.order["order_number"] for placed in row.placed))
        table.add_row(
            row.invoice.number,
            " +".join([*numbers[:1], *([f"{len(numbers) - 1} more"] if len(numbers) > 1 else [])]),
            _shown(sign * row.invoice.amount, currency),
            _shown(row.goods, currency),
            ", ".join(status if count == 1 else f"{count} {status}" for status, count in row.became.items()),
            _shown(row.refunded, currency) if row.refunded else "",
        )
    sold, notes = ([row for row in rows if row.invoice.takes_back == back] for back in (False, True))
    table.add_section()
    for name, some, sign in (("bought", sold, 1), ("taken back", notes, -1)):
        file, shop, back = (
            (
                sum(amounts)
                for amounts in zip(*((sign * row.invoice.amount, row.goods, row.refunded) for row in some), strict=True)
            )
            if some
            else (0, 0, 0)
        )
        became = sum((row.became for row in some), Counter[str]())
        orders = {placed.order["order_id"] for row in some for placed in row.placed}
        table.add_row(
            f"{len(some)} {name}",
            f"{len(orders)} orders",
            _shown(file, currency),
            _shown(shop, currency),
            ", ".join(f"{count} {status}" for status, count in became.most_common()),
            _shown(back, currency),
        )
    console.print(table)


def paths(console: Console, stack: Stack, tally: Tally) -> None:
    """The states that one success and one failure went through."""
    for title, checkout in (
        ("A success", tally.first("succeeded")),
        ("A failure", tally.first("failed", "payment_declined") or tally.first("failed")),
    ):
        if checkout:
            console.print(f"\n[bold]{title}[/bold]: checkout {checkout['checkout_id']}")
            console.print("  " + " → ".join(path(stack, checkout["checkout_id"])))


def path(stack: Stack, name: str) -> list[str]:
    """The states an execution entered, in their order."""
    machine = sam.outputs(stack.endpoint_url)["CheckoutMachineArn"]
    execution = machine.replace(":stateMachine:", ":execution:") + ":" + name
    events = stack.client("stepfunctions").get_execution_history(executionArn=execution, maxResults=1000)["events"]
    return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]


def money(console: Console, tables: Mapping[str, list[Json]]) -> None:
    """Money, as payments and orders have it."""
    captured, refunded, owed = Counter[str](), Counter[str](), Counter[str]()
    for row in tables["payments"]:
        if row["kind"] == "payment":
            captured[row["amount"]["currency"]] += row["captured_amount"]["amount"]
            refunded[row["amount"]["currency"]] += row["refunded_amount"]["amount"]
    for row in tables["orders"]:
        if row["kind"] == "order" and row["payment_status"] == "paid":
            owed[row["total_amount"]["currency"]] += row["total_amount"]["amount"]
    table = Table(
        "Currency", "captured", "refunded", "kept", "paid orders come to", title="Money", title_justify="left"
    )
    for currency, taken in captured.items():
        amounts = (taken, refunded[currency], taken - refunded[currency], owed[currency])
        table.add_row(currency, *(_shown(amount, currency) for amount in amounts))
    console.print(table)


def stock(console: Console, tables: Mapping[str, list[Json]]) -> None:
    """Stock, as the levels and the ledger have it."""
    levels = [row for row in tables["inventory"] if row["kind"] == "stock_level"]
    moved = Counter[str]()
    for row in tables["inventory"]:
        if row["PK"].startswith("TXN#"):
            moved[row["transaction_type"]] += row["quantity"]
    on_hand, reserved = (sum(level[name] for level in levels) for name in ("quantity", "reserved_quantity"))
    ledger = ", ".join(f"{kind} {quantity:+,}" for kind, quantity in sorted(moved.items()))
    console.print(f"Stock: {on_hand:,} on hand, {reserved:,} reserved in {len(levels):,} levels; the ledger: {ledger}")


def mails(console: Console, stack: Stack) -> None:
    """The mails that were sent, by purpose, and what the mail service says it took."""
    rows = books.read(stack.client("dynamodb"), sam.outputs(stack.endpoint_url)["Stage"], ["notifications"])[
        "notifications"
    ]
    mailed = [row for row in rows if row["kind"] == "notification" and row["channel"] == "email"]
    sent = Counter((row["notification_type"], row["status"]) for row in mailed)
    console.print("Mails: " + ", ".join(f"{count} {kind} {status}" for (kind, status), count in sorted(sent.items())))


def invariants(console: Console, violations: list[str]) -> None:
    """Each invariant, and what breaks it."""
    table = Table("Invariant", "", title="What must hold, read from all tables", title_justify="left")
    for name, what in INVARIANTS.items():
        faults = [fault for fault in violations if fault.startswith(name)]
        table.add_row(
            f"{name} {what}", "[green]holds" if not faults else f"[red]broken {len(faults)} times: {faults[0]}"
        )
    console.print(table)


def speed(console: Console, cost: Cost, imports: Mapping[str, float]) -> None:
    """What one order cost, beside its budget."""
    table = Table("One order, two lines", "functions", "DynamoDB calls", "budget", title="Cost", title_justify="left")
    budgets = {"request": "2 and 4", "machine": "18 and 24 with the request", "events": "38 and 55 with all before"}
    for phase, budget in budgets.items():
        table.add_row(phase, str(cost.functions[phase]), str(cost.dynamodb(phase)), budget)
    total = sum(cost.functions.values()), sum(cost.dynamodb(phase) for phase in budgets)
    table.add_row("all", *(str(n) for n in total), "38 and 55, delivery included")
    console.print(table)
    console.print(
        "Import time over a boto3 client: "
        + ", ".join(f"{module} {ratio:.2f}" for module, ratio in sorted(imports.items(), key=lambda pair: -pair[1]))
    )


def surprises(console: Console, tally: Tally) -> None:
    """What should have happened and did not."""
    for surprise in tally.surprises:
        console.print(f"not as expected: {surprise}", style="red", markup=False)


def where_next(console: Console, stack: Stack) -> None:
    """Where to look now."""
    console.print(f"\nThe shop stays open at {stack.api_url}")
    if stack.web_url:
        console.print(f"  its window: {stack.web_url} · its control room: {stack.web_url}/control/")
    console.print("  its routes: docs/openapi.json · its events: events/README.md · at 3 a.m.: docs/operations.md")
    console.print("  `make down` closes it")


def saved(result: Mapping[str, Any], file: Any) -> None:
    """The same as JSON."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(result, indent=2, default=str))


def _shown(amount: int, currency: str) -> str:
    return f"{to_decimal(Money(amount=amount, currency=currency)):,}"
