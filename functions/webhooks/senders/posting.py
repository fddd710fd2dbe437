"""Posting to an address somebody else chose: pinned, brief, cut off in the end, and never followed anywhere else.

No connection is used twice: between two invocations a function is frozen, and the other side hangs up.
"""

import socket
import ssl
import time
from contextlib import suppress
from functools import cache
from http.client import HTTPConnection, HTTPException
from threading import Timer

from webhooks.model.delivery import Outcome
from webhooks.senders.addresses import Forbidden, Place, Unresolved, address_of, place_of

CONNECT = 5.0  # seconds
TIMEOUT = 10.0  # seconds for all of it, looking the name up excepted
MAX_ANSWER = 1024  # bytes of what is answered


class _Pinned(HTTPConnection):
    """A connection to the address that was looked at; the name is only said to the other side, and proven by it."""

    def __init__(self, place: Place, address: str) -> None:
        super().__init__(place.host, place.port, timeout=TIMEOUT)
        self.place, self.address, self.is_late = place, address, False

    def connect(self) -> None:
        """Connect, and for https see that it is them."""
        self.sock = socket.create_connection((self.address, self.place.port), min(CONNECT, TIMEOUT))
        self.sock.settimeout(TIMEOUT)
        if self.place.scheme == "https":
            tls = _tls().wrap_socket(self.sock, server_hostname=self.place.host, do_handshake_on_connect=False)
            self.sock = tls
            tls.do_handshake()

    def cut(self) -> None:
        """Hang up: who says a byte now and then would never be late otherwise."""
        self.is_late = True
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def post(url: str, body: bytes, headers: dict[str, str]) -> Outcome:
    """One request, and what came of it. It does not raise."""
    started = time.perf_counter()

    def told(error: str | None, status: int | None = None, text: str | None = None) -> Outcome:
        milliseconds = round((time.perf_counter() - started) * 1000)
        return Outcome(milliseconds=milliseconds, response_status=status, response_body=text, error=error)

    try:
        place = place_of(url)
        address = address_of(place)
    except Forbidden:
        return told("address_not_allowed")
    except Unresolved:
        return told("name_not_found")
    connection = _Pinned(place, address)
    watch = Timer(TIMEOUT, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", place.target, body, {"Host": place.authority, **headers})
        answer = connection.getresponse()
        text = b""
        with suppress(OSError, HTTPException):  # that they have it, they have said
            text = answer.read(MAX_ANSWER)
        return told(
            None if 200 <= answer.status < 300 else "not_accepted", answer.status, text.decode(errors="replace")
        )
    except (OSError, HTTPException, ValueError) as error:  # the last for what cannot be said in HTTP or TLS at all
        return told("timeout" if connection.is_late else _said(error))
    finally:
        watch.cancel()
        connection.close()


def _said(error: OSError | HTTPException | ValueError) -> str:
    match error:
        case TimeoutError():
            return "timeout"
        case ssl.SSLError():
            return "certificate_not_accepted" if isinstance(error, ssl.SSLCertVerificationError) else "tls_failed"
        case OSError():
            return "not_connected"
        case _:
            return "not_http"


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
