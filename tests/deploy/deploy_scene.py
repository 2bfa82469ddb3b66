"""docker-compose.yaml read as Compose reads it: merged by YAML, then interpolated from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parents[2]
SECRETS = (
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "FERNET_KEY",
    "JWT_SECRET",
    "API_SECRET_KEY",
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
    "ADMIN_PASSWORD",
)
_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?:(:?[-?])([^}]*))?\}|\$(\w+)")


class MissingError(Exception):
    """A required variable is unset or empty; Compose stops here."""


def interpolate(text: str, environ: Mapping[str, str]) -> str:
    """Compose's interpolation, as far as we use it: $$, ${A}, ${A:-default}, ${A:?message}."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        assert match[4] is None, f"${match[4]}: write ${{…}}, or $$ for the shell in the container"
        name, operator, word = match[1], match[2], match[3]
        found = environ.get(name, "")
        if operator in (":?", "?") and not found:
            raise MissingError(name)
        return found or (word if operator == ":-" else "")

    return _VARIABLE.sub(value, text)


def walk(node: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {name: walk(child, environ) for name, child in node.items()}
    if isinstance(node, list):
        return [walk(child, environ) for child in node]
    return interpolate(node, environ) if isinstance(node, str) else node


def dotenv(path: Path) -> dict[str, str]:
    """The variables of a .env file that sets them plainly."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
