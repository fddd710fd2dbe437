"""Shopify's product CSV, both ways: the rows of one handle are one product with its variants and images."""

from collections.abc import Iterator, Sequence
from typing import Any

from slugify import slugify

from catalog.model.document import ProductDocument, VariantView
from catalog.model.product import IMAGES_MAX, Variant
from catalog.model.rows import Fault, Piece
from catalog.model.wanted import Cells, Draft, Unfit, guarded, product_id
from shop.money import Money, to_decimal
from shop.records import STANDARD

Json = dict[str, Any]

DEFAULT = "Default Title"
REQUIRED = ("Handle", "Title", "Variant Price")
OPTIONS = 3
# What is written. A shop's other columns are read over; the last two are ours.
COLUMNS = [
    *("Handle", "Title", "Body (HTML)", "Vendor", "Tags", "Published"),
    *(f"Option{n} {what}" for n in range(1, OPTIONS + 1) for what in ("Name", "Value")),
    *("Variant SKU", "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty"),
    *("Variant Inventory Policy", "Variant Fulfillment Service", "Variant Price", "Variant Compare At Price"),
    *("Variant Requires Shipping", "Variant Taxable", "Image Src", "Image Position", "Image Alt Text"),
    *("Gift Card", "SEO Title", "SEO Description", "Variant Image", "Variant Weight Unit", "Status"),
    *("Currency", "Tax Class"),
]
# Where the parts of a product are written, for telling what is wrong with which cell.
PLACES = {
    "/name": "Title",
    "/description": "Body (HTML)",
    "/brand": "Vendor",
    "/tags": "Tags",
    "/status": "Status",
    "/weight_grams": "Variant Grams",
    "/tax_class": "Tax Class",
    "/seo/meta_title": "SEO Title",
    "/seo/meta_description": "SEO Description",
    "/sku": "Variant SKU",
    "/price": "Variant Price",
    "/compare_at_price": "Variant Compare At Price",
    "/opening_stock": "Variant Inventory Qty",
    "/slug": "Handle",
    "/variants/sku": "Variant SKU",
    "/variants/price": "Variant Price",
    "/variants/image_url": "Variant Image",
    "/variants/opening_stock": "Variant Inventory Qty",
    "/variants": "Option1 Value",
    "/images/url": "Image Src",
    "/images/alt_text": "Image Alt Text",
    "/images/sort_order": "Image Position",
}


def draft(piece: Piece, columns: list[str], currency: str) -> Draft:
    """What the rows of one handle say."""
    handle = piece.key
    made = Draft([row.number for row in piece.filled], [], PLACES)
    if not handle:
        made.faults = [Fault(number, "Handle", "no_handle", "The row has no handle") for number in made.rows]
    rows: list[Cells] = []
    for row in piece.filled:
        try:
            rows.append(Cells.of(row, columns))
        except Unfit as unfit:
            made.faults = [fault for fault in made.faults if fault.row != row.number]
            made.faults.append(Fault(row.number, unfit.column, unfit.code, unfit.detail))
    if handle and rows:
        _take(made, handle, rows, currency)
    return made


def _take(made: Draft, handle: str, rows: list[Cells], currency: str) -> None:
    first = rows[0]
    slug = slugify(handle)[:200].strip("-")
    made.names = [("slug", slug), ("id", product_id(handle))] if slug else [("id", product_id(handle))]
    try:
        currency = first.currency("Currency", currency)
        made.given = _product(first)
    except Unfit as unfit:  # what its first row says is the product's: without it there is none
        made.faults += [Fault(cells.number, unfit.column, unfit.code, unfit.detail) for cells in rows]
        return
    if not first.has("Status"):
        made.columns = {**PLACES, "/status": "Published"}
    made.otherwise = {"product_id": product_id(handle), "currency": currency, "sku": f"{slug[:96]}-all"}
    made.otherwise |= {"slug": slug} if slug else {}
    names = [first.text(f"Option{n} Name")[:50] for n in range(1, OPTIONS + 1)]
    units: list[tuple[int, Json]] = []
    several = False
    for cells in rows:
        try:
            unit = _unit(cells, handle, names, currency, is_first=cells is first)
            if unit and any(unit["sku"] == other["sku"] for _, other in units):
                raise Unfit("Variant SKU", "repeated_sku", f"The product has {unit['sku'][:100]} already")
            image = cells.address("Image Src")
            position = cells.whole("Image Position") if image else None
        except Unfit as unfit:
            several = several or cells is not first or bool(_options(cells, names))
            made.faults.append(Fault(cells.number, unfit.column, unfit.code, unfit.detail))
            continue
        units += [(cells.number, unit)] if unit else []
        if image and image not in {there["url"] for _, there in made.images}:
            made.images.append((cells.number, _image(cells, image, len(made.images) + 1, position)))
    several = several or len(units) > 1 or any(unit["options"] for _, unit in units)
    _price(made, units, several, first)


def _price(made: Draft, units: list[tuple[int, Json]], several: bool, first: Cells) -> None:
    """A product sold as itself has what its one unit has; otherwise it follows the first of its variants."""
    leading = units[0][1] if units else {}
    compared, grams = leading.pop("compare_at_price", None), leading.pop("weight_grams", None)
    for _, unit in units[1:]:
        unit.pop("compare_at_price"), unit.pop("weight_grams")
    if first.has("Variant Compare At Price"):
        price = leading.get("price")
        above = bool(compared and price and compared["amount"] > price["amount"])
        made.given["compare_at_price"] = compared if above else None
    if first.has("Variant Grams"):
        made.given["weight_grams"] = grams
    if several:
        made.variants = units
        made.otherwise["price"] = leading.get("price")
    elif leading:
        made.given |= {"sku": leading["sku"]} | ({"price": leading["price"]} if leading["price"] else {})
        made.otherwise |= {"price": leading["price"], "opening_stock": leading["opening_stock"]}


def _product(first: Cells) -> Json:
    """What the first row says of the product; a column that is not there says nothing."""
    title = first.text("Title")
    if not title:
        raise Unfit("Title", "no_title", "A product's first row has its title")
    said: Json = {"name": title}
    if first.has("Body (HTML)"):
        said["description"] = first.text("Body (HTML)") or None
    if first.has("Vendor"):
        said["brand"] = {"name": first.text("Vendor")} if first.text("Vendor") else None
    if first.has("Tags"):
        said["tags"] = first.words("Tags")
    if first.has("Tax Class"):
        said["tax_class"] = first.text("Tax Class") or STANDARD
    if first.has("SEO Title") or first.has("SEO Description"):
        said["seo"] = {"meta_title": first.text("SEO Title") or None}
        said["seo"] |= {"meta_description": first.text("SEO Description") or None}
    published = first.text("Published").lower() in ("true", "")
    status = first.text("Status").lower()
    if status:
        said["status"] = status
        if first.has("Published"):
            said["is_visible"] = published
    elif first.has("Published"):
        said["status"] = "active" if published else "draft"
    return said


def _options(cells: Cells, names: list[str]) -> dict[str, str]:
    values = [cells.text(f"Option{n} Value") for n in range(1, OPTIONS + 1)]
    return {name or "Option": value for name, value in zip(names, values, strict=True) if value and value != DEFAULT}


def _unit(cells: Cells, handle: str, names: list[str], currency: str, is_first: bool) -> Json | None:
    """The variant of a row; None for a row that only adds an image."""
    options, price = _options(cells, names), cells.money("Variant Price", currency)
    sku = _sku(cells)
    if not (is_first or options or sku or price):
        return None
    unit: Json = {
        "sku": sku or slugify("-".join([handle, *options.values()]))[:100],
        "price": price,
        "options": options,
        "opening_stock": max(0, cells.whole("Variant Inventory Qty") or 0),
        "compare_at_price": cells.money("Variant Compare At Price", currency),
        "weight_grams": cells.whole("Variant Grams"),
    }
    if cells.has("Variant Image"):
        unit["image_url"] = cells.address("Variant Image")
    return unit


def _sku(cells: Cells) -> str:
    """Shopify puts a quote before a SKU so that spreadsheets keep its zeros."""
    raw = cells.by_name.get("Variant SKU", "").strip()
    text = cells.text("Variant SKU")
    return text.removeprefix("'") if text == raw else text


def _image(cells: Cells, url: str, place: int, position: int | None) -> Json:
    position = place if position is None else position
    return {"url": url, "alt_text": cells.text("Image Alt Text") or None, "sort_order": max(0, position)}


def rows(document: ProductDocument) -> Iterator[list[str]]:
    """A product as the rows that say the same."""
    names = option_names(document.variants)
    units: Sequence[VariantView | None] = document.variants or [None]
    images = document.images[:IMAGES_MAX]
    for n in range(max(len(units), len(images))):
        cells: dict[str, str] = {"Handle": document.slug}
        if n == 0:
            cells |= _head(document, names)
        if n < len(units):
            cells |= _tail(document, units[n], names, is_first=n == 0)
        if n < len(images):
            image = images[n]
            cells |= {"Image Src": image.url, "Image Position": str(image.sort_order)}
            cells |= {"Image Alt Text": image.alt_text or ""}
        yield [guarded(cells.get(column, "")) for column in COLUMNS]


def _head(document: ProductDocument, names: list[str]) -> dict[str, str]:
    seo = document.seo
    named = {f"Option{n} Name": name for n, name in enumerate(names or ["Title"], start=1)}
    return {
        "Title": document.name,
        "Body (HTML)": document.description or "",
        "Vendor": document.brand.name if document.brand else "",
        "Tags": ", ".join(document.tags),
        "Published": "true" if document.is_visible else "false",
        "Gift Card": "false",
        "SEO Title": (seo.meta_title if seo else None) or "",
        "SEO Description": (seo.meta_description if seo else None) or "",
        "Status": "draft" if document.status == "inactive" else document.status,
        "Currency": document.currency,
        "Tax Class": document.tax_class,
        **named,
    }


def _tail(document: ProductDocument, variant: VariantView | None, names: list[str], is_first: bool) -> dict[str, str]:
    price = variant.effective_price if variant else document.price
    compared = shown_compare_at(document.compare_at_price, price) if is_first else None
    options = options_of(variant, names) if variant else {"Title": DEFAULT}
    return {
        **{f"Option{n} Value": options.get(name, "") for n, name in enumerate(names or ["Title"], start=1)},
        "Variant SKU": variant.sku if variant else document.sku,
        "Variant Grams": "" if document.weight_grams is None else str(document.weight_grams),
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": str(variant.stock_quantity if variant else document.stock_quantity),
        "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": _amount(price),
        "Variant Compare At Price": _amount(compared),
        "Variant Requires Shipping": "true",
        "Variant Taxable": "true",
        "Variant Image": (variant.image_url if variant else None) or "",
        "Variant Weight Unit": "g",
    }


def shown_compare_at(compare_at: Money | None, price: Money | None) -> Money | None:
    """The list price as a file can say it: above the price of the first thing to sell."""
    return compare_at if compare_at and price and compare_at > price else None


def option_names(variants: Sequence[VariantView | Variant]) -> list[str]:
    """What a product's variants differ in, as far as the format goes."""
    return list(dict.fromkeys(name for variant in variants for name in _differs(variant)))[:OPTIONS]


def options_of(variant: VariantView | Variant, names: Sequence[str]) -> dict[str, str]:
    """What a variant is, by those names."""
    return {name: value for name, value in _differs(variant).items() if name in names}


def _differs(variant: VariantView | Variant) -> dict[str, str]:
    said = {
        name.strip()[:50]: value.strip()
        for name, value in variant.attributes.items()
        if isinstance(value, str) and value.strip() not in ("", DEFAULT) and name.strip()
    }
    named = {"Size": variant.size, "Color": variant.color}
    return said or {name: value for name, value in named.items() if value} or {"Title": variant.name or variant.sku}


def _amount(money: Money | None) -> str:
    return format(to_decimal(money), "f") if money else ""
