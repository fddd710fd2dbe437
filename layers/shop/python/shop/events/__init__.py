"""What services tell each other: facts with business meaning, each spelled once, in its speaker's module.

A speaker's module is read when the first of its events is said: `from shop.events import orders as said`.
"""

import json
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr


class Actor(BaseModel):
    """Who set something in motion."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    type: str
    id: str | None = None


class Meta(BaseModel):
    """The envelope of an event: which one it is, what it is about, and what led to it."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    id: str
    type: str
    version: int
    occurred_at: str
    aggregate_type: str
    aggregate_id: str
    aggregate_version: int
    correlation_id: str
    causation_id: str | None = None
    actor: Actor


class Event(BaseModel):
    """A fact. Subclasses give its fields, its type (``noun.participle``) and which field names what it is about."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore")

    type: ClassVar[str]
    about: ClassVar[str]  # the aggregate's type; its id is the field <about>_id unless `key` says otherwise
    key: ClassVar[str] = ""

    _meta: Meta | None = PrivateAttr(default=None)

    @property
    def aggregate_id(self) -> str:
        """The id of the thing the event is about."""
        return str(getattr(self, self.key or f"{self.about}_id"))

    @property
    def meta(self) -> Meta | None:
        """The envelope it came in; None for an event that was never sent."""
        return self._meta

    @classmethod
    def received(cls, detail: dict[str, Any]) -> Self:
        """The event in a bus entry's detail."""
        event = cls.model_validate(detail["data"])
        event._meta = Meta.model_validate({name: value for name, value in detail.items() if name != "data"})
        return event

    @classmethod
    def speaker(cls) -> str:
        """The service that says this: the module the event is declared in."""
        return cls.__module__.rpartition(".")[2]


def envelope(sqs_body: str) -> tuple[str, dict[str, Any]]:
    """The detail-type and detail of a bus entry that came through a queue."""
    entry = json.loads(sqs_body)
    return entry["detail-type"], entry["detail"]


class _Later(ModuleType):
    """A speaker's module that is read when anything is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        return getattr(import_module(super().__getattribute__("__name__")), name)


def __getattr__(name: str) -> ModuleType:
    """A speaker's module; once it has been read, it stands here itself."""
    if name.startswith("_"):
        raise AttributeError(name)
    return _Later(f"{__name__}.{name}")
