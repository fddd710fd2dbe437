"""Tries in a real browser what is for browsers: `make test-web` opens a shop, and Playwright goes through its pages."""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools import clients, local, seed
from tools.emulator import ROOT, CloudError, tail
from tools.importing.bring import bring, read
from tools.progress import console, phase
from tools.web import pages

CATALOG = ROOT / "examples/catalog.csv"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """The worse exit status of Playwright, which is given our arguments, and of the TypeScript client's tests."""
    try:
        if not pages.node():
            raise CloudError(f"Node {'.'.join(map(str, pages.OLDEST))} or later is needed, with npm")
        browser = chromium()
        with ThreadPoolExecutor(1) as pool, tempfile.TemporaryDirectory(prefix="tradewind-") as scratch:
            checked = [pool.submit(pages.check), pool.submit(clients.typescript)]  # while the shop opens
            with local.cloud(directory=Path(scratch), web=True) as stack:
                for each in checked:
                    each.result()
                with phase("filling its shelves"):
                    bring(seed.admin(stack), read(CATALOG, "USD")[0])
                given = pages.environment(
                    WEB_URL=stack.web_url or "",
                    API_URL=stack.api_url,
                    WEB_STACK=f"{scratch}/stack.json",
                    CHROMIUM=browser,
                )
                return max(
                    subprocess.call(["node_modules/.bin/playwright", "test", *sys.argv[1:]], cwd=pages.WEB, env=given),
                    subprocess.call(["node", "--test", "dist/test/"], cwd=clients.TYPESCRIPT, env=given),
                )
    except CloudError as error:
        console.print(str(error), style="red", markup=False)
        return 1


def chromium() -> str:
    """The browser of this machine; on Debian, who may install it does."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found:
        return found
    if os.geteuid() or not shutil.which("apt-get"):
        raise CloudError("Chromium is needed: apt-get install chromium, or whatever installs it here")
    with phase("installing Chromium"):
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            done = subprocess.run(["apt-get", "--quiet", *arguments], capture_output=True, text=True)
            if done.returncode:
                raise CloudError(f"apt-get {arguments[0]} failed:\n{tail(done.stdout + done.stderr)}")
    return chromium()


if __name__ == "__main__":
    sys.exit(main())
