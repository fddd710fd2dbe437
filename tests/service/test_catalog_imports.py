"""Files of products into the catalog: uploaded, divided, imported once however often a task comes (R283-R285, B37)."""

import json
import random
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
import time_machine

from catalog.logic import imports, products
from catalog.store import files, tasks, writing
from catalog.store import products as shelf
from catalog.store import transfers as store
from shop import clock
from shop.errors import Transient
from shop.settings import DAY, HOUR
from tests.kit import ROOT, admin, anyone, app_of, deliver, hear, pending, perform, user
from tests.service.transfers_kit import Json, begin, errors, imported, made_calls, shown, taken, tell, upload, work
from tests.service.transfers_kit import perform as do

pytestmark = pytest.mark.usefixtures("shop")

CATALOG = (ROOT / "examples/catalog.csv").read_text()
HEAD = "Handle,Title,Body (HTML),Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,"
HEAD += "Variant Price,Image Src"
MUGS = [
    "mug,Mug,Holds coffee,kitchen,true,Size,S,MUG-S,3,12.50,https://x.example/s.jpg",
    "mug,,,,,,L,MUG-L,,14,https://x.example/l.jpg",
]
CUP = "cup,Cup,,,true,Title,Default Title,CUP,5,9,"


@pytest.fixture(autouse=True)
def empty_queue(shop: None) -> None:
    taken()


def file(*rows: str) -> str:
    return "\n".join([HEAD, *rows, ""])


def many(count: int) -> str:
    return file(*(f"p{n},Product {n},,,true,Title,Default Title,SKU-{n},,{n % 90 + 1}," for n in range(count)))


def counts(done: Json, what: str = "rows") -> dict[str, int]:
    return {name: number for name, number in done[what].items() if number}


def product(name: str) -> Json:
    found: Json = admin().get(f"/v1/products/{name}").ok(200)
    return found


def test_a_file_goes_in_and_the_same_file_again_changes_nothing() -> None:
    begun = begin()
    assert (begun["status"], begun["rows_total"], begun["rows_read"], begun["errors_url"]) == (
        "awaiting_upload",
        None,
        0,
        None,
    )
    upload(begun, CATALOG)
    work()
    done = shown(begun)
    assert (done["status"], done["rows_total"], done["rows_read"]) == ("completed", 31, 31)
    assert (counts(done), counts(done, "products")) == ({"created": 31}, {"created": 20})
    assert (done["upload_url"], done["errors_url"], done["failure"]) == (None, None, None)
    mug = product("enamel-mug")
    assert [(v["sku"], v["price"]["amount"], v["attributes"]) for v in mug["variants"][:2]] == [
        ("MUG-NV-S", 950, {"Color": "Navy", "Size": "Small"}),
        ("MUG-NV-L", 1150, {"Color": "Navy", "Size": "Large"}),
    ]
    assert product("glass-teapot")["compare_at_price"] == {"amount": 4500, "currency": "USD"}
    said = len(pending("catalog"))
    again = imported(CATALOG)
    assert (counts(again), counts(again, "products")) == ({"unchanged": 31}, {"unchanged": 20})
    assert len(pending("catalog")) == said


def test_a_changed_row_is_one_update() -> None:
    imported(CATALOG)
    done = imported(CATALOG.replace("TEA-ASM-250,290,60,16.00", "TEA-ASM-250,290,60,16.50"))
    assert counts(done) == {"updated": 1, "unchanged": 30}
    assert counts(done, "products") == {"updated": 1, "unchanged": 19}
    assert product("assam-breakfast")["variants"][1]["price"] == {"amount": 1650, "currency": "USD"}
    (change, *_) = admin().get("/v1/products/assam-breakfast/price-history").ok()["data"]
    assert (change["price"]["amount"], change["changed_by"], change["reason"]) == (
        1650,
        "admin-1",
        f"import {done['import_id']}",
    )


def test_what_the_file_says_of_a_product_is_brought_about_and_the_rest_is_left() -> None:
    imported(file(*MUGS, CUP))
    mug = product("mug")
    admin().patch("/v1/products/mug", {"short_description": "kept", "badges": ["new"]}, if_match=f'"{mug["version"]}"')
    rows = [
        'mug,Large mug,,"blue, kitchen",false,Size,S,MUG-S,99,13,https://x.example/s.jpg',
        "mug,,,,,,XL,MUG-XL,2,20,https://x.example/xl.jpg",
    ]
    done = imported(file(*rows, CUP))
    assert counts(done) == {"updated": 2, "unchanged": 1}
    now = product("mug")
    assert (now["name"], now["description"], now["status"], now["tags"]) == (
        "Large mug",
        None,
        "inactive",
        ["kitchen", "blue"],
    )
    assert (now["short_description"], now["badges"], now["price"]["amount"]) == ("kept", ["new"], 1300)
    assert [(v["sku"], v["effective_price"]["amount"]) for v in now["variants"]] == [
        ("MUG-S", 1300),
        ("MUG-L", 1400),
        ("MUG-XL", 2000),
    ]
    assert [image["url"][-6:] for image in now["images"]] == ["/s.jpg", "/l.jpg", "xl.jpg"]
    assert counts(imported(file(*rows, CUP))) == {"unchanged": 3}


def test_a_new_units_quantity_is_its_opening_stock_and_later_ones_are_not_counted() -> None:
    admin().post("/v1/warehouses", {"code": "MAIN", "name": "Main"}).ok(201)
    imported(file(*MUGS, CUP))
    deliver("catalog", "inventory", times=2, shuffle=random.Random(3))

    def quantity(sku: str) -> int:
        (item,) = admin().get(f"/v1/inventory-items?sku={sku}").ok()["data"]
        return int(item["quantity"])

    assert [quantity(sku) for sku in ("MUG-S", "MUG-L", "CUP")] == [3, 0, 5]
    row = "mug,Mug,Holds coffee,kitchen,true,Size,XL,MUG-XL,7,20,"
    imported(file(*[mug.replace(",3,", ",50,") for mug in MUGS], row, CUP.replace(",5,", ",50,")))
    deliver("catalog", "inventory")
    assert [quantity(sku) for sku in ("MUG-S", "MUG-L", "MUG-XL", "CUP")] == [3, 0, 7, 5]
    (item,) = admin().get("/v1/inventory-items?sku=CUP").ok()["data"]
    (entry,) = admin().get(f"/v1/inventory-items/{item['inventory_id']}/transactions").ok()["data"]
    assert (entry["transaction_type"], entry["quantity"], entry["reason"]) == ("restock", 5, "opening stock")


def test_stock_of_an_event_that_was_half_answered_comes_in_when_it_is_heard_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin().post("/v1/warehouses", {"code": "MAIN", "name": "Main"}).ok(201)
    imported(file(CUP))
    ((kind, said),) = [event for event in pending("catalog") if event[0] == "product.created"]
    with monkeypatch.context() as patch:
        patch.setattr("inventory.store.ledger.book", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            hear(kind, said)
    for _ in range(2):
        hear(kind, said)
        deliver("inventory")
        (item,) = admin().get("/v1/inventory-items?sku=CUP").ok()["data"]
        assert item["quantity"] == 5


def test_quantities_can_be_left_alone() -> None:
    imported(file(CUP), opening_stock=False)
    ((_, said),) = [event for event in pending("catalog") if event[0] == "product.created"]
    assert said["data"]["opening_stock"] == 0


def test_bad_rows_are_told_in_a_file_and_the_rest_goes_in() -> None:
    done = imported(
        file(
            *MUGS,
            ",Nobody,,,true,,,X,,1,",
            "low,Low,,,true,,,LOW,,-1,",
            "bare,Bare,,,true,,,BARE,,,",
            "pot,Pot,<p onclick='x()'>Clay<script>alert(1)</script></p>,,true,,,POT,,5,not an address",
            "lid,=cmd|'/c calc'!A0,,,true,,,LID,,2,",
            "=bad,,,,true,,,BAD,,2,",
            "jug,Jug,<p onclick='x()'>Clay<script>alert(1)</script></p>,,true,,,JUG,,5,",
            'vase,"Vase"x,,,true,,,VASE,,2,',
            CUP,
        )
    )
    assert errors(done) == [
        (4, "Handle", "no_handle"),
        (5, "Variant Price", "below_zero"),
        (6, "Variant Price", "no_price"),
        (7, "Image Src", "not_a_url"),
        (9, "Title", "no_title"),
        (11, "", "bad_quotes"),
    ]
    assert counts(done) == {"created": 5, "failed": 6}
    assert counts(done, "products") == {"created": 4, "failed": 5}
    assert product("lid")["name"] == "=cmd|'/c calc'!A0"
    assert product("jug")["description"] == "<p>Clay</p>"
    for name in ("pot", "low", "bare", "vase"):
        admin().get(f"/v1/products/{name}").refused(404, "not_found")
    again = imported(file("jug,Jug,<p onclick='x()'>Clay<script>alert(1)</script></p>,,true,,,JUG,,5,"))
    assert counts(again) == {"unchanged": 1}


def test_cells_of_megabytes_and_broken_text_are_told_by_row_and_the_rest_goes_in() -> None:
    rows = [
        *(b"oak,Oak,<p>Gr\xfcn</p>,,true,,,OAK,,5,", b"elm,Elm,%s,,true,,,ELM,,5," % (b"x" * 10_000_000)),
        *(b"fir,Fir,\x81,,true,,,FIR,,5,", b"yew,Yew,,,true,,,YEW,,5,,too,many", b"ash,Ash,,,true"),
        *(CUP.encode(), b'box,"Box,,,true,,,BOX,,5,'),
    ]
    done = imported(b"\n".join([HEAD.encode(), *rows]))
    assert errors(done) == [
        (3, "Body (HTML)", "string_too_long"),
        (4, "", "not_text"),
        (5, "", "too_many_cells"),
        (6, "Variant Price", "no_price"),
        (8, "", "bad_quotes"),
    ]
    assert counts(done) == {"created": 2, "failed": 5}
    assert product("oak")["description"] == "<p>Grün</p>"


def test_names_that_no_table_takes_are_told_by_row_and_the_rest_goes_in() -> None:
    price = {"amount": 100, "currency": "USD"}
    names = [("sku", "A\ud800"), ("product_id", "x" * 3000), ("sku", "C" * 3000), ("slug", "d" * 3000), ("sku", "E")]
    lines = [
        json.dumps({"sku": f"S{n}", "name": "Thing", "price": price, **dict([name])}) for n, name in enumerate(names)
    ]
    done = imported("\n".join(lines), "json_lines")
    assert [row for row, _, _ in errors(done)] == [1, 2, 3, 4]
    assert counts(done) == {"created": 1, "failed": 4}


def test_a_file_may_say_how_products_are_taxed() -> None:
    done = imported("sku,name,price,tax_class\nTEA,Tea,4.00,Food\nPEN,Pen,1.00,\nBAD,Bad,1.00,no such class\n", "csv")
    assert errors(done) == [(4, "tax_class", "string_pattern_mismatch")]
    found = {shown["sku"]: shown["product_id"] for shown in admin().get("/v1/products").ok()["data"]}
    assert [product(found[sku])["tax_class"] for sku in ("TEA", "PEN")] == ["food", "standard"]
    assert counts(imported("sku,name,price\nTEA,Tea,4.00\n", "csv")) == {"unchanged": 1}
    assert counts(imported("sku,name,price,tax_class\nTEA,Tea,4.00,\n", "csv")) == {"updated": 1}


def test_a_sku_or_handle_twice_in_a_file_is_named() -> None:
    done = imported(
        file(*MUGS, CUP, "copy,Copy,,,true,Size,S,COPY-S,,1,", "copy,,,,,,L,MUG-L,,2,", "mug,Mug,,,true,,,MUG-2,,3,")
    )
    assert errors(done) == [(6, "Variant SKU", "sku_taken"), (7, "", "repeated_product")]
    assert counts(done) == {"created": 4, "failed": 2}
    assert [variant["sku"] for variant in product("copy")["variants"]] == ["COPY-S"]
    assert product("mug")["description"] == "Holds coffee"


def test_a_product_of_many_variants_goes_in_by_steps() -> None:
    rows = [f"shirt,Shirt,,,true,Size,{n},SHIRT-{n},,{n + 1}," for n in range(90)]
    assert counts(imported(file(*rows))) == {"created": 90}
    assert [variant["sku"] for variant in product("shirt")["variants"]] == [f"SHIRT-{n}" for n in range(90)]
    dearer = [row.replace(f",,{n + 1},", f",,{n + 2},") for n, row in enumerate(rows)]
    assert counts(imported(file(*dearer))) == {"updated": 90}
    assert product("shirt")["variants"][89]["effective_price"]["amount"] == 9100
    done = imported(file(*dearer, "shirt,Shirt,,,true,Size,one more,SHIRT-90,,1,"))
    assert (counts(done), {code for _, _, code in errors(done)}) == ({"failed": 91}, {"too_long"})


def test_products_are_found_by_slug_or_sku_whoever_made_them() -> None:
    body = {"sku": "MUG", "name": "My mug", "price": {"amount": 100, "currency": "USD"}, "status": "active"}
    made = admin().post("/v1/products", body).ok(201)
    assert counts(imported(file("my-mug,My mug,,,true,,,MUG,,2,"))) == {"updated": 1}
    assert product(made["product_id"])["price"]["amount"] == 200
    line = '{"sku": "MUG", "name": "My mug", "price": {"amount": 300, "currency": "USD"}}'
    assert counts(imported(line, "json_lines")) == {"updated": 1}
    done = imported("sku,name,price\nMUG,My mug,4.00\n", "csv")
    assert (counts(done), product(made["product_id"])["price"]["amount"]) == ({"updated": 1}, 400)
    assert counts(imported("sku,name,price\nMUG,My mug,4.00\n", "csv")) == {"unchanged": 1}


def test_of_two_rows_that_mean_one_product_the_later_counts() -> None:
    row = "pot,Pot,,,true,,,POT,,%s,"
    done = imported(file(row % 5, row.replace("pot", "Pot") % 6))
    assert (counts(done), product("pot")["price"]["amount"]) == ({"created": 1, "updated": 1}, 600)
    done = imported(file(row % 7, row.replace("pot", "Pot") % 6))
    assert (counts(done), product("pot")["price"]["amount"]) == ({"updated": 2}, 600)


def test_an_archived_product_does_not_come_back_by_a_file() -> None:
    imported(file(CUP))
    admin().delete("/v1/products/cup", if_match='"1"').ok(204)
    done = imported(file(CUP))
    assert (errors(done), counts(done)) == ([(2, "Published", "invalid_transition")], {"failed": 1})
    assert product("cup")["status"] == "archived"


def test_prices_are_in_the_currency_that_was_said() -> None:
    imported(file(CUP), currency="JPY")
    assert product("cup")["price"] == {"amount": 9, "currency": "JPY"}
    done = imported(file(CUP), currency="EUR")
    assert errors(done)[0][2] == "currency_mismatch"


@pytest.mark.parametrize(
    ("content", "code"),
    [("a,b\n1,2\n", "missing_columns"), ("", "empty_file"), (HEAD, "empty_file"), (b"\x00" * 9, "missing_columns")],
)
def test_a_file_of_another_kind_fails_as_a_whole(content: str | bytes, code: str) -> None:
    done = imported(content)
    assert (done["status"], done["failure"]["code"]) == ("failed", code)
    assert done["completed_at"]


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "FILE_MAX", 100)
    assert imported(file(*MUGS))["failure"]["code"] == "file_too_large"
    monkeypatch.setattr(imports, "FILE_MAX", 10_000)
    monkeypatch.setattr(imports, "ROWS_MAX", 2)
    assert imported(file(*MUGS, CUP))["failure"]["code"] == "file_too_large"


@pytest.mark.parametrize("seed", [1, 2])
def test_tasks_that_come_twice_and_in_any_order_count_once(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 5)
    begun = begin()
    upload(begun, many(23))
    tell(begun)
    work(times=3, shuffle=random.Random(seed))
    done = shown(begun)
    assert (done["status"], done["rows_read"], counts(done)) == ("completed", 23, {"created": 23})


def test_a_batch_takes_as_few_calls_late_in_a_file_as_early_and_many_products_share_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 28)

    def batches(content: str) -> list[Counter[str]]:
        begun = begin()
        upload(begun, content)
        (uploaded,) = taken()
        assert do(uploaded)
        found = [made_calls(task) for task in taken()]
        assert shown(begun)["status"] == "completed"
        return found

    first, second, *_ = batches(many(57))
    assert first == second == {"GetItem": 4, "BatchGetItem": 2, "Query": 1, "TransactWriteItems": 2 + 1}
    first, second, *_ = batches(many(57))
    assert first == second == {"GetItem": 4, "BatchGetItem": 1, "Query": 1 + 28, "TransactWriteItems": 1}
    first, second, *_ = batches(many(57).replace(",true,", ",false,"))
    assert first == second == {"GetItem": 4, "BatchGetItem": 1, "Query": 1 + 28, "TransactWriteItems": 2 + 1}


class Crash(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("after", range(1, 12))
def test_a_crash_anywhere_loses_and_doubles_nothing(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 4)
    monkeypatch.setattr(writing, "MAX_ACTIONS", 14)  # so that a batch is several transactions
    left = [after]

    def crashing(real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            done = real(*arguments, **named)
            left[0] -= 1
            if left[0] == 0:
                raise Crash
            return done

        return call

    with monkeypatch.context() as patch:
        for module, name in [
            (store, "save_import"),
            (store, "write_batches"),
            (store, "count"),
            (tasks, "send"),
            (files, "write"),
            (files, "assemble"),
            (writing.Together, "save"),
        ]:
            patch.setattr(module, name, crashing(getattr(module, name)))
        begun = begin()
        upload(begun, many(7) + ",No handle,,,true,,,X,,1,\n")
        with suppress(Crash):
            work()
    taken()
    with time_machine.travel(clock.epoch(clock.after(HOUR / 2)), tick=True):
        app_of("catalog").jobs({"job": "resume_transfers"}, None)
        work()
    done = shown(begun)
    assert (done["status"], done["rows_read"]) == ("completed", 8)
    assert (counts(done), len(errors(done))) == ({"created": 7, "failed": 1}, 1)
    assert len([1 for kind, _ in pending("catalog") if kind == "product.created"]) == 7


def test_a_busy_table_brings_the_task_again(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = begin()
    upload(begun, file(*MUGS, CUP))
    (uploaded,) = taken()
    assert do(uploaded)
    (batch,) = taken()

    def busy(together: writing.Together) -> None:
        raise Transient

    with monkeypatch.context() as patch:
        patch.setattr(writing.Together, "save", busy)
        assert not do(batch)
    assert shown(begun)["rows_read"] == 0
    assert do(batch)
    assert (shown(begun)["status"], counts(shown(begun))) == ("completed", {"created": 3})


def test_one_product_that_breaks_the_code_does_not_keep_the_others_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = products._product

    def broken(body: Any, *rest: Any) -> Any:
        if body.sku == "CUP":
            raise RuntimeError("never thought of that")
        return real(body, *rest)

    monkeypatch.setattr(products, "_product", broken)
    done = imported(file(CUP, *MUGS))
    assert (counts(done), errors(done)) == ({"created": 2, "failed": 1}, [(2, "", "internal_error")])


def test_a_rival_who_changes_a_product_meanwhile_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    imported(file(CUP))
    real, rivals = shelf.find, ["Rival"]

    def find(product_id: str) -> Any:
        found = real(product_id)
        if rivals:
            rivals.pop()
            admin().patch("/v1/products/cup", {"short_description": "theirs"}, if_match='"1"').ok(200)
        return found

    monkeypatch.setattr(shelf, "find", find)
    done = imported(file(CUP.replace(",9,", ",10,")))
    assert counts(done) == {"updated": 1}
    assert (product("cup")["short_description"], product("cup")["price"]["amount"]) == ("theirs", 1000)


def test_another_file_uploaded_meanwhile_ends_the_import() -> None:
    begun = begin()
    upload(begun, file(*MUGS))
    (uploaded,) = taken()
    assert do(uploaded)
    upload(begun, file(CUP))
    work()
    done = shown(begun)
    assert (done["status"], done["failure"]["code"]) == ("failed", "file_replaced")
    admin().get("/v1/products/cup").refused(404, "not_found")


def test_an_upload_that_never_comes_expires_and_one_nobody_told_of_is_found() -> None:
    never, untold = begin(), begin()
    upload(untold, file(CUP))
    taken()
    with time_machine.travel(clock.epoch(clock.after(2 * HOUR)), tick=True):
        app_of("catalog").jobs({"job": "resume_transfers"}, None)
        work()
        assert (shown(never)["status"], shown(untold)["status"]) == ("expired", "completed")
        assert shown(never)["upload_url"] is None


def test_what_does_not_move_for_a_day_is_given_up() -> None:
    begun = begin()
    upload(begun, file(CUP))
    (uploaded,) = taken()
    assert do(uploaded)
    taken()
    with time_machine.travel(clock.epoch(clock.after(DAY + HOUR)), tick=True):
        app_of("catalog").jobs({"job": "resume_transfers"}, None)
        assert not taken()
        assert shown(begun)["status"] == "failed"


def test_imports_are_listed_newest_first_and_made_once_by_key() -> None:
    body = {"format": "shopify_csv"}
    first = admin().post("/v1/product-imports", body, idempotency_key="one")
    same = admin().post("/v1/product-imports", body, idempotency_key="one").ok(201)
    second = begin("json_lines")
    assert first.ok(201)["import_id"] == same["import_id"]
    assert first.headers["Location"] == f"/v1/product-imports/{same['import_id']}"
    page = admin().get("/v1/product-imports?limit=1").ok(200)
    assert ([row["import_id"] for row in page["data"]], page["has_more"]) == ([second["import_id"]], True)
    rest = admin().get(f"/v1/product-imports?limit=1&cursor={page['next_cursor']}").ok(200)
    assert [row["import_id"] for row in rest["data"]] == [same["import_id"]]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/format"),
        ({"format": "xlsx"}, "/format"),
        ({"format": "csv", "options": {"currency": "usd"}}, "/options/currency"),
        ({"format": "csv", "options": {"currency": "ABC"}}, "/options/currency"),
        ({"format": "csv", "options": {"rows": 1}}, "/options/rows"),
    ],
)
def test_an_import_that_cannot_be_is_refused(body: Json, pointer: str) -> None:
    problem = admin().post("/v1/product-imports", body).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == pointer
    assert admin().get("/v1/product-imports").ok()["data"] == []


def test_only_the_admin_imports() -> None:
    begun = begin()
    for client in (user(), user("seller-1", "seller")):
        client.post("/v1/product-imports", {"format": "csv"}).refused(403, "forbidden")
        client.get(f"/v1/product-imports/{begun['import_id']}").refused(403, "forbidden")
    anyone().get("/v1/product-imports").refused(401, "unauthenticated")
    admin().get("/v1/product-imports/none-such").refused(404, "not_found")


def test_the_catalog_still_answers_for_what_came_in() -> None:
    imported(CATALOG)
    lines = [{"product_id": "bamboo-whisk", "quantity": 1}]
    (line,) = perform("catalog", "look_up_products", lines=lines)["lines"]
    assert (line["sellable"], line["unit_price"]["amount"]) == (True, 1850)
