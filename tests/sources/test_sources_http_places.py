"""Fetching is never led elsewhere: redirects, private addresses, proxies, logins, TLS; what messages tell."""

from __future__ import annotations

import datetime as dt
import logging
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from scripted import DATA, Source, get, make_endpoint, send, serving

from apertura.errors import SettingsError, SourceError
from apertura.sources.addresses import may_ask
from apertura.sources.endpoint import Endpoint


def test_redirects_within_the_allowed_hosts_are_followed(
    source: Source, endpoint: Endpoint, tmp_path: Path
) -> None:
    source.script("/x", send(302, Location="/y"))
    source.script("/y", send(307, Location=f"{source.url}/z"))
    source.script("/z", send(200, DATA))
    answer = get(endpoint, "x", tmp_path)
    assert answer.url == f"{source.url}/z"
    assert source.paths() == ["/x", "/y", "/z"]


def test_redirects_end(source: Source, endpoint: Endpoint, tmp_path: Path) -> None:
    source.script("/x", send(302, Location="/x"))
    with pytest.raises(SourceError, match="more than 5 redirects"):
        get(endpoint, "x", tmp_path)
    assert len(source.asked) == 6


def test_a_redirect_to_another_host_is_refused_unless_allowed(source: Source, tmp_path: Path) -> None:
    with serving() as other:
        other.script("/y?token=abc", send(200, DATA))
        source.script("/x", send(302, Location=f"http://localhost:{other.port}/y?token=abc"))
        with pytest.raises(SourceError, match="host that the connection does not allow") as caught:
            get(make_endpoint(source), "x", tmp_path)
        assert "localhost" not in str(caught.value)
        assert "token" not in str(caught.value)
        assert other.asked == []
        assert get(make_endpoint(source, allowed_hosts=["LOCALHOST."]), "x", tmp_path).bytes == len(DATA)


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://[::1",
        "http://u:p@127.0.0.1/x",
        "gopher:x",
    ],
)
def test_a_redirect_to_what_is_no_plain_http_address_is_refused(
    source: Source, endpoint: Endpoint, tmp_path: Path, location: str
) -> None:
    source.script("/x", send(302, Location=location))
    with pytest.raises(SourceError, match="redirects"):
        get(endpoint, "x", tmp_path)
    assert len(source.asked) == 1


def test_a_redirect_to_a_clouds_credentials_is_refused_even_inside_a_private_network(
    source: Source, tmp_path: Path
) -> None:
    source.script("/x", send(302, Location="http://169.254.169.254/latest/meta-data/"))
    with pytest.raises(SourceError, match="private or reserved"):
        get(make_endpoint(source, allowed_hosts=["169.254.169.254"]), "x", tmp_path)


PRIVATE = (
    "127.0.0.1 localhost [::1] 2130706433 0x7f000001 0177.0.0.1 127.1 0.0.0.0 10.0.0.1 192.168.1.1 "
    "172.16.0.1 169.254.169.254 100.64.0.1 [::ffff:127.0.0.1] [fd00::1] [fe80::1]"
)


@pytest.mark.parametrize("host", PRIVATE.split())
def test_without_allow_private_no_private_address_is_asked_in_any_spelling(
    source: Source, tmp_path: Path, host: str
) -> None:
    inside = Endpoint.from_parts(
        "http", host=f"http://{host}:{source.port}", extra={"retries": 0, "timeout_seconds": 1}
    )
    with pytest.raises(SourceError, match="private or reserved network address") as caught:
        get(inside, "x", tmp_path)
    assert not caught.value.retryable
    assert source.asked == []


@pytest.mark.parametrize(
    ("address", "public", "inside"),
    [
        ("93.184.216.34", True, True),
        ("2606:4700::1111", True, True),
        ("10.1.2.3", False, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("fd12::1", False, True),
        ("100.64.0.1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::a00:1", False, True),
        ("2002:a00:1::", False, True),
        ("64:ff9b::5db8:d822", True, True),
        ("169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("0.0.0.0", False, False),  # noqa: S104
        ("::", False, False),
        ("224.0.0.1", False, False),
        ("ff02::1", False, False),
        ("240.0.0.1", False, False),
        ("255.255.255.255", False, False),
    ],
)
def test_addresses_that_may_be_asked(address: str, public: bool, inside: bool) -> None:
    assert may_ask(address, allow_private=False) is public
    assert may_ask(address, allow_private=True) is inside


def resolver(answers: list[list[str]]) -> Any:
    """A name service that answers from a script: the second answer may differ from the first."""
    asked = []

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in answers[len(asked) - 1]
        ]

    return getaddrinfo


def test_a_name_is_resolved_once_and_the_checked_address_is_the_one_asked(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.script("/x", send(200, DATA))
    monkeypatch.setattr(socket, "getaddrinfo", resolver([["127.0.0.1"], ["10.0.0.1"]]))
    named = Endpoint.from_parts(
        "http", host=f"http://datos.example:{source.port}", extra={"allow_private": True, "retries": 0}
    )
    assert get(named, "x", tmp_path).bytes == len(DATA)
    assert source.asked[0][1]["Host"] == f"datos.example:{source.port}"


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver([["93.184.216.34", "10.0.0.1"]]))
    with pytest.raises(SourceError, match="private or reserved"):
        get(Endpoint.from_parts("http", host="datos.example", extra={"retries": 0}), "x", tmp_path)


def test_proxies_of_the_environment_are_not_used(
    source: Source, endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    source.script("/x", send(200, DATA))
    assert get(endpoint, "x", tmp_path).bytes == len(DATA)


def test_the_login_goes_to_its_own_origin_only(source: Source, tmp_path: Path) -> None:
    with serving() as other:
        other.script("/y", send(200, DATA))
        source.script("/x", send(302, Location=f"{other.url}/y"))
        login = Endpoint.from_parts(
            "http",
            host=source.url,
            login="ana",
            password="secreta",
            extra={"allow_private": True, "retries": 0},
        )
        get(login, "x", tmp_path)
        assert source.asked[0][1]["Authorization"].startswith("Basic ")
        assert "Authorization" not in other.asked[0][1]


@pytest.mark.parametrize("fault", ["refused", "status", "redirect", "headers"])
def test_neither_messages_nor_logs_hold_addresses_queries_or_credentials(
    source: Source, tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    caplog.set_level(logging.DEBUG)
    source.script(
        "/x?token=canario",
        {
            "refused": lambda handler: handler.connection.close(),
            "status": send(503),
            "redirect": send(302, Location="http://canario.example/?token=canario"),
            "headers": lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\nbad canario\r\n\r\nx"),
        }[fault],
    )
    login = Endpoint.from_parts(
        "http", host=source.url, login="ana", password="canario", extra={"allow_private": True, "retries": 0}
    )
    told = ""
    try:
        get(login, "x?token=canario", tmp_path)
    except SourceError as error:
        told = str(error)
    assert told or fault == "headers"
    assert "canario" not in told
    assert "127.0.0.1" not in told
    assert "canario" not in caplog.text


def certificate(name: str, folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert_file, key_file


def test_tls_is_verified_against_the_name_though_the_address_was_resolved_by_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert_file, key_file = certificate("datos.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    with serving(lambda plain: context.wrap_socket(plain, server_side=True)) as secure:
        secure.script("/x", send(200, DATA))
        monkeypatch.setattr(socket, "getaddrinfo", resolver([["127.0.0.1"]] * 3))

        def at(name: str, **extra: Any) -> Endpoint:
            extra = {"allow_private": True, "retries": 0} | extra
            return Endpoint.from_parts("http", host=f"https://{name}:{secure.port}", extra=extra)

        assert get(at("datos.example", ca_file=str(cert_file)), "x", tmp_path).bytes == len(DATA)
        with pytest.raises(SourceError, match="certificate is not trusted"):
            get(at("otro.example", ca_file=str(cert_file)), "x", tmp_path)
        with pytest.raises(SourceError, match=r"certificate is not trusted(.|\n)*ca_file"):
            get(at("datos.example"), "x", tmp_path)
        with pytest.raises(SettingsError, match="ca_file"):
            get(at("datos.example", ca_file=str(tmp_path / "none.pem")), "x", tmp_path)
