"""Tells the whole story of one order, in the order of time: `make trace ORDER=ORD-20260131-000042`."""

import sys

from rich.text import Text

from tools.emulator import CloudError
from tools.places import place, words
from tools.progress import console, lay_out, table
from tools.trace.moments import money
from tools.trace.story import NoSuchOrder, Story, tell


def show(story: Story) -> None:
    """On the terminal: a line a moment, those that went wrong in red, and the requests they followed from below."""
    thing = story.order or story.checkout or {}
    kind = "Order" if story.order else "Checkout"
    total = money(thing.get("total_amount") or thing.get("expected_total"))
    console.print(f"[bold]{kind} {thing['order_number']}[/bold]  {thing['status']}  {total}  {thing['order_id']}")
    requests = list(dict.fromkeys(moment.correlation_id for moment in story.moments if moment.correlation_id))
    rows = table("", "where", "what", "", "of")
    day = ""
    for moment in story.moments:
        today, _, clock = moment.at.removesuffix("Z").partition("T")
        if today != day:
            rows.add_row(Text(today, "bold"))
            day = today
        style = "red" if moment.bad else "cyan" if moment.what.startswith("told ") else ""
        of = f"#{requests.index(moment.correlation_id) + 1}" if moment.correlation_id else ""
        rows.add_row(clock, moment.where, Text(moment.what, style), Text(moment.detail), of)
    lay_out(rows)
    console.print("\n[dim]The requests it followed from; each is the correlation_id of its lines in the logs:[/dim]")
    for number, request in enumerate(requests, start=1):
        console.print(f"#{number} {request}", markup=False)


def main() -> int:
    """`python -m tools.trace ORDER [--stage STAGE]`."""
    parser = words(__doc__)
    parser.add_argument("order", help="an order's number or id, or its checkout's id")
    asked = parser.parse_args()
    try:
        show(tell(place(asked.stage), asked.order))
    except (CloudError, NoSuchOrder) as error:
        console.print(str(error), style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
