"""Subtraction on real counts of malnourished children: a threshold alone fails, the pattern holds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from attacks_scene import connected, privacy_of, raw_of, resources_of
from health_scene import malnutrition_contract, malnutrition_tables

from apertura.prepare.disclosure import attacks, counts, utility

THRESHOLD = "(SELECT * REPLACE (CASE WHEN casos BETWEEN 1 AND 4 THEN NULL ELSE casos END AS casos) FROM {})"


def small(count: int) -> dict[str, pa.Table]:
    """Three municipalities, their department and its sexes: one small cell each."""
    same = {"anio": ["2019"], "tipo": ["Aguda"]}
    places = {name: values * 3 for name, values in same.items()}
    parts = {name: values * 2 for name, values in same.items()} | {"sexo": ["F", "M"], "edad": ["1a", "1a"]}
    return {
        "municipios": pa.table({"municipio": ["0201", "0202", "0203"], **places, "casos": [count, 9, 20]}),
        "departamentos": pa.table({"departamento": ["02", "02"], **parts, "casos": [count + 9, 20]}),
    }


def test_a_threshold_alone_is_undone_by_a_linked_table() -> None:
    one = malnutrition_contract()
    with connected(small(3)) as connection:
        bare = {name: THRESHOLD.format(relation) for name, relation in raw_of(one).items()}
        found, *_ = attacks.run(connection, privacy_of(one), raw_of(one), bare, resources_of(one))
    assert (found.name, found.tried, found.succeeded, found.passed) == ("subtraction", 1, 1, False)


def test_without_small_cells_there_is_nothing_to_subtract() -> None:
    one = malnutrition_contract()
    with connected(small(7)) as connection:
        bare = {name: THRESHOLD.format(relation) for name, relation in raw_of(one).items()}
        found, *_ = attacks.run(connection, privacy_of(one), raw_of(one), bare, resources_of(one))
    assert (found.tried, found.passed) == (0, True)


@pytest.mark.real
def test_towns_of_one_name_are_counted_in_their_own_department(real_extracts: Path) -> None:
    """Six towns carry the code of one of the same name in another department; read by code they are there."""
    tables = malnutrition_tables(real_extracts)
    [path] = (real_extracts / "mspas").glob("*.xlsx")
    lines = (
        openpyxl.load_workbook(path, read_only=True, data_only=True)
        .worksheets[0]
        .iter_rows(min_row=2, values_only=True)
    )
    told: Counter[str] = Counter()
    for line in lines:
        if line[1] is not None:
            told[f"{int(line[3]):02d}"] += int(line[7])
    counted: Counter[str] = Counter()
    for row in tables["municipios"].to_pylist():
        counted[row["municipio"][:2]] += row["casos"]
    assert counted == told
    places = set(tables["municipios"]["municipio"].to_pylist())
    assert places >= {"1202", "1015", "1311", "1712"}


@pytest.mark.real
@pytest.mark.slow
def test_the_real_counts_of_two_departments_hold(real_extracts: Path) -> None:
    one = malnutrition_contract()
    privacy, resources = privacy_of(one), resources_of(one)
    with connected(malnutrition_tables(real_extracts, {"02", "03"})) as connection:
        raw = raw_of(one)
        bare = {name: THRESHOLD.format(relation) for name, relation in raw.items()}
        before, *_ = attacks.run(connection, privacy, raw, bare, resources)
        outcome = counts.protect(connection, raw, resources, privacy)
        after, *_ = attacks.run(connection, privacy, raw, outcome.relations, resources)
        useful = utility.measure(
            connection, raw["municipios"], outcome.relations["municipios"], resources["municipios"]
        )
    assert before.tried == after.tried > 100
    assert before.succeeded > 0
    assert (after.succeeded, after.passed) == (0, True)
    assert useful["totals"]["casos"] < 0.6
    assert useful["rows_kept"] == 1.0


def test_the_certificate_tells_what_whoever_has_the_unpublished_totals_could_work_out() -> None:
    """Told and not refused: the contract declares that nobody has them."""
    one = malnutrition_contract()
    tables = small(3)
    tables["municipios"] = pa.table(
        {
            "municipio": ["0201", "0202", "0203"],
            "anio": ["2019"] * 3,
            "tipo": ["Aguda"] * 3,
            "casos": [3, 90, 80],
        }
    )
    tables["departamentos"] = pa.table(
        {"departamento": ["02"] * 2, "anio": ["2019"] * 2, "tipo": ["Aguda"] * 2, "sexo": ["F", "M"],
         "edad": ["1a", "2a"], "casos": [93, 80]}
    )  # fmt: skip
    with connected(tables) as connection:
        outcome = counts.protect(connection, raw_of(one), resources_of(one), privacy_of(one))
        tried = attacks.run(connection, privacy_of(one), raw_of(one), outcome.relations, resources_of(one))
    found = {attack.name: attack for attack in tried}
    assert (found["subtraction"].succeeded, found["subtraction"].passed) == (0, True)
    supposed = found["subtraction-totals"]
    assert (supposed.tried, supposed.passed) == (1, True)
    assert "acotaría" in supposed.result_es


def test_where_nothing_is_assumed_nothing_is_told_of_it() -> None:
    one = malnutrition_contract()
    bare = privacy_of(one).model_copy(update={"unpublished_totals": None})
    with connected(small(30)) as connection:
        tried = attacks.run(connection, bare, raw_of(one), raw_of(one), resources_of(one))
    assert [attack.name for attack in tried] == ["subtraction"]
