"""Files of products on the local cloud: uploaded to the bucket, imported by the queue, exported again (R283-R287)."""

from pathlib import Path

import httpx
import pytest

from tools import seed
from tools.client import Json, until
from tools.importing.bring import Brought
from tools.importing.upload import follow, format_of, left_out, upload
from tools.local import Stack

pytestmark = pytest.mark.cloud

HEAD = "Handle,Title,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price,Image Src"
ROWS = 401  # three batches


def imported(stack: Stack, file: Path) -> Json:
    admin = seed.admin(stack)
    return follow(admin, upload(admin, file, format_of(file)), lambda read, total: None, seconds=300)


def test_a_file_goes_in_once_with_its_stock_and_a_reason_for_each_row_left_out(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "things.csv"
    rows = [f"thing-{n},Thing {n},true,Title,Default Title,THING-{n},{n % 7},{n % 90 + 1}.50," for n in range(ROWS)]
    file.write_text("\n".join([HEAD, *rows, "bad,Bad,true,,,BAD,,-1,", "worse,Worse,true,,,WORSE,,1,nowhere", ""]))
    done = imported(stack, file)
    assert (done["status"], done["rows_read"], done["rows_total"]) == ("completed", ROWS + 2, ROWS + 2)
    assert done["rows"] == {"created": ROWS, "updated": 0, "unchanged": 0, "failed": 2}
    assert [(row.row, row.column, row.code) for row in left_out(done)] == [
        (ROWS + 2, "Variant Price", "below_zero"),
        (ROWS + 3, "Image Src", "not_a_url"),
    ]
    assert imported(stack, file)["rows"] == {"created": 0, "updated": 0, "unchanged": ROWS, "failed": 2}
    admin = seed.admin(stack)

    def stocked() -> bool:
        found = admin.get("/v1/inventory-items", sku="THING-6")["data"]
        return bool(found) and found[0]["quantity"] == 6

    assert until(stocked, seconds=120)


def test_another_kind_of_file_fails_with_a_reason(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "picture.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n")
    done = imported(stack, file)
    assert (done["status"], done["failure"]["code"]) == ("failed", "missing_columns")


def test_what_is_exported_imports_again_unchanged(stack: Stack, brought: Brought, tmp_path: Path) -> None:
    admin = seed.admin(stack)
    begun = admin.post("/v1/product-exports")

    def ended() -> Json | None:
        found = admin.get(f"/v1/product-exports/{begun['export_id']}")
        return found if found["status"] in ("completed", "failed") else None

    done = until(ended, seconds=300)
    assert done["status"] == "completed"
    file = tmp_path / "export.csv"
    file.write_bytes(httpx.get(done["download_url"]).raise_for_status().content)
    again = imported(stack, file)
    assert again["rows_total"] == done["rows"] >= len(brought.units)
    assert again["rows"] == {"created": 0, "updated": 0, "unchanged": done["rows"], "failed": 0}
