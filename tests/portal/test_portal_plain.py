"""Quality and privacy of a release, told so that a person without training understands."""

from __future__ import annotations

import dataclasses
from typing import Any

from matter_scene import entry

from apertura.catalogue.model import Entry, Table
from apertura.portal.plain import privacy, quality


def dataset(*names: str, **more: Any) -> Entry:
    tables = [Table(name, name.capitalize(), "", 9, {"fields": []}, ()) for name in names]
    return dataclasses.replace(entry(*tables), **more)


def repeated(*found: tuple[str, object]) -> dict[str, Any]:
    measured = [{"metrica": "filas_repetidas", "valor": value, "recurso": name} for name, value in found]
    return {"dimensiones": {"unicidad": {"mediciones": measured}}}


def test_equal_rows_are_told_with_their_table() -> None:
    one = dataset("choques", "personas", quality=repeated(("choques", 0), ("personas", 2465)))

    (told,) = quality(one)

    assert "en todas sus columnas: 2,465 en Personas." in told.text


def test_equal_rows_of_a_single_table_are_a_number_alone() -> None:
    (told,) = quality(dataset("choques", quality=repeated(("choques", "<5"))))

    assert "en todas sus columnas: <5." in told.text


def test_equal_rows_of_a_protected_table_are_its_purpose() -> None:
    protection = {"modelos": [{"recurso": "personas"}]}
    one = dataset("personas", quality=repeated(("personas", 25)), privacy={"proteccion": protection})

    (told,) = quality(one)

    assert (told.title, told.good) == ("Filas iguales", None)
    assert "Así se protege a las personas" in told.text


def test_records_that_are_public_elsewhere_are_told_where_protection_is() -> None:
    elsewhere = {
        "titulo": "Archivo de 2019",
        "que": "registros originales",
        "consecuencia": "Ya son públicos.",
    }
    totals = {"titulo": "Anuario", "que": "totales", "consecuencia": "Se toman como conocidos."}
    one = dataset("casos", privacy={"publicaciones_anteriores": [elsewhere, totals]})

    told = {line.title: line.text for line in privacy(one)}

    assert told["Lo que ya es público"] == "Archivo de 2019. Ya son públicos."
    assert not any("Anuario" in text for text in told.values())
