"""Lists a page at a time, with a signed cursor that only fits the list it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from shop import keyring, settings
from shop.errors import Refusal

if TYPE_CHECKING:
    from itsdangerous import URLSafeTimedSerializer

M_co = TypeVar("M_co", bound=BaseModel, covariant=True)
N = TypeVar("N", bound=BaseModel)


# No model: of those each `Page[...]` would make another class whenever a function starts. A page that has more to tell
# declares the type of its `data` again, which pydantic does not take from a dataclass's base.
@dataclass(frozen=True, kw_only=True)
class Page(Generic[M_co]):
    """One page of a list; `next_cursor` asks for the next."""

    data: Sequence[M_co]
    has_more: bool = False
    next_cursor: str | None = None

    def showing(self, data: Sequence[N]) -> "Page[N]":
        """The same place in the list, seen as these."""
        return Page(data=data, has_more=self.has_more, next_cursor=self.next_cursor)


class Query(BaseModel):
    """The query parameters of a route; unknown ones are refused."""

    model_config = ConfigDict(defer_build=True, extra="forbid")


class Paging(Query):
    """Where in a list the caller is. Lists with filters extend it with theirs."""

    limit: int = Field(default=settings.PAGE_DEFAULT, ge=1, le=settings.PAGE_MAX)
    cursor: str | None = None
    _scope: str = PrivateAttr(default="")

    def within(self, scope: str) -> None:
        """Bind this page to one list: the route, its filters and whose it is."""
        self._scope = scope

    @property
    def after(self) -> str | None:
        """The sort key the page starts after; a cursor that is not of this list is 400 invalid_cursor."""
        if self.cursor is None:
            return None
        from itsdangerous import BadData

        try:
            return str(_signer().loads(self.cursor, max_age=settings.DAY, salt=self._scope))
        except BadData as error:
            raise Refusal(400, "invalid_cursor", "The cursor is not from this list, or too old") from error

    def page(self, data: list[Any], last: str | None) -> Page[Any]:
        """These rows as a page; `last` is the sort key of the last one when there are more."""
        cursor = _signer().dumps(last, salt=self._scope) if last is not None else None
        return Page(data=data, has_more=last is not None, next_cursor=str(cursor) if cursor else None)


class Whose(Query):
    """Whose things are asked for: the caller's own, unless staff name somebody (`Caller.whose`)."""

    user_id: str | None = Field(default=None, min_length=1, max_length=64)


class WhosePaging(Paging, Whose):
    """Where in a list of somebody's things the caller is."""


@cache
def _signer() -> "URLSafeTimedSerializer":
    from itsdangerous import URLSafeTimedSerializer

    return URLSafeTimedSerializer(keyring.ring()[::-1])  # it signs with the last
