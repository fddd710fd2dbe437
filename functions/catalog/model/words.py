"""The words the catalog's things are made of."""

import re
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints
from pydantic_core import PydanticCustomError

from shop.errors import FieldError, Refusal
from shop.records import Body, Url, folded

Status = Annotated[Literal["draft", "active", "inactive", "archived"], folded]

# Text on one line, and text with line breaks; other control characters are refused in both.
LINE = r"^[^\x00-\x1f\x7f]*$"
_PROSE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

# Where a browser would see markup: a "<" before anything else is one that was meant.
_MARKUP = re.compile(r"<[A-Za-z/!?]")


def _harmless(text: str, most: int) -> str:
    """Text as it is; text with HTML in it without all that could do harm where it is shown (scripts, styles, forms)."""
    if not _MARKUP.search(text):
        return text
    import nh3

    clean = nh3.clean(text)
    if len(clean) > most:  # what was meant as text is longer as HTML
        raise PydanticCustomError("string_too_long", "At most {most} characters of HTML", {"most": most})
    return clean


Sku = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=LINE)]
Slug = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[a-z0-9-]+$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=LINE)]
Line = Annotated[str, StringConstraints(max_length=255, pattern=LINE)]
Short = Annotated[str, StringConstraints(max_length=500, pattern=_PROSE), AfterValidator(partial(_harmless, most=500))]
Prose = Annotated[
    str, StringConstraints(max_length=10_000, pattern=_PROSE), AfterValidator(partial(_harmless, most=10_000))
]
Word = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=LINE)]
Badge = Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=LINE)]
TagName = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=LINE, to_lower=True)]
Grams = Annotated[int, Field(ge=0, le=100_000_000)]

_ID = re.compile(r"[A-Za-z0-9_-]{1,50}")


def is_id(text: str) -> bool:
    """Whether this can be an id: nothing else need be looked for."""
    return _ID.fullmatch(text) is not None


def unacceptable(pointer: str, code: str, detail: str) -> Refusal:
    """422 for one field of a body whose form is right."""
    overall = code if code == "amount_out_of_range" else "validation_failed"
    errors: list[FieldError] = [{"pointer": pointer, "code": code, "detail": detail}]
    return Refusal(422, overall, f"{pointer}: {detail}", errors=errors)


def _given(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("null_not_allowed", "This cannot be emptied; leave it out to keep it")
    return value


# A field of a change: left out it stays as it is, but it cannot be set to null.
kept = AfterValidator(_given)


# A measure; JSON shows it as a number.
Measure = Annotated[
    Decimal,
    Field(strict=False, ge=0, max_digits=12, decimal_places=4),
    PlainSerializer(float, return_type=float, when_used="json"),
]


class Brand(Body):
    """Who makes it."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=LINE)]
    logo_url: Url | None = None


class Dimensions(Body):
    """How large it is."""

    length: Measure | None = None
    width: Measure | None = None
    height: Measure | None = None
    unit: Annotated[str, StringConstraints(max_length=10, pattern=LINE)] = "cm"


class Specifications(Body):
    """What it is made of, and how to treat it."""

    material: Line | None = None
    care_instructions: Short | None = None
    origin: Line | None = None
    weight: Annotated[str, StringConstraints(max_length=50, pattern=LINE)] | None = None
    dimensions: Dimensions | None = None


class Seo(Body):
    """What search engines are told."""

    meta_title: Annotated[str, StringConstraints(max_length=70, pattern=LINE)] | None = None
    meta_description: Annotated[str, StringConstraints(max_length=160, pattern=LINE)] | None = None
    meta_keywords: Annotated[list[Word], Field(max_length=20)] = []
