"""All products as a file, which imports again unchanged (R286, R287)."""

import csv
import io

import pytest
import time_machine

from catalog.logic import exports
from catalog.store import files
from catalog.store import transfers as store
from shop import clock
from shop.settings import HOUR
from tests.kit import ROOT, admin, app_of, empty, user
from tests.service.transfers_kit import Json, exported, imported, taken, work
from tests.service.transfers_kit import perform as do

pytestmark = pytest.mark.usefixtures("shop")

CATALOG = (ROOT / "examples/catalog.csv").read_text()
USD = {"currency": "USD"}


@pytest.fixture(autouse=True)
def empty_queue(shop: None) -> None:
    taken()


def a_product(**fields: object) -> Json:
    body = {"sku": "MUG", "name": "Mug", "price": {"amount": 1250, **USD}, "status": "active", **fields}
    made: Json = admin().post("/v1/products", body).ok(201)
    return made


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_an_exported_catalog_imports_again_unchanged_and_makes_the_same_elsewhere() -> None:
    imported(CATALOG)
    text = exported()
    assert len(rows(text)) == 31
    again = imported(text)
    assert (again["rows"]["unchanged"], again["rows_total"], again["errors_url"]) == (31, 31, None)
    empty()
    assert imported(text)["rows"]["created"] == 31
    assert exported() == text


def test_products_of_every_status_and_shape_are_in_it_and_come_back_unchanged() -> None:
    a_product(name="=SUM(A1)", description="'quoted\nand @ended", tags=["a", "b, c"], weight_grams=0, tax_class="books")
    a_product(sku="=CMD", name="Draft", status="draft", price=None)
    a_product(sku="C", name="With colours", variants=[{"sku": "C-R", "color": "red"}, {"sku": "C-B", "name": "Blue"}])
    a_product(sku="D", name="One", compare_at_price={"amount": 2000, **USD}, variants=[{"sku": "D-1"}])
    a_product(sku="E", name="Yen", price={"amount": 500, "currency": "JPY"}, is_visible=False)
    deep = {"Size": " L ", "n": 1.5, "list": ["x"], "Cut": "slim", "Fit": "loose", "Look": "dark"}
    a_product(sku="F", name="Deep", variants=[{"sku": "F-1", "attributes": deep, "price": {"amount": 1, **USD}}])
    gone = a_product(sku="G", name="Gone", seo={"meta_keywords": ["x"]})
    admin().delete(f"/v1/products/{gone['product_id']}", if_match='"1"').ok(204)
    off = a_product(sku="H", name="Off", brand={"name": "Acme", "logo_url": "https://x.example/l.png"})
    admin().post(f"/v1/products/{off['product_id']}/status-changes", {"status": "inactive"}).ok(200)
    text = exported()
    found = {row["Handle"]: row for row in rows(text)}
    assert (found["sum-a1"]["Title"], found["draft"]["Variant SKU"]) == ("'=SUM(A1)", "'=CMD")
    assert (found["sum-a1"]["Tax Class"], found["draft"]["Tax Class"]) == ("books", "standard")
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows(text) for cell in row.values())
    assert [found["yen"][name] for name in ("Variant Price", "Currency", "Published")] == ["500", "JPY", "false"]
    assert (found["gone"]["Status"], found["off"]["Status"], found["draft"]["Status"]) == ("archived", "draft", "draft")
    done = imported(text)
    assert done["rows"]["unchanged"] == done["rows_total"] == len(rows(text))
    off_now = admin().get(f"/v1/products/{off['product_id']}").ok()
    assert (off_now["status"], off_now["brand"]["logo_url"]) == ("inactive", "https://x.example/l.png")


def test_an_export_goes_on_where_an_invocation_left_it(monkeypatch: pytest.MonkeyPatch) -> None:
    imported(CATALOG)
    whole = exported()
    monkeypatch.setattr(exports, "PAGE", 1)
    monkeypatch.setattr(exports, "SECONDS", -1)  # every invocation is over at once ...
    begun = admin().post("/v1/product-exports", {}).ok(202)
    (task,) = taken()
    assert do(task)
    assert taken() == [task]
    monkeypatch.setattr(exports, "SECONDS", 20)
    real, left = store.save_export, [5]

    def crashing(*arguments: object) -> object:
        saved = real(*arguments)  # type: ignore[arg-type]
        left[0] -= 1
        if left[0] == 0:
            raise RuntimeError("gone")
        return saved

    with monkeypatch.context() as patch:
        patch.setattr(store, "save_export", crashing)
        assert not do(task)
    running = admin().get(f"/v1/product-exports/{begun['export_id']}").ok(200)
    assert (running["status"], running["products"], running["download_url"]) == ("running", 5, None)
    with time_machine.travel(clock.epoch(clock.after(HOUR)), tick=True):
        app_of("catalog").jobs({"job": "resume_transfers"}, None)  # ... and one is lost altogether
        work(times=2)
    done = admin().get(f"/v1/product-exports/{begun['export_id']}").ok(200)
    assert (done["status"], done["products"], done["rows"]) == ("completed", 20, 31)
    kept = b"".join(files.contents([f"exports/{begun['export_id']}.csv"])).decode()
    assert kept == whole


def test_a_large_file_is_sent_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHUNK", 5 * 1024 * 1024)
    parts = [bytes([letter]) * 3_000_000 for letter in b"abcdef"]
    files.assemble("exports/large.csv", iter(parts))
    assert files.find("exports/large.csv") is not None
    assert b"".join(files.contents(["exports/large.csv"])) == b"".join(parts)


def test_an_empty_catalog_is_a_file_with_a_header() -> None:
    assert (exported().count("\n"), rows(exported())) == (1, [])


def test_an_export_is_made_once_by_key_and_only_for_the_admin() -> None:
    first = admin().post("/v1/product-exports", {"format": "shopify_csv"}, idempotency_key="one")
    same = admin().post("/v1/product-exports", {"format": "shopify_csv"}, idempotency_key="one").ok(202)
    assert first.ok(202)["export_id"] == same["export_id"]
    assert first.headers["Location"] == f"/v1/product-exports/{same['export_id']}"
    assert len(taken()) == 1
    admin().post("/v1/product-exports", {"format": "xml"}).refused(422, "validation_failed")
    admin().get("/v1/product-exports/none-such").refused(404, "not_found")
    user().post("/v1/product-exports", {}).refused(403, "forbidden")
    user().get(f"/v1/product-exports/{same['export_id']}").refused(403, "forbidden")
