"""Contracts of many datasets: what a file says is remembered by its bytes, for parsing YAML takes longest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

import apertura
from apertura.contract import Contract, Project
from apertura.contract.loader import load_with_value
from apertura.errors import ContractError

Known = Mapping[str, tuple[str, Any]]
"""Dataset -> digest of its file, what the file says as JSON has it."""


class Contracts:
    """Reads contracts of a project. `known` is what an earlier one `kept`; it may be empty."""

    def __init__(self, project: Project, known: Known) -> None:
        self.project = project
        self._folder = project.home / "include" / "datasets"
        self._known = known
        self.kept: dict[str, tuple[str, Any]] = {}

    def contract(self, dataset_id: str) -> Contract | None:
        """Straight from its file (asking the project lists all each time); None when it is gone or wrong."""
        path = self._folder / f"{dataset_id}.yaml"
        try:
            digest = hashlib.sha256(f"{apertura.__version__}\n".encode() + path.read_bytes()).hexdigest()
            contract, value = self._remembered(dataset_id, digest) or load_with_value(path)
        except (ContractError, OSError):
            return None
        self.kept[dataset_id] = (digest, value)
        return contract if contract.id == dataset_id else None

    def _remembered(self, dataset_id: str, digest: str) -> tuple[Contract, Any] | None:
        known = self._known.get(dataset_id)
        if known is None or known[0] != digest:
            return None
        try:
            return Contract.model_validate(known[1]), known[1]
        except ValidationError:  # by a library that has learned more
            return None
