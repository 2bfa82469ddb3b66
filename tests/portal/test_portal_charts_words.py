"""What a chart tells in words reads as people in Guatemala would say it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from charts_scene import one_chart, text_in
from matter_scene import bucket, field


def test_days_are_told_in_words(tmp_path: Path) -> None:
    days = [(dt.date(2020, 2, n),) for n in (1, 2, 2, 3, 3, 3)]

    chart = one_chart(bucket(tmp_path), [field("fecha", "date")], days, kind="line", x="fecha")

    assert "por día, del 1 de febrero de 2020 al 3 de febrero de 2020 (3 días)" in chart.text
    assert "El valor más alto es 3 filas, el 3 de febrero de 2020; " in chart.text
    assert chart.data.rows[0] == ("01/02/2020", "1")


@pytest.mark.parametrize(
    ("unit", "told", "axis"),
    [
        ("GTQ", "Q8", "(quetzales)"),
        ("USD", "US$8", "(dólares)"),
        ("GTQ por USD", "Q8 por dólar", "(quetzales por dólar)"),
        ("GTQ por kg", "Q8 por kg", "(quetzales por kg)"),
        ("mm", "8 mm", "(mm)"),
    ],
)
def test_money_is_told_as_people_say_it(tmp_path: Path, unit: str, told: str, axis: str) -> None:
    fields = [field("clase"), field("valor", "integer", unit=unit)]

    chart = one_chart(bucket(tmp_path), fields, [("a", 8), ("b", 5)], measure="mean", y="valor")

    assert "Promedio de «Valor» por clase" in chart.text
    assert f"El mayor es a, con {told}; " in chart.text
    assert f"Valor {axis}" in text_in(chart.svg)


def test_codes_have_the_names_that_the_view_gives_them(tmp_path: Path) -> None:
    rows = [("works",), ("goods",), ("goods",), ("otro",)]

    chart = one_chart(
        bucket(tmp_path), [field("clase")], rows, labels={"goods": "Bienes", "works": "Obras"}, order="x"
    )

    assert chart.data.rows == (("Bienes", "2"), ("otro", "1"), ("Obras", "1"))
    assert "El mayor es Bienes, con 2 filas" in chart.text
    assert "Bienes" in text_in(chart.svg) and "goods" not in text_in(chart.svg)


def test_lines_have_the_names_that_the_view_gives_them(tmp_path: Path) -> None:
    rows = [(year, kind) for year in (2019, 2020) for kind in ("a", "b", "b")]

    chart = one_chart(
        bucket(tmp_path),
        [field("anio", "integer"), field("tipo")],
        rows,
        kind="line",
        x="anio",
        by="tipo",
        unit="hechos",
        labels={"a": "Aguda"},
    )

    assert chart.data.header == ("Anio", "b: Hechos", "Aguda: Hechos")
    assert "Aguda: el valor es siempre 1 hecho." in chart.text


def test_bars_in_an_order_of_their_own_are_not_called_the_largest(tmp_path: Path) -> None:
    rows = [("15-19",), ("20-24",), ("25-29",), ("25-29",)]

    chart = one_chart(bucket(tmp_path), [field("clase")], rows, order="x", top=2)

    assert "por clase: los 2 primeros de 3 valores." in chart.text


def test_a_month_is_not_compared_with_another_of_another_season(tmp_path: Path) -> None:
    rows = [(f"2022-{month:02d}", month) for month in range(1, 13)] + [("2023-01", 1), ("2023-02", 30)]
    fields = [field("mes"), field("n", "integer", unit="casos")]

    chart = one_chart(bucket(tmp_path), fields, rows, kind="line", x="mes", measure="sum", y="n")

    assert "pasó de" not in chart.text


def test_temperatures_change_by_degrees_and_not_by_per_cent(tmp_path: Path) -> None:
    fields = [field("anio", "integer"), field("n", "integer", unit="°C")]

    chart = one_chart(
        bucket(tmp_path), fields, [(2020, 20), (2021, 22)], kind="line", x="anio", measure="mean", y="n"
    )

    assert "Entre 2020 y 2021 pasó de 20 °C a 22 °C." in chart.text
