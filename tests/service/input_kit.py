"""Bad input, made from what each route says it takes: of every field, every way to get it wrong."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from shop.doors import Door
from shop.records import Body
from tests.kit import Client, Reply, app_of
from tests.service.auth_kit import everything

CONTROL = "a\u0007b"
# Secrets: they may hold whatever a keyboard gives, and what is wrong about them is not their form.
ANY_LETTERS = {"password", "new_password", "current_password", "identifier", "token", "refresh_token", "mfa_token"}
ANY_LETTERS |= {"device_token", "backup_code", "cart_session_id", "code", "state"}


class Bad(NamedTuple):
    """A value that must be refused, where it stands, and why."""

    pointer: str
    why: str
    value: Any


def routes(service: str) -> list[Door]:
    """The routes of a service that take a body."""
    return [door for door in app_of(service).doors if door.of_type(Body)]


def key(door: Door) -> str:
    return f"{door.method} {door.path}"


def ways_to_get_it_wrong(door: Door) -> list[Bad]:
    """Of every field of a route's body, everything that must be refused."""
    found = door.of_type(Body)
    assert found
    schema = found[1].model_json_schema()
    required = [Bad(f"/{name}", "missing", ...) for name in schema.get("required", [])]
    return [Bad("/nonsense", "unknown", 1), *required, *_fields(schema, schema.get("$defs", {}))]


def fields(door: Door) -> dict[str, Any]:
    """The JSON schema of every field of a route's body, by pointer."""
    found = door.of_type(Body)
    assert found
    schema = found[1].model_json_schema()
    return dict(_leaves(schema, schema.get("$defs", {})))


def refuses(client: Client, door: Door, body: Any, bad: Bad, service: str) -> None:
    """It is 422 at that very field, and nothing is written."""
    before = everything(service)
    problem = knock(client, door, wrong(body, bad)).refused(422, "validation_failed")
    assert bad.pointer in [error["pointer"] for error in problem["errors"]], (bad, problem["errors"])
    assert everything(service) == before, bad


def knock(client: Client, door: Door, body: Any) -> Reply:
    """Ask, for nothing in particular where the path asks for a name."""
    path = "/".join("none-such" if part.startswith("{") else part for part in door.path.split("/"))
    return client.call(door.method, path, body, **({"if_match": '"1"'} if door.if_match else {}))


def wrong(body: Any, bad: Bad) -> Any:
    """A body with one thing wrong."""
    first, *rest = bad.pointer.strip("/").split("/")
    if bad.value is ... and not rest:
        return {name: value for name, value in body.items() if name != first}
    return {**body, first: wrong(body.get(first, {}), bad._replace(pointer="/".join(rest))) if rest else bad.value}


def _leaves(schema: Any, named: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in schema["properties"].items():
        kinds = [named[kind["$ref"].split("/")[-1]] if "$ref" in kind else kind for kind in field.get("anyOf", [field])]
        for kind in kinds:
            if "properties" in kind:
                yield from _leaves(kind, named, f"{place}/{name}")
            elif kind["type"] != "null":
                nullable = any(other.get("type") == "null" for other in kinds)
                yield f"{place}/{name}", {**kind, "nullable": nullable}


def _fields(schema: Any, named: Any) -> Iterator[Bad]:
    for pointer, kind in _leaves(schema, named):
        strangers: list[Any] = [7, [], {}, True] if kind["type"] == "string" else ["yes", 1, []]
        yield from (Bad(pointer, "another kind of thing", stranger) for stranger in strangers)
        if not kind["nullable"]:
            yield Bad(pointer, "null", None)
        if kind["type"] == "string":
            yield from _texts(pointer, kind)


def _texts(pointer: str, kind: Any) -> Iterator[Bad]:
    if "maxLength" in kind:
        yield Bad(pointer, "too long", "x" * (kind["maxLength"] + 1))
        yield Bad(pointer, "very long", "\U0001f600" * 50_000)
    if kind.get("minLength"):
        yield Bad(pointer, "blank", "  \t ")
    if "enum" in kind:
        yield Bad(pointer, "no such word", "nonsense")
    if pointer.split("/")[-1] not in ANY_LETTERS and "enum" not in kind:
        yield Bad(pointer, "control character", CONTROL)
