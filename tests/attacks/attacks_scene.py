"""Contracts with a privacy model, written in the test, and a connection that has their raw tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from apertura.contract import Contract, Dataset, Project, Resource
from apertura.contract.privacy import Microdata, Privacy
from apertura.prepare.disclosure import microdata, together
from apertura.prepare.vocabulary import load
from small_contract import decided, declared

HOME = Path(__file__).resolve().parents[2]
Columns = Mapping[str, Sequence[Any]]


def field(name: str, **more: Any) -> dict[str, Any]:
    """A published field as a contract declares it; with `hierarchy` it is generalised."""
    treatment = "generalize" if "hierarchy" in more else "keep"
    base = {
        "name": name,
        "title": name.capitalize(),
        "description": f"Columna {name}.",
        "access": "publica",
        "personal": "none",
        "treatment": treatment,
    }
    made = base | more
    return made if "state_of" in made else {"source": name} | made


def state(name: str) -> dict[str, Any]:
    """The field that tells why another has no value."""
    return field(f"{name}_estado", state_of=name)


def counted(name: str) -> list[dict[str, Any]]:
    """A count that can be suppressed, and its state."""
    return [field(name, type="integer", treatment="suppress"), state(name)]


def contract(
    tables: Mapping[str, list[dict[str, Any]]], privacy: Mapping[str, Any], *, name: str | None = None
) -> Contract:
    """A dataset `ine/<first table>` of these tables and this privacy model.

    Each row of microdata is of another person where a model does not say otherwise.
    """
    models = [
        {"unit": {"row": "Una fila por persona."}} | one if one["kind"] == "microdata" else one
        for one in privacy["tables"]
    ]
    basis = {"basis": "otra-ley", "law": "Decreto de prueba", "reason": "Prueba."}
    return Contract.model_validate(
        declared(
            institution="ine",
            name=name or next(iter(tables)),
            theme="SOCI",
            accrualPeriodicity="annual",
            release=decided(legal_basis=basis),
            resources=[
                {"name": key, "title": key, "description": "Filas.", "fields": fields}
                for key, fields in tables.items()
            ],
            privacy={"unit": "persona", "attacker": "Conoce los cuasi-identificadores."}
            | dict(privacy)
            | {"tables": models},
        )
    )


def privacy_of(one: Contract) -> Privacy:
    """The privacy model of a contract that has one."""
    assert one.privacy is not None
    return one.privacy


def resources_of(one: Contract) -> dict[str, Resource]:
    """A contract's resources by name."""
    return {resource.name: resource for resource in one.resources}


@contextmanager
def connected(tables: Mapping[str, Columns | pa.Table]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the vocabulary and each raw table as `raw_<name>`."""
    connection = duckdb.connect(":memory:", config={"threads": 1})
    try:
        # What a contract with a model needs is enough, and loads in a third of the time.
        load(connection, Project(HOME).dataset("ine/accidentes"), whole=False)
        for name, table in tables.items():
            connection.register("given", table if isinstance(table, pa.Table) else pa.table(dict(table)))
            connection.execute(f'CREATE TABLE "raw_{name}" AS SELECT * FROM given')
            connection.unregister("given")
        yield connection
    finally:
        connection.close()


def raw_of(one: Contract) -> dict[str, str]:
    """Where `connected` has put the raw tables."""
    return {resource.name: f'"raw_{resource.name}"' for resource in one.resources}


def protected(
    connection: duckdb.DuckDBPyConnection, one: Contract
) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """The tables of microdata protected together, the others as they are; and the documents."""
    published, documents = raw_of(one), {}
    for name, choice in together.protect(connection, privacy_of(one), raw_of(one), resources_of(one)).items():
        outcome = microdata.written(connection, published[name], choice)
        published[name] = outcome.relation
        documents[name] = outcome.document
    return published, documents


def each_alone(connection: duckdb.DuckDBPyConnection, one: Contract) -> dict[str, str]:
    """Every table of microdata protected for itself, as if there were no other."""
    published = raw_of(one)
    for table in privacy_of(one).tables:
        if isinstance(table, Microdata):
            resource = resources_of(one)[table.resource]
            published[table.resource] = microdata.protect(
                connection, published[table.resource], resource, table
            ).relation
    return published


def dataset_of(one: Contract) -> Dataset:
    """The contract as a dataset of the project."""
    return Dataset(one, Project(HOME).institution("sat"), HOME, HOME / f"include/datasets/{one.id}.yaml")
