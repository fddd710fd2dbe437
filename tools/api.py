"""The API as the gateway needs it (infra/api.yaml) and as a client reads it (docs/openapi.json), from the routes."""

import inspect
import json
import re
from collections import Counter
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

import yaml
from chalice.app import Request
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from shop.api import ERRORS_URL, Answer, Door, Html, Pdf
from shop.api import PROBLEM as PROBLEM_TYPE
from shop.pages import Query
from shop.records import Body, adapter
from tools.rooms import doors

HEADER = "# Generated from the services' routes by `make generate`.\n"
REFUSALS = {
    "400": "The request is malformed",
    "401": "We do not know who is calling, or the session has ended",
    "403": "The caller may not do this",
    "404": "There is no such thing, or it is someone else's",
    "409": "The present state does not allow this",
    "412": "It has changed since it was read",
    "422": "Not acceptable; `errors` points at the fields",
    "428": "If-Match is missing",
    "429": "Too many requests",
    "500": "Our fault",
    "503": "Try again in a moment",
    "504": "It took too long; ask again",
}
OF_BODIES = {
    "413": "The body is too large",
    "415": "The body is not JSON",
}
# What only those routes answer that declare it (`refuses=`), or what they make: a document needs an Accept.
RARE = {
    "402": "The payment, or the means of payment, is declined",
    "406": "Accept does not name the document's type",
    "410": "It was used, is too old, or was followed by a newer one",
    "423": "Locked for a while, after too many wrong tries",
}
PROBLEM = {
    "description": "A refusal (RFC 9457), with what else there is to say of it.",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "description": "stable; decide by this"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("pointer", "code", "detail")},
            },
        },
    },
}


def gateway() -> str:
    """infra/api.yaml: every route, its function, and whether the authorizer stands before it."""
    paths: dict[str, Any] = {}
    for service, door in doors():
        operation: dict[str, Any] = {"x-amazon-apigateway-integration": _integration(service)}
        if door.who.signed_in:
            operation["security"] = [{"session": []}]
        paths.setdefault(door.path, {})[door.method.lower()] = operation
    body = {
        "openapi": "3.0.1",
        "info": {"title": "Tradewind", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": {"session": _authorizer()}},
        "x-amazon-apigateway-gateway-responses": _gateway_answers(),
    }
    return HEADER + yaml.dump(body, Dumper=_Plain, sort_keys=False, width=200)


def reference() -> str:
    """docs/openapi.json: every route with its schemas."""
    asked: set[Any] = {taken[1] for _, door in doors() if (taken := door.of_type(Body))}
    kinds = asked | {kind for _, door in doors() for kind in _answers(door)}
    shapes, schemas = TypeAdapter.json_schemas(
        [(kind, "validation" if kind in asked else "serialization", adapter(kind)) for kind in sorted(kinds, key=str)],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    refs = {kind: schema for (kind, _), schema in shapes.items()}
    names_of = Counter(door.view.__name__ for _, door in doors())  # what two services have by one name is told apart
    paths: dict[str, Any] = {}
    for service, door in doors():
        name = door.view.__name__
        operation_id = name if names_of[name] == 1 else f"{service}_{name}"
        paths.setdefault(door.path, {})[door.method.lower()] = _operation(service, door, operation_id, refs)
    body = {
        "openapi": "3.1.0",
        "info": {
            "title": "Tradewind",
            "version": "1",
            "description": "A serverless commerce backend. Money is integer minor units; errors are problem+json.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "responses": {status: _problem(told) for status, told in (REFUSALS | OF_BODIES | RARE).items()},
            "schemas": _called(schemas["$defs"]) | {"Problem": PROBLEM},
        },
    }
    written = json.dumps(body, indent=1, ensure_ascii=False) + "\n"
    return re.sub(r'(?<="#/components/schemas/)[^"]+', lambda found: _name(found[0]), written)


class _Schemas(GenerateJsonSchema):
    """A default means that a request may leave a field out; an answer always has it."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)


def _called(schemas: dict[str, Any]) -> dict[str, Any]:
    """The schemas by names that are good class names in anybody's language."""
    found = {_name(name): {**schema, "title": _name(name)} for name, schema in schemas.items()}
    assert len(found) == len(schemas), "two schemas would have one name"
    return found


def _name(given: str) -> str:
    """A name of pydantic's: `Page_Order_` is PageOfOrder, `orders__model__order__Item` OrdersItem, `A-Output` A."""
    if page := re.fullmatch(r"Page_(.+)_", given):
        return f"PageOf{_name(page[1])}"
    *path, name = given.removesuffix("-Output").replace("-Input", "Input").split("__")
    return f"{path[0].capitalize()}{name}" if path else name


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


LAMBDA = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"


def _integration(service: str) -> dict[str, Any]:
    function = f"{service.capitalize()}Api"
    uri = f"{LAMBDA}/${{{function}.Arn}}:live/invocations"
    return {"type": "aws_proxy", "httpMethod": "POST", "uri": {"Fn::Sub": uri}}


def _authorizer() -> dict[str, Any]:
    uri = LAMBDA + "/${GatewayAuthorizer.Arn}:live/invocations"
    return {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "token",
            "authorizerUri": {"Fn::Sub": uri},
            "authorizerResultTtlInSeconds": {"Ref": "AuthorizerCache"},
        },
    }


def _gateway_answers() -> dict[str, Any]:
    """What the gateway answers by itself, as problem+json too."""
    said = {
        "UNAUTHORIZED": (401, "unauthenticated", "Unauthenticated"),
        "ACCESS_DENIED": (403, "forbidden", "Forbidden"),
        "MISSING_AUTHENTICATION_TOKEN": (404, "not_found", "Not found"),
        "REQUEST_TOO_LARGE": (413, "payload_too_large", "Payload too large"),
        "THROTTLED": (429, "rate_limited", "Rate limited"),
        "AUTHORIZER_FAILURE": (500, "internal_error", "Internal error"),
        "INTEGRATION_TIMEOUT": (504, "timeout", "Timeout"),
        "DEFAULT_4XX": (400, "invalid_parameter", "Invalid parameter"),
        "DEFAULT_5XX": (500, "internal_error", "Internal error"),
    }
    return {
        name: {
            "statusCode": status,
            "responseParameters": {"gatewayresponse.header.Content-Type": f"'{PROBLEM_TYPE}'"},
            "responseTemplates": {"application/json": _gateway_problem(status, code, title)},
        }
        for name, (status, code, title) in said.items()
    }


def _gateway_problem(status: int, code: str, title: str) -> str:
    # messageString is quoted JSON already
    return (
        f'{{"type": "{ERRORS_URL}{code}", "title": "{title}", "status": {status}, "code": "{code}",'
        ' "detail": $context.error.messageString, "instance": "$context.path", "request_id": "$context.requestId"}'
    )


def _answers(door: Door) -> list[Any]:
    """What a route may answer: the first is the usual, another one says that something is still to be done."""
    hints = get_args(door.answers) if isinstance(door.answers, UnionType) else (door.answers,)
    return [hint for hint in hints if hint not in (NoneType, Pdf, Html)]


def _operation(service: str, door: Door, operation_id: str, refs: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id,
        "tags": [service],
        "summary": (inspect.getdoc(door.view) or door.view.__name__.replace("_", " ").capitalize()).splitlines()[0],
        "description": f"Who: {door.who.value}.",
        "parameters": _parameters(door),
        "responses": _responses(door, refs),
    }
    if door.who.signed_in:
        operation["security"] = [{"session": []}]
    elif door.who.value == "guest-or-customer":
        operation["security"] = [{"session": []}, {}]
    body = door.of_type(Body)
    if body:
        required = all(parameter["in"] != "cookie" for parameter in door.also)  # a cookie may say what a body would
        operation["requestBody"] = {"required": required, "content": {"application/json": {"schema": refs[body[1]]}}}
    return operation


def _parameters(door: Door) -> list[dict[str, Any]]:
    text = {"type": "string"}
    found = [
        {"name": name, "in": "path", "required": True, "schema": text} for name in re.findall(r"{(\w+)}", door.path)
    ]
    query = door.of_type(Query)
    if query:
        schema = query[1].model_json_schema(ref_template="#/components/schemas/{model}")
        required = schema.get("required", [])
        found += [
            {"name": name, "in": "query", "required": name in required, "schema": shape}
            for name, shape in schema["properties"].items()
        ]
    if door.method == "POST":
        key = {"type": "string", "minLength": 1, "maxLength": 255}
        found.append({"name": "Idempotency-Key", "in": "header", "required": door.keyed, "schema": key})
    if door.if_match:
        found.append({"name": "If-Match", "in": "header", "required": True, "schema": text})
    if door.who.value == "guest-or-customer":
        found.append({"name": "X-Cart-Session", "in": "header", "required": False, "schema": text})
    return [*found, *map(dict, door.also)]


def _responses(door: Door, refs: dict[Any, Any]) -> dict[str, Any]:
    answers = [
        {"description": "Done", "content": {"application/json": {"schema": refs[model]}}} for model in _answers(door)
    ]
    if answers:
        responses: dict[str, Any] = {str(door.status): answers[0]}
        if answers[1:] and get_origin(door.hints["return"]) is Answer:
            responses["202"] = {**answers[1], "description": "Not done yet"}
        elif answers[1:]:
            responses[str(door.status)] = _either(answers)
        if door.method in ("POST", "PUT") and door.status != 200 and len(answers) == 1:
            responses["200"] = answers[0]
    elif door.answers is Pdf:
        pdf = {"schema": {"type": "string", "format": "binary"}}
        responses = {str(door.status): {"description": "A document to print", "content": {Pdf.media_type: pdf}}}
    elif door.answers is Html:
        page = {Html.media_type.partition(";")[0]: {"schema": {"type": "string"}}}
        responses = {str(door.status): {"description": "A page to read", "content": page}}
    else:
        responses = {"204" if door.status == 200 else str(door.status): {"description": "Done"}}
    if door.method == "GET":
        responses["304"] = {"description": "Not changed"}
    rare = [*map(str, door.refuses), *(["406"] if door.answers is Pdf else [])]
    refusals = [*REFUSALS, *(OF_BODIES if _reads(door) else []), *rare]
    return {**responses, **{status: {"$ref": f"#/components/responses/{status}"} for status in sorted(refusals)}}


def _reads(door: Door) -> bool:
    """Whether a route takes a body: as a model, or raw."""
    return bool(door.of_type(Body) or (door.method == "POST" and door.named(Request)))


def _either(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """One answer of several forms, by what was asked for."""
    forms = [answer["content"]["application/json"]["schema"] for answer in answers]
    return {"description": "Done", "content": {"application/json": {"schema": {"anyOf": forms}}}}


def _problem(told: str) -> dict[str, Any]:
    return {"description": told, "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
