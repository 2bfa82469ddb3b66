"""What a deployment sets: where the project lies, the two buckets, the key, the limits of the machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from apertura.errors import SettingsError

SETTLINGS = 20
"""Times `portal_settle_seconds` after which a build of the portal no longer waits for further releases."""


def _project_home() -> Path:
    """The folder that holds include/, sql/ and expectations/, seen from this file."""
    return Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """All settings of the library. Buckets are named by URL: `file:///…` or `s3://bucket/prefix`.

    `base_url` is the public address of the public bucket. `state` may keep what can be made again (caches).
    """

    home: Path
    private_url: str
    public_url: str
    key_file: Path | None
    scratch: Path
    memory_limit: str
    threads: int
    lease_seconds: int
    inbox_settle_seconds: int
    base_url: str = "http://localhost:8000/"
    portal_settle_seconds: int = 15
    state: Path | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read `APERTURA_*` variables; docs/settings.md lists them all."""
        home = Path(environ.get("APERTURA_HOME") or _project_home())
        state = Path(environ.get("APERTURA_STATE") or home / ".state")
        return cls(
            home=home,
            private_url=environ.get("APERTURA_PRIVATE") or (state / "private").resolve().as_uri(),
            public_url=environ.get("APERTURA_PUBLIC") or (state / "public").resolve().as_uri(),
            key_file=Path(environ["APERTURA_KEY_FILE"]) if environ.get("APERTURA_KEY_FILE") else None,
            scratch=Path(environ.get("APERTURA_SCRATCH") or tempfile.gettempdir()),
            memory_limit=environ.get("APERTURA_MEMORY_LIMIT") or "500MB",
            threads=_whole_number(environ, "APERTURA_THREADS", 2),
            lease_seconds=_whole_number(environ, "APERTURA_LEASE_SECONDS", 120),
            inbox_settle_seconds=_whole_number(environ, "APERTURA_INBOX_SETTLE_SECONDS", 60),
            base_url=_address(environ, "APERTURA_BASE_URL", "http://localhost:8000/"),
            portal_settle_seconds=_whole_number(environ, "APERTURA_PORTAL_SETTLE_SECONDS", 15),
            state=state,
        )


def _address(environ: Mapping[str, str], name: str, default: str) -> str:
    """An http(s) address without query or credentials, ending in a slash."""
    text = (environ.get(name) or default).rstrip("/") + "/"
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    plain = (
        not (parts.query or parts.fragment or "@" in parts.netloc) and text.isprintable() and " " not in text
    )
    if parts.scheme not in ("http", "https") or not parts.netloc or not plain:
        raise SettingsError(
            f"{name} is no http address without query and credentials",
            hint=f"as in https://datos.example.gt/; unset it to use {default}",
        )
    return text


def _whole_number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdigit():
        raise SettingsError(f"{name} must be a whole number", hint=f"unset it to use {default}")
    return int(text)
