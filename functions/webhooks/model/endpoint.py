"""Endpoints: where events are sent, which, and under which secrets."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shop import clock
from shop.records import Body, Part, Prose, Record, Url
from shop.settings import DAY
from webhooks.model.patterns import is_known, matches

OVERLAP = DAY  # a secret that was replaced goes on signing for so long
MAX_SECRETS = 5  # that sign at a time

Reason = Literal["manual", "gone", "failing"]


class OldSecret(Part):
    """A secret that was replaced and still signs."""

    sealed_secret: str
    until: str


class Endpoint(Record):
    """Where events go. `failing_since`: nothing has gone through since."""

    id: str
    url: str
    event_types: list[str]
    description: str = ""
    is_active: bool = True
    disabled_at: str | None = None
    disabled_reason: Reason | None = None
    failing_since: str | None = None

    def wants(self, event_type: str, occurred_at: str) -> bool:
        """Whether it is to be told an event of this type: what happened before it was made may be heard after."""
        asked = self.is_active and self.created_at <= occurred_at
        return asked and any(matches(pattern, event_type) for pattern in self.event_types)

    def disabled(self, reason: Reason) -> Self:
        """This endpoint, told nothing any more."""
        return self.but(is_active=False, disabled_at=clock.now(), disabled_reason=reason)

    def enabled(self) -> Self:
        """This endpoint, with what went wrong before forgotten."""
        return self.but(is_active=True, disabled_at=None, disabled_reason=None, failing_since=None)


class ShownEndpoint(Endpoint):
    """An endpoint with its secret, which is shown once."""

    secret: str


class StoredEndpoint(Endpoint):
    """An endpoint with its secrets, sealed."""

    sealed_secret: str
    old_secrets: list[OldSecret] = []

    def still_signing(self, now: str) -> list[OldSecret]:
        """The secrets that were replaced and are not over yet."""
        return [secret for secret in self.old_secrets if secret.until > now]


def _known(pattern: str) -> str:
    if not is_known(pattern):
        raise PydanticCustomError("unknown_event_type", "No event of this type leaves the shop")
    return pattern


EventTypes = Annotated[
    list[Annotated[str, StringConstraints(max_length=60), AfterValidator(_known)]], Field(min_length=1, max_length=50)
]
Description = Annotated[Prose, Field(max_length=500)]


class EndpointFields(Body):
    """What is said of a new endpoint."""

    url: Url
    event_types: EventTypes
    description: Description = ""


class ChangeEndpoint(Body):
    """What may change about an endpoint; what is left out stays."""

    url: Url = ""
    event_types: EventTypes = []
    description: Description = ""
    is_active: bool = True


class EventType(Part):
    """A type of event that may be asked for."""

    type: str
    about: str
