"""Dockerfile and .dockerignore: everything from the lock, nothing secret, no root."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from deploy_scene import HOME


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (HOME / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def test_everything_copied_exists_and_is_let_in(dockerfile: str) -> None:
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE)
        for word in line.split()[:-1]
    ]
    allowed = {line[1:] for line in (HOME / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert (HOME / ".dockerignore").read_text().splitlines()[1] == "*"
    assert all((HOME / name).exists() for name in copied)
    assert {Path(name).parts[0] for name in copied} == allowed
    assert not allowed & {".env", "secrets", ".state", "."}


def test_every_package_is_installed_by_hash_and_compiled(dockerfile: str) -> None:
    installs = re.findall(r"pip install .*", dockerfile)
    assert len(installs) == 3
    locked, own = installs[:2], installs[2]
    assert all("--require-hashes" in line and "-r requirements" in line for line in locked)
    assert "--no-deps" in own
    assert "--no-build-isolation" in own
    assert all("--compile-bytecode" in line for line in installs[1:])
    assert "PYTHONDONTWRITEBYTECODE" not in dockerfile


def test_it_runs_as_a_user_without_privileges(dockerfile: str) -> None:
    assert re.findall(r"^USER (.*)$", dockerfile, re.MULTILINE) == ["50000:0"]
    assert "useradd --uid 50000" in dockerfile
    assert re.search(r"^ARG PYTHON=python:3\.1[1-3]\.\d+-slim-\w+$", dockerfile, re.MULTILINE)
    assert not re.search(r"PASSWORD|SECRET|\.key", dockerfile)
