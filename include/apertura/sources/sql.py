"""A query against an institution's database to Parquet of text columns: read-only, streamed, values exact.

The query is sql/extract/<institution>/<dataset>.sql; its parameters are the contract's, bound. Errors tell
the class of what the database said, never its text: drivers quote values and statements.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import NullType

from apertura.errors import ContractError, SettingsError, SourceError, SourceUnavailableError
from apertura.sources.endpoint import Endpoint

BATCH_ROWS = 20_000
POSTGRES = ("postgres", "postgresql")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_PASSING_SQLITE = {5, 6, 10, 14}  # BUSY, LOCKED, IOERR, CANTOPEN: https://sqlite.org/rescode.html
_LASTING_POSTGRES = ("0A", "22", "23", "25", "28", "3D", "42")
"""SQLSTATE classes that another try does not mend (PostgreSQL, appendix A): login, names, syntax, data."""


def query_to_parquet(
    endpoint: Endpoint, query_path: Path, parameters: Mapping[str, str | int], target: Path, *, what: str
) -> int:
    """Run the query, write every value as text (NULL stays null) into `target`; returns the rows.

    Raises ContractError for a query that is no plain SELECT or does not take these parameters,
    SourceUnavailableError when the database does not answer now, SourceError when it will not.
    """
    statement = _statement(query_path, parameters, what)
    refused: SourceError | SettingsError
    try:
        engine = _engine(endpoint)
        try:
            return _stream(engine, statement, target, what)
        finally:
            engine.dispose()
    except (NoSuchModuleError, ModuleNotFoundError, ArgumentError):
        refused = SettingsError(
            f"connection {endpoint.connection_id}: type {endpoint.conn_type} has no database driver here",
            hint="SQL sources are sqlite and postgres; for mysql install a driver on every worker",
        )
    except DBAPIError as error:
        refused = _refusal(error, what)
    except SQLAlchemyError as error:
        refused = SourceError(
            f"{what}: the query failed ({type(error).__name__})",
            hint="run the query by hand against the database; the text of the error is withheld",
        )
    raise refused


def _statement(path: Path, parameters: Mapping[str, str | int], what: str) -> sqlalchemy.TextClause:
    """The query with its parameters bound, typeless: the database infers what they are."""
    if not path.is_file():
        raise ContractError(f"{what}: it has no query", hint="write sql/extract/<institution>/<dataset>.sql")
    text = path.read_text(encoding="utf-8").strip().rstrip(";").rstrip()
    bare = _QUOTED.sub("''", _COMMENT.sub(" ", text)).strip()
    if not re.match(r"(select|with)\b", bare, re.IGNORECASE) or ";" in bare:
        raise ContractError(
            f"{what}: the query is not one SELECT (or WITH … SELECT)", hint="an extract only reads"
        )
    statement = sqlalchemy.text(text)
    wanted = set(statement.compile().params)
    if wanted != set(parameters):
        raise ContractError(
            f"{what}: the query takes the parameters {sorted(wanted)}, "
            f"the contract gives {sorted(parameters)}",
            hint="make `source.parameters` and the query's :names the same",
        )
    return statement.bindparams(
        *(sqlalchemy.bindparam(name, value, type_=NullType()) for name, value in parameters.items())
    )


def _engine(endpoint: Endpoint) -> sqlalchemy.Engine:
    """An engine whose every session is read-only, and which shows no parameters."""
    kind = endpoint.conn_type
    arguments: dict[str, Any] = {}
    if kind == "sqlite":
        file = quote(endpoint.host or endpoint.schema)
        url = sqlalchemy.URL.create("sqlite", database=f"file:{file}", query={"mode": "ro", "uri": "true"})
        first = "PRAGMA query_only = ON"
        arguments = {"timeout": endpoint.timeout_seconds}
    elif kind in POSTGRES:
        url = _server_url("postgresql+psycopg", endpoint)
        first = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
        arguments = {
            "connect_timeout": max(2, round(endpoint.timeout_seconds)),
            "options": "-c default_transaction_read_only=on -c timezone=UTC -c client_encoding=UTF8 "
            f"-c statement_timeout={round(endpoint.deadline_seconds * 1000)}",
        }
    elif kind == "mysql":
        url = _server_url("mysql", endpoint)
        first = "SET SESSION TRANSACTION READ ONLY"
    else:
        raise NoSuchModuleError(kind)
    engine = sqlalchemy.create_engine(
        url, echo=False, hide_parameters=True, poolclass=NullPool, connect_args=arguments
    )

    @sqlalchemy.event.listens_for(engine, "connect")
    def read_only(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute(first)
        cursor.close()
        if kind in POSTGRES:
            connection.commit()

    return engine


def _server_url(driver: str, endpoint: Endpoint) -> sqlalchemy.URL:
    return sqlalchemy.URL.create(
        driver,
        username=endpoint.login or None,
        password=endpoint.password or None,
        host=endpoint.host or None,
        port=endpoint.port,
        database=endpoint.schema or None,
    )


def _stream(engine: sqlalchemy.Engine, statement: sqlalchemy.TextClause, target: Path, what: str) -> int:
    rows = 0
    # One snapshot for the whole query, a cursor on the server, and a bounded number of rows here.
    options: dict[str, Any] = {"stream_results": True, "yield_per": BATCH_ROWS}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection:
        result = connection.execute(statement)
        names = list(result.keys())
        if len(set(names)) != len(names):
            raise ContractError(f"{what}: the query gives two columns one name", hint="name them with AS")
        schema = pa.schema([pa.field(name, pa.string()) for name in names])
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for batch in _batches(result):
                columns = zip(*batch, strict=True)
                arrays = [
                    pa.array(_texts(values, position, len(names), what), pa.string())
                    for position, values in enumerate(columns, 1)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=BATCH_ROWS)
                rows += len(batch)
    return rows


def _batches(result: sqlalchemy.CursorResult[Any]) -> Iterator[list[tuple[Any, ...]]]:
    for batch in result.partitions(BATCH_ROWS):
        yield [tuple(row) for row in batch]


def _texts(values: tuple[Any, ...], position: int, columns: int, what: str) -> list[str | None]:
    """A column's values as text; SourceError with the column's place when one has no text of its own."""
    texts: list[str | None] = []
    for value in values:
        if value is None or type(value) is str:
            texts.append(value)
            continue
        text = as_text(value)
        if text is None:
            raise SourceError(
                f"{what}: column {position} of {columns} holds {type(value).__name__} values, "
                "which have no text of their own",
                hint="cast the column to text in the query, or leave it out",
            )
        texts.append(text)
    return texts


def as_text(value: object) -> str | None:
    """The one text of a value: ISO dates, true/false, numbers digit for digit; None for bytes, lists, others.

    Times with a zone are told in UTC. A float has the shortest digits that give it back, without exponent.
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        value = decimal.Decimal(repr(value))
    if isinstance(value, decimal.Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    if isinstance(value, dt.datetime):
        return (value.astimezone(dt.UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    return None


def _refusal(error: DBAPIError, what: str) -> SourceError:
    """Whether asking again may help, by the driver's code; only class and code are told."""
    original = error.orig
    sqlite_code = getattr(original, "sqlite_errorcode", None)
    state = getattr(original, "sqlstate", None)
    is_operational = type(error).__name__ in ("OperationalError", "InterfaceError")
    if type(original).__module__ == "sqlite3":
        passes = sqlite_code is not None and sqlite_code & 0xFF in _PASSING_SQLITE
    elif state is not None:
        passes = not state.startswith(_LASTING_POSTGRES) and is_operational
    else:
        passes = is_operational or error.connection_invalidated
    told = f"{type(error).__name__}" + (f", SQLSTATE {state}" if state else "")
    if passes:
        return SourceUnavailableError(
            f"{what}: the database does not answer now ({told})",
            hint="it may pass: clear this task later; when it stays, look at host, port and network",
        )
    return SourceError(
        f"{what}: the database refuses the query ({told})",
        hint="check login, rights and the query against the database; the text of the error is withheld",
    )
