"""The shop in this process, asked over HTTP: what the tools' client sends goes to the services' own doors."""

import json
from threading import Lock
from urllib.parse import unquote

import httpx

from shop import auth
from tests.kit import Client, deliver


class Doors(httpx.BaseTransport):
    """Carries one request at a time to the service that answers it, and what was told then to its listeners."""

    def __init__(self) -> None:
        self._one_at_a_time = Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        path = unquote(request.url.raw_path.decode())
        with self._one_at_a_time:
            caller = auth.verify(token) if token else None
            reply = Client(caller, dict(request.headers)).call(request.method, path, request.content.decode() or None)
            if request.method != "GET":
                deliver()
        return httpx.Response(reply.status, headers=reply.headers, content=json.dumps(reply.body).encode())
