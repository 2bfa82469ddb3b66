"""Generated files have the quirks of the real ones, are the same every time, and are never overwritten."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import lxml.html
import pytest

from apertura_demo import mineduc, sat
from apertura_demo.canary import default_canaries

EXPECTED_COLUMNS = 17


def lines(path: Path, encoding: str) -> list[list[str]]:
    return [line.split("|") for line in path.read_bytes().decode(encoding).splitlines()]


def test_sat_has_two_months_one_utf8_one_latin1(tmp_path: Path) -> None:
    utf8, latin1 = sat.write(tmp_path, rows=400)
    assert re.fullmatch(r"web_imp_\d{8}\.txt", utf8.name)
    assert "Ñ" in utf8.read_bytes().decode("utf-8")
    assert "Ñ" in latin1.read_bytes().decode("latin-1")
    with pytest.raises(UnicodeDecodeError):
        latin1.read_bytes().decode("utf-8")


def test_sat_rows_have_the_quirks_of_the_real_file(tmp_path: Path) -> None:
    header, *rows = lines(sat.write(tmp_path, rows=1500)[0], "utf-8")
    assert header[2] == " Fecha de la Poliza"
    assert header[-1] == "otro"
    assert {len(row) for row in rows} == {18}
    assert len(rows) == 1500
    column = {name: [row[place] for row in rows] for place, name in enumerate(header)}
    assert set(column["otro"]) == {""}
    assert {len(code) for code in column["Partida Arancelaria"]} == {9, 11, 15}
    assert all(code[0] == " " and code[1:].isdigit() for code in column["Partida Arancelaria"])
    assert all(re.fullmatch(r"\d\d/\d\d/\d{4}", date) for date in column[" Fecha de la Poliza"])
    assert {"", "LIVIANO", "PESADO"} == set(column["Distintivo"])
    assert "" in column["Centimetros Cubicos"]
    assert any('"' in line for line in column["Linea"])
    assert any(re.fullmatch(r"\d+\.\d", amount) for amount in column["Valor CIF"])
    duplicates = sum(n - 1 for n in Counter(map(tuple, rows)).values())
    assert duplicates > 500


def test_mineduc_has_the_23_files_of_the_contract(tmp_path: Path) -> None:
    names = [path.name for path in mineduc.write(tmp_path, count=3)]
    assert len(names) == 23
    assert {"CIUDAD CAPITAL.xls", "PETEN.xls", "TOTONICAPAN.xls", "GUATEMALA.xls"} <= set(names)


def test_mineduc_pages_have_the_quirks_of_the_real_files(tmp_path: Path) -> None:
    mineduc.write(tmp_path, count=60)
    raw = (tmp_path / "PETEN.xls").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    text = raw.decode("latin-1")
    assert "60 Establecimientos encontrados" in text
    assert text.endswith("</script>")
    assert "&nbsp;" in text
    tables = lxml.html.fromstring(text).xpath("//table[.//table]")
    assert tables, "the table lies inside a layout table"
    rows = [
        [cell.text_content() for cell in row]
        for row in lxml.html.fromstring(text).iter("tr")
        if len(row) == EXPECTED_COLUMNS
    ]
    header, *schools, last = rows
    assert header == list(mineduc.HEADER)
    assert set(last) == {"\xa0"}
    assert len(schools) == 60
    assert {school[2] for school in schools} == {"PETEN"}
    assert all(re.fullmatch(r"17-\d\d-\d{4}-46", school[0]) for school in schools)
    assert len({school[0] for school in schools}) == 60


def test_mineduc_schools_hold_what_is_hard() -> None:
    schools = [school for department in range(23) for school in mineduc.schools(1, department, 40)]
    phones = [school[6] for school in schools]
    assert any(re.fullmatch(r"[345]\d{7}", phone) for phone in phones)
    assert any(re.fullmatch(r"[267]\d{7}", phone) for phone in phones)
    assert any(len(phone) > 15 for phone in phones)
    assert {"---", ".", ""} <= {school[8] for school in schools}
    assert any(school[4] == school[8] for school in schools), "a school named like its director"
    capital = mineduc.schools(1, 0, 40)
    assert {school[2] for school in capital} == {"CIUDAD CAPITAL"}
    assert all(re.fullmatch(r"ZONA \d{1,2}", school[3]) for school in capital)


@pytest.mark.parametrize("module", [sat, mineduc])
def test_the_same_seed_gives_the_same_bytes(module, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in module.write(tmp_path / "a", seed=5)]
    assert first == [path.read_bytes() for path in module.write(tmp_path / "b", seed=5)]
    assert first != [path.read_bytes() for path in module.write(tmp_path / "c", seed=6)]


@pytest.mark.parametrize("module", [sat, mineduc])
def test_a_file_edited_by_hand_stays_edited(module, tmp_path: Path) -> None:
    edited = module.write(tmp_path)[0]
    edited.write_bytes(b"edited")
    module.write(tmp_path, seed=9)
    assert edited.read_bytes() == b"edited"
    assert not list(tmp_path.glob(".*.partial"))


def test_planted_sat_rows_change_only_the_dropped_column(tmp_path: Path) -> None:
    clean = [path.read_bytes() for path in sat.write(tmp_path / "clean")]
    planted = [path.read_bytes() for path in sat.write(tmp_path / "planted", canaries=default_canaries())]
    for before, after in zip(clean, planted, strict=True):
        assert before != after
        for one, two in zip(before.split(b"\n"), after.split(b"\n"), strict=True):
            assert one.split(b"|")[:17] == two.split(b"|")[:17]


def test_planted_schools_keep_their_count_and_fixed_lines(tmp_path: Path) -> None:
    people = default_canaries()
    mineduc.write(tmp_path, canaries=people)
    text = (tmp_path / "JALAPA.xls").read_bytes().decode("latin-1")
    assert people.of("director").person.mobile in text
    assert people.of("supervisor").person.cui in text
    assert f"22550100/{people.of('director').person.mobile}" in text
    assert "40 Establecimientos encontrados" in text
