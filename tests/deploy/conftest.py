"""docker-compose.yaml, written and interpolated, for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from deploy_scene import HOME, SECRETS, walk


@pytest.fixture(scope="session")
def text() -> str:
    """docker-compose.yaml as it is written."""
    return (HOME / "docker-compose.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def secrets() -> dict[str, str]:
    """One telling value for each secret."""
    return {name: f"sentinel{name.lower().replace('_', '')}" for name in SECRETS}


@pytest.fixture(scope="session")
def compose(text: str) -> Callable[[Mapping[str, str]], dict[str, Any]]:
    """The file as Compose would run it with these variables; MissingError when it would not."""
    written = yaml.safe_load(text)

    def read(environ: Mapping[str, str]) -> dict[str, Any]:
        return {name: walk(part, environ) for name, part in written.items() if not name.startswith("x-")}

    return read


@pytest.fixture(scope="session")
def stack(compose: Callable[[Mapping[str, str]], dict[str, Any]], secrets: dict[str, str]) -> dict[str, Any]:
    """The file with nothing set but the secrets."""
    return compose(secrets)


@pytest.fixture(scope="session")
def services(stack: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return stack["services"]
