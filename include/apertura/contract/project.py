"""The project's folders: finds each dataset's contract, suite and SQL by its one name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apertura.contract.institution import Institution
from apertura.contract.loader import load_contract, load_institution
from apertura.contract.model import Contract, Resource
from apertura.errors import ContractError

CORRECTIONS = ".corrections.yaml"
"""What a dataset's file of corrections is called after the dataset's name."""


@dataclass(frozen=True)
class Dataset:
    """A contract with the files of the project that belong to it by name."""

    contract: Contract
    institution: Institution
    home: Path
    path: Path

    @property
    def id(self) -> str:
        """`<institution>/<name>`."""
        return self.contract.id

    @property
    def suite_path(self) -> Path:
        """The hand-written Great Expectations suite; may be absent."""
        return self.home / "expectations" / f"{self.id}.json"

    @property
    def extract_sql_path(self) -> Path:
        """The query of a SQL source."""
        return self.home / "sql" / "extract" / f"{self.id}.sql"

    def reshape_sql_path(self, resource: Resource) -> Path:
        """The reshape of a resource that declares one."""
        return self.home / "sql" / "reshape" / self.contract.institution / f"{resource.name}.sql"

    @property
    def vocabulary_paths(self) -> list[Path]:
        """All cleaning macros, by name."""
        return sorted((self.home / "sql" / "clean").glob("*.sql"))

    @property
    def list_paths(self) -> list[Path]:
        """The code lists and closed vocabularies that macros look into by name."""
        return sorted((self.home / "include" / "reference" / "lists").glob("*.csv"))

    @property
    def corrections_path(self) -> Path:
        """The reviewed corrections of source values; may be absent."""
        return self.home / "include" / "datasets" / f"{self.id}{CORRECTIONS}"

    @property
    def reference_paths(self) -> list[Path]:
        """All code lists, by name."""
        return sorted(path for path in (self.home / "include" / "reference").rglob("*") if path.is_file())


@dataclass(frozen=True)
class Project:
    """A checkout of Apertura."""

    home: Path

    def contract_paths(self, institution: str | None = None) -> list[Path]:
        """Every contract file, of one institution or of all, by name."""
        paths = (self.home / "include" / "datasets").glob(f"{institution or '*'}/*.yaml")
        return sorted(path for path in paths if not path.name.endswith(CORRECTIONS))

    def dataset_ids(self, institution: str | None = None) -> list[str]:
        """Names of the datasets, from the file names alone: nothing is parsed."""
        return [f"{path.parent.name}/{path.stem}" for path in self.contract_paths(institution)]

    def institution_names(self) -> list[str]:
        """Names of the institutions that have a file."""
        return sorted(path.stem for path in (self.home / "include" / "institutions").glob("*.yaml"))

    def institution(self, name: str) -> Institution:
        """One institution; ContractError when its file is missing or wrong."""
        return load_institution(self.home / "include" / "institutions" / f"{name}.yaml")

    def dataset(self, dataset_id: str, contract_file: Path | None = None) -> Dataset:
        """One dataset by `<institution>/<name>`; ContractError names what exists when it is unknown."""
        if dataset_id not in self.dataset_ids() and contract_file is None:
            raise ContractError(
                "there is no such dataset", hint=f"known are: {', '.join(self.dataset_ids()) or 'none'}"
            )
        path = contract_file or self.home / "include" / "datasets" / f"{dataset_id}.yaml"
        contract = load_contract(path)
        if contract.id != dataset_id:
            raise ContractError(
                f"{path.name}: the contract says {contract.id}, its file is named {dataset_id}",
                hint="a dataset has one name in every folder: rename the file or mend institution/name",
            )
        return Dataset(contract, self.institution(contract.institution), self.home, path)

    def others(
        self, dataset: Dataset, *, public: Callable[[str], bool] = lambda _: False
    ) -> Iterator[Contract]:
        """Contracts of the institution's other datasets.

        One that cannot be read is unfinished and left out; ContractError where something of it is `public`.
        """
        for dataset_id in self.dataset_ids(dataset.contract.institution):
            if dataset_id == dataset.id:
                continue
            try:
                other = self.dataset(dataset_id).contract
            except ContractError:
                if public(dataset_id):
                    raise
                continue
            yield other

    def datasets(self) -> Iterator[Dataset]:
        """Every dataset; stops at the first contract that is wrong."""
        for dataset_id in self.dataset_ids():
            yield self.dataset(dataset_id)
