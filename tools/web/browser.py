"""Tries in a real browser what is for browsers: `make test-web` opens a shop, and Playwright goes through its pages."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools import clients, local, sam, seed
from tools.emulator import ROOT, CloudError, tail
from tools.importing.bring import bring, read
from tools.progress import console, phase
from tools.web import pages

CATALOG, DEAD = ROOT / "examples/catalog.csv", "order.delivered"


def main() -> int:
    """The worse exit status of Playwright, which is given our arguments, and of the TypeScript client's tests."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    try:
        chromium = needed()
        with ThreadPoolExecutor(1) as pool, tempfile.TemporaryDirectory(prefix="tradewind-") as scratch:
            checked = [pool.submit(each) for each in (pages.build, pages.check, clients.typescript)]  # while it opens
            with local.cloud(directory=Path(scratch), web=True) as stack:
                for each in checked:
                    each.result()
                with phase("filling its shelves"):
                    bring(seed.admin(stack), read(CATALOG, "USD")[0])
                    leave_dead(stack, DEAD)
                given = pages.environment(
                    WEB_URL=stack.web_url or "",
                    API_URL=stack.api_url,
                    WEB_STACK=f"{scratch}/stack.json",
                    CHROMIUM=chromium,
                    DEAD_LETTER=DEAD,
                )
                return max(
                    subprocess.call(["node_modules/.bin/playwright", "test", *sys.argv[1:]], cwd=pages.WEB, env=given),
                    subprocess.call(["node", "--test", "dist/test/"], cwd=clients.TYPESCRIPT, env=given),
                )
    except CloudError as error:
        console.print(str(error), style="red", markup=False)
        return 1


def leave_dead(stack: local.Stack, event: str) -> None:
    """Put an event where those lie that reviews could not answer; it can, once it is put back."""
    sqs, said = stack.client("sqs"), (ROOT / f"events/samples/{event}.json").read_text()
    url = sqs.get_queue_url(QueueName=f"{sam.outputs(stack.endpoint_url)['Stage']}-reviews-dead")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=said)


def needed() -> str:
    """Node and a browser, installed if this is a Debian where we may do that; the path of the browser."""
    missing = ([] if pages.node() else ["nodejs", "npm"]) + ([] if browser() else ["chromium"])
    if missing and (os.geteuid() or not shutil.which("apt-get")):
        raise CloudError(f"Needed and not here: {', '.join(missing)}; Node {pages.LEAST} or later")
    if missing:
        with phase(f"installing {', '.join(missing)}"):
            for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
                done = subprocess.run(["apt-get", "--quiet", *arguments], capture_output=True, text=True)
                if done.returncode:
                    raise CloudError(f"apt-get {arguments[0]} failed:\n{tail(done.stdout + done.stderr)}")
    chromium = browser()
    if not (pages.node() and chromium):
        raise CloudError(f"What apt-get installs is too old: Node {pages.LEAST} or later is needed")
    return chromium


def browser() -> str | None:
    """This machine's Chromium, or what is built from it."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


if __name__ == "__main__":
    sys.exit(main())
