"""Charts: drawn from published rows, protected never as zero, told in words, safe whatever the data say."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from charts_scene import PLACED, Fields, Rows, one_chart, text_in, view
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from matter_scene import bucket, counted, entry, field, money, table

from apertura.errors import StorageError
from apertura.portal.charts import charts
from apertura.portal.charts_bar import bar
from apertura.portal.charts_data import after, gather, scale_of, start
from apertura.portal.charts_line import line
from apertura.portal.charts_map import tile_map
from apertura.portal.charts_svg import ACCENT, HATCH, LARGEST
from apertura.portal.charts_words import Words, alternative, words_of
from apertura.portal.charts_words import table as data_of
from apertura.portal.maps import COLUMNS, DEPARTMENTS, ROWS
from apertura.portal.published import reading
from apertura.storage import Bucket


def test_bars_count_rows_largest_first(tmp_path: Path) -> None:
    rows = [("norte",)] * 3 + [("sur",)] + [("este",)] * 2

    chart = one_chart(bucket(tmp_path), [field("clase")], rows, unit="hechos")

    assert chart.data.header == ("Clase", "Hechos")
    assert chart.data.rows == (("norte", "3"), ("este", "2"), ("sur", "1"))
    assert "Número de hechos por clase: 3 valores." in chart.text
    assert "El mayor es norte, con 3 hechos (50 % del total); el menor, sur, con 1 hecho." in chart.text


def test_bars_in_the_order_of_numbers(tmp_path: Path) -> None:
    chart = one_chart(bucket(tmp_path), [field("clase", "integer")], [(10,), (9,), (9,), (1,)], order="x")

    assert [row[0] for row in chart.data.rows] == ["1", "9", "10"]
    assert "El mayor es clase 9, con 2 filas" in chart.text


def test_bars_show_the_top_and_say_of_how_many(tmp_path: Path) -> None:
    rows = [(f"c{n:02d}",) for n in range(20) for _ in range(n + 1)]

    chart = one_chart(bucket(tmp_path), [field("clase")], rows, top=5)

    assert [row[0] for row in chart.data.rows] == ["c19", "c18", "c17", "c16", "c15"]
    assert "los 5 mayores de 20 valores" in chart.text
    assert "; el menor de los mostrados, c15, con 16 filas." in chart.text


def test_a_sum_with_protected_cells_is_a_minimum_and_says_so(tmp_path: Path) -> None:
    rows = [("a", 10, None), ("a", None, "suprimido"), ("b", 7, None), ("c", None, "suprimido")]

    chart = one_chart(bucket(tmp_path), [field("clase"), *counted()], rows, measure="sum", y="casos")

    assert chart.protected
    assert chart.data.rows == (("a", "10 o más"), ("b", "7"), ("c", "protegido"))
    assert "Sin contar lo protegido, el mayor es a, con al menos 10 casos" in chart.text
    assert "2 celdas protegidas no se suman" in chart.text
    assert b"url(#protegido)" in chart.svg
    assert "10 o más" in text_in(chart.svg)
    assert "% del total" not in chart.text


def test_known_zeros_beside_protected_cells_are_no_zero(tmp_path: Path) -> None:
    rows = [("a", 0, None), ("a", None, "suprimido"), ("b", 0, None)]

    chart = one_chart(bucket(tmp_path), [field("clase"), *counted()], rows, measure="sum", y="casos")

    assert set(chart.data.rows) == {("a", "protegido"), ("b", "0")}


def test_a_table_whose_every_cell_is_protected_is_drawn_as_protected(tmp_path: Path) -> None:
    rows = [("a", None, "suprimido"), ("b", None, "suprimido")]

    chart = one_chart(bucket(tmp_path), [field("clase"), *counted()], rows, measure="sum", y="casos")

    assert [row[1] for row in chart.data.rows] == ["protegido", "protegido"]
    assert "Todos los valores están protegidos o faltan." in chart.text
    assert text_in(chart.svg).count("protegido") >= 2


def test_no_average_is_told_of_protected_cells(tmp_path: Path) -> None:
    rows = [("a", 10, None), ("a", None, "suprimido"), ("b", 4, None), ("b", 7, None)]

    chart = one_chart(bucket(tmp_path), [field("clase"), *counted()], rows, measure="mean", y="casos")

    assert chart.data.rows == (("b", "5.50"), ("a", "protegido"))


def test_lines_tell_extremes_and_the_change_between_whole_years(tmp_path: Path) -> None:
    rows = [
        (f"{year}-{month:02d}", float(year - 2000 + (month == 7)))
        for year in (2020, 2021)
        for month in range(1, 13)
    ]

    chart = one_chart(
        bucket(tmp_path), [field("mes"), money("monto")], rows, kind="line", x="mes", measure="sum", y="monto"
    )

    assert "de enero de 2020 a diciembre de 2021 (24 meses)" in chart.text
    assert "El valor más alto es Q22, en julio de 2021" in chart.text
    assert "Entre 2020 y 2021 pasó de Q241 a Q253 (aumento de 5.0 %)." in chart.text


def test_a_long_series_has_its_table_by_year(tmp_path: Path) -> None:
    rows = [(f"{year}-{month:02d}", year) for year in range(2000, 2010) for month in range(1, 13)]
    fields = [field("mes"), field("n", "integer", unit="casos")]

    chart = one_chart(bucket(tmp_path), fields, rows, kind="line", x="mes", measure="mean", y="n")

    assert chart.data.header[0] == "Año"
    assert chart.data.rows[0] == ("2000", "2,000")
    assert len(chart.data.rows) == 10
    assert "El eje vertical no empieza en cero." in chart.text


def test_a_line_breaks_where_a_moment_has_no_value(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    rows = [(2010, 5, None), (2011, 6, None), (2012, None, "suprimido"), (2013, 9, None), (2015, 9, None)]
    made = table(public, [field("anio", "integer"), *counted()], rows)
    wanted = view(kind="line", x="anio", measure="sum", y="casos")

    with reading(public, made) as source:
        gathered = gather(source, wanted)
    assert gathered is not None
    drawn = etree.fromstring(line(gathered, words_of(gathered, made.fields), "x"))

    runs = [one.get("d") for one in drawn.iter("{*}path") if one.get("stroke") == ACCENT]
    assert [run.count("L") for run in runs] == [1], "2010 to 2011; the others stand alone"
    assert len(list(drawn.iter("{*}circle"))) == 4
    hatched = [one for one in drawn.iter("{*}rect") if one.get("fill") == HATCH]
    assert len(hatched) == 1
    assert float(hatched[0].get("x")) == pytest.approx(520 * (730 - 183) / 1826, abs=0.1)  # about 2012
    assert float(hatched[0].get("width")) == pytest.approx(520 * 366 / 1826, abs=0.5)


def test_lines_by_series_are_told_apart_by_more_than_colour(tmp_path: Path) -> None:
    rows = [(year, kind, n) for year in (2019, 2020, 2021) for n, kind in enumerate("abcdef", 1)]
    fields = [field("anio", "integer"), field("tipo"), field("casos", "integer", unit="casos")]

    chart = one_chart(
        bucket(tmp_path), fields, rows, kind="line", x="anio", by="tipo", measure="sum", y="casos"
    )

    assert chart.data.header == ("Anio", "f: Casos", "e: Casos", "d: Casos", "c: Casos")
    assert "Se muestran las 4 series mayores." in chart.text
    assert b"stroke-dasharray" in chart.svg


def test_the_map_has_22_places_and_tells_which_have_no_data(tmp_path: Path) -> None:
    rows = [("01", "Guatemala", 8), ("17", "Petén", 3), ("GT", "Guatemala (país)", 1)]
    fields = [*PLACED, field("casos", "integer", unit="casos")]

    chart = one_chart(
        bucket(tmp_path), fields, rows, kind="map", x="departamento_codigo", measure="sum", y="casos"
    )

    drawn = text_in(chart.svg)
    assert all(one.name in drawn for one in DEPARTMENTS.values())
    assert drawn.count("sin datos") == 20
    assert "El mayor es Guatemala, con 8 casos; el menor, Petén, con 3 casos." in chart.text
    assert "Sin datos: El Progreso, " in chart.text


def test_a_map_of_equal_values_says_so(tmp_path: Path) -> None:
    rows = [("01", "Guatemala"), ("17", "Petén")]

    chart = one_chart(bucket(tmp_path), PLACED, rows, kind="map", x="departamento_codigo", unit="hechos")

    assert "Todos los que tienen datos tienen 1 hecho." in chart.text


def test_tiles_of_the_map_do_not_overlap() -> None:
    places = {(one.column, one.row) for one in DEPARTMENTS.values()}

    assert len(places) == len(DEPARTMENTS) == 22
    assert all(0 <= column < COLUMNS and 0 <= row < ROWS for column, row in places)


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    hostile = [
        "<script>alert(1)</script>",
        "]]></svg><script/>",
        "\"'&amp;",
        "x" * 5000,
        "datum.v",
        "áéñ 漢字",
    ]
    rows = [(one,) for n, one in enumerate(hostile) for _ in range(n + 1)]

    chart = one_chart(bucket(tmp_path), [field("clase")], rows, title="<b>T</b>")

    tree = etree.fromstring(chart.svg)
    assert not [one for one in tree.iter() if one.tag.endswith("script")]
    assert "<script>alert(1)</script>" in text_in(chart.svg)
    assert "x" * 61 not in chart.text
    assert len(chart.svg) <= LARGEST


def test_a_declared_filter_keeps_other_rows_out(tmp_path: Path) -> None:
    rows = [("a", "x"), ("b", "x"), ("a", "' OR true --")]

    chart = one_chart(bucket(tmp_path), [field("clase"), field("tipo")], rows, filters={"tipo": "x"})

    assert chart.data.rows == (("a", "1"), ("b", "1"))


def test_rows_without_the_category_are_told_and_not_drawn(tmp_path: Path) -> None:
    chart = one_chart(bucket(tmp_path), [field("clase")], [("a",), ("b",), (None,), (None,)])

    assert chart.data.rows == (("a", "1"), ("b", "1"))
    assert "Además hay 2 filas sin este dato, que no se dibujan." in chart.text


def test_dates_are_put_together_by_month(tmp_path: Path) -> None:
    days = [(dt.date(2020, 1, 1) + dt.timedelta(days=n),) for n in range(400)]

    chart = one_chart(bucket(tmp_path), [field("fecha", "date")], days, kind="line", x="fecha")

    assert chart.data.rows[:2] == (("enero de 2020", "31"), ("febrero de 2020", "29"))


def test_the_same_rows_draw_the_same_bytes(tmp_path: Path) -> None:
    rows = [("a", 1.5), ("b", 2.25), ("c", 9.75)]
    fields = [field("clase"), money("monto")]

    drawn = {one_chart(bucket(tmp_path), fields, rows, measure="sum", y="monto").svg for _ in range(2)}

    assert len(drawn) == 1


def test_a_chart_is_an_immutable_object_named_by_its_bytes(tmp_path: Path) -> None:
    chart = one_chart(bucket(tmp_path), [field("clase")], [("a",), ("b",)])

    found = chart.artifact("prueba/cosas")

    assert found.immutable
    assert found.key.startswith("graficos/prueba/cosas/v.")
    assert found.data == chart.svg


def test_an_svg_names_itself_and_asks_for_nothing(tmp_path: Path) -> None:
    svg = one_chart(bucket(tmp_path), [field("clase")], [("a",), ("b",)], title="Cosas & más").svg

    tree = etree.fromstring(svg)
    assert tree.get("role") == "img"
    assert tree[0].text == "Cosas & más"
    assert b"href" not in svg
    assert b"prefers-color-scheme:dark" in svg


def test_a_view_that_the_release_cannot_fill_is_left_out(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    made = table(public, [field("clase")], [("a",), ("b",)])
    views = [view(), view(name="otra", x="nueva"), view(name="ajena", resource="otra-tabla")]
    contract: Any = SimpleNamespace(views=views)

    assert [one.name for one in charts(public, entry(made, contract=contract))] == ["v"]


def test_an_empty_table_has_no_charts(tmp_path: Path) -> None:
    public = bucket(tmp_path)

    assert charts(public, entry(table(public, [field("clase"), *PLACED], []))) == []


def test_a_table_that_is_gone_is_an_error_in_our_words(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    made = table(public, [field("clase")], [("a",), ("b",)])
    public.delete(made.files[0].permanent)

    with pytest.raises(StorageError, match="gone"):
        charts(public, entry(made))


def test_rows_taken_out_to_protect_people_are_told_and_no_trend_is(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    made = table(public, [field("anio")], [("2019",), ("2020",), ("2020",), ("2021",)])
    one = dataclasses.replace(
        entry(made), privacy={"proteccion": {"tablas": [{"recurso": "cosas", "tipo": "registros"}]}}
    )

    (chart,) = charts(public, one)

    assert "no están, y son más en unos grupos que en otros" in chart.text
    assert "pasó de" not in chart.text


class TestSuggested:
    """What is drawn where the contract declares no views."""

    def kinds(self, public: Bucket, fields: Fields, rows: Rows, **more: Any) -> list[str]:
        return [one.kind for one in charts(public, entry(table(public, fields, rows, **more)))]

    def test_a_table_of_things_has_time_map_and_categories(self, tmp_path: Path) -> None:
        fields = [field("fecha", "date"), *PLACED, field("tipo")]
        rows = [(dt.date(2020, 1, n), f"0{n}", "x", "a" if n % 2 else "b") for n in range(1, 9)]

        assert self.kinds(bucket(tmp_path), fields, rows) == ["line", "map", "bar"]

    def test_rates_are_neither_added_up_nor_counted(self, tmp_path: Path) -> None:
        fields = [*PLACED, field("municipio_codigo"), field("tasa", "number", unit="índice de 0 a 1")]
        rows = [("01", "Guatemala", f"01{n:02d}", 0.5) for n in range(9)]

        assert self.kinds(bucket(tmp_path), fields, rows, key=["municipio_codigo"]) == []

    def test_one_rate_by_moment_is_a_line(self, tmp_path: Path) -> None:
        fields = [field("periodo"), field("cambio", "number", unit="GTQ por USD")]
        rows = [(f"2020-{n:02d}", 7.5) for n in range(1, 10)]

        assert self.kinds(bucket(tmp_path), fields, rows, key=["periodo"]) == ["line"]


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (["2020", "1999"], "year"),
        (["2020-01", "2020-12"], "month"),
        (["2020-T1"], "quarter"),
        (["2020-02-29"], "day"),
        (["2020-13"], None),
        (["2020", "2020-01"], None),
        (["0000"], None),
        (["9999-12-31"], None),
        (["20200101"], None),
    ],
)
def test_what_texts_are_moments(values: list[str], scale: str | None) -> None:
    assert scale_of(values) == scale


@given(st.dates(dt.date(1000, 1, 1), dt.date(2999, 12, 31)))
def test_a_moment_ends_where_the_next_begins(day: dt.date) -> None:
    texts = {
        "year": f"{day:%Y}",
        "month": f"{day:%Y-%m}",
        "quarter": f"{day:%Y}-T{(day.month + 2) // 3}",
        "day": day.isoformat(),
    }
    for scale, text in texts.items():
        begins = start(text.zfill(len(text)), scale)
        assert begins <= day < after(begins, scale)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["01", "02", "17", "99", None]),
            st.one_of(st.none(), st.integers(-(10**12), 10**12)),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_what_is_shown_is_the_sum_of_the_published_values(tmp_path: Path, rows: Rows) -> None:
    public = bucket(tmp_path)
    stated = [(code, n, "suprimido" if n is None and hidden else None) for code, n, hidden in rows]
    fields = [field("departamento_codigo"), *counted()]
    wanted = view(kind="map", x="departamento_codigo", measure="sum", y="casos")

    with reading(public, table(public, fields, stated)) as source:
        gathered = gather(source, wanted)

    for point in gathered.points if gathered else ():
        own = [row for row in stated if row[0] == point.x]
        known = [row[1] for row in own if row[1] is not None]
        assert point.hidden == sum(row[2] is not None for row in own)
        expected = sum(known) if known and not (point.hidden and sum(known) == 0) else None
        assert point.value == expected
    if gathered:
        words = Words("Casos", "casos", "Departamento")
        etree.fromstring(tile_map(gathered, words, "x"))
        etree.fromstring(bar(gathered, words, "x"))
        assert alternative(gathered, words)
        assert data_of(gathered, words)[0] == ("Departamento", "Casos")


@pytest.mark.parametrize("letter", ["\x01", "\x1b", "\x7f", "\ufffe", "\uffff"])
def test_a_letter_that_xml_cannot_hold_does_not_end_the_process(tmp_path: Path, letter: str) -> None:
    hostile, public = f"a{letter}b", bucket(tmp_path)
    fields = [field("año"), field("clase"), field("monto", "integer")]
    rows = [(str(year), one, year) for year in (2020, 2021) for one in (hostile, "c")]

    drawn = [
        one_chart(public, [field("clase")], [(hostile,), ("c",)], title=f"T{letter}"),
        one_chart(public, fields, rows, kind="line", x="año", measure="sum", y="monto", by="clase"),
    ]

    for chart in drawn:
        etree.fromstring(chart.svg)
