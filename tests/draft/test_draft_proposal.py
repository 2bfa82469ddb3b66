"""What a draft proposes of columns: types, markers, keys, places, classes; and that a person can finish."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from draft_scene import PLACES, as_document, decided, drafted, fields, plantings, written
from hypothesis import given
from hypothesis import strategies as st

from apertura.contract import Dataset, Project, load_contract
from apertura.contract.check import check
from apertura.contract.open import OPEN
from apertura.detect import Count
from apertura.draft import Draft
from apertura.draft.evidence import judge
from apertura.draft.naming import field_names
from apertura.draft.profile import Facts
from apertura.draft.rows import header_row
from apertura.draft.telling import rounded, share, told
from apertura.draft.types import Type, pattern_of, type_of
from apertura.draft.wide import wide
from apertura.draft.writing import scalar
from apertura.settings import Settings

TYPES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "Entero": (["1", "20", "7"], {"type": "integer"}),
    "Con coma": (["1,234", "5", "1,000,000"], {"type": "integer", "format": "grouped"}),
    "Decimal": (["1.5", "2.25", "0.125"], {"type": "number", "decimal": {"precision": 18, "scale": 3}}),
    "Monto": (["Q1,234.56", "Q5.00", "(Q2.50)"], {"type": "number", "format": "gtq", "unit": "GTQ"}),
    "Europeo": (["1.234,56", "0,5", "12,25"], {"type": "number", "format": "comma"}),
    "Dia primero": (["31/12/2020", "3/1/2021", "1/2/2021"], {"type": "date", "format": "dmy"}),
    "Mes primero": (["12/31/2020", "1/3/2021", "2/1/2021"], {"type": "date", "format": "mdy"}),
    "Ambigua": (["1/2/2021", "3/4/2021", "5/6/2021"], {"type": "date", "format": OPEN}),
    "En letras": (["5 de enero de 2020", "1-feb-20", "3 mayo 2021"], {"type": "date", "format": "spanish"}),
    "Iso": (["2020-01-02", "2020-02-03", "2021-12-31"], {"type": "date"}),
    "Momento": (["2020-01-02 10:30", "2020-02-03 11:45", "2021-12-31 23:59"], {"type": "datetime"}),
    "Bandera": (["Sí", "No", "No"], {"type": "boolean"}),
    "Con ceros": (["007", "012", "123"], {"clean": ["code_text"]}),
    "Clave": (["11-22", "33-44", "55-66"], {"clean": ["code_text"]}),
    "Faltantes": (["1.5", "---", "s.d."], {"type": "number", "missing": ["common"]}),
    "Lluvia": (["1.5", "-99.9", "20.1"], {"type": "number", "missing": ["weather"]}),
    "Viento": (["NE", "SI", "---"], {"missingValues": ["", "---"]}),
    "Error": (["1.5", "#¡DIV/0!", "20.1"], {"type": "number", "missing": ["spreadsheet"]}),
}  # fmt: skip


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The fields of a file with one column of each way of writing, by source name."""
    folder = tmp_path_factory.mktemp("typed")
    rows = [list(TYPES), *([values[at % 3] for values, _ in TYPES.values()] for at in range(60))]
    made = drafted(_settings(folder), written(folder / "x", rows, separator=";"))
    return {field["source"]: field for field in fields(made.text, folder).values()}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Draft, Path]:
    """The draft of a file in which nobody is named."""
    folder = tmp_path_factory.mktemp("planted")
    path = written(folder / "x", plantings())
    return drafted(_settings(folder), path, institution="sat", name="prueba"), folder


def _settings(folder: Path) -> Settings:
    return Settings.from_env({"APERTURA_SCRATCH": str(folder / "scratch"), "APERTURA_STATE": str(folder)})


@pytest.mark.parametrize("name", list(TYPES))
def test_types_formats_and_markers(typed: dict[str, dict[str, Any]], name: str) -> None:
    field = typed[name]
    described = {"type", "format", "decimal", "unit", "clean", "missing", "missingValues"}
    assert {key: value for key, value in field.items() if key in described} == TYPES[name][1]


def test_places_derive_code_and_name(planted: tuple[Draft, Path]) -> None:
    found = fields(planted[0].text, planted[1])
    assert found["departamento_fuente"]["treatment"] == "transient"
    assert found["municipio_codigo"]["derive"] == {
        "macro": "municipality_code",
        "of": ["departamento_fuente", "municipio_fuente"],
        "strict": True,
    }


def test_key_pattern_and_categories(planted: tuple[Draft, Path]) -> None:
    found = fields(planted[0].text, planted[1])
    assert planted[0].keys[0] == ["codigo"]
    assert found["codigo"]["constraints"] == {"required": True, "pattern": r"^\d{4}-\d{4}$"}
    assert sorted(found["especie"]["constraints"]["enum"]) == ["Caoba", "Cedro", "Ciprés", "Pino"]
    assert found["area"]["constraints"] == {"required": True, "minimum": 0}


def test_decisions_that_are_left_and_those_that_are_not(planted: tuple[Draft, Path]) -> None:
    found = fields(planted[0].text, planted[1])
    assert found["codigo"]["access"] == OPEN  # of a person, or of a plantation?
    assert (found["area"]["access"], found["area"]["treatment"]) == ("publica", "keep")
    assert all(
        field["title"] == OPEN for name, field in found.items() if name in ("codigo", "area", "especie")
    )
    document = as_document(planted[0].text, planted[1])
    left = ("title", "description", "theme", "accrualPeriodicity", "landingPage", "legal_duty")
    assert {document[key] for key in left} == {OPEN}
    assert {document["release"][key] for key in ("decided_by", "date", "review", "licence")} == {OPEN}


def test_a_decided_draft_is_a_contract_that_check_accepts(planted: tuple[Draft, Path]) -> None:
    made, folder = planted
    path = folder / "prueba.yaml"
    path.write_text(decided(made.text), encoding="utf-8")
    contract = load_contract(path)
    home = Settings.from_env({}).home
    dataset = Dataset(contract, Project(home).institution("sat"), home, path)
    assert [finding for finding in check(dataset, dt.date(2026, 6, 1)) if finding.blocks] == []


def test_rows_about_persons_leave_every_class_open(settings: Settings, tmp_path: Path) -> None:
    rows = [["Edad", "Sexo", "Departamento", "Monto", "Grupo étnico"]]
    rows += [[str(20 + at % 40), "FM"[at % 2], PLACES[at % 5][0], f"{at}.5", "Ladino"] for at in range(60)]
    path = written(tmp_path / "x", rows)
    found = fields(drafted(settings, path).text, tmp_path)
    assert {field["access"] for field in found.values()} == {OPEN}
    assert not any("enum" in field.get("constraints", {}) for field in found.values())


def test_empty_rows_and_row_numbers_and_repeated_rows(settings: Settings, tmp_path: Path) -> None:
    rows = [["No", "Especie"], *([str(at + 1), "Pino"] for at in range(30)), ["", ""]]
    text = drafted(settings, written(tmp_path / "x", rows)).text
    assert as_document(text, tmp_path)["resources"][0]["drop_empty_rows"] is True
    assert fields(text, tmp_path)["no"]["treatment"] == "drop"
    assert "a row number, not a key" in text


def test_dates_as_column_names_become_a_pattern(settings: Settings, tmp_path: Path) -> None:
    days = [f"3/{day}/2020" for day in range(10, 20)]
    rows = [["departamento", "municipio", *days]]
    rows += [[*PLACES[at % 5], *[str(at % 7)] * len(days)] for at in range(40)]
    resource = as_document(drafted(settings, written(tmp_path / "x", rows, ",")).text, tmp_path)["resources"][
        0
    ]
    assert resource["patterns"] == [
        {"pattern": r"(?P<fecha>\d{1,2}/\d{1,2}/\d{4})", "value": "valor", "groups": {"fecha": "fecha"}}
    ]
    (day,) = [field for field in resource["fields"] if field["name"] == "fecha"]
    assert (day["type"], day["format"]) == ("date", "mdy")


@given(st.text(min_size=1).filter(lambda text: ("\x00" not in text and text.isprintable()) or True))
def test_any_name_of_a_column_is_quoted_so_that_it_reads_as_it_is(name: str) -> None:
    read = yaml.load(f"source: {scalar(name)}\n", Loader=yaml.BaseLoader)  # noqa: S506 (text only)
    assert read == {"source": name}


@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=30))
def test_every_column_gets_a_valid_field_name_of_its_own(columns: list[str]) -> None:
    names = field_names(columns, {1})
    assert len(set(names)) == len(columns)
    assert names[0] == "columna_1"
    assert all(re.fullmatch(r"[a-záéíóúüñ][a-z0-9_áéíóúüñ]{0,59}", name) for name in names)


@given(st.integers(0, 10_000))
def test_counts_are_told_as_for_people(count: int) -> None:
    assert (told(count) == "<5") == (0 < count < 5)
    assert rounded(count) % 5 == 0 or 0 < count < 5


@pytest.mark.parametrize(
    ("count", "of", "words"),
    [
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (3, 8_314, "<1 %"),
        (8_313, 8_314, ">99 %"),
        (8_100, 8_314, "97 %"),
        (0, 0, "0 %"),
    ],
)
def test_shares(count: int, of: int, words: str) -> None:
    assert share(count, of) == words


def test_names_of_years_months_and_others_are_patterns_only_from_three_on() -> None:
    years = wide(["municipio", "2018", "2019", "2020"])
    assert years is not None and years.group == "anio"
    months = wide(["municipio", "ene-20", "feb-20", "mar-20"])
    assert months is not None and months.group == "mes"
    assert wide(["municipio", "2018", "2019"]) is None
    assert wide(["2018", "2019", "2020"]) is None


def test_a_number_that_is_too_long_stays_text() -> None:
    facts = Facts(rows=9, filled=9, present=9, distinct=9, longest=20, fits={"integer_plain": 9})
    assert type_of(facts, []).type == "string"
    assert type_of(Facts(rows=9), []).said == ("always empty",)


def test_what_differs_in_each_row_is_somebody_s_number_until_a_person_says_no() -> None:
    codes = Facts(rows=60, filled=60, present=60, distinct=50, forms={"A-99999": 60}, longest=7)
    assert not judge(codes, Type(code=True), ["registro"], []).decided
    assert judge(replace(codes, distinct=6), Type(code=True), ["registro"], []).treatment == "keep"
    numbers = Facts(rows=60, filled=60, present=60, distinct=60, longest=5)
    assert not judge(numbers, Type("integer"), ["registro"], []).decided
    assert judge(numbers, Type("number"), ["monto"], []).treatment == "keep"


@pytest.mark.parametrize(("hits", "treatment"), [(0, OPEN), (3, OPEN), (31, "drop"), (60, "drop")])
def test_half_of_the_values_make_a_column_of_persons(hits: int, treatment: str) -> None:
    texts = Facts(rows=60, filled=60, present=60, distinct=60, longest=30)
    found = judge(texts, Type(), ["anexo"], [Count("c1", "cui", 60, hits)])
    assert found.treatment == treatment
    assert found.harmless == (not hits)


def test_nearly_all_dates_are_dates_with_a_tolerance() -> None:
    facts = Facts(rows=1000, filled=1000, present=1000, distinct=500, longest=10, fits={"date_dmy": 995})
    found = type_of(facts, [])
    assert (found.type, found.format, found.tolerance) == ("date", "dmy", 0.005)
    assert type_of(Facts(rows=1000, filled=1000, present=1000, fits={"date_dmy": 900}), []).type == "string"


def test_forms_become_a_pattern_only_when_few_and_plain() -> None:
    assert pattern_of(Facts(forms={"99-99": 5, "99-999": 2}, longest=6)) == r"^(\d{2}-\d{2}|\d{2}-\d{3})$"
    assert pattern_of(Facts(forms={"99 a": 5}, longest=4)) is None
    assert pattern_of(Facts()) is None


def test_header_rows() -> None:
    body = [["Pino", "1"], ["Cedro", "2"]]
    assert header_row([["especie", "área"], *body], 2) == 1
    assert header_row([["Título", None], ["especie", "área"], *body], 2) == 2
    assert header_row(body, 2) is None
