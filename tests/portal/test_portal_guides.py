"""The guides: every exercise's query fits the table that is published, every term leads somewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from apertura.contract import Project
from apertura.contract.project import Dataset

HOME = Path(__file__).resolve().parents[2]
GUIDES = HOME / "include" / "portal" / "guides"
EXERCISES: list[dict[str, Any]] = yaml.safe_load((GUIDES / "exercises.yaml").read_text())["exercises"]
TERMS: list[dict[str, Any]] = yaml.safe_load((GUIDES / "glossary.yaml").read_text())["terms"]
TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMP",
}


@pytest.fixture(scope="module")
def project() -> Project:
    return Project(HOME)


def empty_table(dataset: Dataset, resource: str) -> duckdb.DuckDBPyConnection:
    """A table without rows, with the columns and types that the contract publishes."""
    table = next(one for one in dataset.contract.resources if one.name == resource)
    columns = ", ".join(
        f'"{field.name}" {TYPES.get(field.published_type, "DECIMAL(18, 4)")}'
        for field in table.published_fields
    )
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE publicada ({columns})")
    return connection


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: str(one["slug"]))
def test_the_query_of_an_exercise_fits_what_is_published(project: Project, exercise: dict[str, Any]) -> None:
    dataset = project.dataset(exercise["dataset"])
    assert dataset.contract.theme == exercise["theme"]
    with empty_table(dataset, exercise["table"]) as connection:
        answer = connection.execute(exercise["sql"].replace("{tabla}", "publicada"))
        assert len(answer.description) >= 2


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: str(one["slug"]))
def test_the_columns_that_its_text_names_are_there(project: Project, exercise: dict[str, Any]) -> None:
    contract = project.dataset(exercise["dataset"]).contract
    names = {field.name for resource in contract.resources for field in resource.published_fields}
    said = {word.partition("»")[0] for step in exercise["steps"] for word in step.split("«")[1:]}
    assert {word for word in said if word.islower() and " " not in word} - names <= {"true", "suprimido"}


def test_every_theme_that_is_published_has_an_exercise(project: Project) -> None:
    assert {dataset.contract.theme for dataset in project.datasets()} <= {one["theme"] for one in EXERCISES}


def test_a_term_leads_to_terms_that_are_there() -> None:
    known = [one["term"] for one in TERMS]
    assert len(set(known)) == len(known)
    assert {name for one in TERMS for name in one.get("see", [])} <= set(known)
