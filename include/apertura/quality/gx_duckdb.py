"""Great Expectations over DuckDB: what the stock SQL engine lacks, and results reduced to counts.

Stock Great Expectations reads the cursor after closing its connection, asks DuckDB for PostgreSQL's
catalogue, and knows no regular expressions for it. Everything here is a subclass or a registered metric:
nothing of the library is patched. Importing this module costs seconds; only `validate` does it.
"""

from __future__ import annotations

import atexit
import logging
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Any, ClassVar, Literal

# Read when the library is imported: no telemetry, whatever the machine says.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import duckdb
import duckdb_engine
import great_expectations as gx
import sqlalchemy as sa
from great_expectations.data_context import EphemeralDataContext  # type: ignore[attr-defined]
from great_expectations.data_context.data_context.context_factory import set_context
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults
from great_expectations.datasource.fluent import SQLDatasource  # type: ignore[attr-defined]
from great_expectations.execution_engine import SqlAlchemyExecutionEngine  # type: ignore[attr-defined]
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from apertura.errors import EngineError
from apertura.quality import gx_identifiers
from apertura.quality.expected import Expected
from apertura.quality.identifiers import RULES

_TYPE_NAME = re.compile(r"^(DECIMAL\(\d+,\d+\)|[A-Z][A-Z0-9]*( WITH TIME ZONE)?(\[\])*)$")
_COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0, "include_unexpected_rows": False}

# Imported together, Great Expectations and duckdb_engine keep DuckDB's types alive until the interpreter is
# gone, and DuckDB's binding then prints a hundred lines about it. Nothing of ours runs after this.
atexit.register(vars(duckdb_engine).clear)


@cache
def _type_class(name: str) -> type:
    """One class per DuckDB type: Great Expectations compares types with isinstance."""
    return type(name, (), {})


class _DuckDBDialect(ModuleType):
    """What Great Expectations takes for a dialect's module.

    It claims to be Dremio's, whose regular expressions are written as DuckDB writes them
    (REGEXP_MATCHES), and it holds every DuckDB type by its name.
    """

    DremioDialect = object

    def __getattr__(self, name: str) -> type:
        if _TYPE_NAME.match(name):
            return _type_class(name)
        raise AttributeError(name)


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Fetches before the connection goes back to its pool."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dialect_module = _DuckDBDialect("duckdb_dialect")

    def execute_query(self, query: Any) -> Any:
        """Execute, and read everything at once."""
        with self.get_connection() as connection:
            return self._execute_query_with_recovery(connection, query).freeze()()

    def execute_query_in_transaction(self, query: Any) -> Any:
        """We only read: the same as `execute_query`."""
        return self.execute_query(query)


class DuckDBColumnTypes(TableMetricProvider):
    """Column names and types by DESCRIBE; reflection would ask for pg_collation, which is not there."""

    metric_name = "table.column_types"
    value_keys = ("include_nested",)
    default_kwarg_values = {"include_nested": True}  # noqa: RUF012 (as the library has it)

    @metric_value(engine=DuckDBExecutionEngine)
    def _describe(
        cls,  # noqa: N805 (the library makes it a class method)
        execution_engine: DuckDBExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> list[dict[str, Any]]:
        select = execution_engine.get_domain_records(domain_kwargs=metric_domain_kwargs)
        sql = select.compile(dialect=execution_engine.dialect, compile_kwargs={"literal_binds": True})
        rows = execution_engine.execute_query(sa.text(f"DESCRIBE {sql}")).fetchall()
        return [{"name": str(row[0]), "type": _type_class(str(row[1]))()} for row in rows]


class DuckDBDatasource(SQLDatasource):
    """Registers `context.data_sources.add_duckdb` by being defined."""

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]
    execution_engine_override: ClassVar[Any] = DuckDBExecutionEngine


@dataclass(frozen=True)
class Outcome:
    """What became of one expectation: counts of rows, None where its type has none."""

    expected: Expected
    success: bool
    evaluated: int | None
    unexpected: int | None
    missing: int | None


@contextmanager
def _current(context: EphemeralDataContext) -> Iterator[None]:
    """Validating asks a global for the context in force: ours, and only while we validate."""
    set_context(context)
    try:
        yield
    finally:
        set_context(None)


class Session:
    """Validates tables of one DuckDB connection; nothing is written, sent, shown or logged."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        with _quiet():
            config = DataContextConfig(store_backend_defaults=InMemoryStoreBackendDefaults())
            # Not gx.get_context: that would keep context and connection alive in a global.
            self._context = EphemeralDataContext(project_config=config)
            self._context.variables.progress_bars = {"globally": False, "metric_calculations": False}  # type: ignore[assignment]
            self._source: SQLDatasource = self._context.data_sources.add_duckdb(
                "apertura",
                connection_string="duckdb:///:memory:",
                create_temp_table=False,
                kwargs={
                    "creator": lambda: duckdb_engine.ConnectionWrapper(connection.cursor()),
                    "poolclass": sa.pool.StaticPool,
                },
            )

    def evaluate(self, table: str, expected: Sequence[Expected]) -> list[Outcome]:
        """Hold `expected` against a table or view, in its order.

        EngineError, naming type and column, when an expectation could not be computed: that is an error
        of the run, never of the data.
        """
        with _quiet(), _current(self._context):
            asset = self._source.add_table_asset(table, table_name=table)
            batch = asset.add_batch_definition_whole_table(table).get_batch()
            asked = [item for item in expected if item.type not in RULES]
            identifiers = _hold_no_personal_data(batch, [item for item in expected if item.type in RULES])
            results = _validate(batch, asked) if asked else {}
            raised = [number for number, result in results.items() if _raised(result)]
            if raised:
                # One query computes many metrics: the guilty ones are those that fail alone.
                alone = [n for n in raised if _raised(_validate(batch, [asked[n]])[0])]
                raise _could_not(asked[number] for number in alone or raised)
        others = iter([_outcome(item, results[number]) for number, item in enumerate(asked)])
        return [next(identifiers if item.type in RULES else others) for item in expected]


def _hold_no_personal_data(batch: Any, expected: Sequence[Expected]) -> Iterator[Outcome]:
    """All of a table in one expectation; what was not counted beforehand does not hold."""
    if not expected:
        return iter(())
    counts = [[item.kwargs.get(key, missing) for key, missing in _NOT_COUNTED] for item in expected]
    found = [[item.column, *numbers] for item, numbers in zip(expected, counts, strict=True)]
    whole = replace(expected[0], type=gx_identifiers.TYPE, kwargs={"found": found})
    result = _validate(batch, [whole])[0]
    if _raised(result):
        raise _could_not(iter([expected[0]]))
    held = [bool(one) for one in result.result["held"]]
    return iter(
        Outcome(item, success, numbers[0], numbers[1], None)
        for item, numbers, success in zip(expected, counts, held, strict=True)
    )


_NOT_COUNTED = (("evaluated", 0), ("hits", 1), ("allowed", 0))
"""Arguments of the gate's expectations, and what stands for them where nobody looked."""


def _validate(batch: Any, expected: Sequence[Expected]) -> dict[int, Any]:
    """Results by position: the library returns them in an order of its own."""
    suite = gx.ExpectationSuite(name="apertura")
    for number, item in enumerate(expected):
        suite.expectations.append(_configured(number, item))
    answer = batch.validate(suite, result_format=_COUNTS_ONLY)
    results = {result.expectation_config.meta["number"]: result for result in answer.results}
    if len(results) != len(expected):
        raise EngineError(
            "Great Expectations did not answer every expectation", hint="report this to the maintainers"
        )
    return results


def _configured(number: int, item: Expected) -> Any:
    problem = EngineError(
        f"Great Expectations does not accept {item.type} on {item.column or 'the table'} ({item.place})",
        hint="mend its kwargs there, then clear this run from deidentify",
    )
    try:
        configuration = ExpectationConfiguration(
            type=item.type,
            kwargs=dict(item.kwargs),
            meta={"number": number},
            severity=item.severity,  # type: ignore[arg-type]
        )
        return configuration.to_domain_obj()
    except Exception:  # noqa: S110 (its text quotes values of the suite; ours says where)
        pass
    raise problem


def _raised(result: Any) -> bool:
    """Whether the expectation could not be computed; the library nests this by metric, or not."""
    info = result.exception_info or {}
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(bool(entry.get("raised_exception", True)) for entry in info.values())


def _could_not(expected: Iterator[Expected]) -> EngineError:
    named = [
        f"{item.resource}: {item.type} on {item.column or 'the table'} ({item.place})" for item in expected
    ]
    return EngineError(
        f"{len(named)} expectations could not be computed: " + "; ".join(named),
        hint="see that each suits its column's type and that the worker has memory and scratch space, "
        "then clear this task (or the run from deidentify after mending a file)",
    )


def _outcome(item: Expected, result: Any) -> Outcome:
    """Counts by an allow list; `observed_value` of anything but a row count may be a value of the data."""
    found = result.result or {}
    evaluated = unexpected = missing = None
    if item.kind.counted == "rows":
        evaluated = int(found["element_count"])
        # Over no rows the sum is null.
        unexpected = int(found["unexpected_count"]) if evaluated else 0
        missing = int(found["missing_count"]) if "missing_count" in found else None
    elif item.kind.counted == "table":
        evaluated = int(found["observed_value"])
    return Outcome(item, bool(result.success), evaluated, unexpected, missing)


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing of the library reaches a log or the screen: its messages carry SQL and engine errors."""
    logger = logging.getLogger("great_expectations")
    before = logger.propagate, logger.handlers[:], logger.level
    logger.propagate, logger.handlers = False, [logging.NullHandler()]
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.propagate, logger.handlers = before[0], before[1]
        logger.setLevel(before[2])
