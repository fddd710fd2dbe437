"""The events as a listener reads them: a JSON Schema each, and one page with all of them."""

import inspect
import json
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from pydantic import BaseModel, create_model

import shop.events
from shop.events import Event, Meta
from tools.rooms import apps


def speakers() -> Iterator[tuple[str, list[type[Event]]]]:
    """Every speaker with what it says."""
    for module in iter_modules(shop.events.__path__):
        said = import_module(f"shop.events.{module.name}")
        events = [
            kind
            for _, kind in inspect.getmembers(said, inspect.isclass)
            if issubclass(kind, Event) and kind.__module__ == said.__name__
        ]
        yield module.name, sorted(events, key=lambda kind: inspect.getsourcelines(kind)[1])


def schemas() -> dict[str, str]:
    """events/schemas/<type>.json: the detail of a bus entry."""
    found = {}
    for speaker, events in speakers():
        for event in events:
            detail: type[BaseModel] = create_model(event.type, __base__=Meta, data=(event, ...))
            schema: dict[str, Any] = {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "source": f"shop.{speaker}",
                **detail.model_json_schema(),
                "title": event.type,
                "description": _says(event),
            }
            found[f"events/schemas/{event.type}.json"] = json.dumps(schema, indent=1) + "\n"
    return found


def catalogue() -> str:
    """events/README.md: who says what, and who hears it."""
    listeners: dict[str, list[str]] = {}
    for service, app in apps():
        for event_type in app.hears.handlers:
            listeners.setdefault(event_type, []).append(service)
    lines = [
        "# What the services tell one another",
        "",
        "Every event is written in the same transaction as the change it tells of, published by the relay to the bus",
        "`<stage>-shop`, and may arrive more than once and in any order: consumers claim its `id` and ignore an older",
        "`aggregate_version`. The envelope is the same for all: `id, type, version, occurred_at, aggregate_type,",
        "aggregate_id, aggregate_version, correlation_id, causation_id, actor, data`. Samples are in `samples/`.",
        "",
        "Generated from `shop/events` and the services' `hears.py` by `make generate`.",
    ]
    for speaker, events in speakers():
        lines += ["", f"## shop.{speaker}", "", "| event | what happened | data | heard by |", "|---|---|---|---|"]
        for event in events:
            data = ", ".join(f"`{name}`" + ("" if f.is_required() else "?") for name, f in event.model_fields.items())
            heard = ", ".join(sorted(listeners.get(event.type, []))) or "-"
            lines.append(f"| [`{event.type}`](schemas/{event.type}.json) | {_says(event)} | {data} | {heard} |")
    return "\n".join(lines) + "\n"


def _says(event: type[Event]) -> str:
    return " ".join((inspect.getdoc(event) or "").split())
