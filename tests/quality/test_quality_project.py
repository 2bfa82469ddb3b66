"""The project's own suites stop what they were written for, on tables shaped like the real ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from quality_scene import leave_tables

from apertura.errors import QualityError
from apertura.quality import validate
from apertura.quality.kinds import KINDS
from apertura.quality.suites import load_suite
from apertura.runs.context import Context

SAT = {
    "pais_procedencia": "'CHINA'",
    "aduana": "'PUERTO QUETZAL'",
    "fecha_poliza": "DATE '2019-01-07'",
    "partida_arancelaria": "'8711209000'",
    "modelo": "CAST(2019 AS BIGINT)",
    "marca": "'QUETZALMOTO'",
    "linea": "'QM 150'",
    "centimetros_cubicos": "CAST(150 AS DECIMAL(12,2))",
    "distintivo": "'LIVIANO'",
    "tipo_vehiculo": "'MOTO'",
    "tipo_importador": "'OCASIONAL'",
    "tipo_combustible": "'GASOLINA'",
    "asientos": "CAST(2 AS BIGINT)",
    "puertas": "CAST(0 AS BIGINT)",
    "tonelaje": "CAST(0 AS DECIMAL(12,4))",
    "valor_cif": "CAST(6200 AS DECIMAL(18,2))",
    "impuesto": "CAST(744 AS DECIMAL(18,2))",
}
MINEDUC = {
    "codigo": "'00-07-0001-46'",
    "distrito": "'01-403'",
    "departamento_codigo": "'01'",
    "departamento": "'Guatemala'",
    "municipio_codigo": "'0101'",
    "municipio": "'Guatemala'",
    "zona": "CAST(7 AS BIGINT)",
    "nombre": "'INSTITUTO DE PRUEBA'",
    "direccion": "'1A. CALLE 2-03 ZONA 7'",
    "telefono": "'22324455; 66335544'",
    "nivel": "'DIVERSIFICADO'",
    "sector": "'OFICIAL'",
    "area": "'URBANA'",
    "estado": "'ABIERTA'",
    "modalidad": "'MONOLINGUE'",
    "jornada": "'MATUTINA'",
    "plan": "'DIARIO(REGULAR)'",
    "direccion_departamental": "'GUATEMALA NORTE'",
}
OJ = {
    "lugar_codigo": "'R2'",
    "lugar": "'Norte'",
    "anio_sentencia": "'2022'",
    "delito": "'ROBO AGRAVADO'",
    "sexo": "'H'",
    "edad": "'18-29'",
    "sentido": "'CONDENATORIA'",
    "pena_meses": "'36-59'",
}
TABLES = {
    "sat/importacion-vehiculos": SAT,
    "mineduc/establecimientos-diversificado": MINEDUC,
    "oj/sentencias": OJ,
}

WRONG = [
    # columns shifted at the source; a date read the wrong way round
    ("sat/importacion-vehiculos", {"impuesto": "CAST(7000 AS DECIMAL(18,2))"}, "valor_cif, impuesto"),
    ("sat/importacion-vehiculos", {"fecha_poliza": "DATE '2007-01-19'"}, "fecha_poliza"),
    ("sat/importacion-vehiculos", {"partida_arancelaria": "' 8711209000'"}, "partida_arancelaria"),
    # a mobile telephone, a municipality of another department, a zone outside the capital
    ("mineduc/establecimientos-diversificado", {"telefono": "'22324455; 55667788'"}, "telefono"),
    ("mineduc/establecimientos-diversificado", {"municipio_codigo": "'1601'"}, "municipio_codigo"),
    ("mineduc/establecimientos-diversificado", {"municipio_codigo": "'0102'"}, "zona"),
    (
        "mineduc/establecimientos-diversificado",
        {"departamento": "'Petén'"},
        "departamento_codigo, departamento",
    ),
    # what the law keeps out, a value finer than its generalisation, a place of another name
    ("oj/sentencias", {"delito": "'AGRESIÓN SEXUAL'"}, "delito"),
    ("oj/sentencias", {"delito": "'Violación agravada'"}, "delito"),
    ("oj/sentencias", {"lugar": "'Petén'"}, "lugar_codigo, lugar"),
    ("oj/sentencias", {"anio_sentencia": "'2022-03'"}, "anio_sentencia"),
    ("oj/sentencias", {"pena_meses": "'37'"}, "pena_meses"),
    ("oj/sentencias", {"sentido": "'A FAVOR DE MARTA'"}, "sentido"),
    ("oj/sentencias", {"sentido": "'ABSOLUTORIA'"}, "pena_meses"),
]


def select(row: dict[str, str]) -> str:
    return "SELECT " + ", ".join(f"{value} AS {name}" for name, value in row.items())


@pytest.mark.parametrize("dataset", TABLES)
def test_a_right_row_passes(make_context: Callable[..., Context], dataset: str) -> None:
    ctx = make_context(dataset)
    leave_tables(ctx, select(TABLES[dataset]))
    assert validate(ctx).outcome == "done"


@pytest.mark.parametrize(("dataset", "change", "column"), WRONG)
def test_a_wrong_row_publishes_nothing(
    make_context: Callable[..., Context], dataset: str, change: dict[str, str], column: str
) -> None:
    ctx = make_context(dataset)
    leave_tables(ctx, select({**TABLES[dataset], **change}))
    with pytest.raises(QualityError) as caught:
        validate(ctx)
    assert f"{dataset.split('/')[1]}.{column}: expect_" in caught.value.message


@pytest.mark.parametrize("dataset", TABLES)
def test_a_suite_is_written_for_readers(make_context: Callable[..., Context], dataset: str) -> None:
    suite = load_suite(make_context(dataset).dataset)
    assert {item.severity for item in suite} == {"critical", "warning", "info"}
    for item in suite:
        assert item.type in KINDS
        assert item.description.endswith(".") and item.description[0].isupper()
