"""What the product and invoice files say: every usable row, and a reason with the line for every other."""

from pathlib import Path

import pytest

from shop.money import Money
from tools.importing import invoices, shopify
from tools.importing.bring import document, product_id
from tools.importing.shopify import Product, Unusable

HEAD = "Handle,Title,Body (HTML),Vendor,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
HEAD += (
    "Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src,Image Position"
)
INVOICES = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def parse(*rows: str, currency: str = "USD") -> tuple[list[Product], list[Unusable]]:
    return shopify.parse([HEAD, *rows], currency)


def book(tmp_path: Path, *rows: str) -> invoices.Book:
    file = tmp_path / "invoices.csv"
    file.write_text("\n".join([INVOICES, *rows]))
    assert invoices.is_invoices(file)
    return invoices.read(file, "GBP")


def test_rows_of_one_handle_are_one_product_with_its_variants_and_images() -> None:
    (mug,), unusable = parse(
        'mug,Mug,<p>Blue</p>,Acme,"Kitchen, kitchen , Cup",true,Color,Red,Size,S,MUG-R,350,3,12.5,15,https://x.example/1.jpg,1',
        "mug,,,,,,,Blue,,L,,360,4,13,,https://x.example/2.jpg,2",
        "mug,,,,,,,,,,,,,,,https://x.example/3.jpg,3",
    )
    assert not unusable
    assert (mug.title, mug.tags, mug.published) == ("Mug", ["kitchen", "cup"], True)
    assert [(v.sku, v.price.amount, v.stock, v.options) for v in mug.variants] == [
        ("MUG-R", 1250, 3, {"Color": "Red", "Size": "S"}),
        ("mug-blue-l", 1300, 4, {"Color": "Blue", "Size": "L"}),
    ]
    assert [v.compare_at for v in mug.variants] == [Money(amount=1500, currency="USD"), None]
    assert [position for _, _, position in mug.images] == [1, 2, 3]


def test_a_default_title_is_a_product_without_variants() -> None:
    (pot,), _ = parse("pot,Pot,,,,,Title,Default Title,,,,0,2,9.99,,,")
    body = document(pot)
    assert (body["sku"], body["variants"], body["price"]) == ("pot", [], {"amount": 999, "currency": "USD"})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Nameless,,,,,,,,,,,,1,,,", "no handle"),
        ("cup,,,,,,,,,,,,,1,,,", "its first row has no title"),
        ("cup,Cup,,,,,Size,S,,,,,,,,,", "a variant without a price"),
        ("cup,Cup,,,,,,,,,,,,cheap,,,", "'cheap' is not a price in USD"),
        ("cup,Cup,,,,,,,,,,,,1.005,,,", "'1.005' is not a price in USD"),
        ("cup,Cup,,,,,,,,,,,,-1,,,", "'-1' is below zero"),
        ("cup,Cup,,,,,,,,,,,many,1,,,", "'many' is not a quantity"),
        ("cup,Cup,,,,,,,,,,,,1,,picture of a cup,", "is not the address of an image"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_rest_goes_in(row: str, reason: str) -> None:
    products, (unusable, *_) = parse("mug,Mug,,,,,,,,,,,,2,,,", row)
    assert [product.handle for product in products] == ["mug"]
    assert unusable.line == 3
    assert reason in unusable.reason


def test_the_same_sku_twice_in_a_product_is_named() -> None:
    (mug,), (unusable,) = parse("mug,Mug,,,,,Size,S,,,M,,,1,,,", "mug,,,,,,,L,,,M,,,2,,,")
    assert len(mug.variants) == 1
    assert (unusable.line, unusable.reason) == (3, "mug: M is there already")


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(ValueError, match="no column Handle, Title, Variant Price"):
        shopify.parse(["a,b", "1,2"], "USD")


def test_a_currency_without_minor_units_has_none() -> None:
    (mug,), _ = parse("mug,Mug,,,,,,,,,,,,1250,,,", currency="JPY")
    assert mug.variants[0].price == Money(amount=1250, currency="JPY")


def test_long_handles_get_short_ids_of_their_own() -> None:
    one, other = product_id("a" * 60 + "1"), product_id("a" * 60 + "2")
    assert one != other
    assert max(len(one), len(other)) <= 50


def test_one_code_with_several_prices_is_one_product_with_several_variants(tmp_path: Path) -> None:
    told = book(
        tmp_path,
        "536365,85123A,HEART,6,2010-12-01T08:26:00,2.55,17850,United Kingdom",
        "536365,85123A,HEART,2,2010-12-01T08:26:00,2.55,17850,United Kingdom",
        "536366,85123a,HEART,1,2010-12-01T08:28:00,2.95,,EIRE",
    )
    (heart,) = told.products
    assert [(v.sku, v.price.amount, v.stock) for v in heart.variants] == [
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
