"""A query becomes text columns: exact, read-only, parameters bound, nothing quoted in errors."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import hashlib
import logging
import os
import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apertura.errors import ContractError, SettingsError, SourceError, SourceUnavailableError
from apertura.sources.endpoint import Endpoint
from apertura.sources.sql import as_text, query_to_parquet

Ask = Callable[..., pa.Table]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "casos ñ%.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE casos (id INTEGER, fecha TEXT, delito TEXT, multa NUMERIC, peso REAL)"
        )
        rows = [
            (1, "2019-05-01", "hurto", 100, 0.1),
            (2, "2020-01-01", "O'Higgins: 50%", 1500.5, 1e22),
            (3, "2020-02-29", None, None, None),
        ]
        connection.executemany("INSERT INTO casos VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return path


@pytest.fixture
def ask(database: Path, tmp_path: Path) -> Ask:
    """Run a query of this text against the database; gives the Parquet it wrote."""

    def run(query: str, parameters: dict[str, str | int] | None = None, **extra: object) -> pa.Table:
        file = tmp_path / "query.sql"
        file.write_text(query, encoding="utf-8")
        target = tmp_path / "query.parquet"
        place = Endpoint.from_parts("sqlite", host=str(extra.pop("host", database)), extra=extra)
        query_to_parquet(place, file, parameters or {}, target, what="prueba/datos: connection oj_db")
        return pq.read_table(target)

    return run


def test_every_value_becomes_its_text_and_null_stays_null(ask: Ask) -> None:
    table = ask("SELECT * FROM casos ORDER BY id")
    assert set(table.schema.types) == {pa.string()}
    assert table.to_pydict() == {
        "id": ["1", "2", "3"],
        "fecha": ["2019-05-01", "2020-01-01", "2020-02-29"],
        "delito": ["hurto", "O'Higgins: 50%", None],
        "multa": ["100", "1500.5", None],
        "peso": ["0.1", "10000000000000000000000", None],
    }


def test_parameters_are_bound(ask: Ask) -> None:
    query = "SELECT id FROM casos WHERE fecha >= :desde AND id < :tope ORDER BY id"
    assert ask(query, {"desde": "2020-01-01", "tope": 3})["id"].to_pylist() == ["2"]
    assert ask(query, {"desde": "' OR 1=1 --", "tope": 3})["id"].to_pylist() == ["1", "2"]


def test_the_same_rows_give_the_same_bytes(ask: Ask, tmp_path: Path) -> None:
    digests = set()
    for _ in range(2):
        ask("SELECT * FROM casos ORDER BY id")
        digests.add(hashlib.sha256((tmp_path / "query.parquet").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_no_rows_are_a_table_with_its_columns(ask: Ask) -> None:
    table = ask("SELECT id, delito FROM casos WHERE id < 0")
    assert (table.num_rows, table.column_names) == (0, ["id", "delito"])


def test_more_rows_than_a_batch(ask: Ask) -> None:
    table = ask(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45000) SELECT i FROM n"
    )
    assert table["i"].to_pylist() == [str(n) for n in range(1, 45_001)]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM casos",
        "-- SELECT\nDROP TABLE casos",
        "/* x */ UPDATE casos SET id = 0",
        "SELECT 1; DELETE FROM casos",
        "PRAGMA query_only = OFF",
        "",
    ],
)
def test_only_one_select_is_accepted(ask: Ask, query: str) -> None:
    with pytest.raises(ContractError, match="not one SELECT"):
        ask(query)


def test_comments_and_texts_do_not_confuse_what_a_select_is(ask: Ask) -> None:
    table = ask("-- casos; de prueba\n/* DELETE */ WITH c AS (SELECT ';' AS x) SELECT x FROM c;\n")
    assert table["x"].to_pylist() == [";"]


def test_the_session_cannot_write_even_behind_a_with(ask: Ask, database: Path) -> None:
    before = database.read_bytes()
    with pytest.raises(SourceError, match="refuses the query"):
        ask("WITH n AS (SELECT 9 AS i) INSERT INTO casos (id) SELECT i FROM n")
    assert database.read_bytes() == before


def test_contract_and_query_agree_on_the_parameters(ask: Ask) -> None:
    with pytest.raises(
        ContractError, match=r"takes the parameters \['desde'\], the contract gives \['hasta'\]"
    ):
        ask("SELECT id FROM casos WHERE fecha >= :desde", {"hasta": "2020-01-01"})


def test_two_columns_of_one_name_are_refused(ask: Ask) -> None:
    with pytest.raises(ContractError, match="two columns one name"):
        ask("SELECT id, id FROM casos")


def test_bytes_have_no_text(ask: Ask) -> None:
    with pytest.raises(SourceError, match="column 2 of 2 holds bytes values") as caught:
        ask("SELECT id, x'636e7261' AS foto FROM casos")
    assert "cnra" not in str(caught.value)


def test_errors_tell_the_class_and_quote_nothing(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SourceError, match="OperationalError") as caught:
        ask("SELECT canario FROM personas_canario WHERE nombre = :nombre", {"nombre": "canario"})
    assert not caught.value.retryable
    assert "canario" not in str(caught.value)
    assert "canario" not in caplog.text


def test_a_lock_passes_and_is_worth_another_try(ask: Ask, database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SourceUnavailableError, match="does not answer now"):
            ask("SELECT id FROM casos", timeout_seconds=0.1)
    connection.close()


def test_a_database_that_is_not_there_is_not_created(ask: Ask, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError):
        ask("SELECT 1 AS x", host=tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("kind", ["http", "oracle", "mysql"])
def test_a_connection_without_driver_says_so(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "query.sql"
    file.write_text("SELECT 1 AS x")
    place = Endpoint.from_parts(kind, host="h.example", password="canario", connection_id="oj_db")
    with pytest.raises(SettingsError, match=f"oj_db: type {kind} has no database driver") as caught:
        query_to_parquet(place, file, {}, tmp_path / "x", what="prueba/datos")
    assert "canario" not in str(caught.value)


def test_a_missing_query_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"it has no query(.|\n)*sql/extract"):
        query_to_parquet(Endpoint("sqlite"), tmp_path / "none.sql", {}, tmp_path / "x", what="prueba/datos")


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_keeps_every_digit_and_has_no_exponent(value: decimal.Decimal) -> None:
    text = as_text(value)
    assert text is not None
    assert "E" not in text
    assert decimal.Decimal(text) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_given_back_by_its_text(value: float) -> None:
    text = as_text(value)
    assert text is not None
    assert float(text) == value
    assert "e" not in text


@given(st.datetimes() | st.dates() | st.times() | st.booleans() | st.integers() | st.text() | st.uuids())
def test_no_two_values_of_a_kind_share_a_text(value: object) -> None:
    text = as_text(value)
    readers: dict[type, Callable[[str], object]] = {
        dt.datetime: dt.datetime.fromisoformat,
        dt.date: dt.date.fromisoformat,
        dt.time: dt.time.fromisoformat,
        bool: lambda word: {"true": True, "false": False}[word],
        int: int,
        str: str,
        uuid.UUID: uuid.UUID,
    }
    assert text is not None
    assert readers[type(value)](text) == value


def test_a_time_with_a_zone_is_told_in_utc() -> None:
    local = dt.datetime(2020, 1, 1, 20, 0, tzinfo=dt.timezone(dt.timedelta(hours=-6)))
    assert as_text(local) == "2020-01-02T02:00:00+00:00"


@pytest.mark.parametrize("value", [b"x", memoryview(b"x"), [1], {"a": 1}, dt.timedelta(1), object()])
def test_what_has_no_text_of_its_own_gives_none(value: object) -> None:
    assert as_text(value) is None


# PostgreSQL


@pytest.fixture
def postgres() -> Endpoint:
    url = os.environ.get("APERTURA_TEST_POSTGRES")
    if not url:
        pytest.skip("APERTURA_TEST_POSTGRES is not set: no PostgreSQL to test against")
    parts = urlsplit(url)
    return Endpoint.from_parts(
        "postgres",
        host=parts.hostname,
        port=parts.port,
        schema=parts.path[1:],
        login=parts.username,
        password=parts.password,
        connection_id="oj_db",
        extra={"timeout_seconds": 5},
    )


def ask_postgres(endpoint: Endpoint, folder: Path, query: str, **parameters: str | int) -> pa.Table:
    file, target = folder / "query.sql", folder / "query.parquet"
    file.write_text(query, encoding="utf-8")
    query_to_parquet(endpoint, file, parameters, target, what="prueba/datos: connection oj_db")
    return pq.read_table(target)


def test_postgres_values_are_exact_and_parameters_take_their_columns_type(
    postgres: Endpoint, tmp_path: Path
) -> None:
    table = ask_postgres(
        postgres,
        tmp_path,
        """
        SELECT
          n,
          n * 1234567890123456.78 AS monto,
          DATE '2020-01-01' + n AS fecha,
          n = 1 AS primero,
          TIMESTAMPTZ '2020-01-01 20:00-06' AS momento,
          NULL::text AS nada,
          to_char(TIMESTAMP '2020-01-01 13:05', 'HH24:MI') AS hora
        FROM generate_series(1, 30000) AS n
        WHERE DATE '2020-01-01' + n >= :desde AND n <= :tope
        ORDER BY n
        """,
        desde="2020-01-03",
        tope=25_000,
    )
    assert table.num_rows == 24_999
    assert table.slice(0, 1).to_pylist() == [
        {
            "n": "2",
            "monto": "2469135780246913.56",
            "fecha": "2020-01-03",
            "primero": "false",
            "momento": "2020-01-02T02:00:00+00:00",
            "nada": None,
            "hora": "13:05",
        }
    ]


@pytest.mark.parametrize(
    ("query", "state"),
    [
        ("SELECT 1 AS i INTO apertura_prueba", "42601"),
        ("SELECT rolname FROM pg_authid FOR UPDATE", "25006"),
        ("SELECT set_config('transaction_read_only', 'off', false) AS x", "25001"),
        ("WITH x AS (CREATE TABLE y (i int)) SELECT 1", "42601"),
        ("SELECT 1/0 AS x", "22012"),
        ("SELECT 'canario'::int AS x", "22P02"),
    ],
)
def test_postgres_refuses_to_write_and_errors_quote_nothing(
    postgres: Endpoint, tmp_path: Path, query: str, state: str
) -> None:
    with pytest.raises(SourceError, match=f"SQLSTATE {state}") as caught:
        ask_postgres(postgres, tmp_path, query)
    assert not caught.value.retryable
    assert "canario" not in str(caught.value)


def test_postgres_reads_one_snapshot_and_cannot_write(postgres: Endpoint, tmp_path: Path) -> None:
    names = ("transaction_read_only", "default_transaction_read_only", "transaction_isolation", "TimeZone")
    query = "SELECT " + ", ".join(f"current_setting('{name}') AS {name}" for name in names)
    (row,) = ask_postgres(postgres, tmp_path, query).to_pylist()
    assert list(row.values()) == ["on", "on", "repeatable read", "UTC"]


def test_postgres_statements_end_at_the_deadline(postgres: Endpoint, tmp_path: Path) -> None:
    hurried = dataclasses.replace(postgres, deadline_seconds=0.2)
    with pytest.raises(SourceUnavailableError, match="SQLSTATE 57014"):
        ask_postgres(hurried, tmp_path, "SELECT pg_sleep(20)::text AS x")


def test_postgres_that_does_not_listen_is_unavailable_and_its_place_is_not_told(tmp_path: Path) -> None:
    nobody = Endpoint.from_parts("postgres", host="127.0.0.1", port=9, login="ana", password="canario")
    with pytest.raises(SourceUnavailableError) as caught:
        ask_postgres(nobody, tmp_path, "SELECT 1 AS x")
    for secret in ("127.0.0.1", "ana ", "canario"):
        assert secret not in str(caught.value)
