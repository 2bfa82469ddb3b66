"""A source's connection as plain data: where it is, who we are there, how patient and how careful we are.

Airflow's tasks build it from an Airflow connection, the command line from the same `AIRFLOW_CONN_<ID>`
variable that Airflow reads, in both of Airflow's forms (JSON and URI).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from apertura.errors import SettingsError

DEFAULT_USER_AGENT = "Apertura/1 (datos abiertos de Guatemala)"
EXTRA_KEYS = (
    "allowed_hosts",
    "allow_private",
    "user_agent",
    "timeout_seconds",
    "deadline_seconds",
    "retries",
    "max_backoff_seconds",
    "ca_file",
)
"""Keys of the connection's extra that we know; Airflow's own and other tools' are passed over."""


@dataclass(frozen=True)
class Endpoint:
    """One connection. `repr` and errors never show host, login, password or path.

    timeout_seconds      for connecting and for each wait on the other side
    deadline_seconds     for one whole transfer, however steadily it drips; one SQL statement
    retries              attempts after the first one
    max_backoff_seconds  longest wait between two attempts, whatever Retry-After asks
    ca_file              certificates to trust besides the system's: institutions often send half a chain
    """

    conn_type: str
    host: str = field(default="", repr=False)
    port: int | None = field(default=None, repr=False)
    schema: str = field(default="", repr=False)
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    connection_id: str = ""
    allowed_hosts: tuple[str, ...] = ()
    allow_private: bool = False
    user_agent: str = DEFAULT_USER_AGENT
    timeout_seconds: float = 30.0
    deadline_seconds: float = 3600.0
    retries: int = 4
    max_backoff_seconds: float = 60.0
    ca_file: str | None = None

    @classmethod
    def from_parts(
        cls,
        conn_type: str,
        host: str | None = None,
        port: int | None = None,
        schema: str | None = None,
        login: str | None = None,
        password: str | None = None,
        extra: Mapping[str, Any] | None = None,
        *,
        connection_id: str = "",
    ) -> Endpoint:
        """Build from the parts of an Airflow connection; SettingsError names a wrong key of `extra`."""
        known = _known_extra(extra or {}, connection_id)
        return cls(
            conn_type=conn_type.lower().replace("-", "_"),
            host=(host or "").strip(),
            port=port or None,
            schema=schema or "",
            login=login or "",
            password=password or "",
            connection_id=connection_id,
            **known,
        )

    @classmethod
    def from_env(cls, connection_id: str, environ: Mapping[str, str] = os.environ) -> Endpoint:
        """Build from `AIRFLOW_CONN_<ID>`; SettingsError when it is absent or cannot be read."""
        name = f"AIRFLOW_CONN_{connection_id.upper()}"
        text = environ.get(name, "").strip()
        if not text:
            raise SettingsError(
                f"connection {connection_id} is not set",
                hint=f"set {name} as Airflow reads it, in its JSON or its URI form",
            )
        parts = _from_json(text) if text.startswith("{") else _from_uri(text)
        if parts is None:
            raise SettingsError(
                f"{name} is neither a connection in JSON nor a connection URI",
                hint='write {"conn_type": …, "host": …, "extra": {…}} or <type>://<login>:<password>@<host>/…',
            )
        return cls.from_parts(**parts, connection_id=connection_id)

    @property
    def base_url(self) -> str:
        """Scheme, host and folder of an HTTP source, ending in `/`; SettingsError when it is not HTTP.

        As Airflow's HTTP hook: `host` may hold a whole URL, else `schema` is the scheme. A `schema` that
        is no scheme is the folder, which is where the URI form puts a path.
        """
        if self.conn_type not in ("http", "https"):
            raise SettingsError(
                f"connection {self.connection_id} is of type {self.conn_type}, the contract needs http",
                hint="mend the connection's type, or the contract's `source`",
            )
        scheme = self.schema.lower() if self.schema.lower() in ("http", "https") else self.conn_type
        folder = "" if scheme == self.schema.lower() else self.schema
        place = self.host if "://" in self.host else f"{scheme}://{_bracketed(self.host)}"
        try:
            parts = urlsplit(place)
            port = parts.port or self.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
            raise SettingsError(
                f"connection {self.connection_id} has no usable host",
                hint="host is a name, or a URL without login and query; login and password have their fields",
            )
        netloc = _bracketed(parts.hostname) + (f":{port}" if port else "")
        path = "/".join(part for part in (parts.path.strip("/"), folder.strip("/")) if part)
        return f"{parts.scheme}://{netloc}/{path}/" if path else f"{parts.scheme}://{netloc}/"

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts that may be asked, lower case: the connection's own and `allowed_hosts`."""
        own = urlsplit(self.base_url).hostname or ""
        return frozenset(_ascii(name) for name in (own, *self.allowed_hosts))


def _bracketed(host: str) -> str:
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host


def _ascii(host: str) -> str:
    """A host name as it goes over the wire."""
    try:
        return host.lower().rstrip(".").encode("idna").decode()
    except UnicodeError:
        return host.lower().rstrip(".")


def _from_json(text: str) -> dict[str, Any] | None:
    try:
        given = json.loads(text)
        extra = given.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else extra
        port = int(given["port"]) if given.get("port") not in (None, "") else None
    except (ValueError, TypeError, AttributeError):
        return None
    words = {key: given.get(key) for key in ("host", "schema", "login", "password")}
    conn_type = given.get("conn_type")
    if not isinstance(conn_type, str) or not conn_type or not isinstance(extra, dict):
        return None
    if any(value is not None and not isinstance(value, str) for value in words.values()):
        return None
    return {"conn_type": conn_type, "port": port, "extra": extra, **words}


def _from_uri(text: str) -> dict[str, Any] | None:
    """Airflow's rules: `type://login:password@host:port/schema?extra`, or `type://scheme://host/…`."""
    conn_type, separator, rest = text.partition("://")
    if not separator or not conn_type:
        return None
    with_protocol = "://" in rest.partition("?")[0]
    try:
        parts = urlsplit(rest if with_protocol else f"//{rest}")
        port = parts.port
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        extra = json.loads(query["__extra__"]) if "__extra__" in query else query
    except ValueError:
        return None
    if not isinstance(extra, dict):
        return None
    host = unquote(parts.hostname or "")
    return {
        "conn_type": conn_type,
        "host": f"{parts.scheme}://{_bracketed(host)}" if with_protocol else host,
        "port": port,
        "schema": unquote(parts.path[1:]),
        "login": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "extra": extra,
    }


def _known_extra(extra: Mapping[str, Any], connection_id: str) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for key in EXTRA_KEYS:
        value = extra.get(key)
        if value is None or value == "":
            continue
        read = _READERS[key]
        try:
            known[key] = read(value)
        except (ValueError, TypeError):
            known[key] = None
        if known[key] is None:
            raise SettingsError(
                f"connection {connection_id}: `{key}` in its extra is not {_MEANT[key]}",
                hint="mend the connection's extra; docs/sources.md lists the keys",
            )
    return known


def _hosts(value: Any) -> tuple[str, ...] | None:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
        return None
    return tuple(name.strip() for name in names)


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())


def _seconds(value: Any) -> float | None:
    number = float(value)
    return number if 0 < number < 10**7 and not isinstance(value, bool) else None


def _wait(value: Any) -> float | None:
    number = float(value)
    return number if 0 <= number < 10**7 and not isinstance(value, bool) else None


def _count(value: Any) -> int | None:
    number = int(str(value))
    return number if 0 <= number <= 20 else None


def _line(value: Any) -> str | None:
    return value if isinstance(value, str) and value.isprintable() and len(value) <= 300 else None


def _header(value: Any) -> str | None:
    return value if _line(value) and str(value).isascii() else None


_READERS = {
    "allowed_hosts": _hosts,
    "allow_private": _truth,
    "user_agent": _header,
    "timeout_seconds": _seconds,
    "deadline_seconds": _seconds,
    "retries": _count,
    "max_backoff_seconds": _wait,
    "ca_file": _line,
}
_MEANT = {
    "allowed_hosts": "a list of host names",
    "allow_private": "true or false",
    "user_agent": "one line of ASCII text",
    "timeout_seconds": "a number of seconds",
    "deadline_seconds": "a number of seconds",
    "retries": "a whole number from 0 to 20",
    "max_backoff_seconds": "a number of seconds",
    "ca_file": "a path",
}
