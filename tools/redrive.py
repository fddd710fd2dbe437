"""Looks at dead letters, and puts them back where they came from: `make redrive SERVICE=orders`.

Do it once the cause is mended: what fails again dies again, and is back here after a quarter of an hour. Whatever was
answered in part or in the meantime is safe: who hears an event a second time changes nothing.
"""

import sys
import time
from collections.abc import Iterator

from rich.markup import escape

from operations.logic.dead import Dead
from shop.errors import Refusal
from tools.emulator import CloudError
from tools.places import place, words
from tools.progress import console, lay_out, table


def move(dead: Dead) -> Iterator[int]:
    """Put them back; how many that are so far, now and then."""
    if not dead.start():
        yield from dead.by_hand()
        return
    while True:
        task = dead.sqs.list_message_move_tasks(SourceArn=dead.arn(), MaxResults=1)["Results"][0]
        yield int(task.get("ApproximateNumberOfMessagesMoved", 0))
        if task["Status"] in ("FAILED", "CANCELLED"):
            raise CloudError(f"The task {task['Status'].lower()}: {task.get('FailureReason', '')}")
        if task["Status"] == "COMPLETED":
            return
        time.sleep(1)


def redrive(dead: Dead, only_look: bool) -> int:
    """Show what there is, and put it back unless it is only to be looked at. How many went."""
    count, letters = dead.count(), dead.look()
    console.print(f"{count} dead letters of {dead.service} in {dead.stage}")
    rows = table("sent", "what", "about", "correlation_id", "reason")
    for letter in letters:
        told = (letter.sent_at, letter.what, letter.about, letter.correlation_id, letter.reason)
        rows.add_row(*map(escape, told))
    if letters:
        lay_out(rows)
    if only_look or not letters:
        return 0
    moved = 0
    with console.status("moving") as status:
        for moved in move(dead):
            status.update(f"moving: {moved} of {count}")
    console.print(f"{moved} put back; {dead.count()} left")
    return moved


def main() -> int:
    """`python -m tools.redrive SERVICE [--look] [--stage STAGE]`."""
    parser = words((__doc__ or "").partition("\n")[0])
    parser.add_argument("service", help="a service; or undelivered, catalog-transfers, webhooks-deliveries")
    parser.add_argument("--look", action="store_true", help="show them, and leave them where they are")
    asked = parser.parse_args()
    try:
        where = place(asked.stage)
        redrive(Dead(where.stage, asked.service, where.client), asked.look)
    except (CloudError, Refusal) as error:
        console.print(error.detail if isinstance(error, Refusal) else str(error), style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
