"""Whoever names an address for webhooks cannot make the shop knock at its own doors, nor keep it waiting."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shop import settings
from tests.service.webhooks_kit import Receiver, receiver
from webhooks.senders import posting
from webhooks.senders.addresses import Forbidden, Place, address_of, is_public, place_of

OURS = {
    "127.0.0.1": "ourselves",
    "127.8.8.8": "ourselves",
    "0.0.0.0": "this host",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "169.254.169.254": "what a machine is told about itself",
    "169.254.170.2": "what a container is told about itself",
    "100.64.0.1": "the provider's",
    "100.100.100.200": "the provider's",
    "192.0.0.192": "the protocol's",
    "192.88.99.1": "6to4",
    "192.0.2.1": "documentation",
    "198.18.0.1": "benchmarks",
    "198.51.100.1": "documentation",
    "203.0.113.1": "documentation",
    "224.0.0.1": "many",
    "239.255.255.250": "many",
    "240.0.0.1": "nobody yet",
    "255.255.255.255": "everybody near",
    "::": "this host",
    "::1": "ourselves",
    "::ffff:127.0.0.1": "mapped",
    "::ffff:169.254.169.254": "mapped",
    "::ffff:93.184.215.14": "mapped",
    "::7f00:1": "compatible",
    "64:ff9b::a9fe:a9fe": "translated",
    "64:ff9b:1::1": "translated",
    "100::1": "thrown away",
    "2001::1": "Teredo",
    "2001:20::1": "the protocol's",
    "2001:db8::1": "documentation",
    "3fff::1": "documentation",
    "2002:7f00:1::1": "6to4",
    "fc00::1": "private",
    "fd00:ec2::254": "what a machine is told about itself",
    "fe80::1": "on this line",
    "fec0::1": "on this site",
    "ff02::1": "many",
}
THEIRS = ("93.184.215.14", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2001:4860:4860::8888")
NAME = "hooks.example.com"


def leads_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let a name lead to these addresses, one answer after the other; whoever is looked up."""
    asked, left = list[str](), list(answers)
    look_up = socket.getaddrinfo

    def found(host: str, port: int, *args: Any, **more: Any) -> Any:
        if host[0].isdigit() or ":" in host:
            return look_up(host, port, *args, **more)
        asked.append(host)
        if not left:
            raise socket.gaierror("no such name")
        return [entry for address in left.pop(0) for entry in look_up(address, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return asked


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(settings, "WEBHOOKS_TO_LOOPBACK", True)
    with receiver() as listening:
        yield listening


def test_only_what_is_anybodys_on_the_internet_is_written_to() -> None:
    assert {address for address in OURS if is_public(ip_address(address))} == set()
    assert all(is_public(ip_address(address)) for address in THEIRS)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "017700000001", "127.1", "[::ffff:7f00:1]", "[::1]", "169.254.169.254", "0"]
)
def test_an_address_in_disguise_is_seen_through(host: str) -> None:
    with pytest.raises(Forbidden):
        address_of(place_of(f"https://{host}/"))


def test_one_bad_address_behind_a_name_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    leads_to(monkeypatch, ["93.184.215.14", "10.0.0.1"], ["::1"], ["2606:4700:4700::1111", "93.184.215.14"])
    place = place_of(f"https://{NAME}/a/b?c=d")
    assert place == Place("https", NAME, 443, "/a/b?c=d")
    for _ in range(2):
        with pytest.raises(Forbidden):
            address_of(place)
    assert address_of(place) == "93.184.215.14"  # of both kinds, the one Lambda speaks


def test_the_connection_goes_where_was_looked_and_nowhere_the_name_leads_later(
    there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = leads_to(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
    outcome = posting.post(f"http://{NAME}:{there.port}/x", b"{}", {})
    assert (outcome.response_status, asked) == (204, [NAME])
    assert there.got[0].headers["host"] == f"{NAME}:{there.port}"
    assert posting.post(f"http://{NAME}:{there.port}/x", b"{}", {}).error == "address_not_allowed"
    assert posting.post(f"http://{NAME}:{there.port}/x", b"{}", {}).error == "name_not_found"
    monkeypatch.setattr(settings, "WEBHOOKS_TO_LOOPBACK", False)
    assert posting.post(there.url, b"{}", {}).error == "address_not_allowed"
    assert len(there.got) == 1


def test_where_it_is_allowed_this_machine_is_written_to_and_still_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "WEBHOOKS_TO_LOOPBACK", True)
    leads_to(monkeypatch, ["127.0.0.1", "10.0.0.1"], ["93.184.215.14"])
    for url in ("http://10.0.0.1/", "http://169.254.169.254/", "http://93.184.215.14/", "https://93.184.215.14:444/"):
        with pytest.raises(Forbidden):
            address_of(place_of(url))
    for _ in range(2):
        with pytest.raises(Forbidden):
            address_of(place_of(f"http://{NAME}:8080/"))


def test_nothing_is_followed_waited_for_or_read_to_its_end(there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "TIMEOUT", 0.3)
    there.answers, there.headers = lambda _: 302, {"Location": there.url}
    moved = posting.post(there.url, b"{}", {})
    assert (moved.response_status, moved.error, len(there.got)) == (302, "not_accepted", 1)
    there.answers, there.body = lambda _: 200, b"\xff" * 5_000_000
    assert len(posting.post(there.url, b"{}", {}).response_body or "") == 1024
    there.before_answering = lambda: time.sleep(0.5)
    late = posting.post(there.url, b"{}", {})
    assert (late.response_status, late.error) == (None, "timeout")
    assert 250 <= late.milliseconds < 450

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert posting.post(f"https://127.0.0.1:{port}/", b"{}", {}).error == "timeout"  # says nothing, not even TLS
    assert posting.post(f"http://127.0.0.1:{port}/", b"{}", {}).error == "not_connected"


def test_who_says_a_byte_now_and_then_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "WEBHOOKS_TO_LOOPBACK", True)
    monkeypatch.setattr(posting, "TIMEOUT", 0.3)

    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            other, _ = server.accept()
            with other:
                try:
                    for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100:
                        other.send(bytes([letter]))
                        time.sleep(0.1)
                except OSError:
                    return

        threading.Thread(target=speak, daemon=True).start()
        outcome = posting.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})
    assert (outcome.error, outcome.response_status) == ("timeout", None)
    assert outcome.milliseconds < 600


def test_over_tls_they_prove_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "WEBHOOKS_TO_LOOPBACK", True)
    leads_to(monkeypatch, *[["127.0.0.1"]] * 3)
    file = certificate(tmp_path)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(file)
    said = list[str | None]()
    ours.sni_callback = lambda _, name, __: said.append(name)
    with receiver(ours) as there:
        assert posting.post(f"https://{NAME}:{there.port}/", b"{}", {}).error == "certificate_not_accepted"
        monkeypatch.setattr(posting, "_tls", lambda: ssl.create_default_context(cafile=file))
        assert posting.post(f"https://{NAME}:{there.port}/", b"{}", {}).response_status == 204
        assert posting.post(f"https://else.{NAME}:{there.port}/", b"{}", {}).error == "certificate_not_accepted"
    assert said == [NAME, NAME, f"else.{NAME}"]
    assert len(there.got) == 1


def certificate(folder: Path) -> str:
    """One for the name alone, signed by itself, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "receiver.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return str(file)
