"""The API in this process behind WSGI: what API Gateway does between a request and the functions, authorizer aside."""

import json
import uuid
from base64 import b64decode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from shop.auth import Caller
from tests import kit

Start = Callable[[str, list[tuple[str, str]]], object]


@dataclass
class Bridge:
    """Carries requests of one caller at a time."""

    caller: Caller | None = None

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        event, app = self.event(environ)
        answer = app(event, None)
        body = answer["body"] or ""
        raw = b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        start(f"{answer['statusCode']} said", [(name, str(value)) for name, value in answer["headers"].items()])
        return [raw]

    def event(self, environ: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """The request as the function of its route gets it, and that function."""
        method, path = environ["REQUEST_METHOD"], environ.get("RAW_URI") or quote(environ["PATH_INFO"])
        path = path.partition("?")[0]
        door, app, parameters = kit._door(method, path)
        headers = {
            name[5:].replace("_", "-").lower(): str(v) for name, v in environ.items() if name.startswith("HTTP_")
        }
        headers |= {"content-type": environ["CONTENT_TYPE"]} if environ.get("CONTENT_TYPE") else {}
        pairs: dict[str, list[str]] = {}
        for name, value in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True):
            pairs.setdefault(name, []).append(value)
        context: dict[str, Any] = {
            "resourcePath": door.path,
            "httpMethod": method,
            "path": path,
            "requestId": str(uuid.uuid4()),
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "fuzz"},
        }
        headers.pop("authorization", None)
        if self.caller and door.who.signed_in:
            said = {"user_id": self.caller.user_id, "session_id": self.caller.session_id}
            context["authorizer"] = {**said, "roles": ",".join(self.caller.roles)}
        elif self.caller:
            headers["authorization"] = "Bearer " + json.dumps(self.caller.model_dump())
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        event = {
            "headers": headers,
            "multiValueQueryStringParameters": pairs or None,
            "pathParameters": {name: unquote(value) for name, value in parameters.items()} or None,
            "requestContext": context,
            "body": raw.decode("utf-8", "replace") if raw else None,
            "isBase64Encoded": False,
            "stageVariables": None,
        }
        return event, app
