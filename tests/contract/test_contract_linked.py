"""Links between datasets are refused where several rows may be of one person: rows do not say how many."""

from __future__ import annotations

import copy
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from empty_project import HOME, without_contracts

from apertura.contract import Project
from apertura.contract.check import check
from apertura.errors import ContractError

COURT = yaml.safe_load((HOME / "include/datasets/oj/sentencias.yaml").read_text(encoding="utf-8"))
ONE, OTHER = "oj/sentencias", "oj/apelaciones"
CRIMES = {
    "name": "delitos",
    "title": "Delitos",
    "description": "Los delitos de la lista.",
    "fields": [
        {"name": "delito", "source": "lista", "title": "Delito", "description": "Delito.",
         "access": "publica", "personal": "none", "treatment": "keep"}
    ],
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = without_contracts(tmp_path)
    (tmp_path / "include/datasets/oj").mkdir()
    return made


def say(
    project: Project, dataset_id: str, *, people: bool, about: str = "delito", linked: bool = True
) -> None:
    """A contract on judgments, linked or not, that counts people or takes each row for another one."""
    name = dataset_id.partition("/")[2]
    raw: dict[str, Any] = copy.deepcopy(COURT) | {"name": name, "views": []}
    raw["resources"][0]["name"] = raw["privacy"]["tables"][0]["resource"] = name
    raw["resources"].append(CRIMES)
    if linked:
        columns = {name: "delito", "delitos": "delito"}
        raw["privacy"]["links"] = [{"about": about, "columns": columns}]
    if not people:
        raw["privacy"]["tables"][0]["unit"] = {"row": "La fuente tiene una fila por persona."}
        for field in raw["resources"][0]["fields"]:
            if field["name"] == "sindicado":
                field |= {"treatment": "drop", "pseudonym": None}
    (project.home / f"include/datasets/{dataset_id}.yaml").write_text(
        yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8"
    )


def found(project: Project, dataset_id: str) -> list[str]:
    """What check says of its links."""
    findings = check(project.dataset(dataset_id), dt.date(2026, 12, 1))
    return [one.message for one in findings if one.place == "privacy.links" and one.blocks]


@pytest.mark.parametrize(("one", "other"), [(True, False), (False, True), (True, True)])
def test_rows_of_one_person_are_not_linked_with_another_dataset(
    project: Project, one: bool, other: bool
) -> None:
    say(project, ONE, people=one)
    say(project, OTHER, people=other)
    for dataset_id in (ONE, OTHER):
        [message] = found(project, dataset_id)
        assert "`unit.columns`" in message and "in one of both datasets only" in message
        assert any(
            f"{of.partition('/')[2]} of {of}" in message
            for of, people in ((ONE, one), (OTHER, other))
            if people
        )


def test_where_each_row_is_of_another_person_they_may_be(project: Project) -> None:
    say(project, ONE, people=False)
    say(project, OTHER, people=False)
    assert (found(project, ONE), found(project, OTHER)) == ([], [])


@pytest.mark.parametrize("more", [{"about": "delito apelado"}, {"linked": False}])
def test_links_within_the_dataset_are_its_own(project: Project, more: dict[str, Any]) -> None:
    say(project, ONE, people=True)
    say(project, OTHER, people=True, **more)
    assert (found(project, ONE), found(project, OTHER)) == ([], [])


def test_a_contract_that_cannot_be_read_tells_of_nothing_yet(project: Project) -> None:
    say(project, ONE, people=True)
    (project.home / f"include/datasets/{OTHER}.yaml").write_text("apertura: 1\n", encoding="utf-8")
    assert found(project, ONE) == []
    with pytest.raises(ContractError):
        project.dataset(OTHER)
