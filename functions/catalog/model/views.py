"""Who looked at a product, and how often it was looked at and bought."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shop.ids import new_id
from shop.pages import Paging
from shop.records import Body, Record
from shop.settings import DAY, MINUTE

ONCE_IN = 30 * MINUTE  # a viewer who comes back sooner is not counted again
VIEWS_KEPT = 30 * DAY


class ProductView(Record):
    """CAT-09. Somebody has looked at a product; a guest is not named."""

    id: str = Field(default_factory=new_id)
    product_id: str
    user_id: str | None = None
    viewed_at: str


class Viewer(Record):
    """The note that somebody has just looked at a product. Whoever it is, it does not say so of a guest."""

    product_id: str
    viewer: str
    expires_at: str


class Stats(Record):
    """CAT-11. One of the ten parts of what is counted of a product, so that many can count at once."""

    product_id: str
    part: int
    view_count: int = 0
    purchase_count: int = 0


class NoteView(Body):
    """Somebody looks at a product. A guest with a cart is counted once in a while, like a user."""

    cart_session_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None


def _day(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
    except ValueError:
        raise PydanticCustomError("date_format", "A day is written 2026-01-31") from None


class ViewList(Paging):
    """The day (UTC) whose views to list; without one, today."""

    day: Annotated[str, AfterValidator(_day)] | None = None
