"""What the SQL source wrote: Parquet of text columns, passed on as it is once that is verified."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from apertura.errors import ReaderError
from apertura.prepare.engine import literal
from apertura.readers.table import DAMAGED, Part, checked_header


def header(path: Path, place: str) -> list[str]:
    """The names of the query's columns; ReaderError when a column is not text."""
    return _described(path, place)[0]


def read_file(path: Path, scratch: Path, place: str) -> Part:
    """The result of one query."""
    columns, rows = _described(path, place)
    if not rows:
        raise ReaderError(
            f"{place}: the query gave no rows",
            hint="see whether its parameters are right and the account may read the tables",
        )
    link = scratch / "source.parquet"
    link.symlink_to(path.resolve())
    return Part(f"read_parquet({literal(str(link))})", columns, rows)


def _described(path: Path, place: str) -> tuple[list[str], int]:
    failure = ""
    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        failure = type(error).__name__
    if failure:
        raise ReaderError(f"{place}: the query's result is not a Parquet file ({failure})", hint=DAMAGED)
    columns = checked_header(schema.names, place)
    for position, field in enumerate(schema, start=1):
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            raise ReaderError(
                f"{place}: column {position} of the query's result is {field.type}, not text",
                hint="cast every column to text in the dataset's SQL",
            )
    return columns, rows
