"""Providers to sign in with, on this machine: an OpenID Connect provider, and a graph like Facebook's."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import flask
import httpx
from oidc_provider_mock import app as provider_app
from werkzeug.serving import make_server

SECRETS = {"google": "google-knows-us-by-this", "facebook": "facebook-knows-us-by-this"}


def challenged(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class Google:
    """The OpenID Connect provider; unlike it, this one also holds us to PKCE."""

    def __init__(self, app: flask.Flask, issuer: str) -> None:
        self.issuer, self.asked = issuer, list[dict[str, str]]()
        self.challenges: dict[str, str] = {}
        app.before_request(self._check)
        app.after_request(self._remember)

    def knows(self, sub: str, **claims: object) -> None:
        """There is somebody of whom it says this."""
        httpx.put(f"{self.issuer}/users/{sub}", json=claims).raise_for_status()

    def visit(self, address: str, sub: str) -> dict[str, str]:
        """Somebody signs in there and is sent back: with what."""
        back = httpx.post(address, data={"sub": sub})
        assert back.status_code == 302, back.text
        return dict(parse_qsl(urlsplit(back.headers["location"]).query))

    def _check(self) -> Any:
        if flask.request.path != "/oauth2/token":
            return None
        form = flask.request.form.to_dict()
        self.asked.append(form)
        known = self.challenges.pop(form.get("code", ""), None)
        good = form.get("client_secret") == SECRETS["google"] and challenged(form.get("code_verifier", "")) == known
        return None if good else ({"error": "invalid_grant"}, 400)

    def _remember(self, answer: flask.Response) -> flask.Response:
        if flask.request.path == "/oauth2/authorize" and answer.status_code == 302:
            code = dict(parse_qsl(urlsplit(answer.headers["location"]).query)).get("code", "")
            self.challenges[code] = flask.request.args["code_challenge"]
        return answer


class Facebook:
    """A graph with a dialog; it holds us to PKCE, to our secret, and to proving that we have it."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, str]] = {}
        self.codes: dict[str, tuple[str, str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.fails_with: int | None = None
        self.address = ""

    def knows(self, sub: str, **facts: str) -> None:
        """There is somebody like this."""
        self.people[sub] = {"id": sub, **facts}

    def visit(self, address: str, sub: str) -> dict[str, str]:
        """Somebody signs in there and is sent back: with what."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = (sub, asked["code_challenge"], asked["redirect_uri"])
        return {"code": code, "state": asked["state"]}

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """A token for a code."""
        sub, challenge, back = self.codes.pop(form["code"], ("", "", ""))
        good = sub and challenged(form["code_verifier"]) == challenge and form["redirect_uri"] == back
        if not good or form["client_secret"] != SECRETS["facebook"]:
            return 400, {"error": {"message": "no"}}
        token = secrets.token_urlsafe(8)
        self.tokens[token] = sub
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": 5_000_000}

    def me(self, query: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Whose token this is."""
        token = authorization.removeprefix("Bearer ")
        proof = hmac.new(SECRETS["facebook"].encode(), token.encode(), "sha256").hexdigest()
        if token not in self.tokens or query.get("appsecret_proof") != proof:
            return 400, {"error": {"message": "no"}}
        wanted = query["fields"].split(",")
        return 200, {name: value for name, value in self.people[self.tokens[token]].items() if name in wanted}


@contextmanager
def google() -> Iterator[Google]:
    """The OpenID Connect provider, while inside."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    app = provider_app(require_nonce=True)
    server = make_server("localhost", 0, app, threaded=True)
    provider = Google(app, f"http://localhost:{server.server_port}")
    with _serving(server):
        yield provider


@contextmanager
def facebook() -> Iterator[Facebook]:
    """The graph, while inside."""
    provider = Facebook()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            self._answer(*provider.me(dict(parse_qsl(address.query)), self.headers["Authorization"] or ""))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(*provider.token({name: values[0] for name, values in parse_qs(body).items()}))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(provider.fails_with or status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    with _serving(server):
        yield provider


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def with_query(address: str, **changes: str) -> str:
    """An address with some of its parameters changed."""
    parts = urlsplit(address)
    return parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), **changes})).geturl()


@contextmanager
def _serving(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
