"""The API reference as a page to read: docs/openapi.json without scripts, served by the gateway at /docs."""

import base64
import hashlib
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tools.rooms import ROOT

Json = dict[str, Any]
LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format")


def page(openapi: Json) -> str:
    """The whole reference as one HTML document; it loads nothing, so its policy allows nothing but its own style."""
    style = (ROOT / "tools/reference.css").read_text()
    templates = Environment(
        loader=FileSystemLoader(ROOT / "tools"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    operations = groupby(_operations(openapi), key=lambda one: one["service"])
    return templates.get_template("reference.html.j2").render(
        title=openapi["info"]["title"],
        description=openapi["info"]["description"],
        services=[(name, list(found)) for name, found in operations],
        schemas=[_schema(name, found) for name, found in openapi["components"]["schemas"].items()],
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _operations(openapi: Json) -> Iterator[Json]:
    """Every operation, by service and path."""
    found = [
        (operation["tags"][0], path, method.upper(), operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]
    for service, path, method, operation in sorted(found, key=lambda one: one[:2]):
        answers = operation["responses"].items()
        yield {
            "service": service,
            "id": operation["operationId"],
            "path": path,
            "method": method,
            "summary": operation["summary"],
            "who": re.sub(r"Who: (.+)\.", r"\1", operation["description"]),
            "parameters": [
                {**one, "shape": shape(one["schema"]), "limits": _limits(one["schema"])}
                for one in operation["parameters"]
            ],
            "body": _content(operation.get("requestBody", {})),
            "answers": [(status, one["description"], _content(one)) for status, one in answers if "$ref" not in one],
        }


def _content(of: Json) -> Markup:
    return next((shape(media["schema"]) for media in of.get("content", {}).values()), Markup())


def _schema(name: str, schema: Json) -> Json:
    told = schema.get("description", "")
    return {"name": name, "description": told, "fields": list(_fields(schema)), "shape": shape(schema)}


def _fields(schema: Json) -> Iterator[Json]:
    for name, found in schema.get("properties", {}).items():
        yield {
            "name": name,
            "shape": shape(found),
            "required": name in schema.get("required", []),
            "limits": _limits(found),
            "description": found.get("description", ""),
        }


def shape(schema: Json) -> Markup:
    """A schema in a few words; what has a name of its own is a link to it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    for joint in ("anyOf", "oneOf", "allOf"):
        if joint in schema:
            return Markup(" or ").join(shape(one) for one in schema[joint])
    if "enum" in schema or "const" in schema:
        return Markup(" | ").join(
            Markup("<code>{}</code>").format(one) for one in schema.get("enum", [schema.get("const")])
        )
    if schema.get("type") == "array":
        return Markup("list of {}").format(shape(schema.get("items", {})))
    if isinstance(schema.get("additionalProperties"), dict):
        return Markup("map to {}").format(shape(schema["additionalProperties"]))
    return Markup("{}").format(schema.get("type", "anything"))


def _limits(schema: Json) -> str:
    """What else must be so of a value, its default included."""
    told = [f"{name} {schema[name]}" for name in LIMITS if name in schema]
    for inner in schema.get("anyOf", []):
        told += [_limits(inner)] if _limits(inner) else []
    if schema.get("default") is not None:
        told.append(f"default {schema['default']}")
    return ", ".join(told)
