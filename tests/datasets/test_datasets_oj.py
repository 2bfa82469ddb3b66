"""oj/catalogo-justicia: the justice sector's catalogue of datasets as an inventory that can be counted."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from datasets_run import Rows, State

from apertura.errors import AperturaError
from apertura_demo import justicia

CATALOGUE = "oj/catalogo-justicia"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    """The generated catalogue, published; every entry has a key that nobody declared."""
    state = State(tmp_path_factory.mktemp("catalogue"), CATALOGUE)
    path = state.folder / justicia.FILE
    entries = [entry | {"Responsable": "Nahúm Tikñolobaj"} for entry in justicia.entries(5, 60)]
    path.write_text(json.dumps(entries), "utf-8")
    state.run(path)
    return state


@pytest.fixture(scope="module")
def generated(state: State) -> Rows:
    return state.rows("catalogo-justicia")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, real_extracts: Path) -> Rows:
    state = State(tmp_path_factory.mktemp("catalogue"), CATALOGUE)
    state.run(real_extracts / "justicia" / "datasheets.json")
    return state.rows("catalogo-justicia")


def test_dates_are_dates_and_titles_are_lines(generated: Rows) -> None:
    assert len(generated) == 60
    assert {(row["fecha_publicacion"], row["fecha_actualizacion"]) for row in generated} == {
        ("2019-09-02",) * 2
    }
    assert " Policía Nacional Civil Período " in generated[1]["titulo"]
    assert not any("\n" in value or value != value.strip() for row in generated for value in row.values())


def test_one_institution_has_one_name(generated: Rows) -> None:
    names = {row["institucion"] for row in generated}
    assert "Ministerio Público" in names
    assert "Ministerio público" not in names
    assert "Pluralismo jurídico" in {row["tema"] for row in generated}


def test_a_repeated_address_is_no_format_of_its_own(generated: Rows) -> None:
    first, third, fifth = generated[0], generated[2], generated[4]
    assert (first["enlaces_repetidos"], first["enlace_json"], first["enlace_csv"]) == ("3", "", "")
    assert (third["enlace"], third["formato"], third["enlaces_repetidos"]) == ("", "", "")
    assert (fifth["enlaces_repetidos"], fifth["enlace_csv"][-4:]) == ("3", ".csv")
    assert {row["enlaces_repetidos"] for row in generated[5:]} == {"4"}


def test_an_address_with_blanks_can_be_followed(generated: Rows) -> None:
    assert "/casos%20ingresados/" in generated[3]["enlace"]
    assert all(re.fullmatch(r"https?://\S+|", row["enlace"]) for row in generated)


@pytest.mark.parametrize(("key", "value"), [("Enlace1", "sin enlace"), ("FechaPublicacion", "2/9/2019")])
def test_what_the_contract_does_not_know_stops_the_run(tmp_path: Path, key: str, value: str) -> None:
    entries = justicia.entries(5, 10)
    for entry in entries[5:]:
        entry[key] = value
    path = tmp_path / justicia.FILE
    path.write_text(json.dumps(entries), "utf-8")
    with pytest.raises(AperturaError, match="clean") as caught:
        State(tmp_path, CATALOGUE).run(path)
    assert value not in str(caught.value)


def test_a_key_that_nobody_declared_is_dropped_and_said(state: State) -> None:
    records = [one.read_text("utf-8") for one in (state.folder / "private" / "runs").rglob("*.json")]
    assert any("paths that the contract does not declare were dropped: 60" in text for text in records)
    assert not any("Tikñolobaj" in text or "Responsable" in text for text in records)


@pytest.mark.real
def test_the_real_catalogue(real: Rows, real_extracts: Path) -> None:
    source = json.loads((real_extracts / "justicia" / "datasheets.json").read_text("utf-8"))
    assert len(real) == len(source) == 534
    assert Counter(row["institucion"] for row in real) == {
        "Instituto de la Defensa Pública Penal": 374,
        "Organismo Judicial": 119,
        "Procuraduría de los Derechos Humanos": 24,
        "Ministerio Público": 12,
        "Corte de Constitucionalidad": 3,
        "Corte Suprema de Justicia": 2,
    }
    assert Counter(row["enlaces_repetidos"] for row in real) == {"4": 532, "3": 1, "": 1}
    assert Counter(row["formato"] for row in real) == {"pdf": 448, "xls": 42, "html": 24, "": 20}
    assert {row["fecha_publicacion"] for row in real} == {"2019-09-02"}
    assert [row["id"] for row in real] == [str(number) for number in range(1, 535)]
    told = sum(int(row["valoracion"] or 0) for row in real)
    assert told == sum(int(entry.get("Valoracion", 0)) for entry in source)


@pytest.mark.real
def test_three_real_entries_looked_up_by_eye(real: Rows) -> None:
    by_id = {row["id"]: row for row in real}
    assert by_id["1"]["titulo"] == "Sistema informático del Archivo de Tribunales"
    assert by_id["1"]["enlace"] == "http://siat.oj.gob.gt/#/dashboard"
    assert by_id["2"]["enlace"] == "http://www.oj.gob.gt/estadisticas/casos%20ingresados%202017-2018.pdf"
    assert by_id["2"]["tema"] == "Acceso a la justicia"
    assert by_id["534"]["titulo"] == "Informe anual 2019"
    assert (
        by_id["534"]["institucion"] == by_id["534"]["dependencia"] == "Instituto de la Defensa Pública Penal"
    )
