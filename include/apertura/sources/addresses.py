"""Which network addresses may be asked, and connections that go to the checked address and no other.

A name is resolved once, every address it has is checked, and the socket is opened to one of those very
addresses: a second look-up, which could answer something else (DNS rebinding), never happens. TLS still
verifies the certificate against the name.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from types import TracebackType
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from apertura.errors import SourceError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def may_ask(text: str, *, allow_private: bool) -> bool:
    """Whether an address as `getaddrinfo` gives it may be connected to.

    Public addresses may. With `allow_private` also private and loopback ones; never link-local
    (where clouds keep their machines' credentials), multicast, unspecified or reserved ones.
    """
    address = _embedded(ipaddress.ip_address(text.partition("%")[0]))
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if address.is_loopback:
        return allow_private
    if address.is_reserved:
        return False
    return address.is_global or allow_private


class Deadline:
    """Cuts every watched socket when the time is up, in whatever phase the exchange is.

    A read timeout alone does not end a transfer that drips one byte a second, in body, header or TLS
    handshake. Sockets are watched through a duplicate, because TLS takes the original over.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for held in self._watched:
                held.close()
            self._watched.clear()

    def watch(self, opened: socket.socket) -> None:
        """Cut this socket too when the time is up."""
        with self._lock:
            self._watched.append(opened.dup())
        if self.expired:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            self.expired = True
            for held in self._watched:
                with contextlib.suppress(OSError):
                    held.shutdown(socket.SHUT_RDWR)


def _open(connection: HTTPConnection, allow_private: bool, deadline: Deadline) -> socket.socket:
    """A socket to a checked address of the connection's host; SourceError when one of them is not allowed."""
    host = connection.host.strip("[]")
    try:
        found = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NewConnectionError(connection, "the name does not resolve") from None
    if not found or not all(may_ask(str(entry[4][0]), allow_private=allow_private) for entry in found):
        raise SourceError(
            "the source's host is at a private or reserved network address",
            hint="if the institution is meant to be reached inside a private network, set allow_private "
            "in the connection's extra",
        )
    seconds = connection.timeout if isinstance(connection.timeout, int | float) else None
    for family, kind, protocol, _, address in found:
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(seconds)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            deadline.watch(opened)
            opened.connect(address)
        except OSError:
            opened.close()
            continue
        return opened
    raise ConnectTimeoutError(connection, "no address of the host answers")


class _PlainConnection(HTTPConnection):
    def __init__(self, *args: Any, allow_private: bool, deadline: Deadline, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._allow_private = allow_private
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        return _open(self, self._allow_private, self._deadline)


class _SecureConnection(HTTPSConnection):
    def __init__(self, *args: Any, allow_private: bool, deadline: Deadline, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._allow_private = allow_private
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        return _open(self, self._allow_private, self._deadline)


class PlainPool(HTTPConnectionPool):
    """HTTP to checked addresses."""

    ConnectionCls = _PlainConnection


class SecurePool(HTTPSConnectionPool):
    """HTTPS to checked addresses, certificate verified against the name."""

    ConnectionCls = _SecureConnection
