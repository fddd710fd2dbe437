"""What files of products and invoices say: every usable row, and a reason with its place for every other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.formats import FORMATS, Header
from catalog.model.rows import Fault, Row, Unreadable, csv_rows
from catalog.model.wanted import WantedProduct, guarded, plain, product_id
from shop.money import Money
from tools.importing import invoices

HEAD = "Handle,Title,Body (HTML),Vendor,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
HEAD += (
    "Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src,Image Position"
)
INVOICES = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

Read = tuple[list[WantedProduct], list[Fault]]


def read(content: str | bytes, format: str = "shopify_csv", currency: str = "USD", chunk: int = 1 << 20) -> Read:
    raw, kind = content.encode() if isinstance(content, str) else content, FORMATS[format]
    header = kind.header(raw)
    chunks = [raw[at : at + chunk] for at in range(header.start, len(raw), chunk)]
    products, faults = [], []
    for piece in kind.pieces(chunks, header, header.start, header.number):
        draft = kind.draft(piece, header.columns, currency)
        wanted = draft.wanted() if piece.filled else None
        products += [wanted] if wanted else []
        faults += draft.faults
    return products, faults


def parse(*rows: str, currency: str = "USD") -> Read:
    return read("\n".join([HEAD, *rows]), currency=currency)


def book(tmp_path: Path, *rows: str) -> invoices.Book:
    file = tmp_path / "invoices.csv"
    file.write_text("\n".join([INVOICES, *rows]))
    assert invoices.is_invoices(file)
    return invoices.read(file, "GBP")


def test_rows_of_one_handle_are_one_product_with_its_variants_and_images() -> None:
    (mug,), faults = parse(
        'mug,Mug,<p>Blue</p>,Acme,"Kitchen, kitchen , Cup",true,Color,Red,Size,S,MUG-R,350,3,12.5,15,https://x.example/1.jpg,1',
        "mug,,,,,,,Blue,,L,,360,4,13,,https://x.example/2.jpg,2",
        "mug,,,,,,,,,,,,,,,https://x.example/3.jpg,3",
    )
    assert not faults
    assert (mug.name, mug.tags, mug.status, mug.sku) == ("Mug", ["kitchen", "cup"], "active", "mug-all")
    assert [(v.sku, v.price and v.price.amount, v.opening_stock, v.options) for v in mug.variants] == [
        ("MUG-R", 1250, 3, {"Color": "Red", "Size": "S"}),
        ("mug-blue-l", 1300, 4, {"Color": "Blue", "Size": "L"}),
    ]
    red = mug.variants[0].plain()
    assert (red.name, red.size, red.color, red.attributes) == ("Red / S", "S", "Red", {"Color": "Red", "Size": "S"})
    assert (mug.price, mug.compare_at_price) == (Money(amount=1250, currency="USD"), Money(amount=1500, currency="USD"))
    assert [image.sort_order for image in mug.images] == [1, 2, 3]


def test_a_default_title_is_a_product_without_variants() -> None:
    (pot,), _ = parse("pot,Pot,,,,,Title,Default Title,,,,0,2,9.99,,,")
    assert (pot.sku, pot.variants, pot.price) == ("pot", [], Money(amount=999, currency="USD"))
    assert pot.opening_stock == 2


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",Nameless,,,,,,,,,,,,1,,,", "Handle", "no_handle"),
        ("cup,,,,,,,,,,,,,1,,,", "Title", "no_title"),
        ("cup,Cup,,,,,,,,,,,,cheap,,,", "Variant Price", "not_a_price"),
        ("cup,Cup,,,,,,,,,,,,1.005,,,", "Variant Price", "not_a_price"),
        ("cup,Cup,,,,,,,,,,,,1e999999,,,", "Variant Price", "not_a_price"),
        ("cup,Cup,,,,,,,,,,,,NaN,,,", "Variant Price", "not_a_price"),
        ("cup,Cup,,,,,,,,,,,,-1,,,", "Variant Price", "below_zero"),
        ("cup,Cup,,,,,,,,,,,,999999999.00,,,", "Variant Price", "amount_out_of_range"),
        ("cup,Cup,,,,,,,,,,,many,1,,,", "Variant Inventory Qty", "not_a_number"),
        ("cup,Cup,,,,,,,,,,1.5,,1,,,", "Variant Grams", "not_a_number"),
        ("cup,Cup,,,,,,,,,,,,1,,picture of a cup,", "Image Src", "not_a_url"),
        ("cup,Cup,,,,,,,,,,,,1,,javascript:alert(1),", "Image Src", "not_a_url"),
        (f"cup,{'C' * 256},,,,,,,,,,,,1,,,", "Title", "string_too_long"),
        ("cup,Cup\x07,,,,,,,,,,,,1,,,", "Title", "string_pattern_mismatch"),
        ("cup,Cup,,,,,,,,,,,,1,,,,,,,more", "", "too_many_cells"),
        ('cup,"Cup"s,,,,,,,,,,,,1,,,', "", "bad_quotes"),
        ('cup,"Cup,,,,,,,,,,,,1,,,', "", "bad_quotes"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_rest_goes_in(row: str, column: str, code: str) -> None:
    products, faults = parse("mug,Mug,,,,,,,,,,,,2,,,", row, "pot,Pot,,,,,,,,,,,,3,,,")
    assert [product.product_id for product in products] == ["mug", "pot"]
    assert {(fault.row, fault.column, fault.code) for fault in faults} == {(3, column, code)}
    assert all(fault.detail for fault in faults)


def test_a_bad_row_of_a_product_leaves_its_other_rows_in() -> None:
    (mug,), (fault,) = parse("mug,Mug,,,,,Size,S,,,M,,,1,,,", "mug,,,,,,,L,,,M,,,2,,,", "mug,,,,,,,XL,,,XL,,,3,,,")
    assert [variant.sku for variant in mug.variants] == ["M", "XL"]
    assert (fault.row, fault.column, fault.code) == (3, "Variant SKU", "repeated_sku")
    (mug,), (fault,) = parse("mug,Mug,,,,,Size,S,,,S,,,-1,,,", "mug,,,,,,,L,,,L,,,2,,,")
    assert ([variant.sku for variant in mug.variants], mug.price) == (["L"], Money(amount=200, currency="USD"))
    assert (fault.row, fault.code) == (2, "below_zero")


def test_quotes_hold_line_breaks_and_rows_are_counted_as_a_spreadsheet_does() -> None:
    (mug, pot), (fault,) = parse(
        'mug,Mug,"two\nlines, ""quoted""",,,,,,,,,,,2,,,', "", "cup,Cup,,,,,,,,,,,,x,,,", "pot,Pot,,,,,,,,,,,,3,,,"
    )
    assert (mug.description, pot.product_id) == ('two\nlines, "quoted"', "pot")
    assert fault.row == 4


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("chunk", [7, 1 << 20])
def test_files_are_read_however_they_are_written(encoding: str, newline: str, chunk: int) -> None:
    text = newline.join([HEAD, "mug,Größe „M”,\u20ac,,,,,,,,,,,2,,,", "pot,Пот,,,,,,,,,,,,3,,,"])
    if encoding == "cp1252":
        text = text.replace("Пот", "Pöt")
    bom = "\ufeff" if encoding.endswith("-bom") else ""
    raw = (bom + text).encode(encoding.removesuffix("-bom"))
    products, faults = read(raw, chunk=chunk)
    assert not faults
    assert (products[0].name, products[0].description) == ("Größe „M”", "€")
    assert products[1].name == ("Pöt" if encoding == "cp1252" else "Пот")


def test_bytes_that_are_no_text_are_one_bad_row() -> None:
    raw = "\n".join([HEAD, "mug,Mug,,,,,,,,,,,,2,,,", "cup,?,,,,,,,,,,,,2,,,", "pot,Pot,,,,,,,,,,,,3,,,"]).encode()
    products, faults = read(raw.replace(b"?", b"\x81"))
    assert [product.product_id for product in products] == ["mug", "pot"]
    assert [(fault.row, fault.code) for fault in faults] == [(3, "not_text")]


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize(("size", "code"), [(10_000_000, "string_too_long"), (17_000_000, "row_too_large")])
def test_a_cell_of_many_megabytes_is_one_bad_row(quote: str, size: int, code: str) -> None:
    huge = f"cup,Cup,{quote}{'x' * size}{quote},,,,,,,,,,,2,,,"
    products, faults = parse("mug,Mug,,,,,,,,,,,,2,,,", huge, "pot,Pot,,,,,,,,,,,,3,,,")
    assert [product.product_id for product in products] == ["mug", "pot"]
    assert [(fault.row, fault.code) for fault in faults] == [(3, code)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("a,b\n1,2", "missing_columns"),
        ("Handle,Title\nmug,Mug", "missing_columns"),
        ("", "empty_file"),
        ("\n\n", "empty_file"),
        (b"\x00\x01\x02\x03" * 100, "missing_columns"),
        (b"\x89PNG\r\n\x1a\n", "missing_columns"),
    ],
)
def test_another_kind_of_file_is_refused(content: str | bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(content)
    assert refused.value.code == code


def test_a_currency_without_minor_units_has_none() -> None:
    (mug,), _ = parse("mug,Mug,,,,,,,,,,,,1250,,,", currency="JPY")
    assert mug.price == Money(amount=1250, currency="JPY")


def test_long_handles_get_short_ids_of_their_own() -> None:
    one, other = product_id("a" * 60 + "1"), product_id("a" * 60 + "2")
    assert one != other
    assert max(len(one), len(other)) <= 50


def test_our_own_csv_has_a_row_for_each_variant_or_image() -> None:
    head = (
        "product_id,sku,name,status,tags,price,compare_at_price,variant_sku,size,variant_price,opening_stock,image_url"
    )
    rows = [
        "mug,MUG,Mug,active,kitchen,5,6,MUG-S,S,4.50,3,https://x.example/s.jpg",
        "mug,,,,,,,MUG-L,L,5.50,,https://x.example/l.jpg",
        ",POT,Pot,,,12,,,,,7,",
        "cup,CUP,Cup,broken,,1,,,,,,",
    ]
    (mug, pot), (fault,) = read("\n".join([head, *rows]), "csv")
    assert (mug.product_id, mug.sku, mug.status, mug.price) == (
        "mug",
        "MUG",
        "active",
        Money(amount=500, currency="USD"),
    )
    assert [(v.sku, v.size, v.price, v.opening_stock) for v in mug.variants] == [
        ("MUG-S", "S", Money(amount=450, currency="USD"), 3),
        ("MUG-L", "L", Money(amount=550, currency="USD"), 0),
    ]
    assert [image.url for image in mug.images] == ["https://x.example/s.jpg", "https://x.example/l.jpg"]
    assert (pot.sku, pot.status, pot.opening_stock, pot.product_id) == ("POT", "draft", 7, None)
    assert (fault.row, fault.column) == (5, "status")


def test_a_line_of_json_is_what_post_products_takes() -> None:
    lines = [
        '{"sku": "MUG", "name": "Mug", "price": {"amount": 500, "currency": "EUR"}, "opening_stock": 4}',
        '{"sku": "CUP", "name": "Cup", "price": {"amount": -5, "currency": "USD"}}',
        '{"sku": "CUP", "name": "Cup", "price": null, "colour": "red"}',
        "{not json}",
        "[1]",
        '{"sku": "POT", "name": "Pot", "price": null, "variants": [{"sku": "POT-1"}, {"name": "none"}]}',
    ]
    (mug,), faults = read("\n".join(lines), "json_lines")
    assert (mug.sku, mug.price, mug.opening_stock) == ("MUG", Money(amount=500, currency="EUR"), 4)
    assert [(fault.row, fault.column, fault.code) for fault in faults] == [
        (2, "/price", "amount_out_of_range"),
        (3, "/colour", "extra_forbidden"),
        (4, "", "malformed_json"),
        (5, "", "malformed_json"),
        (6, "/variants/sku", "missing"),
    ]


@given(st.text())
def test_a_cell_that_was_guarded_against_formulas_comes_back(cell: str) -> None:
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert plain(guarded(cell)) == cell


@given(st.binary(max_size=400), st.integers(1, 50))
def test_whatever_the_bytes_every_row_has_its_place_and_reading_a_part_finds_the_same(raw: bytes, chunk: int) -> None:
    def rows(part: bytes, start: int, number: int) -> list[Row]:
        chunks: Iterator[bytes] = (part[at : at + chunk] for at in range(0, len(part), chunk))
        return list(csv_rows(chunks, "utf-8", start, number))

    whole = rows(raw, 0, 1)
    assert [row.start for row in whole] == [0, *(row.end for row in whole)][: len(whole)]
    assert (whole[-1].end if whole else 0) == len(raw)
    for cut, row in enumerate(whole):
        before = rows(raw[: row.start], 0, 1)
        after = rows(raw[row.start :], row.start, row.number)
        assert [(r.number, r.start, r.cells, bool(r.broken)) for r in before + after] == [
            (r.number, r.start, r.cells, bool(r.broken)) for r in whole[:cut] + whole[cut:]
        ]


def test_a_header_may_begin_after_blank_rows() -> None:
    header = FORMATS["shopify_csv"].header(f"\n\n{HEAD}\nmug".encode())
    assert header == Header("utf-8", HEAD.split(","), 2 + len(HEAD) + 1, 4)


def test_one_code_with_several_prices_is_one_product_with_several_variants(tmp_path: Path) -> None:
    told = book(
        tmp_path,
        "536365,85123A,HEART,6,2010-12-01T08:26:00,2.55,17850,United Kingdom",
        "536365,85123A,HEART,2,2010-12-01T08:26:00,2.55,17850,United Kingdom",
        "536366,85123a,HEART,1,2010-12-01T08:28:00,2.95,,EIRE",
    )
    (heart,) = told.products
    assert [(v.sku, v.price and v.price.amount, v.opening_stock) for v in heart.variants] == [
        ("85123A-255", 255, 8),
        ("85123A-295", 295, 1),
    ]
    assert [(i.number, i.customer, i.country, i.amount) for i in told.invoices] == [
        ("536365", "17850", "GB", 2040),
        ("536366", None, "IE", 295),
    ]


def test_what_is_not_goods_is_counted_and_credit_notes_take_back(tmp_path: Path) -> None:
    told = book(
        tmp_path,
        "1,POST,POSTAGE,1,2010-12-01T08:26:00,18,12583,France",
        "1,22222,CUP,1,2010-12-01T08:26:00,0,12583,France",
        "1,22222,CUP,-1,2010-12-01T08:26:00,1,12583,France",
        "1,22222,CUP,x,2010-12-01T08:26:00,1,12583,France",
        "C2,22222,CUP,-3,2010-12-01T08:26:00,1,12583,France",
    )
    assert dict(told.left_out) == {
        "not goods (postage, charges, samples)": 1,
        "price is not above zero": 1,
        "quantity is not above zero": 1,
        "no number in quantity or price": 1,
    }
    (credit,) = told.invoices
    assert (credit.takes_back, credit.lines[0].quantity) == (True, 3)
