"""A scripted institution, an endpoint for it, and datasets with contracts made for a test."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import CONTRACT, INSTITUTION, Source, make_endpoint, serving

from apertura.contract import Contract, Dataset
from apertura.contract.institution import Institution
from apertura.sources.endpoint import Endpoint


@pytest.fixture
def source() -> Iterator[Source]:
    with serving() as one:
        yield one


@pytest.fixture
def endpoint(source: Source) -> Endpoint:
    """The scripted institution, impatient, asked twice at most and without pauses."""
    return make_endpoint(source)


MakeDataset = Callable[..., Dataset]


@pytest.fixture
def make_dataset(tmp_path: Path) -> MakeDataset:
    """A dataset whose contract differs from CONTRACT in the keys given; `query` is its extract SQL."""

    def build(query: str | None = None, **changes: Any) -> Dataset:
        contract = Contract.model_validate(copy.deepcopy(CONTRACT) | changes)
        home = tmp_path / "project"
        shutil.rmtree(home, ignore_errors=True)
        dataset = Dataset(contract, Institution.model_validate(INSTITUTION), home, home / "datos.yaml")
        if query is not None:
            dataset.extract_sql_path.parent.mkdir(parents=True)
            dataset.extract_sql_path.write_text(query, encoding="utf-8")
        return dataset

    return build
