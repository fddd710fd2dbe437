"""A product as a file wants it: what it says, from which rows, and what of that is acceptable."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import Field, ValidationError
from slugify import slugify

from catalog.model.product import CATEGORIES_MAX, TAGS_MAX, VARIANTS_MAX
from catalog.model.requests import NewProduct, NewVariant
from catalog.model.rows import Fault, Row
from catalog.model.words import Line, Status, TagName, Word
from shop.errors import Refusal
from shop.money import exponent, from_decimal
from shop.records import Xid

Json = dict[str, Any]

STOCK_MAX = 1_000_000_000
AT_FIRST = {"variants": 20, "images": 20, "tags": 10, "category_ids": 5}  # what one POST /products takes
ADDRESS = re.compile(r"https?://[^\s/]+\S*$")
Opening = Annotated[int, Field(ge=0, le=STOCK_MAX)]


class WantedVariant(NewVariant):
    """A variant; `options` is what a Shopify file tells variants apart by. The opening stock is for a new one only."""

    options: dict[Word, Line] | None = None
    opening_stock: Opening = 0

    def plain(self) -> NewVariant:
        """As POST /variants takes it: options are attributes, two of which have places of their own."""
        given = {name: getattr(self, name) for name in self.model_fields_set & NewVariant.model_fields.keys()}
        if self.options is not None:
            lower = {name.lower(): value for name, value in self.options.items()}
            given |= {
                "attributes": dict(self.options),
                "name": " / ".join(self.options.values())[:255] or None,
                "size": lower.get("size", "")[:20] or None,
                "color": (lower.get("color") or lower.get("colour") or "")[:50] or None,
            }
        return NewVariant.model_construct(**given)


class WantedProduct(NewProduct):
    """A product as POST /products takes it, but with all the parts it may have, and in any status."""

    status: Status = "draft"  # type: ignore[assignment]
    opening_stock: Opening = 0
    category_ids: Annotated[list[Xid], Field(max_length=CATEGORIES_MAX)] = []
    tags: Annotated[list[TagName], Field(max_length=TAGS_MAX)] = []
    variants: Annotated[list[WantedVariant], Field(max_length=VARIANTS_MAX)] = []  # type: ignore[assignment]

    @property
    def is_large(self) -> bool:
        """Whether its beginning is not all of it."""
        return self.status == "archived" or any(len(getattr(self, name)) > most for name, most in AT_FIRST.items())

    def beginning(self) -> NewProduct:
        """So much of it as POST /products takes; the rest follows."""
        given = {name: getattr(self, name) for name in self.model_fields_set & NewProduct.model_fields.keys()}
        given |= {name: given[name][:most] for name, most in AT_FIRST.items() if name in given}
        given["variants"] = [variant.plain() for variant in given.get("variants", [])]
        given["status"] = "active" if self.status == "active" else "draft"
        return NewProduct.model_construct(**given)


class Unfit(Exception):
    """A cell that cannot be used."""

    def __init__(self, column: str, code: str, detail: str) -> None:
        self.column, self.code, self.detail = column, code, detail
        super().__init__(detail)


@dataclass
class Draft:
    """What the rows of one product say.

    `given` is brought about whether or not the product is there; `otherwise` only says how a new one begins. Names are
    what the product is found by: the first of them that is there.
    """

    rows: list[int]
    names: list[tuple[str, str]]
    columns: Mapping[str, str]
    given: Json = field(default_factory=dict)
    otherwise: Json = field(default_factory=dict)
    variants: list[tuple[int, Json]] = field(default_factory=list)  # with their rows
    images: list[tuple[int, Json]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    needs_prices: bool = True  # whether a new product, or variant, without a price is a mistake

    def row_of(self, pointer: str) -> int:
        """The row that a place in the body comes from."""
        part, index = [*pointer.split("/"), "", ""][1:3]
        parts = {"variants": self.variants, "images": self.images}.get(part)
        if parts and index.isdigit() and int(index) < len(parts):
            return parts[int(index)][0]
        return self.rows[0]

    def fault(self, pointer: str, code: str, detail: str) -> Fault:
        """What is wrong with a place in the body, told by row and column."""
        name = re.sub(r"/\d+", "", pointer)
        column = next((c for place, c in self.columns.items() if name == place or name.startswith(place + "/")), name)
        return Fault(self.row_of(pointer), column, code, detail)

    def refused(self, refusal: Refusal) -> Fault:
        """What the shop had against it, told by row and column."""
        sku = refusal.facts.get("sku")
        owner = next((n for n, (_, variant) in enumerate(self.variants) if sku and variant.get("sku") == sku), None)
        pointer = f"/variants/{owner}/sku" if owner is not None else "/sku" if sku else ""
        if refusal.errors:
            first = refusal.errors[0]
            return self.fault(first["pointer"], first["code"], first["detail"])
        return self.fault(pointer, refusal.code, refusal.detail)

    def wanted(self) -> WantedProduct | None:
        """The product, of the rows that can be used; None, with the faults, when nothing of it can be."""
        while True:
            bad = {fault.row for fault in self.faults}
            had = bool(self.variants)
            self.variants = [part for part in self.variants if part[0] not in bad]
            self.images = [part for part in self.images if part[0] not in bad]
            if bad and (had != bool(self.variants) or not (had or self.rows[0] not in bad)):
                return None
            body: Json = {**self.otherwise, **self.given}
            body["variants"] = [variant for _, variant in self.variants]
            body["images"] = [image for _, image in self.images]
            try:
                return WantedProduct.model_validate_json(json.dumps(body))
            except ValidationError as error:
                faults = error.errors(include_url=False, include_context=False, include_input=False)
                self.faults += [self.fault(_pointer(one["loc"]), one["type"], one["msg"]) for one in faults]
                if any(len(one["loc"]) < 2 or one["loc"][0] not in ("variants", "images") for one in faults):
                    return None

    @property
    def failed(self) -> set[int]:
        """The rows that are left out, of a product that goes in."""
        return {fault.row for fault in self.faults}


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join(f"/{part}" for part in location)


@dataclass(frozen=True)
class Cells:
    """The cells of a row by the names of their columns."""

    number: int
    by_name: Mapping[str, str]

    @classmethod
    def of(cls, row: Row, columns: list[str]) -> "Cells":
        """A row below its header; a row that has more cells is broken."""
        if row.broken:
            raise Unfit("", *row.broken)
        if any(cell.strip() for cell in row.cells[len(columns) :]):
            raise Unfit("", "too_many_cells", f"The row has {len(row.cells)} cells below {len(columns)} columns")
        filled = [*row.cells, *[""] * (len(columns) - len(row.cells))]
        return cls(row.number, dict(zip(reversed(columns), reversed(filled[: len(columns)]), strict=True)))

    def has(self, column: str) -> bool:
        """Whether the file has this column."""
        return column in self.by_name

    def text(self, column: str) -> str:
        """What stands there, without blanks around it and without the mark against formulas."""
        return plain(self.by_name.get(column, "").strip())

    def money(self, column: str, currency: str) -> Json | None:
        """A price such as 12.50."""
        text = self.text(column)
        if not text:
            return None
        try:
            price = from_decimal(_decimal(text), currency)
        except (InvalidOperation, ValueError):
            raise Unfit(column, "not_a_price", f"{text[:50]!r} is not a price in {currency}") from None
        if price.amount < 0:
            raise Unfit(column, "below_zero", f"The price {text[:50]} is below zero")
        return price.model_dump()

    def whole(self, column: str) -> int | None:
        """A whole number."""
        text = self.text(column)
        if not text:
            return None
        try:
            number = _decimal(text)
            if number != number.to_integral_value():
                raise ValueError
        except (InvalidOperation, ValueError):
            raise Unfit(column, "not_a_number", f"{text[:50]!r} is not a whole number") from None
        return int(number)

    def currency(self, column: str, default: str) -> str:
        """A currency's code."""
        code = self.text(column).upper() or default
        try:
            exponent(code)
        except ValueError:
            raise Unfit(column, "unknown_currency", f"{code[:50]!r} is no currency") from None
        return code

    def address(self, column: str) -> str | None:
        """The address of a picture."""
        text = self.text(column)
        if text and not ADDRESS.match(text):
            raise Unfit(column, "not_a_url", f"{text[:100]!r} is not the address of an image")
        return text or None

    def words(self, column: str) -> list[str]:
        """Words with commas between them, each once."""
        return list(dict.fromkeys(word.strip().lower() for word in self.text(column).split(",") if word.strip()))


def _decimal(text: str) -> Decimal:
    if len(text) > 30:
        raise ValueError
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise ValueError
    return number


# What a spreadsheet would take for a formula gets a quote in front, and so does what has one, so that both come back.
_FORMULA = tuple("=+-@\t\r'")


def guarded(cell: str) -> str:
    """A cell as it is written."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def plain(cell: str) -> str:
    """A cell as it was before it was written."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def product_id(handle: str) -> str:
    """The id a handle has in the shop: itself where it fits, else cut and made unique."""
    slug = slugify(handle)
    return slug if 0 < len(slug) <= 50 else f"{slug[:41]}-{hashlib.sha256(handle.encode()).hexdigest()[:8]}".lstrip("-")
