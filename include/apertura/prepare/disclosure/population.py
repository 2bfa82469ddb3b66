"""Class sizes in the population, for journalist risk, from a table that the contract names."""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from apertura.contract import Resource
from apertura.errors import PrivacyError
from apertura.prepare.columns import sql_type
from apertura.prepare.disclosure.classes import Codes, Floats, Grouped, Ints, class_ids, summed
from apertura.prepare.disclosure.hierarchy import label
from apertura.prepare.disclosure.models import Model, View
from apertura.prepare.engine import quoted, run


def class_sizes(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    resource: Resource,
    grouped: Grouped,
    view: View,
    model: Model,
    kept: Ints,
    codes: Sequence[Codes] | None = None,
) -> Floats:
    """For each combination of the view, how many people of the population are in its class.

    The file has some of the model's quasi-identifiers at level 0, and `count`. Of those it lacks nothing is
    known, so a class gets the part of the population that it has of the table. Never less than the class
    itself. A hidden cell counts by what it hid: the attacker may know it. PrivacyError when the file does
    not fit the resource.
    """
    names, table = _loaded(connection, path, resource, grouped, model)
    shared = [grouped.position(name) for name in names]
    items, joins = [], []
    for i, name in zip(shared, names, strict=True):
        field, level = resource.field(name), view.levels[i]
        lent = f"population_codes_{i}"
        one = view.columns[i]
        connection.register(lent, {"c0": np.arange(one.domain), "code": one.maps[level]})
        typed = f"TRY_CAST(p.{quoted(name)} AS {sql_type(field)})"
        text = label(field, level, typed)
        joins.append(
            f"JOIN (SELECT {label(field, level, 'v')} AS text, any_value(code) AS code "
            f"FROM {grouped.coded[i]} JOIN {lent} USING (c0) GROUP BY ALL) AS k{i} "
            f"ON {text} IS NOT DISTINCT FROM k{i}.text"
        )
        items.append(f"k{i}.code AS c{i}")
    arrays = run(
        connection,
        f"SELECT {', '.join(items)}, CAST(sum(p.people) AS BIGINT) AS n "
        f"FROM {table} AS p {' '.join(joins)} GROUP BY ALL",
        doing=f"reading the population of {resource.name}",
    ).fetchnumpy()
    for i in shared:
        connection.unregister(f"population_codes_{i}")
    mine = [view.table.codes[i] for i in shared]
    theirs = [np.asarray(arrays[f"c{i}"], dtype=np.int32) for i in shared]
    ids, number = class_ids(
        [np.concatenate(pair) for pair in zip(mine, theirs, strict=True)],
        [view.columns[i].size(view.levels[i]) + view.extra for i in shared],
    )
    rows = len(view.table.counts)
    people = summed(ids[rows:], number, np.asarray(arrays["n"], dtype=np.int64))[ids[:rows]]
    part = summed(ids[:rows], number, kept)[ids[:rows]]
    own_ids, own_number = view.ids(model.known, codes)
    own = summed(own_ids, own_number, kept)[own_ids]
    return np.asarray(np.maximum(own, people * own / np.maximum(1, part)), dtype=np.float64)


def _loaded(
    connection: duckdb.DuckDBPyConnection, path: Path, resource: Resource, grouped: Grouped, model: Model
) -> tuple[list[str], str]:
    """The file as a temp table of texts with the number of people; which quasi-identifiers it has."""
    problem: str
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            header, *rows = csv.reader(lines)
        known = {grouped.columns[i].name for i in model.known}
        names = [name for name in header if name != "count"]
        strangers = [name for name in names if name not in known]
        if "count" not in header or not names or strangers:
            problem = "its columns are not quasi-identifiers of the model and `count`"
        else:
            at = header.index("count")
            arrays = {name: [row[header.index(name)] or None for row in rows] for name in names}
            people = pa.array([int(row[at]) for row in rows], pa.int64())
            lent = pa.table({**{n: pa.array(v, pa.string()) for n, v in arrays.items()}, "people": people})
            problem = ""
    except (OSError, ValueError, IndexError):
        problem = "it is no CSV in UTF-8 with whole numbers in `count`"
    if problem:
        raise PrivacyError(
            f"resource {resource.name}: the population table {path.name} cannot be used: {problem}",
            hint="mend the file that `population` names in include/reference",
        )
    table = quoted(f"population:{resource.name}")
    connection.register("lent_population", lent)
    try:
        run(
            connection,
            f"CREATE OR REPLACE TEMP TABLE {table} AS FROM lent_population",
            doing=f"loading the population of {resource.name}",
        )
    finally:
        connection.unregister("lent_population")
    return names, table
