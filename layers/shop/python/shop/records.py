"""The kinds of model a service writes: what it stores, what it is asked, and the words both are made of.

Models are compiled when they are first used (`defer_build`): a function starts sooner, for most calls need only a few.
"""

from functools import cache
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter
from pydantic_core import PydanticCustomError
from pydantic_core import Url as WebAddress

from shop import clock
from shop.errors import version_mismatch

Json = dict[str, Any]


def _in_the_calendar(text: str) -> str:
    try:
        clock.epoch(text)
    except ValueError:
        raise PydanticCustomError("datetime_parsing", "There is no such day or hour") from None
    return text


Moment = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"), AfterValidator(_in_the_calendar)
]
Xid = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,50}$")]
Country = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{2}$"), BeforeValidator(lambda v: v.upper() if isinstance(v, str) else v)
]


def _parsed(text: str) -> str:
    try:
        WebAddress(text)
    except ValueError:
        raise PydanticCustomError("url_parsing", "This is not an address on the web") from None
    return text


Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#][^\s]*$", max_length=2048), AfterValidator(_parsed)]
Text = Annotated[str, StringConstraints(max_length=10_000)]
# Without control characters: with none at all, or with line breaks and tabs alone.
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$")]
Prose = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]

# Input in another case is the same word; put it in front of a Literal: Annotated[Literal["draft"], folded]
folded = BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """What reads and writes values of a type that is no model; compiled when first asked for, as models are."""
    return TypeAdapter(kind)


STANDARD = "standard"  # the tax class of what says no other
TaxClass = Annotated[str, folded, StringConstraints(pattern=r"^[a-z0-9_]{1,50}$")]


class Part(BaseModel):
    """A piece of a stored thing or of an event, or an answer made for reading."""

    model_config = ConfigDict(defer_build=True, frozen=True)


class Body(BaseModel):
    """What a caller asks for: strict types, unknown fields refused."""

    model_config = ConfigDict(defer_build=True, extra="forbid", strict=True, frozen=True, str_strip_whitespace=True)


class Record(BaseModel):
    """A thing a service keeps. `version` counts its writes and is its ETag."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore")

    version: int = 1
    created_at: str = Field(default_factory=clock.now)
    updated_at: str = Field(default_factory=clock.now)

    def at(self, version: int | None) -> Self:
        """This thing, if it still is at the version the caller read; else 412."""
        if version is not None and version != self.version:
            raise version_mismatch()
        return self

    def but(self, **changes: Any) -> Self:
        """A copy of this thing with some fields changed, its rules checked again."""
        return self.model_validate({**dict(self), **changes})


class Edited(Record):
    """A thing that people edit while it follows others: `edition` is the version of the last change by a person.

    What it only copies moves `version` alone, so that an edit does not fail because something was sold meanwhile.
    """

    edition: int = 1

    def at(self, version: int | None) -> Self:
        """This thing, if nobody has edited it since the version the caller read; else 412."""
        if version is not None and not self.edition <= version <= self.version:
            raise version_mismatch()
        return self
