"""Packages: the published tables put together again, record by record, with nothing that is not in them."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from apertura.contract.package import Package, refuse_unfit_packages
from apertura.errors import EngineError
from apertura.publish.packages import write_package

PACKAGE: dict[str, Any] = {
    "name": "ocds",
    "title": "Paquete",
    "description": "Un paquete de prueba.",
    "standard": "OCDS 1.1",
    "records": "releases",
    "head": {"uri": "urn:x:{version}", "at": ["{taken}", 1], "nested": {"a": None}},
    "tables": [
        {
            "resource": "procesos",
            "key": ["id"],
            "paths": {
                "id": "id",
                "date": "fecha",
                "tag[]": "etiquetas",
                "value.amount": "monto",
                "on": "dia",
            },
        },
        {
            "resource": "lotes",
            "rows": "tender.items[]",
            "key": ["proceso"],
            "paths": {"id": "lote", "q": "cantidad"},
        },
        {"resource": "premios", "rows": "awards[]", "key": ["proceso"], "paths": {"id": "premio"}},
        {
            "resource": "ganadores",
            "rows": "awards[].suppliers[]",
            "key": ["proceso", "premio"],
            "paths": {"id": "quien", "ok": "activo"},
        },
    ],
}


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    database = duckdb.connect()
    database.execute(
        """
        CREATE TABLE procesos AS FROM (VALUES
            ('p2', TIMESTAMP '2026-04-01 11:01:29', 'tender; award', 12345678901234567.10::DECIMAL(20, 2),
             DATE '2026-04-01'),
            ('p1', NULL, 'tender', NULL, NULL)
        ) AS t(id, fecha, etiquetas, monto, dia);
        CREATE TABLE lotes AS FROM (VALUES ('p1', 'b', 1), ('p1', 'a', 2), ('p2', 'ñ"', 3))
            AS t(proceso, lote, cantidad);
        CREATE TABLE premios AS FROM (VALUES ('p2', 'x'), ('p2', 'y')) AS t(proceso, premio);
        CREATE TABLE ganadores AS FROM (VALUES ('p2', 'y', 'q', true), ('p2', 'y', 'r', NULL))
            AS t(proceso, premio, quien, activo)
        """
    )
    return database


NAMES = {name: name for name in ("procesos", "lotes", "premios", "ganadores")}
SAID = {"version": "v1", "taken": "2026-01-01T00:00:00+00:00"}


def written(connection: duckdb.DuckDBPyConnection, folder: Path, **changes: Any) -> tuple[int, Any, str]:
    target = folder / "ocds.json"
    count = write_package(connection, Package.model_validate(PACKAGE | changes), NAMES, target, SAID)
    content = target.read_text("utf-8")
    return count, json.loads(content, parse_float=Decimal), content


def test_rows_go_back_to_where_they_came_from(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    count, document, _ = written(connection, tmp_path)
    assert count == 2
    assert document == {
        "uri": "urn:x:v1",
        "at": ["2026-01-01T00:00:00+00:00", 1],
        "nested": {"a": None},
        "releases": [
            {"id": "p1", "tag": ["tender"], "tender": {"items": [{"id": "a", "q": 2}, {"id": "b", "q": 1}]}},
            {
                "id": "p2",
                "date": "2026-04-01T11:01:29-06:00",
                "tag": ["tender", "award"],
                "value": {"amount": Decimal("12345678901234567.10")},
                "on": dt.date(2026, 4, 1).isoformat(),
                "tender": {"items": [{"id": 'ñ"', "q": 3}]},
                "awards": [{"id": "x"}, {"id": "y", "suppliers": [{"id": "q", "ok": True}, {"id": "r"}]}],
            },
        ],
    }


def test_the_same_tables_give_the_same_bytes_whatever_their_order(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    first = written(connection, tmp_path)[2]
    connection.execute("CREATE OR REPLACE TABLE lotes AS FROM lotes ORDER BY lote DESC")
    assert written(connection, tmp_path)[2] == first


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO lotes VALUES ('p0', 'a', 1)",
        "INSERT INTO lotes VALUES ('p9', 'a', 1)",
        "INSERT INTO ganadores VALUES ('p2', 'z', 'a', true)",
        "INSERT INTO procesos (id) VALUES ('p1')",
        "INSERT INTO procesos (id) VALUES (NULL)",
    ],
)
def test_tables_that_do_not_fit_together_are_an_error(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, change: str
) -> None:
    connection.execute(change)
    with pytest.raises(EngineError, match="do not fit together"):
        written(connection, tmp_path)


@pytest.mark.parametrize(
    "tables",
    [
        [],
        PACKAGE["tables"][1:],
        [*PACKAGE["tables"], PACKAGE["tables"][0]],
        [PACKAGE["tables"][0], PACKAGE["tables"][3] | {"key": ["proceso"]}],
        [PACKAGE["tables"][0] | {"paths": {"a..b": "id"}}],
        [PACKAGE["tables"][0], PACKAGE["tables"][1] | {"rows": "items"}],
    ],
)
def test_a_package_that_makes_no_sense_is_refused(tables: list[Any]) -> None:
    with pytest.raises(ValidationError):
        Package.model_validate(PACKAGE | {"tables": tables})


def test_a_package_names_what_is_published_only() -> None:
    with pytest.raises(ValueError, match="there is no resource procesos"):
        refuse_unfit_packages([Package.model_validate(PACKAGE)], [])
    with pytest.raises(ValueError, match="a name of its own"):
        refuse_unfit_packages([Package.model_validate(PACKAGE)] * 2, [])
