"""Wide sources become long: dates as columns, layouts with patterns of their own, cells that hold nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from prepare_scene import MakeContext, column, dataset, give, run, table, transient

from apertura.contract import Dataset
from apertura.errors import ReaderError
from apertura.prepare.deidentify import deidentify
from apertura.settings import Settings
from examples import examples

STATIONS = {
    "pattern": r"(?P<estacion>E\d) [A-Z]+",
    "value": "ancho",
    "groups": {"estacion": "estacion_ancho"},
}
NAMED = {
    "pattern": r"(?P<variable>lluvia|viento)",
    "value": "largo",
    "groups": {"variable": "variable_larga"},
}


def fed(name: str) -> dict[str, object]:
    return column(name, source=None)


def both(settings: Settings, **resource: object) -> Dataset:
    """Stations as columns under two header rows, or variables as columns under one."""
    fields = [
        column("estacion", derive={"macro": "first_text", "of": ["estacion_ancho", "estacion_larga"]}),
        column("variable", derive={"macro": "first_text", "of": ["variable_ancha", "variable_larga"]}),
        fed("estacion_ancho"),
        transient("estacion_larga", source={"largo": "id"}),
        transient("variable_ancha", source={"ancho": "V V"}),
        fed("variable_larga"),
        fed("ancho"),
        fed("largo"),
    ]
    wide = {"name": "ancho", "reader": {"format": "delimited", "header_rows": 2}}
    patterns = {"patterns": [STATIONS, NAMED]}
    return dataset(settings.home, fields, patterns | resource, layouts=[wide, {"name": "largo"}])


WIDE = b"V,E1,E2\nV,UNO,DOS\nlluvia,1,\nviento,  ,4\n"
LONG = b"id,lluvia,viento\nE1,5,\nE3,,8\n"


def told(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    names = ("estacion_ancho", "estacion_larga", "variable_ancha", "variable_larga", "ancho", "largo")
    return sorted((tuple(row[name] for name in names) for row in rows), key=str)


def test_layouts_with_patterns_of_their_own_become_one_table(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx = make_context(both(settings, drop_empty_cells=True))
    give(ctx, {"a.csv": WIDE, "b.csv": LONG})
    result = deidentify(ctx, "_")
    assert told(table(ctx, "deidentify")) == sorted(
        [
            ("E1", None, "lluvia", None, "1", None),
            ("E2", None, "viento", None, "4", None),
            (None, "E1", None, "lluvia", None, "5"),
            (None, "E3", None, "viento", None, "8"),
        ],
        key=str,
    )
    assert (result.counts["rows_in"], result.counts["rows_out"]) == (4, 4)


def test_empty_cells_are_rows_unless_the_contract_says_otherwise(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx = make_context(both(settings))
    give(ctx, {"a.csv": WIDE, "b.csv": LONG})
    deidentify(ctx, "_")
    assert len(table(ctx, "deidentify")) == 8


def test_a_station_that_the_pattern_does_not_know_stops_the_run(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx = make_context(both(settings))
    give(ctx, {"a.csv": WIDE.replace(b"E2", b"Marta"), "b.csv": LONG})
    with pytest.raises(ReaderError, match="fits none of the 2 layouts") as caught:
        deidentify(ctx, "_")
    assert "Marta" not in str(caught.value)


def dates(settings: Settings, **resource: object) -> Dataset:
    fields = [
        column("lugar"),
        transient("dia_fuente", source=None),
        column("dia", type="date", derive={"macro": "date_mdy", "of": ["dia_fuente"]}),
        column("casos", source=None, type="integer"),
    ]
    pattern = {"pattern": r"(?P<d>\d{1,2}/\d{1,2}/20\d\d)", "value": "casos", "groups": {"d": "dia_fuente"}}
    return dataset(settings.home, fields, {"patterns": [pattern]} | resource)


def test_a_thousand_dates_as_columns_become_rows(make_context: MakeContext, settings: Settings) -> None:
    days = [dt.date(2020, 3, 15) + dt.timedelta(number) for number in range(1_008)]
    header = ",".join(f"{day.month}/{day.day}/{day.year}" for day in days)
    lines = [f"{place}," + ",".join(str(n % 7 + place) for n in range(1_008)) for place in range(30)]
    rows = run(make_context(dates(settings)), f"lugar,{header}\n" + "\n".join(lines) + "\n")
    assert len(rows) == 30 * 1_008
    assert {row["dia"] for row in rows} == set(days)
    assert sum(row["casos"] for row in rows) == sum(n % 7 + p for p in range(30) for n in range(1_008))


@hypothesis_settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    cells=st.lists(
        st.lists(st.sampled_from(["", " ", "0", "1", "27"]), min_size=3, max_size=3), min_size=1, max_size=5
    )
)
def test_each_cell_that_is_written_is_one_row(
    make_context: MakeContext, settings: Settings, cells: list[list[str]]
) -> None:
    ctx = make_context(dates(settings, drop_empty_cells=True))
    lines = "".join(f"L{number},{','.join(row)}\n" for number, row in enumerate(cells))
    give(ctx, {"a.csv": f"lugar,1/2/2020,1/3/2020,2/1/2020\n{lines}".encode()})
    deidentify(ctx, "_")
    written = [(f"L{number}", text) for number, row in enumerate(cells) for text in row if text.strip()]
    assert sorted((row["lugar"], row["casos"]) for row in table(ctx, "deidentify")) == sorted(written)
