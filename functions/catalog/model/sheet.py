"""The shop's own files: a CSV with a row for each variant or image, and JSON lines as POST /products takes them."""

import json
from typing import Any

from catalog.model.rows import Fault, Piece
from catalog.model.wanted import Cells, Draft, Unfit
from shop.records import STANDARD

Json = dict[str, Any]

REQUIRED = ("sku", "name", "price")
# Columns of the product, and those that every further row of it may have.
TEXTS = ("name", "description", "short_description", "status")
PLACES = {
    "/variants/sku": "variant_sku",
    "/variants/name": "variant_name",
    "/variants/price": "variant_price",
    "/variants/size": "size",
    "/variants/color": "color",
    "/variants/opening_stock": "opening_stock",
    "/variants": "variant_sku",
    "/images/url": "image_url",
    "/images/alt_text": "image_alt",
    **{
        f"/{name}": name
        for name in (
            *("product_id", "sku", "slug", *TEXTS, "brand", "tags", "weight_grams", "tax_class"),
            *("price", "compare_at_price", "opening_stock"),
        )
    },
}


def key(cells: dict[str, str]) -> str:
    """What a row belongs to: its product_id, or else its sku."""
    return cells.get("product_id", "").strip() or cells.get("sku", "").strip()


def draft(piece: Piece, columns: list[str], currency: str) -> Draft:
    """What the rows of one product in our own CSV say."""
    made = Draft([row.number for row in piece.filled], [], PLACES)
    first: Cells | None = None
    for row in piece.filled:
        try:
            cells = Cells.of(row, columns)
            if not piece.key:
                raise Unfit("sku", "no_sku", "The row has no sku")
            if first is None:
                first, currency = cells, cells.currency("currency", currency)
                _begin(made, cells, currency)
            _add(made, cells, currency)
        except Unfit as unfit:
            made.faults.append(Fault(row.number, unfit.column, unfit.code, unfit.detail))
    return made


def _begin(made: Draft, cells: Cells, currency: str) -> None:
    identity = cells.text("product_id")
    made.names = [("id", identity)] if identity else [("sku", cells.text("sku"))]
    made.otherwise = {"currency": currency, "opening_stock": max(0, cells.whole("opening_stock") or 0)}
    made.otherwise |= {"product_id": identity} if identity else {}
    made.given = {"sku": cells.text("sku")}
    made.given |= {name: cells.text(name) or None for name in TEXTS if cells.has(name)}
    if made.given.get("status", "") is None:
        del made.given["status"]
    if cells.has("brand"):
        made.given["brand"] = {"name": cells.text("brand")} if cells.text("brand") else None
    if cells.has("tags"):
        made.given["tags"] = cells.words("tags")
    if cells.has("weight_grams"):
        made.given["weight_grams"] = cells.whole("weight_grams")
    if cells.has("tax_class"):
        made.given["tax_class"] = cells.text("tax_class") or STANDARD
    price = cells.money("price", currency)
    made.otherwise["price"] = price
    made.given |= {"price": price} if price else {}
    if cells.has("compare_at_price"):
        made.given["compare_at_price"] = cells.money("compare_at_price", currency)


def _add(made: Draft, cells: Cells, currency: str) -> None:
    """The variant and the image of one row."""
    variant, image = _variant(cells, currency), cells.address("image_url")
    if variant and any(variant["sku"] == there["sku"] for _, there in made.variants):
        raise Unfit("variant_sku", "repeated_sku", f"The product has {variant['sku'][:100]} already")
    made.variants += [(cells.number, variant)] if variant else []
    if image and image not in {there["url"] for _, there in made.images}:
        alt = cells.text("image_alt") or None
        made.images.append((cells.number, {"url": image, "alt_text": alt, "sort_order": len(made.images) + 1}))


def _variant(cells: Cells, currency: str) -> Json | None:
    sku = cells.text("variant_sku")
    if not sku:
        return None
    names = {"variant_name": "name", "size": "size", "color": "color"}
    variant: Json = {name: cells.text(column) or None for column, name in names.items() if cells.has(column)}
    price = cells.money("variant_price", currency) or cells.money("price", currency)
    return {**variant, "sku": sku, "price": price, "opening_stock": max(0, cells.whole("opening_stock") or 0)}


def parsed(line: str) -> Json:
    """The object in a line; ValueError when there is none."""
    found = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    if "\\u" in line:
        json.dumps(found, ensure_ascii=False).encode()  # half a character is no text: a ValueError, too
    return found


def name_of(found: Json) -> list[tuple[str, str]]:
    """What the product of a line is found by."""
    known = {"id": found.get("product_id"), "slug": found.get("slug"), "sku": found.get("sku")}
    return [(name, value) for name, value in known.items() if isinstance(value, str) and value][:1]


def line_draft(piece: Piece, columns: list[str], currency: str) -> Draft:
    """What a line of JSON says."""
    (row,) = piece.filled or piece.rows
    made = Draft([row.number], [], {}, needs_prices=False)
    if row.broken:
        made.faults = [Fault(row.number, "", *row.broken)]
        return made
    try:
        found = parsed(row.cells[0])
    except (ValueError, RecursionError):
        made.faults = [Fault(row.number, "", "malformed_json", "The line is not a JSON object")]
        return made
    made.names = name_of(found)
    made.otherwise = {"currency": currency} if not _prices(found) else {}
    made.variants = [(row.number, part) for part in _parts(found, "variants")]
    made.images = [(row.number, part) for part in _parts(found, "images")]
    made.given = {name: value for name, value in found.items() if name not in ("variants", "images", "opening_stock")}
    made.otherwise |= {"opening_stock": found["opening_stock"]} if "opening_stock" in found else {}
    for name in ("variants", "images"):
        if not isinstance(found.get(name, []), list):
            made.faults = [made.fault(f"/{name}", "list_type", "This is a list")]
    return made


def _prices(found: Json) -> bool:
    """Whether the line says in which currency it is."""
    return "currency" in found or any("price" in part and part["price"] for part in (found, *_parts(found, "variants")))


def _parts(found: Json, name: str) -> list[Any]:
    parts = found.get(name)
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
