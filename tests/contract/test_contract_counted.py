"""Counts of the same people in two datasets of an institution are refused, where they are checked and run."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from empty_project import HOME, without_contracts

from apertura.contract import Project
from apertura.contract.check import check
from apertura.contract.counted import refuse_counts_apart
from apertura.errors import ContractError

ONE, OTHER = "mspas/desnutricion", "mspas/covid-fallecidos"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """With its own copy of the health ministry's contracts."""
    made = without_contracts(tmp_path)
    shutil.copytree(HOME / "include/datasets/mspas", tmp_path / "include/datasets/mspas")
    return made


def say(project: Project, dataset_id: str, whom: str | None) -> None:
    """Have a contract say whom it counts."""
    path = project.home / f"include/datasets/{dataset_id}.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("  counts_of:")]
    assert len(kept) == len(lines) - 1
    if whom is not None:
        kept.insert(kept.index("privacy:") + 1, f"  counts_of: {whom}")
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def found(project: Project, dataset_id: str) -> list[str]:
    """What check says of it."""
    findings = check(project.dataset(dataset_id), dt.date(2026, 12, 1))
    return [one.message for one in findings if one.place == "privacy.counts_of" and one.blocks]


def test_counts_of_different_people_may_stand_apart(project: Project) -> None:
    assert (found(project, ONE), found(project, OTHER)) == ([], [])


def test_the_same_people_are_refused_however_it_is_written(project: Project) -> None:
    say(project, ONE, "Personas  fallecidas por COVID-19")
    for dataset_id in (ONE, OTHER):
        [message] = found(project, dataset_id)
        assert "count the same people" in message and "tables of one dataset" in message


def test_who_does_not_say_whom_it_counts_stops_both(project: Project) -> None:
    say(project, ONE, None)
    for dataset_id in (ONE, OTHER):
        [message] = found(project, dataset_id)
        assert f"{ONE} does not say of whom" in message


def test_a_dataset_without_counts_is_not_asked(project: Project) -> None:
    shutil.copytree(HOME / "include/datasets/oj", project.home / "include/datasets/oj")
    say(project, ONE, None)
    assert found(project, "oj/sentencias") == []


@pytest.mark.parametrize("public", [True, False])
def test_a_contract_that_cannot_be_read_stops_once_something_of_it_is_public(
    project: Project, public: bool
) -> None:
    (project.home / f"include/datasets/{OTHER}.yaml").write_text("apertura: 1\n", encoding="utf-8")
    if public:
        with pytest.raises(ContractError):
            refuse_counts_apart(project.dataset(ONE), public=lambda dataset_id: dataset_id == OTHER)
    else:
        refuse_counts_apart(project.dataset(ONE), public=lambda dataset_id: dataset_id != OTHER)


ACCEPTED = """  accepted:
    - what: revision
      resource: desnutricion
      version: 20260101T000000Z-aaaaaaaa
      taken: 20260201T000000Z
      reason: {reason}
      by: {by}
      date: 2026-02-03
"""


@pytest.mark.parametrize(
    ("reason", "by", "told"),
    [
        ("Corrección de dos registros que la institución ya anunció.", "Dirección de Estadística", None),
        ("Corrección de los datos de María García Pérez.", "Dirección de Estadística", "its reason"),
        ("Corrección de dos registros que la institución anunció.", "Juan Carlos López Morales", "its by"),
    ],
)
def test_texts_of_an_accepted_difference_name_nobody(
    project: Project, monkeypatch: pytest.MonkeyPatch, reason: str, by: str, told: str | None
) -> None:
    monkeypatch.setenv("APERTURA_HOME", str(HOME))
    path = project.home / f"include/datasets/{ONE}.yaml"
    text = path.read_text(encoding="utf-8")
    accepted = "privacy:\n" + ACCEPTED.format(reason=reason, by=by)
    path.write_text(text.replace("privacy:\n", accepted), encoding="utf-8")
    findings = check(project.dataset(ONE), dt.date(2026, 12, 1))
    messages = [one.message for one in findings if one.place == "privacy.accepted 1"]
    assert [told in one for one in messages if told] == ([True] if told else [])
    assert not any(word in message for message in messages for word in ("María", "Juan"))
