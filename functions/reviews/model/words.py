"""The words of customers: plain text, which nobody's browser takes for anything else."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shop.records import Body, Url

# Text on one line, and text with line breaks; other control characters are refused in both.
_LINE = r"^[^\x00-\x1f\x7f]*$"
_PROSE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_TAG = re.compile(r"<[a-zA-Z/!?][^<]*>")  # "a < b" and "<3" are none


def _plain(text: str) -> str:
    if _TAG.search(text):
        raise PydanticCustomError("markup_not_allowed", "Write plain text, without HTML")
    return text


Line = Annotated[str, Field(min_length=1, max_length=150, pattern=_LINE), AfterValidator(_plain)]
Prose = Annotated[str, Field(min_length=1, max_length=10_000, pattern=_PROSE), AfterValidator(_plain)]
Inquiry = Annotated[str, Field(min_length=1, max_length=2000, pattern=_PROSE), AfterValidator(_plain)]
Stars = Annotated[int, Field(ge=1, le=5)]


class Picture(Body):
    """A picture a customer shows."""

    url: Url
    alt: Line | None = None


Pictures = Annotated[list[Picture], Field(max_length=10)]
