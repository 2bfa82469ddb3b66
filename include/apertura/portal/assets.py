"""The portal's own files: style, scripts, icon. Their names hold the hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import apertura
from apertura.portal.site import Artifact

_CHECKOUT = Path(apertura.__file__).resolve().parents[2]


def assets(home: Path | None = None) -> list[Artifact]:
    """Every file of include/portal/assets as recursos/<name>.<hash8>.<ext>, by name.

    `home` is the project's; without it the checkout that the library lies in.
    """
    folder = (home or _CHECKOUT) / "include" / "portal" / "assets"
    return [
        Artifact(_key(path), path.read_bytes(), immutable=True)
        for path in sorted(folder.iterdir())
        if path.is_file()
    ]


def names(artifacts: Iterable[Artifact]) -> dict[str, str]:
    """Name -> key (`sitio.css` -> `recursos/sitio.1f2e3d4c.css`): what `Site.assets` holds."""
    result = {}
    for artifact in artifacts:
        stem, _, extension = artifact.key.removeprefix("recursos/").rpartition(".")
        result[f"{stem.rpartition('.')[0]}.{extension}"] = artifact.key
    return result


def hash8(data: bytes) -> str:
    """The first eight digits of the content's SHA-256: what an immutable name carries."""
    return hashlib.sha256(data).hexdigest()[:8]


def _key(path: Path) -> str:
    return f"recursos/{path.stem}.{hash8(path.read_bytes())}{path.suffix}"
