"""Addresses somebody else chose: which of them we write to, so that nobody makes us knock at our own doors.

A name is looked up here and nowhere else, and what was found is where the connection goes (`posting`): a name that
leads elsewhere a moment later leads nobody there.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from pydantic_core import Url

from shop import settings

Address = IPv4Address | IPv6Address

HTTPS = 443
# All that is given out of IPv6: what stands for an IPv4 address (mapped, translated) or is local is not in it.
UNICAST = IPv6Network("2000::/3")
# What Python's lists of special addresses, which differ from version to version, leave open: protocols (some clouds
# tell machines about themselves there), relays and tunnels (Teredo, 6to4) that end at IPv4 addresses, documentation.
SPECIAL = tuple(
    ip_network(block) for block in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")
)


class Forbidden(Exception):
    """We do not write there; the message is the reason."""


class Unresolved(Exception):
    """Nobody knows where that is."""


class Place(NamedTuple):
    """Where to write, as one parser read it: it is looked at and written to by the same words."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The place as a Host header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (HTTPS if self.scheme == "https" else 80) else f"{host}:{self.port}"


def place_of(url: str) -> Place:
    """A URL read; Forbidden when it is none we would ever write to."""
    read = Url(url)
    if read.username or read.password:
        raise Forbidden("An address holds no user name or password")
    place = Place(
        read.scheme,
        (read.host or "").strip("[]"),
        read.port or 0,
        (read.path or "/") + (f"?{read.query}" if read.query else ""),
    )
    if not (_is_public(place) or settings.WEBHOOKS_TO_LOOPBACK):
        raise Forbidden("Only https addresses at port 443 are written to")
    return place


def address_of(place: Place) -> str:
    """The address behind a place; Forbidden when one of those behind it is not on the public internet."""
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unresolved(place.host) from error
    addresses: list[Address] = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if settings.WEBHOOKS_TO_LOOPBACK and all(address.is_loopback for address in addresses):
        return str(_preferred(addresses))
    if not (_is_public(place) and all(is_public(address) for address in addresses)):
        raise Forbidden("That is not on the public internet")
    return str(_preferred(addresses))


def is_public(address: Address) -> bool:
    """Whether an address is anybody's on the internet: not ours, not the network's, not a group of many."""
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_link_local:
        return False
    if any(address in block for block in SPECIAL):
        return False
    return isinstance(address, IPv4Address) or address in UNICAST


def _is_public(place: Place) -> bool:
    return place.scheme == "https" and place.port == HTTPS


def _preferred(addresses: list[Address]) -> Address:
    """IPv4 before IPv6, which Lambda does not speak to the outside."""
    return min(addresses, key=lambda address: address.version)
