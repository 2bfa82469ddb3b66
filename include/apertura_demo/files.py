"""Writing a file that is either whole or not there, and never over another."""

from __future__ import annotations

from pathlib import Path


def write_once(path: Path, content: bytes) -> None:
    """Write `content` unless `path` exists; a kill in the middle leaves only a hidden partial file."""
    if path.exists():
        return
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)
