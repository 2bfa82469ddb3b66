"""Contracts are YAML 1.2: nothing that looks like text becomes something else, and errors have lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apertura.contract import Project, load_contract
from apertura.contract.loader import _Document
from apertura.contract.schema import contract_schema, corrections_schema
from apertura.errors import ContractError

HOME = Path(__file__).resolve().parents[2]


def load(tmp_path: Path, text: str) -> object:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    return _Document(path).value


@pytest.mark.parametrize(
    "text",
    [
        "0101",
        "NO",
        "no",
        "Yes",
        "on",
        "2020-01-01",
        "1_000",
        "0o17",
        "1e5",
        "12:30:45",
        ".5",
        "+1",
        "0x1F",
        "=",
        "<<",
        "Null",
        "TRUE",
    ],
)
def test_stays_text(text: str, tmp_path: Path) -> None:
    assert load(tmp_path, f"a: {text}") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), ("-3", -3), ("0.25", 0.25), ("true", True), ("null", None), ("", None)]
)
def test_resolves_as_json(text: str, value: object, tmp_path: Path) -> None:
    assert load(tmp_path, f"a: {text}") == {"a": value}


@given(
    st.text(
        alphabet=st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=40
    )
)
def test_any_quoted_text_is_itself(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        assert load(Path(folder), "a: " + json.dumps(text, ensure_ascii=False)) == {"a": text}


def test_duplicate_key_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"x\.yaml:3: key `a` stands twice"):
        load(tmp_path, "a: 1\nb: 2\na: 3\n")


def test_no_python_objects(tmp_path: Path) -> None:
    assert load(tmp_path, "a: !!python/object/apply:os.system ['true']") == {"a": ["true"]}


def test_error_names_file_line_key_found_and_allowed(tmp_path: Path) -> None:
    source = HOME / "include/datasets/sat/importacion-vehiculos.yaml"
    lines = source.read_text(encoding="utf-8").splitlines()
    number = next(i for i, line in enumerate(lines) if "treatment: keep" in line)
    lines[number] = lines[number].replace("keep", "publish")
    path = tmp_path / "importacion-vehiculos.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    message = caught.value.message
    assert f"importacion-vehiculos.yaml:{number + 1}: resources.0.fields.0.treatment" in message
    assert "'publish'" in message
    assert "'pseudonymize'" in message, "says what is allowed"


def test_not_utf8_and_not_yaml_and_not_there(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes("título: ñ".encode("latin-1"))
    with pytest.raises(ContractError, match="UTF-8"):
        load_contract(path)
    path.write_text("a: [", encoding="utf-8")
    with pytest.raises(ContractError, match="not YAML"):
        load_contract(path)
    with pytest.raises(ContractError, match="no such file"):
        load_contract(tmp_path / "absent.yaml")


def test_every_contract_of_the_project_loads_and_has_its_files() -> None:
    project = Project(HOME)
    datasets = list(project.datasets())
    institutions = {path.stem for path in (HOME / "include" / "institutions").glob("*.yaml")}
    assert {"sat", "mineduc", "oj"} <= institutions
    assert {dataset.institution.name for dataset in datasets} == institutions
    for dataset in datasets:
        assert dataset.suite_path.exists()


def test_the_published_schema_is_today_s() -> None:
    assert (HOME / "docs/contract.schema.json").read_text(encoding="utf-8") == contract_schema(), (
        "run `make schema`"
    )


def test_the_published_schema_of_corrections_is_today_s() -> None:
    assert (HOME / "docs/corrections.schema.json").read_text(encoding="utf-8") == corrections_schema(), (
        "run `make schema`"
    )


def test_unknown_dataset_names_the_known_ones() -> None:
    with pytest.raises(ContractError) as caught:
        Project(HOME).dataset("sat/nada")
    assert "sat/importacion-vehiculos" in str(caught.value)


def test_the_published_vocabulary_is_today_s() -> None:
    from apertura.prepare.vocabulary import as_page

    page = as_page((HOME / "sql/clean").glob("*.sql"))
    assert (HOME / "docs/vocabulary.md").read_text(encoding="utf-8") == page, "run `make schema`"
