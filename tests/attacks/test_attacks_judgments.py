"""Press reports against (generated) judgments: the court's place, the day, age and sex of the convicted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from attacks_scene import connected, contract, field, privacy_of, protected, raw_of, resources_of

from apertura.contract import Contract
from apertura.errors import PrivacyError
from apertura.prepare.disclosure import attacks
from apertura_demo import oj
from apertura_demo.territory import PLACES

PEOPLE = {"access": "confidencial", "personal": "personal"}
KNOWN = ["fecha", "lugar", "edad", "sexo"]


def judgments() -> pa.Table:
    """What the court's database tells of each ordinary judgment."""
    tables = oj.rows(seed=1, cases=2000)
    by_id = {name: {row["id"]: row for row in rows} for name, rows in tables.items()}
    towns = [place for places in PLACES.values() for place in places[:2]]
    codes = {place.name: f"{place.department:02}{place.number:02}" for place in towns}
    found: list[dict[str, Any]] = []
    for row in tables["sentencias"]:
        party = by_id["partes"][row["parte_id"]]
        person, case = by_id["personas"][party["persona_id"]], by_id["casos"][party["caso_id"]]
        crime = by_id["delitos"][case["delito_id"]]["nombre"]
        if crime not in oj.ORDINARY_CRIMES:
            continue
        court = by_id["juzgados"][case["juzgado_id"]]["nombre"].removeprefix("Juzgado de Sentencia Penal de ")
        day: dt.date = row["fecha"]
        found.append(
            {
                "fecha": day,
                "lugar": codes[court],
                "edad": (day - person["fecha_nacimiento"]).days // 366,
                "sexo": person["sexo"],
                "delito": crime,
                "sentido": row["tipo"],
            }
        )
    return pa.Table.from_pylist(found)


def judged(levels: dict[str, int], limit: float) -> Contract:
    """Judgments whose crime and outcome nobody may learn from what the press tells."""
    sensible = {"access": "confidencial", "personal": "sensible", "treatment": "suppress"}
    return contract(
        {
            "sentencias": [
                field("fecha", type="date", hierarchy=[{"to": "month"}, {"to": "year"}]),
                field("lugar", hierarchy=[{"to": "department"}, {"to": "region"}, {"to": "country"}]),
                field(
                    "edad",
                    type="integer",
                    hierarchy=[{"bands": [0, 18, 30, 50]}, {"bands": [0, 30]}],
                    **PEOPLE,
                ),
                field("sexo", hierarchy=[{"all": True}], **PEOPLE),
                field("delito", **sensible),
                field("sentido", **sensible),
            ]
        },
        {
            "tables": [
                {
                    "kind": "microdata",
                    "resource": "sentencias",
                    "quasi_identifiers": KNOWN,
                    "k": 5,
                    "sensitive": [
                        {"field": "delito", "distinct_l": 3, "largest_share": 0.8},
                        {"field": "sentido", "distinct_l": 2, "largest_share": 0.9},
                    ],
                    "levels": levels,
                    "suppression": {"limit": limit},
                }
            ]
        },
    )


def test_the_press_finds_raw_judgments_and_none_of_the_protected_ones() -> None:
    one = judged({"fecha": 2, "lugar": 2, "edad": 1, "sexo": 0}, 0.2)
    with connected({"sentencias": judgments()}) as connection:
        bare = attacks.run(connection, privacy_of(one), raw_of(one), raw_of(one), resources_of(one))
        published, documents = protected(connection, one)
        safe = attacks.run(connection, privacy_of(one), raw_of(one), published, resources_of(one))
    found = {attack.name: attack for attack in bare}
    assert found["linkage"].succeeded > 0.97 * found["linkage"].tried > 1000
    assert found["linkage-delito"].succeeded > 0.9 * found["linkage"].tried
    assert all(attack.passed for attack in safe)
    assert documents["sentencias"]["rows_out"] > 0.8 * documents["sentencias"]["rows_in"]


def test_a_small_court_by_day_is_not_published_at_all() -> None:
    one = judged({"fecha": 0, "lugar": 0, "edad": 1, "sexo": 0}, 0.2)
    with connected({"sentencias": judgments()}) as connection, pytest.raises(PrivacyError) as caught:
        protected(connection, one)
    assert not any(crime in str(caught.value) for crime in oj.ORDINARY_CRIMES)
