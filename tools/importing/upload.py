"""A file of products into a running shop: uploaded, followed, and told what was left out."""

import csv
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from tools.client import Client, Json

FORMATS = {".jsonl": "json_lines", ".ndjson": "json_lines"}
ENDED = ("completed", "failed", "expired")


@dataclass(frozen=True)
class LeftOut:
    """A row that was left out, and why."""

    row: int
    column: str
    code: str
    detail: str

    def __str__(self) -> str:
        where = f"row {self.row}" + (f", {self.column}" if self.column else "")
        return f"{where}: {self.detail} ({self.code})"


def format_of(file: Path) -> str:
    """What kind of file this is, by its name and, of CSV files, by their first line."""
    if file.suffix.lower() in FORMATS:
        return FORMATS[file.suffix.lower()]
    with file.open("rb") as opened:
        beginning = opened.read(65_536)
    return "shopify_csv" if b"Handle" in beginning.replace(b"\0", b"").split(b"\n", 1)[0] else "csv"


def upload(admin: Client, file: Path, format: str, currency: str | None = None) -> Json:
    """Begin an import and send the file."""
    body: Json = {"format": format, "options": {"currency": currency}}
    begun = admin.post("/v1/product-imports", body)
    with file.open("rb") as content:
        headers = {"Content-Length": str(file.stat().st_size)}
        httpx.put(begun["upload_url"], content=content, headers=headers, timeout=600).raise_for_status()
    return begun


def follow(admin: Client, begun: Json, told: Callable[[int, int | None], None], seconds: float = 3600) -> Json:
    """Wait for the end of an import; `told` is how many rows of how many are done."""
    deadline = time.monotonic() + seconds
    while True:
        found = admin.get(f"/v1/product-imports/{begun['import_id']}")
        told(found["rows_read"], found["rows_total"])
        if found["status"] in ENDED:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"the import is {found['status']} after {seconds:.0f} s")
        time.sleep(0.5)


def left_out(ended: Json) -> list[LeftOut]:
    """The rows that were left out."""
    if not ended["errors_url"]:
        return []
    answer = httpx.get(ended["errors_url"], timeout=60).raise_for_status()
    rows = csv.DictReader(io.StringIO(answer.content.decode()))
    return [LeftOut(int(row["row"]), row["column"], row["code"], row["detail"]) for row in rows]
