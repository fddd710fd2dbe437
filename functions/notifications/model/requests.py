"""What people ask of notifications, and how its lists are narrowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from notifications.model.kinds import Channel, Status, TypeName
from notifications.model.notification import Notification
from shop.freeform import FreeForm
from shop.pages import Page, Paging, Query
from shop.records import Body, Moment, Part, folded


class OwnList(Paging):
    """R254. The caller's own, on one channel or all; `unread` are those the app has not shown yet."""

    channel: Annotated[Channel, folded] | None = None
    unread: bool | None = None


@dataclass(frozen=True, kw_only=True)
class NotificationPage(Page[Notification]):
    """R254. A page, and how many are new."""

    data: Sequence[Notification]
    unread_count: int


class MarkRead(Body):
    """R255."""

    read: Literal[True]


class EveryonesList(Paging):
    """R261. Everyone's of one status, or one user's, or all."""

    status: Annotated[Status, folded] | None = None
    user_id: str | None = Field(default=None, min_length=1, max_length=64)


class PreferenceList(Query):
    """R257. In which of two shapes."""

    view: Annotated[Literal["rows", "wide"], folded] = "rows"


class WriteNotification(Body):
    """R262. Something to tell one user, now or later, from a template: that of its type, where none is named."""

    user_id: str = Field(min_length=1, max_length=64)
    type: TypeName
    channel: Annotated[Channel, folded] = "email"
    template_id: str | None = Field(default=None, min_length=1, max_length=64)
    variables: FreeForm = {}
    scheduled_at: Moment | None = None


class AskNotification(Part):
    """R272. The same from another service, once for each `dedupe_key`."""

    dedupe_key: str = Field(min_length=1, max_length=200)
    user_id: str
    type: TypeName
    channel: Annotated[Channel, folded] = "email"
    template_id: str | None = None
    variables: FreeForm = {}
    scheduled_at: Moment | None = None


class Received(Part):
    """R271."""

    received: bool = True


class Nothing(Body):
    """A request that says it all by being made."""
