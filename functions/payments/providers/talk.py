"""How the providers without a client of their own are spoken to: what is no answer leaves the outcome unknown."""

from base64 import b64encode
from collections.abc import Mapping

from payments.providers import OutcomeUnknown
from shop import web
from shop.records import Json


class Refused(Exception):
    """The provider understood, and says no: its status and its reason."""

    def __init__(self, status: int, said: Json) -> None:
        super().__init__(f"The provider answered {status}")
        self.status, self.said = status, said


def ask(method: str, url: str, headers: Mapping[str, str], body: Json | str | None = None) -> Json:
    """The JSON object that a request is answered with, {} for an empty answer. Refused when the provider refuses."""
    try:
        if isinstance(body, dict):
            reply = web.send_json(method, url, body, headers)
        else:
            reply = web.request(method, url, body, headers)
    except web.Silence as silence:
        raise OutcomeUnknown from silence
    said: Json = reply.body if isinstance(reply.body, dict) else {}
    if reply.status >= 500 or reply.status in (401, 408, 409, 425, 429):  # its troubles, ours, or too early to say
        raise OutcomeUnknown
    if reply.status >= 400:
        raise Refused(reply.status, said)
    return said


def basic(name: str, secret: str) -> dict[str, str]:
    """The header that says who we are."""
    return {"Authorization": f"Basic {b64encode(f'{name}:{secret}'.encode()).decode()}"}
