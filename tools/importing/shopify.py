"""Shopify's product CSV: the rows of one handle are one product with its variants and images."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from slugify import slugify

from shop.money import Money, from_decimal

DEFAULT = "Default Title"
REQUIRED = ("Handle", "Title", "Variant Price")


@dataclass
class Variant:
    """One thing to sell: its options by name, its price, and how many there are."""

    sku: str
    price: Money
    compare_at: Money | None
    options: dict[str, str]
    stock: int
    grams: int
    image: str | None


@dataclass
class Product:
    """One product as the file has it."""

    handle: str
    title: str
    description: str
    vendor: str
    tags: list[str]
    published: bool
    variants: list[Variant] = field(default_factory=list)
    images: list[tuple[str, str, int]] = field(default_factory=list)  # (url, alt text, position)


@dataclass(frozen=True)
class Unusable:
    """A row that was left out, and why."""

    line: int
    reason: str


def read(path: Path, currency: str) -> tuple[list[Product], list[Unusable]]:
    """The products of a file, prices in `currency`, and the rows that cannot be used. ValueError: another format."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        return parse(file, currency)


def parse(lines: Iterable[str], currency: str) -> tuple[list[Product], list[Unusable]]:
    """As `read`, from lines of text."""
    rows = csv.DictReader(lines)
    missing = [name for name in REQUIRED if name not in (rows.fieldnames or [])]
    if missing:
        raise ValueError(f"not a Shopify product file: no column {', '.join(missing)}")
    products: dict[str, Product] = {}
    names: dict[str, list[str]] = {}
    unusable: list[Unusable] = []
    for row in rows:
        try:
            _take(dict(row), currency, products, names)
        except ValueError as error:
            unusable.append(Unusable(rows.line_num, str(error)))
    empty = [handle for handle, product in products.items() if not product.variants]
    unusable += [Unusable(0, f"{handle}: no row of it has a usable price") for handle in empty]
    return [product for handle, product in products.items() if handle not in empty], unusable


def _take(row: dict[str, str], currency: str, products: dict[str, Product], names: dict[str, list[str]]) -> None:
    handle = (row.get("Handle") or "").strip()
    if not handle:
        raise ValueError("no handle")
    product = products.get(handle)
    if product is None:
        title = (row.get("Title") or "").strip()
        if not title:
            raise ValueError(f"{handle}: its first row has no title")
        tags = [tag.strip().lower() for tag in (row.get("Tags") or "").split(",")]
        product = Product(
            handle,
            title[:255],
            (row.get("Body (HTML)") or "").strip(),
            (row.get("Vendor") or "").strip(),
            list(dict.fromkeys(tag[:50] for tag in tags if tag)),
            (row.get("Published") or "true").strip().lower() == "true",
        )
        names[handle] = [(row.get(f"Option{n} Name") or "").strip() for n in (1, 2, 3)]
    variant = _variant(row, handle, currency, names[handle])
    if variant and any(other.sku == variant.sku for other in product.variants):
        raise ValueError(f"{handle}: {variant.sku} is there already")
    image = (row.get("Image Src") or "").strip()
    if image and not re.match(r"https?://\S+$", image):
        raise ValueError(f"{handle}: {image!r} is not the address of an image")
    products[handle] = product
    if variant:
        product.variants.append(variant)
    if image and image not in {url for url, _, _ in product.images}:
        position = _whole(row.get("Image Position"), "image position", len(product.images) + 1)
        product.images.append((image, (row.get("Image Alt Text") or "").strip(), position))


def _variant(row: dict[str, str], handle: str, currency: str, names: list[str]) -> Variant | None:
    price = _price(row.get("Variant Price"), currency)
    values = [(row.get(f"Option{n} Value") or "").strip() for n in (1, 2, 3)]
    if price is None:
        if any(values):
            raise ValueError(f"{handle}: a variant without a price")
        return None  # a row that only adds an image
    options = {
        (name or "Option")[:50]: value for name, value in zip(names, values, strict=True) if value and value != DEFAULT
    }
    sku = (row.get("Variant SKU") or "").strip().strip("'") or slugify("-".join([handle, *options.values()]))
    compare_at = _price(row.get("Variant Compare At Price"), currency)
    return Variant(
        sku[:100],
        price,
        compare_at if compare_at and compare_at > price else None,
        options,
        max(0, _whole(row.get("Variant Inventory Qty"), "quantity", 0)),
        _whole(row.get("Variant Grams"), "weight", 0),
        (row.get("Variant Image") or "").strip() or None,
    )


def _price(text: str | None, currency: str) -> Money | None:
    if not (text or "").strip():
        return None
    try:
        price = from_decimal(Decimal(str(text).strip()), currency)
    except (InvalidOperation, ValueError):
        raise ValueError(f"{text!r} is not a price in {currency}") from None
    if price.amount < 0:
        raise ValueError(f"{text!r} is below zero")
    return price


def _whole(text: str | None, what: str, default: int) -> int:
    if not (text or "").strip():
        return default
    try:
        return int(Decimal(str(text).strip()))
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a {what}") from None
