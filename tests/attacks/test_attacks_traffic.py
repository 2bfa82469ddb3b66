"""A press note against the real traffic accidents: it finds people in the raw tables, nobody in what is told.

92 % of events are alone on date, hour and municipality, and drivers' drunkenness is in the file.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from attacks_scene import connected, contract, field, privacy_of, protected, raw_of, resources_of
from traffic_scene import traffic_contract, traffic_tables

from apertura.prepare.disclosure import attacks, traces, utility

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def tables(real_extracts: Path) -> dict[str, pa.Table]:
    return traffic_tables(real_extracts)


def test_a_press_note_finds_the_raw_records(tables: dict[str, pa.Table]) -> None:
    one = traffic_contract()
    with connected(tables) as connection:
        [(alone, events)] = connection.execute(
            "SELECT sum(n) FILTER (WHERE n = 1), sum(n) FROM "
            "(SELECT count(*) AS n FROM raw_hechos GROUP BY fecha, hora, municipio)"
        ).fetchall()
        assert alone / events > 0.9
        found = attacks.run(connection, privacy_of(one), raw_of(one), raw_of(one), resources_of(one))
    linked = {attack.resources[0]: attack for attack in found if attack.name == "linkage"}
    for attack in linked.values():
        # Vehicles carry no hour; with it, all but one in a hundred are found.
        assert attack.succeeded > (0.9 if attack.resources == ("vehiculos",) else 0.99) * attack.tried
    drunk = next(attack for attack in found if attack.name == "linkage-estado")
    assert drunk.succeeded > 0.4 * drunk.tried  # of the others nobody wrote it down
    crossed = [attack for attack in found if attack.name == "cross"]
    assert crossed
    assert not any(attack.passed for attack in crossed)


def test_no_table_nor_all_together_find_anybody_in_what_is_told(tables: dict[str, pa.Table]) -> None:
    one = traffic_contract()
    resources = resources_of(one)
    with connected(tables) as connection:
        published, documents = protected(connection, one)
        found = attacks.run(connection, privacy_of(one), raw_of(one), published, resources)
        useful = {
            name: utility.measure(connection, raw_of(one)[name], published[name], resources[name])
            for name in documents
        }
    attacks.refuse_successful(found, "ine/accidentes, protect")
    smallest = [attack.smallest_candidates for attack in found if attack.smallest_candidates is not None]
    assert min(smallest) >= 5
    # Every raw record of every table was tried against every table of people, also through the events.
    assert {attack.resources for attack in found if attack.name == "cross"} == {
        (here, there)
        for here in resources
        for there in ("personas", "conductores", "vehiculos")
        if here != there
    }
    tried = {attack.resources[0]: attack.tried for attack in found if attack.name == "linkage"}
    assert tried == {name: tables[name].num_rows for name in documents}
    # What is left: quarter, department and half of the day in every table, age and sex of people.
    for name, document in documents.items():
        assert document["levels"]["municipio"] == document["levels"]["fecha"] == 1
        assert useful[name]["rows_kept"] > 0.7
        assert useful[name]["columns"]["municipio"]["information_lost"] < 0.55


def test_the_row_number_of_the_source_would_be_found(tables: dict[str, pa.Table]) -> None:
    one = contract(
        {"hechos": [field("fecha", type="date"), field("corre", type="integer")]},
        {"tables": [{"kind": "microdata", "resource": "hechos", "quasi_identifiers": ["fecha"], "k": 5}]},
    )
    with connected({"hechos": tables["hechos"]}) as connection:
        connection.execute("CREATE VIEW told AS SELECT * FROM raw_hechos WHERE fecha < DATE '2018-01-01'")
        attack = traces.row_numbers(connection, "told", one.resources[0])
    assert not attack.passed
    assert "corre" in attack.remedy
