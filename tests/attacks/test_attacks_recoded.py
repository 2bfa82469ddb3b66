"""Labels read back: the level they are of, and what they become at a coarser one."""

from __future__ import annotations

from typing import Any

import pytest
from attacks_scene import connected, contract, field

from apertura.contract import FieldSpec
from apertura.prepare.disclosure.hierarchy import label
from apertura.prepare.disclosure.recoded import band_labels, coarser, published_level

TIME = [{"to": "month"}, {"to": "quarter"}, {"to": "year"}, {"all": True}]
PLACE = [{"to": "department"}, {"to": "region"}, {"to": "country"}]
BANDS = [{"bands": [0, 1, 5, 15, 65]}, {"bands": [0, 15, 65]}, {"all": True}]
MAPS = [
    {"map": {"a": "vocal", "e": "vocal", "b": "otra"}},
    {"map": {"a": "letra", "e": "letra", "b": "letra"}},
]
FIELDS: list[tuple[dict[str, Any], list[Any]]] = [
    (field("x", type="date", hierarchy=TIME), ["2023-01-31", "2023-12-01", "2024-05-05", None]),
    (field("x", hierarchy=PLACE), ["0101", "1601", "2217", None]),
    (field("x", hierarchy=PLACE[1:]), ["01", "09", "14", "22", None]),
    (field("x", hierarchy=PLACE[1:]), ["0101", "1601", "2217", None]),
    (field("x", hierarchy=PLACE[2:]), ["01", "22", None]),
    (field("x", type="integer", hierarchy=BANDS), [0, 3, 14, 15, 90, None]),
    (field("x", hierarchy=MAPS), ["a", "e", "b", None]),
    (field("x", hierarchy=[{"prefix": 3}, {"prefix": 1}, {"all": True}]), ["8711209", "8703", "1234", None]),
]


def declared(one: dict[str, Any]) -> FieldSpec:
    made = contract(
        {"tabla": [one, field("y")]},
        {"tables": [{"kind": "microdata", "resource": "tabla", "quasi_identifiers": ["x", "y"], "k": 2}]},
    )
    return made.resources[0].fields[0]


@pytest.mark.parametrize(("one", "values"), FIELDS)
def test_labels_of_each_level_are_recognised_and_coarsened(one: dict[str, Any], values: list[Any]) -> None:
    spec = declared(one)
    depth = len(spec.hierarchy)
    with connected({"tabla": {"x": values}}) as connection:
        typed = "CAST(x AS DATE)" if spec.type == "date" else "x"
        for level in range(depth + 1):
            connection.execute(
                f"CREATE OR REPLACE TABLE told AS SELECT {label(spec, level, typed)} AS x FROM raw_tabla"
            )
            assert published_level(connection, "told", spec) == level
            for above in range(level, depth + 1):
                got = connection.execute(f"SELECT {coarser(spec, level, above, 'x')} FROM told").fetchall()
                expected = connection.execute(f"SELECT {label(spec, above, typed)} FROM raw_tabla").fetchall()
                given = [value for value in values if value is not None]
                # A missing value has no label to read back; what is left agrees.
                assert got[: len(given)] == expected[: len(given)]


def test_labels_of_an_older_hierarchy_are_of_no_level() -> None:
    spec = declared(field("x", type="integer", hierarchy=BANDS))
    with connected({"tabla": {"x": ["0-14", "15-59", "60+"]}}) as connection:
        assert published_level(connection, "raw_tabla", spec) is None


@pytest.mark.parametrize("code", ["00", "23", "1", "011"])
def test_what_is_no_department_is_of_no_level(code: str) -> None:
    spec = declared(field("x", hierarchy=PLACE[1:]))
    with connected({"tabla": {"x": ["01", code]}}) as connection:
        assert published_level(connection, "raw_tabla", spec) is None


def test_band_labels_are_those_of_the_macro() -> None:
    bounds = [0, 1, 5, 15, 65]
    with connected({"tabla": {"x": [0, 2, 7, 30, 90]}}) as connection:
        rows = connection.execute(f"SELECT band_label(x, {bounds}) FROM raw_tabla").fetchall()
    assert [row[0] for row in rows] == band_labels(bounds)
