"""Check finds rules that could never take a row out, and warns of people who are only made coarser."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from apertura.contract import Dataset, Project, load_contract
from apertura.contract.check import Finding, _folded, check
from apertura.prepare.vocabulary import load

HOME = Path(__file__).resolve().parents[2]
TODAY = dt.date(2026, 12, 1)
RULE = {"basis": "otra-ley", "law": "Decreto de prueba", "reason": "Prueba."}


def findings(
    folder: Path, *, rule: dict[str, Any] | None = None, privacy: Any = "its own", **changes: Any
) -> list[Finding]:
    """What check finds in the court's contract, with one rule instead of its own and fields changed."""
    raw = yaml.safe_load((HOME / "include/datasets/oj/sentencias.yaml").read_text(encoding="utf-8"))
    resource = raw["resources"][0]
    raw["privacy"] = raw["privacy"] if privacy == "its own" else privacy
    raw.pop("views", None)  # what is drawn of the fields is no matter here
    if rule is not None:
        resource["exclude_rows"] = [{"when": rule, "legal_basis": RULE}]
    for field in resource["fields"]:
        field |= changes.get(field["name"], {})
    for moment in ("date", "review"):
        raw["release"][moment] = str(raw["release"][moment])
    path = folder / "sentencias.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    return check(Dataset(load_contract(path), Project(HOME).institution("oj"), HOME, path), TODAY)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("VIOLACIÓN", "Ó"),
        ("NIÑEZ|NINEZ", "Ñ"),
        ("violacion", "acilnov"),
        ("VIOLACION|[a-z]+", "az"),
        (r"(?P<crimen>FEMICIDIO)|Trata", "art"),
        ("CONTRA\u00a0LA", "\u00a0"),
        ("VIO\u00adLACION", "\u00ad"),
    ],
)
def test_a_pattern_that_folded_text_never_matches_blocks(tmp_path: Path, pattern: str, told: str) -> None:
    blocking = [f for f in findings(tmp_path, rule={"field": "delito", "matches": pattern}) if f.blocks]
    assert [finding.place for finding in blocking] == ["sentencias.exclude_rows"]
    assert f"never holds {told}:" in blocking[0].message


@pytest.mark.parametrize(
    "pattern",
    [
        "VIOLACION|NINEZ",
        r"^TRATA\s(?:DE )?PERSONAS\b",
        r"(?P<crimen>FEMICIDIO)|\d+\w*",
        "(?i)HURTO",
        "[^A-Z]",
    ],
)
def test_a_pattern_of_folded_letters_passes(tmp_path: Path, pattern: str) -> None:
    assert not [f for f in findings(tmp_path, rule={"field": "delito", "matches": pattern}) if f.blocks]


def test_words_in_a_list_are_folded_for_whom_writes_them(tmp_path: Path) -> None:
    rule = {"field": "delito", "in": ["Violación", "niñez"]}
    assert not [finding for finding in findings(tmp_path, rule=rule) if finding.blocks]


def test_check_folds_like_the_vocabulary() -> None:
    letters = [chr(code) for code in range(0x20, 0x180) if chr(code).isprintable() and chr(code) not in "ßŉſ"]
    with duckdb.connect() as connection:
        load(connection, Project(HOME).dataset("oj/sentencias"))
        query = "SELECT letter, fold_text('A' || letter || 'A') FROM (SELECT unnest($1) AS letter)"
        folded = dict(connection.execute(query, [letters]).fetchall())
    assert {letter: f"A{_folded(letter)}A" for letter in letters} == folded


OPEN = {"access": "publica", "personal": "none", "treatment": "keep", "hierarchy": []}
UNPROTECTED = {
    **dict.fromkeys(("lugar_codigo", "delito", "sexo", "sentido"), OPEN),
    "edad": {"hierarchy": [], "generalize": {"bands": [18, 30]}},
    "sindicado": {"treatment": "drop", "pseudonym": None},
}
"""The court's fields as they would be without a model for the table."""


def test_people_only_made_coarser_are_warned_of_and_do_not_block(tmp_path: Path) -> None:
    found = findings(tmp_path, privacy=None, **UNPROTECTED)
    assert [(finding.place, finding.blocks) for finding in found] == [("sentencias", False)]
    assert "anio_sentencia, edad, pena_meses of people without a `privacy` model" in found[0].message


def test_a_model_of_people_is_nothing_to_warn_of(tmp_path: Path) -> None:
    assert findings(tmp_path) == []


def test_where_no_person_is_left_there_is_nothing_to_warn_of(tmp_path: Path) -> None:
    gone = {"treatment": "drop", "generalize": None}
    gone_too = UNPROTECTED | {
        "anio_sentencia": gone,
        "pena_meses": gone,
        "edad": {"treatment": "transient", "hierarchy": []},
    }
    assert findings(tmp_path, privacy=None, **gone_too) == []


@pytest.mark.parametrize("path", Project(HOME).contract_paths(), ids=lambda path: path.stem)
def test_no_contract_of_the_project_says_that_nobody_can_be_identified(path: Path) -> None:
    text = " ".join(path.read_text(encoding="utf-8").split()).lower()
    assert "ninguna persona puede identificarse" not in text
    if "treatment: pseudonymize" in text or "treatment: generalize" in text:
        assert "k-anonimato" in text or "privacy:" in text
